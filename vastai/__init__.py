"""SDK for the GPU market Vast.ai: every command of commands.yaml is a method of `VastAI`.

    from vastai import VastAI

    client = VastAI()
    offers = client.search_offers(query="num_gpus=1 gpu_name=RTX_4090", order="dph_total", limit=3)

Nothing is loaded before it is used, so that `import vastai` and `vastai --version` cost next to nothing.
"""

TYPE_CHECKING = False
if TYPE_CHECKING:  # for editors and type checkers; at run time `__getattr__` below loads what is asked for
    from .client import VastAI as VastAI
    from .errors import APIError as APIError
    from .errors import AuthError as AuthError
    from .errors import ConnectionFailed as ConnectionFailed
    from .errors import NotFound as NotFound
    from .errors import NotOffered as NotOffered
    from .errors import OutcomeUnknown as OutcomeUnknown
    from .errors import ProgramFailed as ProgramFailed
    from .errors import RateLimited as RateLimited
    from .errors import SchemaError as SchemaError
    from .errors import TableError as TableError
    from .errors import UsageError as UsageError
    from .errors import VastError as VastError

__version__ = "1.10.0"

__all__ = [
    "APIError",
    "AuthError",
    "ConnectionFailed",
    "NotFound",
    "NotOffered",
    "OutcomeUnknown",
    "ProgramFailed",
    "RateLimited",
    "SchemaError",
    "TableError",
    "UsageError",
    "VastAI",
    "VastError",
    "__version__",
]


def __getattr__(name: str) -> object:
    if name not in __all__:
        raise AttributeError(f"module 'vastai' has no attribute '{name}'")
    if name == "VastAI":
        from .client import VastAI

        thing: object = VastAI
    else:
        from . import errors

        thing = getattr(errors, name)
    globals()[name] = thing
    return thing


def __dir__() -> "list[str]":
    return sorted([*globals(), *__all__])
