"""The rules of docs/architecture.md, read off the imports and off the order of packages that stands there."""

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
PLAN = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")

WITH_TENSORFLOW = r"ae_core\.(training(\.\w+)?|classification\.networks)"
"""Modules that only what is one of them imports at once; others do so inside functions, in a worker."""
WITH_DASK = r"ae_core\.(jobs\.(queue|cluster)|workers\.channel)"
WITH_NEIGHBOURS = r"ae_core\.latent\.(projection|tsne_umap|out_of_sample)"
ONLY_IN = {
    "streamlit": r"app|pages\..+|ui(\..+)?",
    "plotly": r"ui(\..+)?",
    "distributed": WITH_DASK,
    "dask": WITH_DASK,
    "openTSNE": WITH_NEIGHBOURS,
    "umap": WITH_NEIGHBOURS,
    "sklearn": rf"{WITH_NEIGHBOURS}|ae_core\.classification\.shallow",
    "tensorflow": WITH_TENSORFLOW,
    "keras": WITH_TENSORFLOW,
}
MOST_DIRECTLY = {"ae_core": 6, "ui": 3}
"""Modules that lie in a top folder itself."""


@dataclass(frozen=True)
class Import:
    """`name` is a whole dotted name, such as "ae_core.config.fields"; lazy: inside a function."""

    name: str
    lazy: bool


def module_name(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


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
    """How high each package stands, by its dotted name. `a < b c` in the plan: b and c stand above a, side by side."""
    found: dict[str, int] = {}
    for top, line in re.findall(r"^    (ae_core|ui): (.+(?:\n {8,}.+)*)", PLAN, re.MULTILINE):
        for floor, names in enumerate(line.split("<")):
            found |= {f"{top}.{name}": floor for name in names.split()}
    return found


FLOORS = floors()
TOPS = ["ae_core", "ui", "pages", "app"]
"""From the ground up."""


def place(module: str) -> tuple[int, int]:
    """How high a module stands: its top folder, and its package in there. What is a top folder itself, above all."""
    top = module.split(".")[0]
    return TOPS.index(top), FLOORS.get(package(module), 99)


def package(module: str) -> str:
    return ".".join(module.split(".")[:2])


def imported(module: str) -> list[Import]:
    """Those of our own modules that it imports."""
    return [found for found in IMPORTS[module] if found.name.split(".")[0] in TOPS]


@pytest.mark.parametrize(
    "module", [name for name in MODULES if name.count(".") and name.split(".")[0] in ("ae_core", "ui")]
)
def test_a_package_has_its_place_in_the_plan(module: str) -> None:
    assert package(module) in FLOORS or module == "ae_core.__main__", f"add {package(module)} to docs/architecture.md"


@pytest.mark.parametrize("name", FLOORS)
def test_what_the_plan_names_is_there(name: str) -> None:
    assert name in MODULES


@pytest.mark.parametrize("module", MODULES)
def test_imports_go_down_only(module: str) -> None:
    own = place(module)
    # Side by side on a floor, packages know nothing of each other.
    wrong = [
        found.name for found in imported(module) if package(found.name) != package(module) and place(found.name) >= own
    ]
    assert not wrong


def test_no_modules_import_each_other_in_a_circle() -> None:
    graph = {module: {found.name for found in imported(module)} for module in MODULES}
    assert list(TopologicalSorter(graph).static_order())


@pytest.mark.parametrize("top", MOST_DIRECTLY)
def test_the_top_folders_hold_folders(top: str) -> None:
    assert len(list((ROOT / top).glob("*.py"))) <= MOST_DIRECTLY[top]


@pytest.mark.parametrize("name", [name for name, path in MODULES.items() if path.name == "__init__.py"])
def test_a_package_says_what_lives_there(name: str) -> None:
    assert ast.get_docstring(ast.parse(MODULES[name].read_text(encoding="utf-8")))


@pytest.mark.parametrize("name", [name for name, path in MODULES.items() if path.name == "__init__.py"])
def test_a_package_imports_none_of_its_modules_with_itself(name: str) -> None:
    """Python locks a module before the package that it is in: two threads, one at each, would wait for each other."""
    body = ast.parse(MODULES[name].read_text(encoding="utf-8")).body
    at_once = [node for node in body if isinstance(node, ast.Import | ast.ImportFrom)]
    assert not [ast.unparse(node) for node in at_once if re.search(r"\b(ae_core|ui|benchmarks)\b", ast.unparse(node))]


@pytest.mark.parametrize("library", ONLY_IN)
def test_a_library_stays_in_its_rooms(library: str) -> None:
    users = {module for module, found in IMPORTS.items() if any(one.name.split(".")[0] == library for one in found)}
    assert not {module for module in users if not re.fullmatch(ONLY_IN[library], module)}


@pytest.mark.parametrize("module", [name for name in MODULES if name.startswith("pages.")])
def test_a_page_imports_no_other_page(module: str) -> None:
    assert not [found.name for found in imported(module) if found.name.split(".")[0] in ("pages", "app")]


@pytest.mark.parametrize("module", [name for name in MODULES if not re.fullmatch(WITH_TENSORFLOW, name)])
def test_what_needs_tensorflow_is_imported_inside_functions_of_the_core_only(module: str) -> None:
    lazily = module.split(".")[0] == "ae_core"
    heavy = [
        one.name for one in imported(module) if re.fullmatch(WITH_TENSORFLOW, one.name) and not (lazily and one.lazy)
    ]
    assert not heavy


@pytest.mark.parametrize("module", ["ae_core", "ae_core.codecs.codec", "ae_core.jobs.queue"])
def test_importing_it_loads_nothing_heavy(module: str) -> None:
    heavy = {"tensorflow", "keras", "openTSNE", "umap", "numba", "sklearn"}
    code = f"import sys, {module}; print(*{heavy} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""


def test_fragments_are_made_in_one_place_and_rerun_pages_from_there() -> None:
    texts = {name: path.read_text(encoding="utf-8") for name, path in MODULES.items()}
    assert [name for name, text in texts.items() if "st.fragment(" in text] == ["ui.shell.fragment"]
    with_fragments = {name for name, text in texts.items() if "import fragment" in text}
    assert [name for name in with_fragments if "st.rerun(" in texts[name]] == []


@pytest.mark.parametrize("document", ["docs/architecture.md", "CONTRIBUTING.md"])
def test_every_file_and_module_that_a_document_names_exists(document: str) -> None:
    words = re.findall(r"`([\w./]+)`", (ROOT / document).read_text(encoding="utf-8"))
    paths = [word for word in words if re.match(r"(ae_core|ui|pages|tests|docs|scripts|benchmarks|\.streamlit)/", word)]
    assert [path for path in paths if not (ROOT / path).exists()] == []
    packages = {name.split(".")[1] for name in FLOORS}
    dotted = [word for word in words if re.fullmatch(r"[a-z_]+(\.\w+)+", word) and word.split(".")[0] in packages]
    assert [word for word in dotted if not is_known(f"ae_core.{word}") and not is_known(f"ui.{word}")] == []


def is_known(word: str) -> bool:
    """Whether `word`, as in "ae_core.runs.store" or "ae_core.codecs.codec.open_codec", is a module or a name in one."""
    top, package, module, *names = word.split(".")
    path = MODULES.get(f"{top}.{package}.{module}")
    return path is not None and all(re.search(rf"\b{name}\b", path.read_text(encoding="utf-8")) for name in names)
