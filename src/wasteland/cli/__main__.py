"""``python -m wasteland.cli``."""

from .main import main

main()
