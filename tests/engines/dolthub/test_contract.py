"""The contract of engines, as far as a hosted database keeps it."""

from __future__ import annotations

from engines.contract.test_care import *
from engines.contract.test_changing import *
from engines.contract.test_diffs import *
from engines.contract.test_history import *
from engines.contract.test_reading import *
from engines.contract.test_refs import *
from engines.contract.test_values import *
