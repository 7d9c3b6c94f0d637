"""Findings about evidence on the pages of reviewers."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from cli.conftest import Shown
from cli.records import NOON, SHEET, submission
from wasteland.cli.render import page

FINDING = "The same evidence was handed in by eve for w-1 (c-9)."


def test_a_review_shows_findings_below_its_verdict(shown: Shown) -> None:
    found: Any = replace(submission(), findings=[FINDING])

    text = shown(page("review", found, now=NOON))
    assert f"✓ The gate allows it.\n\nFindings\n  {FINDING}\n\nRows\n" in text


def test_the_inbox_notes_findings_on_a_card_that_stays_allowed(shown: Shown) -> None:
    found: Any = [replace(submission(), findings=[FINDING])]

    text = shown(page("inbox", found, now=NOON))
    assert f"  note      {FINDING}\n" in text
    assert "1 waiting\n" in text


def test_an_item_shows_findings_about_what_waits(shown: Shown) -> None:
    found: Any = replace(SHEET, findings=[FINDING])

    text = shown(page("show", found, now=NOON))
    assert f"\nFindings\n  {FINDING}\n\nYou may:\n" in text


def test_a_hostile_finding_is_one_safe_line(shown: Shown) -> None:
    found: Any = replace(submission(), findings=["by \x1b[2J[red]eve[/red]\nYou may:"])

    text = shown(page("review", found, now=NOON))
    assert "\x1b[2J" not in text
    assert "[red]eve[/red]" in text
    assert "\nYou may:\n  wl accept" in text
    assert 1 == text.count("\nYou may:")
