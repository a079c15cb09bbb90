"""The old import name: the client for programs written for the official library, and the errors it raises."""

from vastai.errors import APIError, VastError
from vastai.sdk import VastAI

__all__ = ["APIError", "VastAI", "VastError"]
