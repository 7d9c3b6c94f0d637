from __future__ import annotations

import re
from importlib import resources
from pathlib import Path

from wasteland.web.icons import PATHS, TYPES
from wasteland.web.looks import LOOKS

_USED = re.compile(r'icon\("([a-z]+)"')


def test_every_icon_that_a_page_may_show_is_drawn() -> None:
    folder = Path(str(resources.files("wasteland.web").joinpath("templates")))
    named = {name for file in folder.rglob("*.html") for name in _USED.findall(file.read_text())}

    assert set() == (named | TYPES | {look.icon for look in LOOKS.values()}) - set(PATHS)
