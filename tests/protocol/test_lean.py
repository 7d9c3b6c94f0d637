"""Our cheap dataclasses behave as the standard library's do."""

from __future__ import annotations

import copy
import dataclasses
import pickle
from typing import Any

import pytest

from wasteland.protocol.lean import dataclass


@dataclass(frozen=True, slots=True)
class Ours:
    """A record of ours."""

    name: str
    size: int = 1
    tags: list[str] = dataclasses.field(default_factory=list)
    hidden: str = dataclasses.field(default="", repr=False, compare=False)


@dataclasses.dataclass(frozen=True, slots=True)
class Theirs:
    """The same record, made by the standard library."""

    name: str
    size: int = 1
    tags: list[str] = dataclasses.field(default_factory=list)
    hidden: str = dataclasses.field(default="", repr=False, compare=False)


@dataclass(slots=True)
class Loose:
    """A record that may change."""

    name: str = ""


@pytest.mark.parametrize(
    ("args", "given"),
    [
        (("a",), {}),
        (("a", 2, ["x"]), {}),
        (("a",), {"tags": ["y"], "hidden": "z"}),
        ((), {"name": "a", "size": 3}),
    ],
)
def test_a_record_holds_and_shows_the_same(args: tuple[Any, ...], given: dict[str, Any]) -> None:
    ours, theirs = Ours(*args, **given), Theirs(*args, **given)

    assert dataclasses.asdict(theirs) == dataclasses.asdict(ours)
    assert repr(theirs).replace("Theirs", "Ours") == repr(ours)


@pytest.mark.parametrize(
    ("args", "given"),
    [
        ((), {}),
        (("a",), {"nmae": "b"}),
        (("a",), {"name": "b"}),
        (("a", 1, [], "", "one more"), {}),
    ],
)
@pytest.mark.parametrize("kind", [Ours, Theirs])
def test_wrong_arguments_are_refused(
    kind: Any, args: tuple[Any, ...], given: dict[str, Any]
) -> None:
    with pytest.raises(TypeError):
        kind(*args, **given)


def test_equality_goes_by_kind_and_compared_fields() -> None:
    assert Ours("a", hidden="x") == Ours("a", hidden="y")
    assert Ours("a") != Ours("b")
    other: object = Theirs("a")
    assert Ours("a") != other


def test_equal_records_have_equal_hashes() -> None:
    class_of_texts = {Ours("a", tags=()), Ours("a", tags=(), hidden="x")}  # type: ignore[arg-type]

    assert 1 == len(class_of_texts)


def test_a_frozen_record_cannot_be_changed() -> None:
    record: Any = Ours("a")

    with pytest.raises(dataclasses.FrozenInstanceError):
        record.name = "b"
    with pytest.raises(dataclasses.FrozenInstanceError):
        del record.name


def test_slots_allow_no_other_attribute() -> None:
    loose: Any = Loose("a")
    loose.name = "b"

    assert "b" == loose.name
    with pytest.raises(AttributeError):
        loose.other = 1
    with pytest.raises(TypeError):
        hash(loose)


def test_default_factories_make_a_new_value_each_time() -> None:
    assert Ours("a").tags is not Ours("a").tags


def test_replace_copy_and_pickle_work() -> None:
    record = Ours("a", 2, ["x"])

    assert Ours("a", 5, ["x"]) == dataclasses.replace(record, size=5)
    assert record == copy.deepcopy(record)
    assert record == pickle.loads(pickle.dumps(record))  # noqa: S301  # our own bytes


def test_a_subclass_keeps_the_fields_of_its_base() -> None:
    @dataclass(frozen=True, slots=True)
    class Wider(Ours):
        colour: str = "red"

    assert ("a", "red") == (Wider("a").name, Wider("a").colour)
    assert "colour='red'" in repr(Wider("a"))
