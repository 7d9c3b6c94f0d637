"""
The Wasteland: a federated protocol for work and reputation on version-controlled SQL.

The house is described in ``docs/architecture.md``. Importing this package imports nothing else,
so that a command pays only for what it uses.
"""

__version__ = "0.1.0"
