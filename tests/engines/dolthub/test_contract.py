"""
The contract of engines, as a database behind the REST API keeps it.

``gaps`` names the tests that cannot hold, and how each of them fails.
"""

from __future__ import annotations

from engines.contract.test_care import *  # noqa: F403
from engines.contract.test_changing import *  # noqa: F403
from engines.contract.test_diffs import *  # noqa: F403
from engines.contract.test_history import *  # noqa: F403
from engines.contract.test_reading import *  # noqa: F403
from engines.contract.test_refs import *  # noqa: F403
from engines.contract.test_values import *  # noqa: F403
