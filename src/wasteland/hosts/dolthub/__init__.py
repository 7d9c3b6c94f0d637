"""DoltHub, or a hub of ours, as a host: forks and pull requests over the REST API."""
