"""A repository with its history on another engine: ``move`` does it, ``MoveReport`` tells of it."""

from .mover import MoveReport, move

__all__ = ["MoveReport", "move"]
