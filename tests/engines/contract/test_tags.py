"""Tags: names for commits that stay."""

from __future__ import annotations

import pytest

from engines.laboratory import post, titles
from wasteland.engines.base import Engine
from wasteland.protocol.errors import Conflict, Invalid, NotFound


def test_a_tag_names_its_commit_when_main_has_moved_on(engine: Engine) -> None:
    first = post(engine, "w-1")
    engine.create_tag("v1", "main", message="spring count", author="Ada")
    post(engine, "w-2")

    (tag,) = engine.tags()
    assert ("v1", first, "Ada", "spring count") == (tag.name, tag.commit, tag.author, tag.message)
    assert engine.head("v1") == first
    assert len(titles(engine, "v1")) == 1


def test_a_tag_that_exists_is_not_moved(engine: Engine) -> None:
    first = post(engine, "w-1")
    engine.create_tag("v1", first, message="", author="Ada")
    post(engine, "w-2")

    with pytest.raises(Conflict):
        engine.create_tag("v1", "main", message="", author="Ada")

    assert engine.head("v1") == first


def test_a_tag_needs_a_start_that_exists(engine: Engine) -> None:
    with pytest.raises(NotFound):
        engine.create_tag("v1", "nope", message="", author="Ada")

    assert engine.tags() == []


@pytest.mark.parametrize("name", ["", "-d", "a b", "a:b"])
def test_a_name_that_means_something_else_is_invalid(engine: Engine, name: str) -> None:
    with pytest.raises(Invalid):
        engine.create_tag(name, "main", message="", author="Ada")
