"""One training per folder: who holds it, who may take it over, and what a killed process leaves."""

from __future__ import annotations

import errno
import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ae_core.errors import StoreError
from ae_core.runs import lock
from ae_core.runs.lock import STALE_SECONDS, BusyError, hold, is_held, is_held_here

HOLD = """
import sys
from pathlib import Path
from ae_core.runs.lock import hold
with hold(Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def other(tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    """Another process that holds the lock of `tmp_path` until its stdin is closed."""
    command = [sys.executable, "-c", HOLD, str(tmp_path)]
    root = Path(__file__).parents[3]
    with subprocess.Popen(command, cwd=root, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        yield process
        process.kill()


def left_behind(folder: Path, *, seconds_ago: float = 0.0, **changes: Any) -> None:
    """A lock as another process would have left it."""
    with hold(folder):
        holder = json.loads((folder / "lock.json").read_bytes())
    write_lock(folder, json.dumps(holder | changes), seconds_ago=seconds_ago)


def write_lock(folder: Path, content: str, *, seconds_ago: float = 0.0) -> None:
    (folder / "lock.json").write_text(content)
    then = time.time() - seconds_ago
    os.utime(folder / "lock.json", (then, then))


def test_a_lock_is_held_inside_and_gone_after(tmp_path: Path) -> None:
    with hold(tmp_path):
        assert is_held(tmp_path)
        assert is_held_here(tmp_path)
    assert not is_held(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_lock_is_let_go_when_the_training_fails(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError), hold(tmp_path):
        _ = 1 / 0
    assert list(tmp_path.iterdir()) == []


def test_a_second_training_in_this_process_is_refused(tmp_path: Path) -> None:
    with hold(tmp_path):
        with pytest.raises(BusyError, match=f"process {os.getpid()}"), hold(tmp_path):
            pass
        assert is_held(tmp_path)


def test_another_process_is_named_to_whom_it_keeps_waiting(tmp_path: Path, other: subprocess.Popen[str]) -> None:
    words = rf"Run {tmp_path.name} is being trained by another process \(process {other.pid}\)\. Wait for it"
    with pytest.raises(BusyError, match=words), hold(tmp_path):
        pass
    assert is_held_here(tmp_path)


def test_a_process_that_ends_lets_go(tmp_path: Path, other: subprocess.Popen[str]) -> None:
    other.communicate()
    assert list(tmp_path.iterdir()) == []


def test_the_lock_of_a_killed_process_is_taken_over(tmp_path: Path, other: subprocess.Popen[str]) -> None:
    other.kill()
    other.wait()
    assert (tmp_path / "lock.json").exists()
    assert not is_held(tmp_path)
    with hold(tmp_path):
        assert json.loads((tmp_path / "lock.json").read_bytes())["pid"] == os.getpid()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("born", [1.0, None])
def test_a_stranger_with_the_number_of_a_killed_process_does_not_hold_its_lock(tmp_path: Path, born: Any) -> None:
    left_behind(tmp_path, born=born, seconds_ago=5)
    assert not is_held(tmp_path)


def test_setting_the_clock_does_not_make_a_living_process_a_stranger(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    began, booted = lock.psutil.Process().create_time(), lock.psutil.boot_time()
    with hold(tmp_path):
        monkeypatch.setattr(lock.psutil.Process, "create_time", lambda _: began + 3600)
        monkeypatch.setattr(lock.psutil, "boot_time", lambda: booted + 3600)
        assert is_held(tmp_path)


def test_the_lock_of_another_machine_is_believed_while_it_is_touched(tmp_path: Path) -> None:
    left_behind(tmp_path, host="elsewhere", pid=7, seconds_ago=STALE_SECONDS - 10)
    assert is_held(tmp_path)
    assert not is_held_here(tmp_path)
    with pytest.raises(BusyError, match="process 7 on elsewhere"), hold(tmp_path):
        pass


def test_the_lock_of_another_machine_is_taken_over_once_it_is_stale(tmp_path: Path) -> None:
    left_behind(tmp_path, host="elsewhere", seconds_ago=STALE_SECONDS + 10)
    assert not is_held(tmp_path)
    with hold(tmp_path):
        assert json.loads((tmp_path / "lock.json").read_bytes())["host"] == socket.gethostname()


GARBAGE = ["", "{", "null", "[]", "5", '{"host": "x"}', '{"host": "x", "pid": "y", "born": 1}', "[" * 100_000]


@pytest.mark.parametrize("content", GARBAGE)
def test_a_lock_that_is_being_written_is_respected(tmp_path: Path, content: str) -> None:
    write_lock(tmp_path, content)
    with pytest.raises(BusyError), hold(tmp_path):
        pass


@pytest.mark.parametrize("content", GARBAGE)
def test_a_lock_that_was_never_finished_is_taken_over(tmp_path: Path, content: str) -> None:
    write_lock(tmp_path, content, seconds_ago=5)
    with hold(tmp_path):
        assert is_held(tmp_path)


def test_touching_keeps_the_lock_fresh(tmp_path: Path) -> None:
    with hold(tmp_path) as held:
        os.utime(tmp_path / "lock.json", (0, 0))
        held.touch()
        assert (tmp_path / "lock.json").stat().st_mtime > 0


def test_touching_the_lock_of_a_deleted_run_does_nothing(tmp_path: Path) -> None:
    with hold(tmp_path) as held:
        (tmp_path / "lock.json").unlink()
        held.touch()
        assert list(tmp_path.iterdir()) == []


def test_a_stale_lock_that_somebody_else_has_just_taken_over_stays_theirs(
    tmp_path: Path, other: subprocess.Popen[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    look, looks = lock._living_holder, []
    # The first look saw the stale lock; by the second one, the other process has replaced it.
    monkeypatch.setattr(lock, "_living_holder", lambda path: look(path) if looks else looks.append(path))
    with pytest.raises(BusyError, match=f"process {other.pid}"), hold(tmp_path):
        pass
    assert json.loads((tmp_path / "lock.json").read_bytes())["pid"] == other.pid
    assert [path.name for path in tmp_path.iterdir()] == ["lock.json"]


def test_a_full_disk_is_told_in_plain_words_and_leaves_no_lock(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Full:
        def __enter__(self) -> Full:
            return self

        def __exit__(self, *_: object) -> None:
            return None

        def write(self, _content: bytes) -> int:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fdopen", lambda descriptor, _mode: (os.close(descriptor), Full())[1])
    with pytest.raises(StoreError, match="Free some space"), hold(tmp_path):
        pass
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_not_there_is_told_in_plain_words(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match=r"Cannot write lock\.json"), hold(tmp_path / "nowhere"):
        pass
