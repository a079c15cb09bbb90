"""Connections of `requests` with deadlines, nothing taken over from elsewhere, and failures in plain words."""

from __future__ import annotations

import os
import socket
import ssl
from http.client import IncompleteRead, RemoteDisconnected
from typing import Any
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter

from .address import is_loopback, printable
from .deadline import CONNECT, with_deadline
from .retry import TransportError

POOL = 64  # connections kept per host

# What an exception means; the first that fits, from the outermost exception inwards.
WORDS: tuple[tuple[type[BaseException], str], ...] = (
    (socket.gaierror, "name not found"),
    (ConnectionRefusedError, "connection refused"),
    (RemoteDisconnected, "the connection was closed without an answer"),
    (ConnectionResetError, "the connection was reset"),
    (BrokenPipeError, "the connection was closed"),
    (IncompleteRead, "the answer broke off in the middle"),
)


class Adapter(HTTPAdapter):
    """The adapter of `requests` with connections that obey the deadline of the attempt; it repeats nothing."""

    def __init__(self) -> None:
        super().__init__(max_retries=0, pool_maxsize=POOL)

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        """Make the pools of direct connections."""
        super().init_poolmanager(*args, **kwargs)
        manager: Any = self.poolmanager
        manager.pool_classes_by_scheme = with_deadline(manager.pool_classes_by_scheme)

    def proxy_manager_for(self, proxy: str, **kwargs: Any) -> Any:
        """The pools of connections through a proxy."""
        manager: Any = super().proxy_manager_for(proxy, **kwargs)
        manager.pool_classes_by_scheme = with_deadline(manager.pool_classes_by_scheme)
        return manager


class Connections:
    """Sends single requests over pooled connections, as a `requests.Session` does, without what is the same every time.

    Proxies and CA bundles come from the environment: they are looked up once for each server, when it is first asked.
    Nothing else is taken over: no login from a ``.netrc``, no cookies, and redirects are replies like any other.
    """

    def __init__(self) -> None:
        self._session = requests.Session()  # knows how to read the environment
        # `requests` itself reads REQUESTS_CA_BUNDLE and CURL_CA_BUNDLE, which come first.
        self._session.verify = os.environ.get("SSL_CERT_FILE") or os.environ.get("SSL_CERT_DIR") or True
        self._adapter = Adapter()
        self._routes: dict[tuple[str, str], Any] = {}

    def send(
        self, verb: str, url: str, headers: dict[str, str], body: bytes | None, timeout: tuple[float, float]
    ) -> requests.Response:
        """Send a request; the body of the response is still to be read.

        Args:
            timeout: seconds to connect, and between two bytes.
        """
        request = requests.PreparedRequest()
        request.prepare(verb, url, headers, data=body, auth=_as_it_is)
        return self._adapter.send(request, timeout=timeout, **self._route(url))

    def close(self) -> None:
        """Close all connections."""
        self._adapter.close()

    def _route(self, url: str) -> Any:
        """The proxies and certificates for a URL, as arguments of the adapter."""
        parts = urlsplit(url)
        server = (parts.scheme, parts.netloc)
        if server not in self._routes:
            # This machine is reached directly: a proxy elsewhere would see the key.
            direct = {"no_proxy": str(parts.hostname)} if is_loopback(parts.hostname) else {}
            self._routes[server] = self._session.merge_environment_settings(url, direct, True, None, None)
        return self._routes[server]


def _as_it_is(request: requests.PreparedRequest) -> requests.PreparedRequest:
    """An authentication that changes nothing. That there is one keeps `requests` from taking a login from the URL."""
    return request


def explain(error: BaseException, outside: BaseException | None, sent: bool, deadline: float) -> TransportError:
    """The failure of an attempt in plain words, never with the URL or the headers, which may hold secrets.

    Args:
        error: what `requests` raised.
        outside: an exception that was being handled already before, or None.
        sent: may any byte of the request have reached the service?
        deadline: seconds the attempt had.
    """
    causes = _causes(error, outside)
    where = "the proxy: " if any(isinstance(cause, requests.exceptions.ProxyError) for cause in causes) else ""
    timed_out = any(isinstance(cause, TimeoutError) for cause in causes)
    for cause in causes:
        reason, final = _reason(cause)
        if reason:
            return TransportError(where + reason, sent=sent, final=final)
    if timed_out:
        wait = deadline if sent else min(CONNECT, deadline)
        reason = f"no {'complete answer' if sent else 'connection'} within {wait:g} s"
    else:
        reason = "the answer could not be read" if sent else "no connection"
    return TransportError(where + reason, sent=sent, timed_out=timed_out)


def _reason(cause: BaseException) -> tuple[str, bool]:
    """Plain words for one exception, or "", and whether another attempt would surely end the same way."""
    if isinstance(cause, ssl.SSLCertVerificationError):
        return f"its certificate is not accepted ({cause.verify_message})", True
    if isinstance(cause, ssl.SSLError):
        return f"the encrypted connection failed ({(cause.reason or 'TLS error').replace('_', ' ').lower()})", False
    for kind, reason in WORDS:
        if isinstance(cause, kind):
            return reason, False
    text = str(cause)
    if text.startswith("Tunnel connection failed"):
        return f"the proxy refused ({printable(text.removeprefix('Tunnel connection failed:').strip())})", False
    if "TLS CA certificate bundle" in text:
        return "the file with CA certificates named in the environment does not exist", True
    return "", False


def _causes(error: BaseException, outside: BaseException | None) -> list[BaseException]:
    """An exception and those inside it, outermost first: urllib3 keeps them in four different places."""
    found = [error]
    for cause in found:  # grows while it is walked
        for inner in (getattr(cause, "reason", None), *cause.args, cause.__cause__, cause.__context__):
            if isinstance(inner, BaseException) and inner is not outside and inner not in found and len(found) < 50:
                found.append(inner)
    return found
