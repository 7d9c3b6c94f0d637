"""A repository with its history on another engine: ``move`` does it, ``MoveReport`` tells of it."""

from .move import MoveReport, move

__all__ = ["MoveReport", "move"]
