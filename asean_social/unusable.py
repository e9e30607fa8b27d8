"""Why a media file cannot be sent."""

from typing import Any


class Unusable(Exception):
    """A file that cannot be sent, as a message code and its values."""

    def __init__(self, code: str, **values: Any) -> None:
        super().__init__(code)
        self.code = code
        self.values = values
