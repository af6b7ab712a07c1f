"""Make this folder ready to run: a suitable Python, a `.venv`, the pinned packages.

Standard library only. The syntax is kept to what an old Python 3 can read, so that one can still say in words what is
missing instead of stopping at a syntax error: that is why some annotations are in quotes.
"""

import contextlib
import errno
import hashlib
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NoReturn, TextIO

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
SUPPORTED = ((3, 13), (3, 12), (3, 11))
SUPPORTED_TEXT = "Python 3.11, 3.12 or 3.13"

# What the app and the tests install. The tests take both lists: then the app finds its own already installed.
APP = ("requirements.txt",)
DEVELOPMENT = ("requirements.txt", "requirements-dev.txt")
SIZE = "about 0.8 GB to download, 3.4 GB on disk"


class SetupError(Exception):
    """Something the person at the keyboard can put right; the text says what happened and what to do."""


def run(main: "Callable[[list[str]], int]") -> NoReturn:
    """Run `main(arguments)` as a whole script: failures come out as plain words and an exit code."""
    try:
        ensure_python()
        code = main(sys.argv[1:])
    except SetupError as error:
        code = complain(str(error))
    except OSError as error:
        if error.errno == errno.ENOSPC:
            code = complain(disk_full())
        elif isinstance(error, PermissionError):
            code = complain(
                f"No access to {error.filename}. Run this as the user that owns {ROOT}, or copy it elsewhere."
            )
        else:
            raise
    except KeyboardInterrupt:
        code = complain("Stopped. Run the same command again to go on.", code=130)
    sys.exit(code)


def complain(text: str, *, code: int = 1) -> int:
    print("\n" + text, file=sys.stderr)
    return code


def disk_full() -> str:
    return f"The disk is full. The packages need {SIZE} ({VENV}). Free some space, then run the same command again."


def ensure_python() -> None:
    """Return if the running Python will do; else start again under one that does, or say what to install."""
    version = sys.version_info[:2]
    if version in SUPPORTED:
        return
    for command in python_candidates():
        if python_version(command) in SUPPORTED:
            replace_process([*command, *sys.argv])
    raise SetupError(python_missing(version))


def python_candidates() -> "list[list[str]]":
    names = [f"python{major}.{minor}" for major, minor in SUPPORTED] + ["python3"]
    candidates = [[path] for path in map(shutil.which, names) if path]
    launcher = shutil.which("py")
    if os.name == "nt" and launcher:
        candidates += [[launcher, f"-{major}.{minor}"] for major, minor in SUPPORTED]
    return candidates


def python_version(command: "list[str]") -> "tuple[int, ...] | None":
    """The (major, minor) that a command runs, or None: a name on the PATH may stand for nothing that starts."""
    probe = [*command, "-I", "-S", "-c", "import sys; print(*sys.version_info[:2])"]
    try:
        answer = subprocess.run(probe, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, timeout=20, check=True)
        return tuple(int(number) for number in answer.stdout.split())
    except (OSError, ValueError, subprocess.SubprocessError):
        return None


def python_missing(version: "tuple[int, ...]") -> str:
    return (
        f"Bottleneck needs {SUPPORTED_TEXT} (64-bit).\n"
        f"This is Python {version[0]}.{version[1]} ({sys.executable}), and the PATH has no suitable one.\n"
        "Install one, then run the same command again:\n"
        "  Debian, Ubuntu   sudo apt install python3 python3-venv   (Debian 12, Ubuntu 24.04 or later)\n"
        "  Fedora           sudo dnf install python3.12\n"
        "  macOS            brew install python@3.12\n"
        "  Windows          winget install Python.Python.3.12"
    )


def replace_process(command: "list[str]") -> None:
    """Become `command`. Windows has no exec, so there a child runs in our place and its exit code is ours."""
    sys.stdout.flush()
    if os.name == "nt":
        sys.exit(subprocess.call(command))
    os.execv(command[0], command)


def venv_python() -> Path:
    return VENV / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def install(lists: "tuple[str, ...]") -> str:
    """Bring `.venv` up to the pinned requirements if it is not there yet; return its Python's path."""
    python = str(venv_python())
    if not is_current(lists):
        with install_lock():
            # Whoever held the lock before us may have done the work.
            if not is_current(lists):
                make_venv()
                install_requirements(lists)
                for name in lists:
                    stamp_path(name).write_text(stamp(name), encoding="utf-8")
    return python


def is_current(lists: "tuple[str, ...]") -> bool:
    try:
        return all(stamp_path(name).read_text(encoding="utf-8") == stamp(name) for name in lists)
    except FileNotFoundError:
        return False


def stamp_path(name: str) -> Path:
    return VENV / f".installed-{name}"


def stamp(name: str) -> str:
    """What a successful installation of one list leaves behind: the list's hash and the Python it went into."""
    version = python_version([str(venv_python())])
    return f"{hashlib.sha256((ROOT / name).read_bytes()).hexdigest()} {version}\n"


@contextlib.contextmanager
def install_lock() -> "Iterator[None]":
    """Let one process at a time install here. The system frees the lock when its holder ends, however it ends."""
    path = ROOT / ".tools" / "install.lock"
    path.parent.mkdir(exist_ok=True)
    with path.open("a") as file:
        if not take_lock(file):
            print("Another Bottleneck command is installing the packages. Waiting for it to finish.", flush=True)
            while not take_lock(file):
                time.sleep(0.5)
        yield


