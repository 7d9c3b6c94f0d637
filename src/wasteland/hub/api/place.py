"""Where this API is."""

from typing import Final

PREFIX: Final = "/api/v1"
