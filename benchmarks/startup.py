"""What a start costs: ratios of CPU time against an empty console script, bare Python and `import requests`.

Run it with any Python that has `build` or `pip`:  python benchmarks/startup.py [--runs 25]

It builds the wheel, installs it and an empty package with one console script into a new virtual environment by the
same pip, and takes all programs in turn, run by run, so that a machine that slows down slows all of them. The figure
of a program is the median of its CPU time (user and system); what is printed are ratios of medians. Bytecode is
written and used, as users have it.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
EMPTY = {
    "pyproject.toml": '[build-system]\nrequires = ["hatchling"]\nbuild-backend = "hatchling.build"\n'
    '[project]\nname = "emptyscript"\nversion = "1"\n[project.scripts]\nemptyscript = "emptyscript:main"\n',
    "emptyscript/__init__.py": "def main():\n    return 0\n",
}
BARE, SCRIPT, REQUESTS = "python -c pass", "an empty console script", 'python -c "import requests"'


def programs(python: str, url: str) -> dict[str, list[str]]:
    """The programs that are measured, by the name that the table shows."""
    here = Path(python).parent
    vastai = str(here / "vastai")
    return {
        BARE: [python, "-c", "pass"],
        SCRIPT: [str(here / "emptyscript")],
        REQUESTS: [python, "-c", "import requests"],
        "vastai --version": [vastai, "--version"],
        "vastai --help": [vastai, "--help"],
        "vastai show instances --help": [vastai, "show", "instances", "--help"],
        "import vastai, one VastAI": [python, "-c", "import vastai; vastai.VastAI(api_key='k')"],
        "vastai show instances --raw": [vastai, "--url", url, "--api-key", "k", "show", "instances", "--raw"],
    }


# program -> (what it is compared with, the ratio it may have at most)
LIMITS = {
    "vastai --version": (SCRIPT, 1.15),
    "vastai --help": (SCRIPT, 1.35),
    "vastai show instances --help": (SCRIPT, 2.0),
    "import vastai, one VastAI": (BARE, 1.3),
    "vastai show instances --raw": (REQUESTS, 1.35),
}


def cpu_seconds(argv: list[str], environ: dict[str, str]) -> float:
    """CPU time, user and system, of one run of a program."""
    with open(os.devnull, "w") as nothing:
        process = subprocess.Popen(argv, stdout=nothing, stderr=nothing, env=environ)
        _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{' '.join(argv)} ended with exit code {process.returncode}")
    return usage.ru_utime + usage.ru_stime


def installed(folder: Path) -> str:
    """The Python of a new environment that holds our wheel and the empty script."""
    for name, text in EMPTY.items():
        path = folder / "empty" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    subprocess.run([sys.executable, "-m", "venv", folder / "venv"], check=True)
    python = str(folder / "venv" / "bin" / "python")
    environ = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    install = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    subprocess.run([*install, str(folder / "empty"), str(ROOT)], check=True, env=environ)
    return python


def local_server() -> tuple[str, Callable[[], None]]:
    """A server with one page of instances, and what stops it."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = b'{"success": true, "instances": [{"id": 1, "actual_status": "running"}], "next_token": null}'
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *args: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return f"http://127.0.0.1:{server.server_port}", server.shutdown


def main() -> int:
    """Measure, and print the table. Exit code 1 when a ratio is above its limit."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--runs", type=int, default=25, help="runs of each program, after two that do not count")
    runs = parser.parse_args().runs
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        python = installed(folder)
        url, stop = local_server()
        environ = {k: v for k, v in os.environ.items() if not k.startswith(("PYTHON", "VAST", "XDG_"))}
        environ |= {"HOME": str(folder / "home"), "NO_PROXY": "127.0.0.1"}
        (folder / "home").mkdir()
        measured: dict[str, list[float]] = {}
        for run in range(runs + 2):
            for program, argv in programs(python, url).items():
                seconds = cpu_seconds(argv, environ)
                if run >= 2:
                    measured.setdefault(program, []).append(seconds)
        stop()
    medians = {program: statistics.median(values) for program, values in measured.items()}
    print(f"{'program':34} {'CPU ms':>8} {'ratio':>7} {'limit':>7}   compared with")
    for program, median in medians.items():
        base, limit = LIMITS.get(program, ("", 0.0))
        ratio = f"{median / medians[base]:7.2f} {limit:7.2f}   {base}" if base else ""
        print(f"{program:34} {median * 1000:8.1f} {ratio}")
    return int(any(medians[p] > limit * medians[base] for p, (base, limit) in LIMITS.items()))


if __name__ == "__main__":
    raise SystemExit(main())
