"""The old import name: `vastai.VastAI`, but for 4xx and 5xx, which raise as its callers know it."""

from __future__ import annotations

from typing import Any

import vastai
from vastai.errors import APIError, NotOffered


class VastAI(vastai.VastAI):
    """The client for programs written for the older SDK: an error status raises, a 200 that says no is returned.

    Attributes:
        last_output: the result of the last call.
    """

    last_output: Any = None

    @property
    def client(self) -> VastAI:
        """The client itself: older programs read ``client.client.api_key``."""
        return self

    @property
    def api_key_access(self) -> str | None:
        """The API key, under its older name."""
        return self.api_key

    def _call(self, name: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        self.last_output = super()._call(name, args, kwargs)
        return self.last_output

    def _refusal(self, schema: str | None, error: APIError | NotOffered) -> dict[str, Any]:
        if isinstance(error, APIError) and error.status_code == 200:
            return error.as_refusal()
        return super()._refusal(None, error)


__all__ = ["VastAI"]
