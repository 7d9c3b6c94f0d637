"""
What is wrong in a host's directory: state, files, pull requests, rows; and what mends it.

Each commons is looked at by the doctor's own checks and by those that only who has the whole
directory can make. Nothing is mended here, and nothing is written apart from the heads that are
remembered in ``.fsck``, so that a file that was cut short is seen the next time.
"""

from .run import fsck

__all__ = ["fsck"]