def take_lock(file: TextIO) -> bool:
    try:
        if sys.platform == "win32":
            import msvcrt

            file.seek(0)
            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        if error.errno not in (errno.EACCES, errno.EAGAIN, errno.EDEADLK):
            raise
        return False
    return True


def make_venv() -> None:
    """Make `.venv` unless a whole one is there: one whose Python runs, is supported, and has a pip."""
    python = [str(venv_python())]
    if python_version(python) in SUPPORTED and quiet([*python, "-m", "pip", "--version"]).returncode == 0:
        return
    print(f"Making a Python environment in {VENV}", flush=True)
    # When started by the Python of this very .venv, that one is about to be replaced: take the one it was made from.
    base = getattr(sys, "_base_executable", None) or sys.executable
    made = quiet([base, "-m", "venv", "--clear", str(VENV)])
    if made.returncode != 0:
        raise SetupError(explain_venv_failure(made.stdout))


def explain_venv_failure(output: str) -> str:
    if "No space left" in output:
        return disk_full()
    if "ensurepip" in output or "No module named" in output:
        return (
            f"This Python ({sys.executable}) came without its venv module, which keeps our packages apart from yours.\n"
            "Install it (Debian and Ubuntu: sudo apt install python3-venv), then run the same command again."
        )
    return f"The Python environment {VENV} could not be made:\n{output.strip()}"


def quiet(command: "list[str]") -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        errors="replace",
        check=False,
    )


def install_requirements(lists: "tuple[str, ...]") -> None:
    """Run pip into a log file, with one line on the screen that shows how far it is."""
    print(f"Installing the packages. The first time this takes a few minutes: {SIZE}.", flush=True)
    command = [str(venv_python()), "-m", "pip", "install", "--disable-pip-version-check", "--no-input"]
    command += ["--progress-bar", "off", "--no-compile"]
    for name in lists:
        command += ["-r", str(ROOT / name)]
    log_path = VENV / "install.log"
    with log_path.open("w", encoding="utf-8") as log:
        pip = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT)
        try:
            show_progress(pip, log_path)
        except BaseException:
            pip.terminate()
            pip.wait()
            raise
    if pip.returncode != 0:
        raise SetupError(explain_pip_failure(log_path.read_text(encoding="utf-8", errors="replace"), log_path))
    compile_packages()
    print("The packages are installed.", flush=True)


def compile_packages() -> None:
    """Compile what pip has unpacked, on all cores: pip would on one, and packages' own tests as well.

    Some packages hold files that are no Python yet. What is not compiled here, Python compiles at its first import.
    """
    command = [str(venv_python()), "-m", "compileall", "-q", "-j", "0", "-x", r"[\\/]tests?[\\/]", str(VENV)]
    quiet(command)


def show_progress(pip: "subprocess.Popen[bytes]", log_path: Path) -> None:
    started = time.monotonic()
    shown = ""
    while pip.poll() is None:
        time.sleep(0.5)
        step = pip_step(log_path.read_text(encoding="utf-8", errors="replace"))
        if sys.stdout.isatty():
            minutes, seconds = divmod(int(time.monotonic() - started), 60)
            print(f"\r  {minutes}:{seconds:02d}  {step:<60.60}", end="", flush=True)
        elif step.split()[0] != shown:
            # A log gets a line for each stage, not for each package.
            shown = step.split()[0]
            print(f"  {shown}", flush=True)
    if sys.stdout.isatty():
        print()


def pip_step(log: str) -> str:
    """The stage that pip's output so far has reached."""
    if "Installing collected packages" in log:
        return "unpacking"
    collected = re.findall(r"^Collecting ([\w.-]+)", log, flags=re.MULTILINE)
    return f"downloading {collected[-1]}" if collected else "starting"


NETWORK_SIGNS = re.compile(
    r"NewConnectionError|NameResolutionError|Failed to establish|name resolution|getaddrinfo failed|timed out|"
    r"ProxyError|SSLError|CERTIFICATE_VERIFY_FAILED|Connection (reset|refused|aborted|broken)|unreachable",
    re.IGNORECASE,
)


def explain_pip_failure(log: str, log_path: Path) -> str:
    """Say in plain words why pip stopped. What it printed is kept at `log_path`."""
    if re.search(r"No space left|Errno 28|not enough space|disk quota", log, re.IGNORECASE):
        return disk_full()
    # An index that does not answer, or answers with an empty page, fails at the very first package.
    nothing_found = "from versions: none" in log and "Collecting" not in log
    if nothing_found or NETWORK_SIGNS.search(log):
        return (
            "The packages could not be downloaded: the package index does not answer.\n"
            "Check the connection; behind a proxy set HTTPS_PROXY, and PIP_CERT if it has its own certificate.\n"
            f"Then run the same command again: what has arrived is kept. pip's words are in {log_path}"
        )
    if "Long Path" in log:
        return (
            "Windows refused a long file name. Allow long paths (Settings > System > For developers), or move this\n"
            f"folder to a short one such as C:\\bottleneck, then run the same command again. It is now {ROOT}"
        )
    missing = re.search(r"No matching distribution found for ([\w.=<>!~-]+)", log)
    if missing:
        return (
            f"There is no {missing[1]} for this computer. TensorFlow and LiteRT are made for 64-bit\n"
            f"{SUPPORTED_TEXT} on Linux (x86-64, ARM), Windows (x86-64) and Macs with\n"
            "Apple silicon; not for Intel Macs or Alpine Linux."
        )
    last_words = "\n".join([line for line in log.splitlines() if line.strip()][-8:])
    return f"pip could not install the packages. Its last words (all of them are in {log_path}):\n{last_words}"
