"""The root of all errors that are raised on purpose."""

from typing import ClassVar


class MienError(Exception):
    """Root of all errors raised on purpose. ``str(error)`` is a sentence for the user; never a traceback."""

    code: ClassVar[str] = "internal_error"

    def __init__(self, detail: str, *, field: str | None = None) -> None:
        """Say in a sentence what is wrong (`detail`), and with which member, parameter or setting (`field`)."""
        super().__init__(detail)
        self.detail = detail
        self.field = field

    @property
    def members(self) -> dict[str, object]:
        """Further members of this error's problem document."""
        return {}
