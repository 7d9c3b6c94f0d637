"""Tests of the rules, which are pure: rows in, verdicts out."""
