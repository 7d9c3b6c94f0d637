"""Evidence that was handed in: whether it holds, whether it was used before, and uploaded files."""
