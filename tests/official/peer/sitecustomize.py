"""Close every address but those of this machine to the Python it is put in front of, and write down what was tried."""

import os
import socket

_connect, _connect_ex, _look_up = socket.socket.connect, socket.socket.connect_ex, socket.getaddrinfo


def _check(host):
    if host in ("127.0.0.1", "::1", "localhost"):
        return
    if os.environ.get("TRIED"):
        with open(os.environ["TRIED"], "a") as file:
            file.write(f"{host}\n")
    raise OSError(f"{host} is closed: this test uses 127.0.0.1 only")


def _checked(connect):
    def checked(self, address):
        if self.family in (socket.AF_INET, socket.AF_INET6):
            _check(address[0])
        return connect(self, address)

    return checked


def _checked_look_up(host, *args, **kwargs):
    _check(host.decode() if isinstance(host, bytes) else host)
    return _look_up(host, *args, **kwargs)


socket.socket.connect, socket.socket.connect_ex = _checked(_connect), _checked(_connect_ex)
socket.getaddrinfo = _checked_look_up
