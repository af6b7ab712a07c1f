"""Files appear whole or not at all, whatever the disk does."""

from __future__ import annotations

import errno
import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from ae_core.errors import StoreError
from ae_core.files import REMEDIES, in_plain_words, write_atomically, write_bytes, write_json

Break = Callable[[int], None]


@pytest.fixture
def old(tmp_path: Path) -> Path:
    path = tmp_path / "run" / "status.json"
    path.parent.mkdir()
    path.write_bytes(b"old")
    return path


@pytest.fixture
def unable_to_rename(monkeypatch: pytest.MonkeyPatch) -> Break:
    """From now on the system refuses to rename files."""

    def refuse_with(number: int) -> None:
        def refuse(*_: object, **__: object) -> None:
            raise OSError(number, os.strerror(number))

        monkeypatch.setattr(os, "replace", refuse)
        monkeypatch.setattr(os, "rename", refuse)
        monkeypatch.setattr(Path, "replace", refuse)

    return refuse_with


def half_of(content: bytes, number: int) -> Callable[[Path], None]:
    """A writer whose disk gives up half-way."""

    def write(path: Path) -> None:
        path.write_bytes(content[: len(content) // 2])
        raise OSError(number, os.strerror(number))

    return write


def test_a_new_file_replaces_the_old_one(old: Path) -> None:
    write_bytes(old, b"new")
    assert old.read_bytes() == b"new"
    assert list(old.parent.iterdir()) == [old]


def test_a_missing_folder_is_made(tmp_path: Path) -> None:
    write_json(tmp_path / "a" / "b" / "c.json", {"x": 1.5})
    assert json.loads((tmp_path / "a" / "b" / "c.json").read_bytes()) == {"x": 1.5}


def test_the_writer_gets_another_name_with_the_same_suffix_beside_the_file(old: Path) -> None:
    names: list[Path] = []
    write_atomically(old, lambda path: (names.append(path), path.write_bytes(b"new")))
    assert names[0] != old
    assert (names[0].parent, names[0].suffix) == (old.parent, ".json")


def test_readers_see_the_old_file_while_the_new_one_is_written(old: Path) -> None:
    seen: list[bytes] = []
    write_atomically(old, lambda path: (path.write_bytes(b"ne"), seen.append(old.read_bytes())))
    assert seen == [b"old"]


@pytest.mark.parametrize("number", REMEDIES)
def test_a_disk_that_gives_up_half_way_leaves_the_old_file_and_nothing_else(old: Path, number: int) -> None:
    with pytest.raises(StoreError):
        write_atomically(old, half_of(b"a long text", number))
    assert old.read_bytes() == b"old"
    assert list(old.parent.iterdir()) == [old]


@pytest.mark.parametrize("number", REMEDIES)
def test_a_folder_that_cannot_be_written_leaves_the_old_file_and_nothing_else(
    old: Path, unable_to_rename: Break, number: int
) -> None:
    unable_to_rename(number)
    with pytest.raises(StoreError):
        write_bytes(old, b"new")
    assert old.read_bytes() == b"old"
    assert list(old.parent.iterdir()) == [old]


@pytest.mark.parametrize("number", REMEDIES)
def test_the_error_says_which_file_why_and_what_to_do(old: Path, number: int) -> None:
    with pytest.raises(StoreError) as caught:
        write_atomically(old, half_of(b"text", number))
    message = str(caught.value)
    assert message.startswith(f"Cannot write status.json in {old.parent}: {os.strerror(number)}. ")
    assert message.endswith(REMEDIES[number])


@pytest.mark.parametrize("error", [OSError("the library's own words"), OSError(errno.EIO, "Input/output error")])
def test_an_unknown_trouble_keeps_its_own_words(error: OSError, tmp_path: Path) -> None:
    with pytest.raises(StoreError, match=r"(own words|output error)\. Look at the folder"), in_plain_words(tmp_path):
        raise error


def test_a_folder_that_cannot_be_made_is_told_in_plain_words(old: Path) -> None:
    with pytest.raises(StoreError, match=r"Cannot write x\.json"):
        write_json(old / "x.json", {})


def test_what_is_not_a_number_is_never_written_as_json(old: Path) -> None:
    with pytest.raises(ValueError, match="JSON"):
        write_json(old, {"loss": float("nan")})
    assert old.read_bytes() == b"old"


def test_another_error_of_the_writer_passes_through_and_leaves_nothing(old: Path) -> None:
    with pytest.raises(ZeroDivisionError):
        write_atomically(old, lambda path: path.write_bytes(bytes(1 // 0)))
    assert list(old.parent.iterdir()) == [old]
