"""The components' scripts as files: copied under a hash of them, each where the others look for it."""

from __future__ import annotations

import os
import re
import time
from concurrent.futures import ThreadPoolExecutor
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

from ae_core.errors import BottleneckError
from ui.components.scripts import FOLDER, LONG_AGO, SUFFIXES, UNUSED_SECONDS, publish

FILES = [path for path in sorted(FOLDER.rglob("*")) if path.suffix in SUFFIXES]
SCRIPTS = [path for path in FILES if path.suffix == ".js"]
COMPONENTS = sorted(path.parent for path in FOLDER.glob("*/*.py") if path.stem == path.parent.name)
REFERENCE = re.compile(r'"(\.\.?/[\w./]+\.(?:js|css|html))"')


def short(path: Path) -> str:
    return path.relative_to(FOLDER).as_posix()


def named_in(script: Path) -> list[Path]:
    """The files that a script imports, or fetches for its page."""
    names = REFERENCE.findall(script.read_text(encoding="utf-8"))
    return [Path(os.path.normpath(script.parent / name)) for name in names]


NAMED = {script: named_in(script) for script in SCRIPTS}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two scripts, one of which imports the other, and what is not for the browser."""
    (tmp_path / "components" / "lib").mkdir(parents=True)
    (tmp_path / "components" / "map.js").write_text('import { a } from "./lib/a.js";\n', encoding="utf-8")
    (tmp_path / "components" / "lib" / "a.js").write_text("export const a = 1;\n", encoding="utf-8")
    (tmp_path / "components" / "map.py").write_text("import numpy\n", encoding="utf-8")
    return tmp_path / "components"


@pytest.fixture
def static(tmp_path: Path) -> Path:
    return tmp_path / "static"


def change(folder: Path, text: str) -> None:
    (folder / "lib" / "a.js").write_text(text, encoding="utf-8")


def test_scripts_are_copied_where_they_lie_and_nothing_else_is(folder: Path, static: Path) -> None:
    copies = static / publish(folder, static)
    assert sorted(path.relative_to(copies).as_posix() for path in copies.rglob("*.*")) == ["lib/a.js", "map.js"]
    assert (copies / "lib" / "a.js").read_bytes() == (folder / "lib" / "a.js").read_bytes()
    assert [path.name for path in static.iterdir()] == [copies.name]


def test_a_browser_may_keep_a_copy_for_months(folder: Path, static: Path) -> None:
    copies = static / publish(folder, static)
    assert {path.stat().st_mtime for path in copies.rglob("*.js")} == {LONG_AGO}


def test_scripts_that_did_not_change_are_not_copied_again(folder: Path, static: Path) -> None:
    version = publish(folder, static)
    (static / version / "map.js").unlink()
    assert publish(folder, static) == version
    assert not (static / version / "map.js").exists()


def test_a_changed_or_moved_script_changes_the_address_of_all(folder: Path, static: Path) -> None:
    versions = [publish(folder, static)]
    change(folder, "export const a = 2;\n")
    versions.append(publish(folder, static))
    (folder / "map.js").rename(folder / "lib" / "map.js")
    versions.append(publish(folder, static))
    assert len({*versions}) == 3
    assert sorted(path.name for path in static.iterdir()) == sorted(versions)


def test_a_version_that_was_long_unused_is_deleted_but_the_one_before_this_stays(folder: Path, static: Path) -> None:
    versions = []
    for number in range(4):
        change(folder, f"export const a = {number};\n")
        versions.append(publish(folder, static))
        age = UNUSED_SECONDS * (2 - number / 10)
        os.utime(static / versions[-1], (time.time() - age,) * 2)
    change(folder, "export const a = 'new';\n")
    latest = publish(folder, static)
    assert {path.name for path in static.iterdir()} == {versions[-1], latest}


def test_a_version_that_was_lately_used_stays(folder: Path, static: Path) -> None:
    versions = set()
    for number in range(4):
        change(folder, f"export const a = {number};\n")
        versions.add(publish(folder, static))
    assert {path.name for path in static.iterdir()} == versions


def test_servers_that_start_at_once_all_find_whole_copies(folder: Path, static: Path) -> None:
    with ThreadPoolExecutor(8) as servers:
        versions = set(servers.map(lambda _: publish(folder, static), range(24)))
    assert [path.name for path in static.iterdir()] == [*versions]
    assert len(list(static.rglob("*.js"))) == 2


def test_a_folder_that_cannot_be_written_is_named(folder: Path, static: Path) -> None:
    static.write_text("in the way", encoding="utf-8")
    with pytest.raises(BottleneckError, match=r"served from .*static, which cannot be written: .*Start the app as"):
        publish(folder, static)


@pytest.mark.parametrize("component", COMPONENTS, ids=short)
def test_a_component_has_a_script_of_its_name_that_streamlit_can_call(component: Path) -> None:
    source = (component / f"{component.name}.js").read_text(encoding="utf-8")
    assert len(re.findall(r"^export default ", source, re.MULTILINE)) == 1


def test_every_file_that_a_script_names_is_there_and_no_other_page_or_style_sheet() -> None:
    named = {path for paths in NAMED.values() for path in paths}
    entries = {component / f"{component.name}.js" for component in COMPONENTS}
    assert sorted(map(short, named | entries)) == sorted(map(short, FILES))


def test_a_script_names_files_of_its_own_component_and_of_the_library_alone() -> None:
    for script, paths in NAMED.items():
        home = script.relative_to(FOLDER).parts[0]
        assert {path.relative_to(FOLDER).parts[0] for path in paths} <= {home, "lib"}, script


def test_scripts_do_not_import_in_a_circle() -> None:
    TopologicalSorter(NAMED).prepare()


def test_what_only_one_component_uses_lies_in_its_folder() -> None:
    users: dict[Path, set[str]] = {}
    for script, paths in NAMED.items():
        for path in paths:
            users.setdefault(path, set()).add(script.relative_to(FOLDER).parts[0])
    shared = {short(path): homes for path, homes in users.items() if path.is_relative_to(FOLDER / "lib")}
    assert {name: homes for name, homes in shared.items() if len(homes) == 1 and homes != {"lib"}} == {}
