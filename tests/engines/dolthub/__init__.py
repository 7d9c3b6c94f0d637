"""Engines over the REST API."""
