"""Requests to addresses that somebody else has named: guarded, bounded, off unless allowed."""
