"""The app as its visitors meet it: a Streamlit server of its own for a module of tests, and what pages show."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Locator, Page

from ae_core.runs.store import RunStore
from chromium import end_family
from tests.unit.waiting import wait_until
from ui.components.scripts import publish

ROOT = Path(__file__).resolve().parents[2]
SETTLED = '[data-testid="stApp"][data-test-script-state="notRunning"]'
MILLISECONDS = 120_000
"""Only there to end a hang: other work may have this computer while the tests run."""
_last_port = 0
"""Of the server that was started last; 0 for whichever is free."""
BASE64 = "((bytes) => btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join('')))"
"""A function for scripts: hundreds of thousands of numbers take seconds to come out of a tab one by one."""
PIXELS = "(canvas) => canvas.getContext('2d').getImageData(0, 0, 28, 28).data.join()"


@dataclass(frozen=True)
class Server:
    """A running Streamlit.

    Attributes:
        address: of its first page, without a slash at the end.
        store: its folder of runs.
        process: its web process, the head of its process group.
        log: the file that takes what it prints.
    """

    address: str
    store: RunStore
    process: subprocess.Popen[bytes]
    log: Path

    def kill(self) -> None:
        """End it with its workers, without a chance to save anything."""
        end_family(self.process)


@contextmanager
def serving(
    folder: Path, script: str = "app.py", *, root: Path = ROOT, port: int | None = None, **environment: str
) -> Iterator[Server]:
    """Serve the app, or another script, with its runs and its log in `folder`.

    Args:
        root: the project's folder, or one with a copy of a part of it.
    """
    folder.mkdir(parents=True, exist_ok=True)
    # Streamlit serves what is beside its script, and only the app's own is beside ours.
    publish(root / "ui" / "components", (root / script).parent / "static")
    port, log, runs = port or _free_port(), folder / "server.log", folder / "runs"
    command = [sys.executable, "-m", "streamlit", "run", str(root / script), "--server.port", str(port)]
    paths = {"AE_RUNS": str(runs), "PYTHONPATH": f"{root}{os.pathsep}{ROOT}", "TMPDIR": str(folder)}
    with log.open("ab") as output:
        process = subprocess.Popen(
            command,
            cwd=root,
            env={**os.environ, **paths, **environment},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    server = Server(f"http://127.0.0.1:{port}", RunStore(runs), process, log)
    try:
        wait_until(lambda: _is_healthy(server), f"Streamlit answers; it said: {log.read_text(encoding='utf-8')}")
        yield server
    finally:
        server.kill()


def _free_port() -> int:
    """The last one again, if it is free: a browser keeps what it has compiled of Streamlit by its address."""
    global _last_port
    with socket.socket() as probe:
        if os.name == "posix":
            # As the server will: a port is free when nobody listens, whatever connections there were. Elsewhere the
            # option means that a port can be taken from who listens.
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", _last_port))
        except OSError:
            probe.bind(("127.0.0.1", 0))
        _last_port = int(probe.getsockname()[1])
    return _last_port


def _is_healthy(server: Server) -> bool:
    if server.process.poll() is not None:
        raise RuntimeError(f"Streamlit ended by itself: {server.log.read_text(encoding='utf-8')}")
    try:
        urllib.request.urlopen(f"{server.address}/_stcore/health", timeout=5).close()
    except OSError:
        return False
    return True


def visit(page: Page, address: str) -> None:
    """Open an address and wait until the page is drawn."""
    page.goto(address)
    settle(page)


def settle(page: Page) -> None:
    """Wait until no script runs and all is drawn. A page that polls comes by such a moment between two looks."""
    # What was clicked may still be on its way at first, and at last a part that has not heard of the answer.
    for _ in range(2):
        page.wait_for_selector(SETTLED, timeout=MILLISECONDS)
        two_frames(page)


def two_frames(page: Page) -> None:
    """Until what the last event changed is painted: it may have come too late for the next frame."""
    frames(page, 2)


def frames(page: Page, count: int) -> None:
    """Wait until a tab has been painted so many times."""
    page.evaluate(
        "async (count) => { while (count--) await new Promise((done) => requestAnimationFrame(done)) }", count
    )


def pixels(canvas: Locator) -> str:
    """Of a digit's canvas, as text to compare."""
    return str(canvas.evaluate(PIXELS))
