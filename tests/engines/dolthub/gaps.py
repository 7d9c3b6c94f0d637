"""What a database behind the REST API lacks of the engines' contract, and how it says so."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from wasteland.protocol.errors import Unsupported, WastelandError


@dataclass(frozen=True)
class Gap:
    """
    One test of the contract that cannot hold.

    Attributes:
        raises: How it fails.
        why: What is missing.
    """

    raises: type[BaseException]
    why: str


_MOVES = Gap(Unsupported, "its host moves and merges branches, by its own rules")
_VERSIONS = Gap(Unsupported, "a hub shows no dolt_history tables")
_STRAYS = Gap(NotImplementedError, "nothing is left uncommitted behind a hub")
_CARE = Gap(Unsupported, "its host looks after it")
_REMOTES = Gap(NotImplementedError, "it has no remotes")

GAPS: Final = {
    "test_a_branch_that_others_delete_move_or_make_anew_is_never_read_stale": _MOVES,
    "test_a_branch_moves_anywhere": _MOVES,
    "test_moving_needs_a_branch_and_a_target": _MOVES,
    "test_main_is_forwarded_from_the_expected_head": _MOVES,
    "test_a_branch_is_forwarded_to_main": _MOVES,
    "test_forwarding_from_another_head_is_stale": _MOVES,
    "test_forwarding_is_stale_even_if_the_unexpected_head_leads_there": _MOVES,
    "test_forwarding_to_a_commit_that_does_not_descend_is_stale": _MOVES,
    "test_forwarding_to_the_same_commit_changes_nothing": _MOVES,
    "test_forwarding_needs_refs_that_exist": _MOVES,
    "test_a_merge_joins_different_cells_of_one_row": _MOVES,
    "test_a_merge_of_one_cell_changed_twice_is_a_conflict_and_leaves_main": _MOVES,
    "test_a_merge_of_what_is_there_already_returns_the_head": _MOVES,
    "test_a_rows_history_has_one_version_for_each_commit_that_changed_it": _VERSIONS,
    "test_a_rows_history_is_that_of_the_ref": _VERSIONS,
    "test_a_row_that_never_was_has_no_history": _VERSIONS,
    "test_the_history_of_a_schema_that_others_just_made_is_seen": _VERSIONS,
    "test_the_history_of_a_new_table_is_seen_at_once": _VERSIONS,
    "test_a_rows_history_across_a_merge_names_the_commits_that_changed_it": _MOVES,
    "test_times_in_diffs_and_histories_are_the_same_text": _VERSIONS,
    "test_what_another_program_left_is_reported": _STRAYS,
    "test_discard_drops_rows_and_tables_that_were_left": _STRAYS,
    "test_commit_all_keeps_what_was_left": _STRAYS,
    "test_a_dirty_main_is_refused_and_left_as_it_is": _STRAYS,
    "test_a_dirty_main_does_not_keep_a_branch_from_changing": _STRAYS,
    "test_a_dirty_main_is_not_forwarded": _STRAYS,
    "test_garbage_collection_keeps_every_branch_and_the_history": Gap(
        AssertionError, "without the ability GC"
    ),
    "test_another_engine_goes_on_after_a_garbage_collection": _CARE,
    "test_a_sound_database_has_no_problems": _CARE,
    "test_a_database_has_a_size": Gap(AssertionError, "its size is not told"),
    "test_a_remote_branch_is_read_under_the_remote_name": _REMOTES,
    "test_rows_of_tables_unknown_to_the_schema_are_in_the_diff": Gap(
        WastelandError, "a hub shows tables with plain names only"
    ),
    "test_rows_of_a_dropped_table_are_removed_rows": Gap(
        WastelandError, "a hub shows tables that are there"
    ),
    "test_text_comes_back_as_it_was[5]": Gap(WastelandError, "a hub takes no NUL in a statement"),
}
