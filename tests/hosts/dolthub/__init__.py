"""The host behind the REST API."""
