"""The parts of the hub that speak HTTP, whatever the API: requests, errors, guards, limits."""
