"""How a description may begin, by type of work: headings to fill in, and nothing that is a rule."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

OUTLINES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "bug": (
            "**What happens**\n\n\n**What should happen**\n\n\n"
            "**Steps that show it**\n\n1. \n2. \n\n"
            "**Done when**\n\n- a test fails without the fix\n"
        ),
        "feature": (
            "**Who needs it, and for what**\n\n\n**What it does**\n\n\n"
            "**What it leaves out**\n\n\n**Done when**\n\n- \n"
        ),
        "docs": (
            "**Who reads it, and what they want to do**\n\n\n**What is missing or wrong**\n\n\n"
            "**Done when**\n\n- a newcomer gets through without asking\n"
        ),
        "chore": "**What is to be done**\n\n\n**Why now**\n\n\n**Done when**\n\n- \n",
        "research": (
            "**The question**\n\n\n**What is known**\n\n\n**How to find out**\n\n\n"
            "**Done when**\n\n- the answer stands with its numbers and how to repeat them\n"
        ),
        "design": (
            "**For whom, on which page**\n\n\n**What is wrong today**\n\n\n"
            "**Constraints**\n\n- \n\n**Done when**\n\n- \n"
        ),
        "rfc": (
            "**Problem**\n\n\n**Proposal**\n\n\n**What else was weighed**\n\n\n"
            "**Open questions**\n\n- \n\n**Decided by, and when**\n\n"
        ),
        "community": (
            "**Where and when**\n\n\n**What is asked of the rig**\n\n\n**Done when**\n\n- \n"
        ),
        "inference": (
            "**Input**\n\n\n**Model and prompt**\n\n\n**Form of the output**\n\n\n"
            "**How it is checked**\n\n- \n"
        ),
    }
)
"""Type -> Markdown; a type without one begins empty."""
