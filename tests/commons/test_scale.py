"""The scale that scores are written in is a setting that stamps depend on."""

from __future__ import annotations

import pytest

from commons.casts import Cast
from wasteland.protocol.errors import Conflict, Invalid


def test_the_scale_can_be_changed_while_there_are_no_stamps(cast: Cast) -> None:
    cast.max.set_rule("valence_scale", "5")

    assert "5" == cast.max.policy().scale


def test_the_scale_stays_once_a_stamp_is_written_in_it(cast: Cast) -> None:
    item = cast.ada.post(title="Work").id
    cast.ben.claim(item)
    cast.ben.done(item, evidence="https://example.org/1")
    cast.max.accept(item, quality="good")

    with pytest.raises(Conflict):
        cast.max.set_rule("valence_scale", "5")
    assert "1" == cast.max.policy().scale


def test_only_the_two_scales_exist(cast: Cast) -> None:
    with pytest.raises(Invalid):
        cast.max.set_rule("valence_scale", "10")
