"""A Chromium for the browser tests: the one that is here, else one that this computer's own means can install."""

import contextlib
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from bootstrap import SetupError, quiet, venv_python

VARIABLE = "BOTTLENECK_CHROMIUM"
# First the Chromium that has no window to open: the same pages take it a sixth less of the processor.
HEADLESS = "chromium-headless-shell"
NAMES = (HEADLESS, "chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "msedge", "microsoft-edge")
MAC_APPS = ("Google Chrome", "Chromium", "Microsoft Edge")
WINDOWS_APPS = ("Google/Chrome/Application/chrome.exe", "Microsoft/Edge/Application/msedge.exe")

PACKAGE_MANAGERS = {
    # Not every Debian has the first of the two.
    "apt-get": (("update", "-q"), ("install", "-y", HEADLESS), ("install", "-y", "chromium")),
    "dnf": (("install", "-y", "chromium"),),
    "pacman": (("-S", "--noconfirm", "chromium"),),
    "zypper": (("--non-interactive", "install", "chromium"),),
}
ASK_PLAYWRIGHT = (
    "from playwright.sync_api import sync_playwright as start\n"
    "with start() as playwright: print(playwright.chromium.executable_path)"
)


def is_needed(arguments: Sequence[str]) -> bool:
    """Whether pytest, called with these arguments, may come to a test that uses a browser."""
    named = [argument.replace(os.sep, "/") for argument in arguments if argument.startswith("tests")]
    return not named or not all(path.startswith(("tests/unit", "tests/app", "tests/claims")) for path in named)


def find_or_install() -> str:
    """The path of a Chromium that starts. Raises SetupError when there is none and none can be had."""
    found = find()
    if found:
        return found
    print("The browser tests need a Chromium and found none. Installing one; this takes a minute or two.", flush=True)
    for command, seconds in attempts():
        print(f"  {' '.join(command)}", flush=True)
        if attempt(command, seconds=seconds):
            found = find()
        if found:
            return found
    raise SetupError(
        "No Chromium was found and none could be installed. The browser tests need one.\n"
        "Install Chromium, Chrome or Edge by hand (Debian: sudo apt install chromium), or name the one you have:\n"
        f"  {VARIABLE}=/path/to/chromium scripts/test\n"
        "The tests that need no browser: scripts/test tests/unit tests/app tests/claims"
    )


def find() -> str | None:
    """The path of the first Chromium, Chrome or Edge that is here and starts."""
    named = os.environ.get(VARIABLE)
    if named:
        if not Path(named).is_file():
            raise SetupError(f"{VARIABLE} must be the path of a Chromium program. Received: {named}.")
        return named
    return next((path for path in places() if Path(path).is_file() and starts(path)), None)


def places() -> Iterator[str]:
    yield from filter(None, map(shutil.which, NAMES))
    if sys.platform == "darwin":
        for folder in (Path("/Applications"), Path.home() / "Applications"):
            yield from (str(folder / f"{app}.app/Contents/MacOS/{app}") for app in MAC_APPS)
    if sys.platform == "win32":
        for variable in ("PROGRAMFILES", "PROGRAMFILES(X86)", "LOCALAPPDATA"):
            yield from (str(Path(os.environ.get(variable, ""), app)) for app in WINDOWS_APPS)
    # Last, since it takes a second to answer: where Playwright would have put its own.
    yield quiet([str(venv_python()), "-c", ASK_PLAYWRIGHT]).stdout.strip()


def starts(path: str) -> bool:
    """Whether it runs here: a name on the PATH can be a stub that only says where to get one."""
    # On Windows the question would open a window, and there are no stubs.
    return sys.platform == "win32" or attempt([path, "--version"], seconds=30)


def attempts() -> Iterator[tuple[list[str], int]]:
    """Commands that may bring a Chromium, each with the seconds it gets, the likeliest first."""
    prefix = superuser()
    if sys.platform == "linux" and prefix is not None:
        for manager, steps in PACKAGE_MANAGERS.items():
            if shutil.which(manager):
                yield from (([*prefix, manager, *step], 900) for step in steps)
    yield [str(venv_python()), "-m", "playwright", "install", "chromium"], 180
    if sys.platform == "darwin" and shutil.which("brew"):
        yield ["brew", "install", "--cask", "google-chrome"], 900


def superuser() -> list[str] | None:
    """What to put before a command that installs for all users: nothing for root, else sudo if it asks nothing."""
    if sys.platform == "win32":
        return None
    # Package scripts that ask questions would wait for ever.
    environment = ["env", "DEBIAN_FRONTEND=noninteractive"]
    if os.geteuid() == 0:
        return environment
    if shutil.which("sudo") and attempt(["sudo", "-n", "true"], seconds=10):
        return ["sudo", "-n", *environment]
    return None


def attempt(command: list[str], *, seconds: float) -> bool:
    """Run a command unseen; True if it succeeds in time. At the time limit its whole family of processes is ended."""
    try:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
    except OSError:
        return False
    try:
        return process.wait(timeout=seconds) == 0
    except subprocess.TimeoutExpired:
        return False
    finally:
        if process.poll() is None:
            end_family(process)


def end_family(process: "subprocess.Popen[bytes]") -> None:
    if sys.platform == "win32":
        process.kill()
    else:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
    process.wait()
