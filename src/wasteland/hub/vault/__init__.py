"""Secrets of others that a hub has to give out again, such as tokens for upstreams, at rest."""

from __future__ import annotations

from .keys import MasterKeys
from .vault import Purpose, Sealed, Vault

__all__ = ["MasterKeys", "Purpose", "Sealed", "Vault"]
