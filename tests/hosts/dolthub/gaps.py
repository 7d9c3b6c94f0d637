"""What a host behind the REST API lacks of the hosts' contract, and how it says so."""

from __future__ import annotations

from typing import Final

from engines.dolthub.gaps import Gap
from wasteland.protocol.errors import NotFound, Unsupported

_MERGES = Gap(Unsupported, "without the ability OWNED: it merges by itself")
_KEEPS = Gap(Unsupported, "repositories are made and deleted on its own pages")

GAPS: Final = {
    "test_a_merge_without_commits_keeps_what_the_judge_writes": _MERGES,
    "test_a_merge_of_one_commit_says_what_the_settlement_says": _MERGES,
    "test_a_merge_of_many_commits_lands_their_net_change_as_one_commit": _MERGES,
    "test_a_merge_after_a_refused_one_works": _MERGES,
    "test_a_refused_merge_leaves_nothing": _MERGES,
    "test_main_merged_into_a_branch_offers_only_what_is_the_branchs_own": _MERGES,
    "test_the_judge_sees_the_merged_tree_and_the_net_changes": _MERGES,
    "test_a_commit_that_is_on_main_already_makes_none": _MERGES,
    "test_a_commit_that_does_not_apply_is_a_conflict_that_names_the_cells": _MERGES,
    "test_the_main_of_a_fork_follows_upstream": _MERGES,
    "test_ending_a_pull_request_drops_its_branch_and_can_be_repeated[merged]": _MERGES,
    "test_a_fork_that_is_no_fork_of_the_commons_cannot_offer": _KEEPS,
    "test_a_commons_is_not_taken_for_a_fork_of_that_name": _KEEPS,
    "test_creating_a_repository_twice_is_a_conflict": _KEEPS,
    "test_a_repository_with_forks_is_not_deleted": _KEEPS,
    "test_a_branch_that_moved_on_after_its_offer_is_kept": Gap(
        NotFound, "a pull request offers its branch as it stands, and both end together"
    ),
    "test_remarks_are_kept_in_order": Gap(AssertionError, "a remark's author is whose token it is"),
}
