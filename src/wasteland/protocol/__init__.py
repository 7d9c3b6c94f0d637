"""
The rules: pure functions over frozen records.

Standard library only; no clock, no randomness and no I/O that is not an argument.
"""
