"""Joins the browser's modules into the one inline script that a component of Streamlit takes.

In this folder they are plain ES modules that import one another, so editors and tests load them as they are. Inline
scripts cannot import, so each imported module becomes a function's body here (private names then cannot meet), and each
import takes from that function's result. Comments stay behind: Streamlit sends the script with every update.
"""

from __future__ import annotations

import re
from pathlib import Path

FOLDER = Path(__file__).parent

_IMPORT = re.compile(r'^import \{ ([\w, ]+) \} from "\./(\w+)\.js";\n', re.MULTILINE)
_EXPORT = re.compile(r"^export (?=(?:function|const|class) (\w+))", re.MULTILINE)
_COMMENT = re.compile(r"^[ ]*(?://.*|/\*\*[\s\S]*?\*/)\n", re.MULTILINE)
_INDENT = re.compile(r"^[ ]+", re.MULTILINE)


def join_modules(entry: str, folder: Path = FOLDER) -> str:
    """The script of `entry` (a file's name without .js) with all that it imports, directly or not, before it.

    Raises:
        ValueError: an import is written in another way than `import { a, b } from "./name.js";`, or goes in a circle.
    """
    parts: list[str] = []
    _append(entry, folder, parts, joined=[], above=())
    return "".join(parts)


def join_styles(*names: str, folder: Path = FOLDER) -> str:
    """The style sheets `names` (without .css), one after the other."""
    return "".join((folder / f"{name}.css").read_text(encoding="utf-8") for name in names)


def _append(name: str, folder: Path, parts: list[str], *, joined: list[str], above: tuple[str, ...]) -> None:
    if name in above:
        raise ValueError(f"Modules must not import in a circle. Received: {' -> '.join((*above, name))}.")
    source = (folder / f"{name}.js").read_text(encoding="utf-8")
    for match in _IMPORT.finditer(source):
        if match[2] not in joined:
            _append(match[2], folder, parts, joined=joined, above=(*above, name))
    joined.append(name)
    body = _INDENT.sub("", _COMMENT.sub("", _IMPORT.sub(r"const { \1 } = $\2;\n", source)))
    if stray := re.search(r"^import\b.*", body, re.MULTILINE):
        raise ValueError(f'{name}.js must import as `import {{ a, b }} from "./name.js";`. Received: {stray[0]}')
    exported = ", ".join(_EXPORT.findall(body))
    body = _EXPORT.sub("", body)
    parts.append(body if not above else f"const ${name} = (() => {{\n{body}return {{ {exported} }};\n}})();\n")
