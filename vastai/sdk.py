"""The client for programs written for the official library: the same methods, with the errors those programs know."""

from __future__ import annotations

import warnings
from typing import Any

from . import client
from .errors import APIError, NotFound, NotOffered

PER_CALL = ("quiet", "raw")  # settings that older versions took with each call


class VastAI(client.VastAI):
    """`vastai.VastAI`, but an error status raises, and a 200 that says no or names nothing is returned as it is.

    `import vastai_sdk` and `from vastai.sdk import VastAI`, the older ways to import it, give this class.

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

    @property
    def creds_source(self) -> str:
        """Where the API key was found: ``FILE``, or as `settings` names it; older programs ask for the first."""
        source = self.settings.key_and_source()[1]
        return "FILE" if source in self.settings.key_files() else source

    def _call(self, name: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        self.settings.raw = True  # the official library returns its results whatever `raw` says
        command = client.table().command(name)
        for setting in [key for key in PER_CALL if key in kwargs and command.parameter(key) is None]:
            del kwargs[setting]
            warnings.warn(f"{setting} belongs to VastAI(...); with a call it does nothing", DeprecationWarning, 3)
        try:
            self.last_output = super()._call(name, args, kwargs)
        except NotFound as error:
            if command.flow or getattr(error.response, "status_code", None) != 200:
                raise
            self.last_output = None  # the envelope came, and was empty
        return self.last_output

    def _refusal(self, schema: str | None, error: APIError | NotOffered) -> dict[str, Any]:
        if isinstance(error, APIError) and error.status_code == 200 and error.body:
            return error.as_refusal()
        return super()._refusal(None, error)


__all__ = ["VastAI"]
