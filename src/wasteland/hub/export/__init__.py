"""
A board as files that need nothing else: pages to open from a disk or to put on any web server.

    <directory>/index.html          the board, open work first
    <directory>/items/<name>.html   one item with its completions and stamps
    <directory>/data.json           the same as data
"""

from .board import ExportReport, board, data

__all__ = ["ExportReport", "board", "data"]
