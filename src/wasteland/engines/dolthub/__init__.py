"""Databases on DoltHub, or on a hub that speaks as it does: SQL text over HTTP, nothing local."""
