"""The old import name: `vastai.VastAI`, but for 4xx and 5xx, which raise as its callers know it."""

from __future__ import annotations

from typing import Any

import vastai
from vastai.errors import APIError, NotOffered


class VastAI(vastai.VastAI):
    """The client for programs written for the older SDK: an error status raises, a 200 that says no is returned."""

    def _refusal(self, schema: str | None, error: APIError | NotOffered) -> dict[str, Any]:
        if isinstance(error, APIError) and error.status_code == 200:
            return error.as_refusal()
        return super()._refusal(None, error)


__all__ = ["VastAI"]
