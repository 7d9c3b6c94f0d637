"""Explore: a commons and its forks, how much happens there, what differs between two moments."""
