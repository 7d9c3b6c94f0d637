"""``wl doctor``: what is wrong, and which command mends it."""
