"""
The contract of hosts, as one behind the REST API keeps it.

``gaps`` names the tests that cannot hold, and how each of them fails.
"""

from __future__ import annotations

from hosts.test_contract import *  # noqa: F403
