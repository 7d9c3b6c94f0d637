"""Pages as people see them: 80 columns and no colour unless said otherwise."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from rich.text import Text

from cli.conftest import Shown
from cli.records import (
    BOARD,
    EVENTS,
    HITS,
    ITEM,
    JOINED,
    MINE,
    NOON,
    REMARK,
    RIG,
    RIG_SHEET,
    RULES,
    SHEET,
    TRIAL,
    WHOAMI,
    receipt,
    submission,
)
from wasteland.cli.pages import parts
from wasteland.cli.render import page
from wasteland.commons.sync import Step, SyncReport


def test_the_board_shows_all_columns_where_there_is_room(shown: Shown) -> None:
    found: Any = BOARD
    expected = """\
ID            TITLE                          PROJECT  TYPE  PRI     STATUS    EFFORT  POSTED BY  AGE
w-4f2a90cc11  Fix the login timeout          gateway  bug   high    open      medium  ada        3h
w-4f2a90cc11  Fix the login timeout          gateway  bug   high    claimed*  medium  ada        3h
w-77aa00bb22  Write the guide for people w…           docs  medium  open +2   medium  max        12d

* pending on your branch, not merged yet
+N more pull requests wait: wl show ID
"""

    assert expected == shown(page("browse", found, now=NOON), 100)


def test_a_narrow_board_drops_the_least_telling_columns(shown: Shown) -> None:
    found: Any = BOARD
    expected = """\
ID            TITLE                         PRI     STATUS
w-4f2a90cc11  Fix the login timeout         high    open
w-4f2a90cc11  Fix the login timeout         high    claimed*
w-77aa00bb22  Write the guide for people …  medium  open +2

* pending on your branch, not merged yet
+N more pull requests wait: wl show ID
"""

    assert expected == shown(page("browse", found, now=NOON), 60)


def test_a_very_narrow_board_keeps_whole_ids(shown: Shown) -> None:
    found: Any = BOARD
    expected = """\
ID            TITLE
w-4f2a90cc11  Fix the login timeout
w-4f2a90cc11  Fix the login timeout
w-77aa00bb22  Write the guide for peo…

* pending on your branch, not
merged yet
+N more pull requests wait: wl
show ID
"""

    assert expected == shown(page("browse", found, now=NOON), 30)


def test_a_long_board_shows_descriptions(shown: Shown) -> None:
    found: Any = BOARD[:1]
    expected = """\
ID            TITLE                  TYPE  PRI   STATUS  POSTED BY  AGE  DESCRIPTION
w-4f2a90cc11  Fix the login timeout  bug   high  open    ada        3h   It times out after 30 s.…
"""

    assert expected == shown(page("browse", found, now=NOON, long=True), 98)


def test_an_empty_board_says_what_to_do_next(shown: Shown) -> None:
    found: Any = []
    expected = """\
No items here.
  wl post --title "…"
  wl browse --status all
  wl browse --help
"""

    assert expected == shown(page("browse", found, now=NOON))


def test_hits_show_the_passage_that_fits(shown: Shown) -> None:
    found: Any = HITS
    expected = """\
w-4f2a90cc11  Fix the login timeout  open  high  bug  3h
  times out after
w-77aa00bb22  Write the guide for people who come fro…  open  medium  docs  12d
"""

    assert expected == shown(page("search", found, now=NOON))


def test_an_item_is_a_sheet(shown: Shown) -> None:
    found: Any = SHEET
    expected = """\
w-4f2a90cc11  Fix the login timeout
in_review* · main: claimed · bug · high · medium effort · posted by ada · 3h ago
  project     gateway
  tags        go, sql
  claimed by  bob  expires in 70h
  evidence    https://example.org/pull/12

  It times out after 30 s.

  - with SSO
  - without

Completions
  c-1  bob  2h ago  ✓ stamped by max
    see https://example.org/pull/12

Stamps
  s-1  max → bob  leaf  1h ago
    quality  ████████░░ 0.80 good
    speed    ██░░░░░░░░ 0.25 poor
    message  Clean work
    skills   go

