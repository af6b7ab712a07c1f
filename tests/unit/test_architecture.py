"""The rules of docs/architecture.md, read off the imports and off the table of floors itself."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from graphlib import TopologicalSorter
from itertools import chain
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
WITH_TENSORFLOW = {"losses", "models", "stepper", "export", "classifier"}
HEAVY = {f"ae_core.{name}" for name in WITH_TENSORFLOW | {"training"}}
WITH_NEIGHBOURS = r"ae_core\.(nonlinear|projection|placing)"
ONLY_IN = {
    "streamlit": r"app|pages\..+|ui(\..+)?",
    "plotly": r"ae_core\.figures|ui(\..+)?",
    "distributed": r"ae_core\.(jobs|errands|work|tasks|maps|mapmaking|contests|contestmaking|cluster)",
    "dask": r"ae_core\.(jobs|errands|work|tasks|maps|mapmaking|contests|contestmaking|cluster)",
    "openTSNE": WITH_NEIGHBOURS,
    "umap": WITH_NEIGHBOURS,
    "sklearn": rf"{WITH_NEIGHBOURS}|ae_core\.(quality|shallow)",
    "tensorflow": rf"ae_core\.({'|'.join(WITH_TENSORFLOW)})",
    "keras": rf"ae_core\.({'|'.join(WITH_TENSORFLOW)})",
}


@dataclass(frozen=True)
class Import:
    """`name` is a whole dotted name, such as "ae_core.config.config"; lazy: inside a function."""

    name: str
    lazy: bool


def module_name(path: Path) -> str:
    name = ".".join(path.relative_to(ROOT).with_suffix("").parts)
    return name.removesuffix(".__init__") if name != "ae_core.__init__" else name


def files() -> Iterator[Path]:
    folders = ("ae_core", "ui", "pages")
    return chain([ROOT / "app.py"], *((ROOT / folder).rglob("*.py") for folder in folders))


MODULES = {module_name(path): path for path in files()}


def imports(node: ast.AST, *, lazy: bool = False) -> Iterator[Import]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.Import):
            yield from (Import(alias.name, lazy) for alias in child.names)
        elif isinstance(child, ast.ImportFrom):
            assert child.module, "an import must name its module in full"
            names = {f"{child.module}.{alias.name}" for alias in child.names}
            yield from (Import(name if name in MODULES else child.module, lazy) for name in sorted(names))
        elif not is_for_annotations(child):
            yield from imports(child, lazy=lazy or isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef))


def is_for_annotations(node: ast.AST) -> bool:
    return isinstance(node, ast.If) and ast.unparse(node.test) in ("TYPE_CHECKING", "typing.TYPE_CHECKING")


IMPORTS = {name: list(imports(ast.parse(path.read_text(encoding="utf-8")))) for name, path in MODULES.items()}


def floors() -> dict[str, int]:
    """Floor of each name in the table: "config" of ae_core.config.config, "ui" of the whole package."""
    text = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8").split("## Floors")[1].split("\n## ")[0]
    rows = re.findall(r"^    (\d)  (.+(?:\n {7}.+)*)", text, re.MULTILINE)
    return {name: int(floor) for floor, names in rows for name in re.split(r",\s*", names)}


FLOORS = floors()


def place(module: str) -> str:
    parts = module.split(".")
    return parts[1] if parts[0] == "ae_core" and len(parts) > 1 else parts[0]


def imported(module: str) -> list[Import]:
    """Those of our own modules that it imports."""
    own = [found for found in IMPORTS[module] if found.name.split(".")[0] in ("ae_core", "ui", "pages", "app")]
    return [Import("ae_core.__init__", found.lazy) if found.name == "ae_core" else found for found in own]


@pytest.mark.parametrize("module", MODULES)
def test_a_module_has_a_floor(module: str) -> None:
    assert place(module) in FLOORS, f"{module} must stand on a floor of docs/architecture.md: add it to the table there"


@pytest.mark.parametrize("module", MODULES)
def test_a_module_imports_from_its_floor_or_below(module: str) -> None:
    above = [found.name for found in imported(module) if FLOORS[place(found.name)] > FLOORS[place(module)]]
    assert not above


def test_no_modules_import_each_other_in_a_circle() -> None:
    graph = {module: {found.name for found in imported(module)} for module in MODULES}
    assert list(TopologicalSorter(graph).static_order())


@pytest.mark.parametrize("library", ONLY_IN)
def test_a_library_stays_in_its_rooms(library: str) -> None:
    users = {module for module, found in IMPORTS.items() if any(one.name.split(".")[0] == library for one in found)}
    assert not {module for module in users if not re.fullmatch(ONLY_IN[library], module)}


@pytest.mark.parametrize("module", [name for name in MODULES if name.startswith("pages.")])
def test_a_page_imports_no_other_page(module: str) -> None:
    assert not [found.name for found in imported(module) if found.name.split(".")[0] in ("pages", "app")]


@pytest.mark.parametrize("module", [name for name in MODULES if not name.startswith("ae_core.")])
def test_no_page_imports_what_needs_tensorflow(module: str) -> None:
    assert not HEAVY & {found.name for found in imported(module)}


@pytest.mark.parametrize("module", [name for name in MODULES if name.startswith("ae_core.") and name not in HEAVY])
def test_what_needs_tensorflow_is_imported_inside_functions_only(module: str) -> None:
    assert not HEAVY & {found.name for found in imported(module) if not found.lazy}


@pytest.mark.parametrize("module", ["ae_core", "ae_core.codecs.codec", "ae_core.jobs.queue"])
def test_importing_it_loads_nothing_heavy(module: str) -> None:
    heavy = {"tensorflow", "keras", "openTSNE", "umap", "numba", "sklearn"}
    code = f"import sys, {module}; print(*{heavy} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""
