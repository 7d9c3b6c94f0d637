"""Tests of the engines; a package, so that processes the tests start can import its parts."""