Pending, not merged yet
  #3  bob  in_review  bob-org/board:wl/bob/w-4f2a90cc11
    see there

You may:
  wl unclaim w-4f2a90cc11
  wl review 3
"""

    assert expected == shown(page("show", found, now=NOON))


def test_a_history_is_a_timeline(shown: Shown) -> None:
    found: Any = EVENTS
    expected = """\
●  2026-03-01 09:00  ada  wl post: w-4f2a90cc11  aaaaaaaaaa  3h ago
   title Fix the login timeout · priority high
●  2026-03-01 10:00  bob  wl claim: w-4f2a90cc11  bbbbbbbbbb  2h ago
   status open → claimed · claimed_by bob
"""

    assert expected == shown(page("why", found, now=NOON))


def test_what_concerns_you_is_grouped_by_urgency(shown: Shown) -> None:
    found: Any = MINE
    expected = """\
You work on
  w-4f2a90cc11  Fix the login timeout  claimed  high  bug  3h

You may review
  w-77aa00bb22  Write the guide for people who come fro…  open  medium  docs
  12d

Waiting for a reviewer
  #3  wl done: w-4f2a90cc11  5m
"""

    assert expected == shown(page("me", found, now=NOON))


def test_whoami_says_who_where_and_with_what_trust(shown: Shown) -> None:
    found: Any = WHOAMI
    expected = """\
bob on acme/board
  trust    1 participant
  account  bob-org
  mode     pr
  host     /srv/host
"""

    assert expected == shown(page("whoami", found, now=NOON))


def test_a_rig_is_shown_with_its_work_and_stamps(shown: Shown) -> None:
    found: Any = RIG_SHEET
    expected = """\
bob  Bob
trust 1 participant · human · joined 1mo ago
  account  bob-org
  badges   first_completion

Works on
  w-4f2a90cc11  Fix the login timeout  claimed

Completions
  w-4f2a90cc11  see https://example.org/pull/12  ✓ max  2h ago

Stamps
  s-1  max → bob  leaf  1h ago
    quality  ████████░░ 0.80 good
    speed    ██░░░░░░░░ 0.25 poor
    message  Clean work
    skills   go

Links
  bob ↔ bob-ci  same_owner  active
"""

    assert expected == shown(page("rig show", found, now=NOON))


def test_rigs_are_a_list(shown: Shown) -> None:
    found: Any = [RIG]
    expected = """\
HANDLE  NAME  TRUST          TYPE   ACCOUNT  SINCE
bob     Bob   1 participant  human  bob-org  1mo
"""

    assert expected == shown(page("rig list", found, now=NOON))


def test_a_tried_rule_tells_what_would_be_otherwise_and_why(shown: Shown) -> None:
    expected = """\
12 past changes (the last ones): 1 would be otherwise, 1 tell nothing.

COMMIT      RIG  CHANGE                  WOULD       AGE
4f2a90cc11  bob  wl claim: w-4f2a90cc11  be refused  3d
bob has trust 1 (participant); claim needs trust:2.
No past change shows what lease_hours does.
"""

    assert expected == shown(page("policy try", TRIAL, now=NOON))


def test_rules_name_their_origin(shown: Shown) -> None:
    found: Any = RULES
    expected = """\
RULE   VALUE    FROM
post   trust:1  preset open
claim  trust:2  _meta x

Change one:
  wl policy set RULE VALUE
"""

    assert expected == shown(page("policy show", found, now=NOON))


def test_the_inbox_shows_each_verdict_with_its_reasons(shown: Shown) -> None:
    found: Any = [submission(), submission(reasons=("bob may not.",))]
    expected = """\
✓ #3  bob submits work on w-4f2a90cc11.  work_submission/done  5m
  evidence  see https://example.org/pull/12
✗ #3  bob submits work on w-4f2a90cc11.  work_submission/done  5m
  evidence  see https://example.org/pull/12
  refused   bob may not.

2 waiting, 1 refused by the gate
  wl review 3
"""

    assert expected == shown(page("inbox", found, now=NOON))


def test_an_empty_inbox_says_so(shown: Shown) -> None:
    found: Any = []
    expected = """\
