"""Tests of the engine over a real Dolt server."""
