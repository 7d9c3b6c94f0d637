"""Write `docs/demo.svg`: what `wl demo` prints, as a picture of a terminal."""

from __future__ import annotations

import io
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from rich.console import Console
from rich.text import Text

TARGET = Path(__file__).parent.parent / "docs" / "demo.svg"
WIDTH = 90


def main() -> None:
    """Run the demo in a directory of its own and draw what it says."""
    with tempfile.TemporaryDirectory(prefix="wl-demo-") as place:
        told = _demo(Path(place))
    console = Console(record=True, width=WIDTH, file=io.StringIO(), force_terminal=True)
    console.print(Text.from_ansi("$ wl demo\n" + told))
    picture = console.export_svg(title="wl demo", unique_id="wl-demo")
    # No font from afar: a picture in a README should ask nobody for anything.
    TARGET.write_text(re.sub(r"@font-face \{.*?\}\s*", "", picture, flags=re.DOTALL))


def _demo(place: Path) -> str:
    command = [sys.executable, "-m", "wasteland.cli", "--color", "always", "demo"]
    env = {**os.environ, "HOME": str(place), "COLUMNS": str(WIDTH), "FORCE_COLOR": "1"}
    done = subprocess.run(
        [*command, "--dir", str(place / "demo")],
        env=env,
        check=True,
        capture_output=True,
        text=True,
    )
    # Where it was played differs each time and is nobody's business.
    return done.stdout.replace(str(place / "demo"), "/tmp/wasteland-demo").rstrip()  # noqa: S108


if __name__ == "__main__":
    main()