Nothing waits for review.
  wl browse
"""

    assert expected == shown(page("inbox", found, now=NOON))


def test_a_review_shows_verdict_rows_and_commands(shown: Shown) -> None:
    found: Any = submission()
    expected = """\
✓ #3  bob submits work on w-4f2a90cc11.  work_submission/done  5m
  state         open
  card          work_submission/done
  rig           bob
  branch        bob-org/board:wl/bob/w-4f2a90cc11
  commit        9f9f9f9f9f
  completed_by  bob
  evidence      see https://example.org/pull/12

✓ The gate allows it.

Rows
  + completions c-1
      + id  c-1
      + wanted_id  w-4f2a90cc11
      + completed_by  bob
      + evidence  see https://example.org/pull/12
      + completed_at  2026-03-01 10:00:00
  ~ wanted w-4f2a90cc11
      - status  claimed
      + status  in_review

You may:
  wl accept w-4f2a90cc11 --quality good
  wl reject w-4f2a90cc11 --reason TEXT
  wl comment 3 --body TEXT
"""

    assert expected == shown(page("review", found, now=NOON))


def test_a_refused_review_gives_reasons_and_offers_no_acceptance(shown: Shown) -> None:
    found: Any = submission(reasons=("bob may not.",), comments=(REMARK,))
    expected = """\
✗ #3  bob submits work on w-4f2a90cc11.  work_submission/done  5m
  state         open
  card          work_submission/done
  rig           bob
  branch        bob-org/board:wl/bob/w-4f2a90cc11
  commit        9f9f9f9f9f
  completed_by  bob
  evidence      see https://example.org/pull/12

✗ The gate refuses it as it is.
  ✗ bob may not.

Rows
  + completions c-1
      + id  c-1
      + wanted_id  w-4f2a90cc11
      + completed_by  bob
      + evidence  see https://example.org/pull/12
      + completed_at  2026-03-01 10:00:00
  ~ wanted w-4f2a90cc11
      - status  claimed
      + status  in_review

Comments
  max  2m ago
    Please add
    a test

You may:
  wl reject w-4f2a90cc11 --reason TEXT
  wl comment 3 --body TEXT
"""

    assert expected == shown(page("review", found, now=NOON))


def test_a_receipt_says_what_changed_and_what_may_follow(shown: Shown) -> None:
    found: Any = receipt()
    expected = """\
✓ Claimed w-4f2a90cc11  Fix the login timeout
  status      open → claimed
  claimed_by  bob
  rows        wanted 1, wlx_leases 1
  commit      9f9f9f9f9f

Next:
  wl done w-4f2a90cc11 --evidence URL
"""

    assert expected == shown(page("claim", found, now=NOON))


def test_a_pending_receipt_names_branch_and_pull_request(shown: Shown) -> None:
    found: Any = receipt(
        state="pending", branch="bob-org/board:wl/bob/w-1", pull="3", note="It waits."
    )
    expected = """\
✓ Claimed w-4f2a90cc11  Fix the login timeout  pending review
  status      open → claimed
  claimed_by  bob
  rows        wanted 1, wlx_leases 1
  commit      9f9f9f9f9f
  pull        #3
  branch      bob-org/board:wl/bob/w-1
  It waits.

Next:
  wl done w-4f2a90cc11 --evidence URL
"""

    assert expected == shown(page("done", found, now=NOON))


def test_a_replayed_receipt_says_that_nothing_was_repeated(shown: Shown) -> None:
    found: Any = receipt(replayed=True, next=())
    expected = """\
✓ Claimed w-4f2a90cc11  Fix the login timeout
  status      open → claimed
  claimed_by  bob
  rows        wanted 1, wlx_leases 1
  commit      9f9f9f9f9f
  This was done before; nothing was repeated.
"""

    assert expected == shown(page("claim", found, now=NOON))


def test_a_dry_run_shows_statements_and_rows(shown: Shown) -> None:
    found: Any = receipt(
        state="dry_run",
        commit="",
        sql=["UPDATE `wanted` SET `status` = :p0  -- p0='claimed'"],
        diff=[
            {
                "table": "wanted",
                "key": ITEM.id,
                "kind": "modified",
                "cells": {"status": ["open", "claimed"], "claimed_by": [None, "bob"]},
            }
        ],
    )
    expected = """\
