"""
A live copy of a commons in another host's directory, which takes over when the first one is gone.

A mirror follows main and the open pull requests of its source; nothing else may write to it until
it is promoted. Where both sides are DoltLite files, main is fetched and commits keep their hashes;
elsewhere it is made again commit by commit, and state remembers which commit is which. The journal
of operations stays at the source: what had landed is found by the trailers of main's commits.
"""

from .follow import Mirror, MirrorReport, age, promote

__all__ = ["Mirror", "MirrorReport", "age", "promote"]
