"""Tests of the embedded engine and of its driver."""