○ Would claim w-4f2a90cc11  Fix the login timeout
  status      open → claimed
  claimed_by  bob
  rows        wanted 1, wlx_leases 1

SQL
  UPDATE `wanted` SET `status` = :p0  -- p0='claimed'

Rows
  ~ wanted w-4f2a90cc11
      - status  open
      + status  claimed
      + claimed_by  bob

Dry run: nothing was written.
"""

    assert expected == shown(page("claim", found, now=NOON))


def test_a_join_says_as_whom(shown: Shown) -> None:
    found: Any = JOINED
    expected = """\
✓ Joined acme/board as bob
  You have joined it already.

Next:
  wl browse
  wl whoami
"""

    assert expected == shown(page("join", found, now=NOON))


def test_every_status_is_a_word_besides_its_colour() -> None:
    assert "claimed*" == parts.status("claimed", is_pending=True).plain
    assert "mystery" == parts.status("mystery").plain


@pytest.mark.parametrize(
    ("length", "shown_as"),
    [
        (timedelta(seconds=-5), "now"),
        (timedelta(seconds=59), "now"),
        (timedelta(minutes=5), "5m"),
        (timedelta(hours=70, minutes=59), "70h"),
        (timedelta(days=3), "3d"),
        (timedelta(days=45), "1mo"),
        (timedelta(days=800), "2y"),
    ],
)
def test_an_age_is_its_largest_whole_unit(length: timedelta, shown_as: str) -> None:
    assert shown_as == parts.age(NOON - length, NOON)


def test_a_record_without_times_has_no_age() -> None:
    assert not parts.age(None, NOON)
    assert not parts.ago(None, NOON)


@pytest.mark.parametrize("score", [-3.0, 0.0, 0.5, 1.0, 7.0])
def test_a_bar_is_always_ten_wide(score: float) -> None:
    assert 10 == sum(parts.bar(score).plain.count(sign) for sign in "█░")


def test_a_whole_id_is_shown_however_narrow_the_terminal(shown: Shown) -> None:
    assert ITEM.id in shown(page("browse", BOARD, now=NOON), 5)


def test_data_is_never_read_as_markup(shown: Shown) -> None:
    assert "[red]x[/]" in shown(page("config", {"key": "[red]x[/]"}))


def test_any_record_without_a_page_of_its_own_is_shown_as_fields(shown: Shown) -> None:
    data = {"wl": "0.1.0", "ok": True, "tags": ["a", "b"], "next": ["wl browse"]}

    assert "  wl    0.1.0\n  ok    yes\n  tags  a, b\n\nNext:\n  wl browse\n" == shown(
        page("unheard of", data)
    )


def test_the_default_commons_is_marked(shown: Shown) -> None:
    row = {"commons": "acme/board", "handle": "bob", "engine": "doltlite", "where": "/srv"}

    out = shown(page("list", [{**row, "is_default": True}, {**row, "commons": "acme/other"}]))

    assert "acme/board (default)" in out
    assert "acme/other  " in out


def test_a_page_is_made_of_text_that_was_disarmed() -> None:
    assert "␛[2J" == parts.line("\x1b[2J").plain
    assert isinstance(parts.line(None), Text)


def test_a_sync_shows_its_steps_and_the_choices_that_a_conflict_leaves(shown: Shown) -> None:
    report = SyncReport(
        steps=[
            Step("main", "fast-forward", "2 new commit(s)."),
            Step("wl/ada/w-1", "conflict", "Main holds another value."),
        ],
        clean=False,
        counts={"open": 1, "wanted": 3, "completions": 1, "stamps": 1},
    )
    expected = """\
✓ fast-forward  main  2 new commit(s).
✗ conflict  wl/ada/w-1  Main holds another value.
1 open of 3 items, 1 completions, 1 stamps

Choose:
  wl sync --theirs
  wl sync --ours
  wl sync --reset-to-upstream
"""

    assert expected == shown(page("sync", report))
