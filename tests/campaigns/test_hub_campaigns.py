"""The campaigns of ``bench/`` against a hub, with small numbers; the full ones run from there."""

from __future__ import annotations

import pytest

from campaigns.test_campaigns import campaign


def test_exactly_one_of_many_clients_of_a_hub_wins_each_claim() -> None:
    """By its own API, under one account, and by pull requests as existing clients make them."""
    figures = campaign("hub_race.py", "--clients", "8", "--rounds", "6")

    assert [] == figures["wrong"]
    assert 6 == figures["winners"]


def test_a_hub_killed_under_load_loses_and_doubles_nothing() -> None:
    """Requests that were not answered are repeated with their key; the directory stays sound."""
    figures = campaign("hub_kills.py", "--kills", "5", "--seed", "3")

    assert [] == figures["wrong"]
    assert [] == figures["fsck"]
    assert figures["not_answered_and_repeated"] > 0


def test_many_repositories_and_forks_are_served() -> None:
    """Every one of them is read; the times are for the bench."""
    figures = campaign("hub_scale.py", "--repositories", "5", "--forks", "40", "--json")

    assert 40 == figures["forks"]


def test_a_hub_is_measured_beside_the_sdk() -> None:
    """The bench runs; its times are for a quiet machine."""
    small = ("--items", "30", "--claims", "3", "--workers", "2", "--seconds", "0.5")
    boards = ("--rows", "300", "--reads", "3", "--readers", "4", "--json")
    figures = campaign("hub_speed.py", *small, *boards)

    assert figures["claim"]["ratio"] > 0
    assert 40 == figures["board"]["crowd"]["pages"]


@pytest.mark.dolt
def test_exactly_one_of_many_clients_of_a_hub_wins_each_claim_on_dolt(dolt_program: str) -> None:
    """The same race on a Dolt server."""
    arguments = ("--clients", "6", "--rounds", "6", "--engine", "dolt", "--dolt", dolt_program)
    figures = campaign("hub_race.py", *arguments)

    assert [] == figures["wrong"]
    assert 6 == figures["winners"]


@pytest.mark.dolt
def test_a_hub_on_dolt_killed_under_load_loses_and_doubles_nothing(dolt_program: str) -> None:
    """The same kills on a Dolt server, which lives on."""
    arguments = ("--kills", "3", "--seed", "3", "--engine", "dolt", "--dolt", dolt_program)
    figures = campaign("hub_kills.py", *arguments)

    assert [] == figures["wrong"]
    assert [] == figures["fsck"]
