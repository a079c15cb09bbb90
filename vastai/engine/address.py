"""Where a request may go: rules about servers, schemes and redirects. No key leaves by a way that is not here."""

from __future__ import annotations

import re
from ipaddress import ip_address
from urllib.parse import SplitResult, urlencode, urljoin, urlsplit

from ..errors import APIError, UsageError
from ..settings import DEFAULT_SERVER, SERVERLESS_SERVER, Settings
from .steps import Request

_PORTS = {"http": 80, "https": 443}

GIVEN = "It is given by server_url or --url, by VAST_URL, or by a profile."


def url_of(request: Request, settings: Settings) -> str:
    """The complete URL of a request: server, path and query.

    The second host of the serverless service belongs to the default server; any other server answers both.

    Raises:
        UsageError: the server's address is no http or https URL, or a query value cannot be written in one.
    """
    server = base_of(settings)
    if request.service == "serverless" and server == DEFAULT_SERVER:
        server = SERVERLESS_SERVER
    try:
        return server + request.path + ("?" + urlencode(request.query) if request.query else "")
    except UnicodeEncodeError:
        raise UsageError(f"{request.command}: a text holds half a character (a lone surrogate)") from None


def base_of(settings: Settings) -> str:
    """The address of the configured server, checked.

    Raises:
        UsageError: it is no http or https URL, or carries a name, a password, a query or a fragment.
    """
    if settings.sandboxed:
        return f"http://{settings.imitation}"  # how a service inside this process is addressed
    parts = split(settings.server_url)
    if parts is None:
        wrong = printable(settings.server_url)
        raise UsageError(f"{wrong!r} is not the address of a server, such as {DEFAULT_SERVER}, or sandbox", hint=GIVEN)
    if parts.username is not None or parts.query or parts.fragment:
        raise UsageError("The address of the server must hold no name, password, query or fragment", hint=GIVEN)
    return settings.server_url


def split(url: str) -> SplitResult | None:
    """The parts of an http or https URL that names a host, or None for any other text."""
    if re.search(r"[^\x21-\x7e]|\\", url):  # blanks, controls, non-ASCII: nothing of this belongs in a URL
        return None
    try:
        parts = urlsplit(url)
        good = parts.scheme in _PORTS and bool(parts.hostname) and parts.port != 0
    except ValueError:  # a port that is no number, a bracket that does not close
        return None
    return parts if good else None


def origin(url: str) -> tuple[str, str, int]:
    """Scheme, host and port of a good URL, the port always written out.

    >>> origin("HTTPS://Console.vast.ai/api/")
    ('https', 'console.vast.ai', 443)
    """
    parts = urlsplit(url)
    return parts.scheme, (parts.hostname or "").rstrip("."), parts.port or _PORTS[parts.scheme]


def host_of(url: str) -> str:
    """Host and, if it is written there, port: what messages call the service."""
    return urlsplit(url).netloc.rpartition("@")[2]


def is_loopback(host: str | None) -> bool:
    """Does this host name mean the machine itself?

    >>> is_loopback("127.0.0.1"), is_loopback("::1"), is_loopback("localhost"), is_loopback("127.0.0.1.example")
    (True, True, True, False)
    """
    if host == "localhost":
        return True
    try:
        return ip_address(host or "").is_loopback
    except ValueError:
        return False


def check_encrypted(url: str, settings: Settings) -> None:
    """Refuse to send a key over plain http to another machine.

    Raises:
        UsageError: the URL is such a one, and VASTAI_ALLOW_HTTP is not 1.
    """
    parts = urlsplit(url)
    if parts.scheme == "http" and not (settings.sandboxed or settings.allow_http or is_loopback(parts.hostname)):
        raise UsageError(
            f"The key would travel unencrypted to {host_of(url)}. Use https in VAST_URL, "
            "or set VASTAI_ALLOW_HTTP=1 if you trust the network."
        )


def redirected(request: Request, url: str, status: int, location: str) -> str:
    """The URL that a redirect of the service leads to, if it may be followed: a GET, on the same server.

    Args:
        request: what was asked.
        url: where it was asked.
        status: status of the redirect.
        location: its ``Location`` header.

    Raises:
        APIError: it leads to another server, or the request is no GET. The message names the VAST_URL to set.
    """
    target = resolve(url, location)
    moved = f"{host_of(url)} answered with a redirect ({status})"
    if target is None:
        raise APIError(f"{moved} to an address that cannot be used.", code="redirect", status_code=status)
    if origin(target) != origin(url):
        raise APIError(_moved_away(moved, url, target), code="redirect", status_code=status)
    if request.verb != "GET":
        raise APIError(
            f"{moved}, and a {request.verb} is not sent a second time to another path. "
            "Check that VAST_URL is the address of the API.",
            code="redirect",
            status_code=status,
        )
    return target


def resolve(url: str, location: str) -> str | None:
    """The absolute URL that a ``Location`` means, without a fragment, or None if it is no http or https URL."""
    try:
        target = urljoin(url, location.strip())
    except ValueError:
        return None
    parts = split(target)
    return None if parts is None else parts._replace(fragment="").geturl()


def printable(text: str) -> str:
    """The text with everything but printable ASCII replaced, and cut to 200 characters: safe in a message."""
    return re.sub(r"[^\x20-\x7e]", "?", text[:200])


def _moved_away(moved: str, url: str, target: str) -> str:
    scheme, host, port = origin(target)
    if scheme == "http" and urlsplit(url).scheme == "https":
        return f"{moved} to an address without encryption. Nothing was sent there."
    host = f"[{host}]" if ":" in host else host
    server = f"{scheme}://{host}" + ("" if port == _PORTS[scheme] else f":{port}")
    return f"{moved} to {server}. Nothing was sent there. If that is the right server, set VAST_URL={server}"
