"""A real interactive shell on a pseudo-terminal: type keys, and be told what its line then holds."""

from __future__ import annotations

import os
import select
import subprocess
import time
from collections.abc import Mapping
from pathlib import Path

LIMIT = 60  # seconds until a shell that says nothing is given up
REPORT = "\x18r"  # Ctrl-X r: the shell writes its line to `TOLD`
CLEAR = "\x01\x0b"  # Ctrl-A Ctrl-K
TOLD = 9  # the file descriptor that the line is written to

START = {
    "bash": """
        bind 'set bell-style none'; bind 'set enable-bracketed-paste off'; bind 'set completion-query-items 0'
        bind 'set page-completions off'
        bind -x '"\\C-xr": printf "%s\\0" "$READLINE_LINE" >&9'
        eval "$(vastai completion bash)"
    """,
    "zsh": """
        autoload -Uz compinit; compinit -u -D; setopt no_beep
        unset zle_bracketed_paste
        report() { printf '%s\\0' "$BUFFER" >&9 }; zle -N report; bindkey -e; bindkey '^Xr' report
        eval "$(vastai completion zsh)"
    """,
}
COMMANDS = {"bash": ["bash", "--norc", "--noprofile", "-i"], "zsh": ["zsh", "-f", "-i"]}


class Shell:
    """One shell, which has read its completion script. Close it, or use it in a `with`."""

    def __init__(self, name: str, environ: Mapping[str, str], folder: Path) -> None:
        self._master, slave = os.openpty()
        self._told, tells = os.pipe()
        start = folder / f".start.{name}"
        start.write_text(START[name], encoding="utf-8")
        environ = {**environ, "TERM": "dumb", "PS1": "$ ", "COLUMNS": "200", "LINES": "50", "ZDOTDIR": str(folder)}
        redirected = ["bash", "-c", f'exec "$@" {TOLD}>&{tells}', "bash", *COMMANDS[name]]
        self._process = subprocess.Popen(
            redirected, stdin=slave, stdout=slave, stderr=slave, env=environ, cwd=folder, pass_fds=[tells],
            start_new_session=True,
        )  # fmt: skip
        os.close(slave)
        os.close(tells)
        self.screen = ""
        self._type(f" . {start}; printf '\\0' >&{TOLD}\r")
        self._hear()

    def line_after(self, keys: str) -> str:
        """The line that the shell has after these keys; the line is empty before and after."""
        self.screen = ""
        self._type(keys + REPORT)
        line = self._hear()
        self._type(CLEAR)
        return line

    def close(self) -> None:
        """End the shell."""
        self._process.kill()
        self._process.wait()
        os.close(self._master)
        os.close(self._told)

    def __enter__(self) -> Shell:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def _type(self, keys: str) -> None:
        os.write(self._master, keys.encode())

    def _hear(self) -> str:
        """What the shell tells, up to a zero byte; what it writes on its screen meanwhile is kept."""
        told, end = b"", time.monotonic() + LIMIT
        while not told.endswith(b"\0"):
            ready, _, _ = select.select([self._told, self._master], [], [], max(0.0, end - time.monotonic()))
            assert ready, f"the shell said nothing; its screen: {self.screen}"
            if self._master in ready:
                self.screen += os.read(self._master, 65536).decode(errors="replace")
            if self._told in ready:
                told += os.read(self._told, 65536)
        return told[:-1].decode()
