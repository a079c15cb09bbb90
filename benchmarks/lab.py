"""Where it is measured: an environment with our wheel, one with the official client, a local server, a home."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PROGRAMS = ROOT / "benchmarks" / "programs"
CERTIFICATE = ROOT / "tests" / "faults" / "tls.pem"  # for tests only: key and certificate of 127.0.0.1
OFFICIAL = "vastai==1.9.1"
EMPTY = {
    "pyproject.toml": '[build-system]\nrequires = ["hatchling"]\nbuild-backend = "hatchling.build"\n'
    '[project]\nname = "emptyscript"\nversion = "1"\n[project.scripts]\nemptyscript = "emptyscript:main"\n',
    "emptyscript/__init__.py": "def main():\n    return 0\n",
}


class Lab:
    """Two environments, made by the same pip, and a server with a process of its own; close it in the end.

    Arguments:
        folder: where the environments are made. What is there already is used again, but for our own wheel.

    Attributes:
        python, vastai, empty: Python, our command, and an empty console script, in one environment.
        official_python, official: Python and the command of the official client.
        environ: the environment of every program: a home of its own, a key, no other setting.
        home: that home, in which they run.
    """

    def __init__(self, folder: Path) -> None:
        ours, theirs = folder / "ours" / "bin", folder / "official" / "bin"
        self.python, self.vastai, self.empty = (str(ours / name) for name in ("python", "vastai", "emptyscript"))
        self.official_python, self.official = str(theirs / "python"), str(theirs / "vastai")
        self.home = str(folder / "home")
        os.makedirs(self.home, exist_ok=True)
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "VAST", "XDG_"))}
        self.environ = {
            **kept,
            "HOME": self.home,
            "NO_PROXY": "127.0.0.1",
            "VAST_API_KEY": "no-key-of-anybody",
            "VAST_URL": "http://127.0.0.1:9",  # nobody; every program is told the local server
            "REQUESTS_CA_BUNDLE": str(CERTIFICATE),
        }
        self._install(folder)
        script = str(ROOT / "benchmarks" / "server.py")
        self._server = subprocess.Popen(
            [self.python, script, str(CERTIFICATE)], stdout=subprocess.PIPE, text=True, env=self.environ, cwd=self.home
        )
        assert self._server.stdout is not None
        self._urls = self._server.stdout.readline().split()

    def url(self, rows: int = 1, *, tls: bool = False, after: int = 0) -> str:
        """The address of a server whose lists of instances and offers have so many rows, or which answers after so many
        milliseconds.
        """
        return f"{self._urls[tls]}/{f'after/{after}' if after else f'rows/{rows}'}"

    def program(self, name: str, *arguments: object, official: bool = False) -> list[str]:
        """A program of `programs/`, run by the Python of our environment or of the official client's."""
        python = self.official_python if official else self.python
        return [python, str(PROGRAMS / name), *map(str, arguments)]

    def close(self) -> None:
        """End the server."""
        self._server.terminate()
        self._server.communicate()

    def _install(self, folder: Path) -> None:
        for name, text in EMPTY.items():
            path = folder / "empty" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        for environment in ("ours", "official"):
            if not (folder / environment).exists():
                subprocess.run([sys.executable, "-m", "venv", folder / environment], check=True)
        if not Path(self.official).exists():
            self._pip(self.official_python, OFFICIAL)
        if not Path(self.empty).exists():
            self._pip(self.python, str(folder / "empty"))
        self._pip(self.python, "--upgrade", str(ROOT))
        self._pip(self.python, "--force-reinstall", "--no-deps", str(ROOT))

    def _pip(self, python: str, *what: str) -> None:
        environ = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
        install = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        subprocess.run([*install, *what], check=True, env=environ)
