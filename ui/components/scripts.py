"""How the components' scripts reach the browser: as files, at an address that changes whenever one of them does.

Streamlit sends an inline script with every message. So ours is one line, which imports the real one: a plain ES module
that imports others. The browser fetches these files from `static/`, which Streamlit serves, and keeps them. They are
copied there under a hash of all of them, so that after an update no tab meets the new beside the old.
"""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from contextlib import suppress
from functools import cache
from pathlib import Path
from shutil import rmtree
from tempfile import TemporaryDirectory

import streamlit as st
from streamlit.components.v2.types import ComponentRenderer

from ae_core.errors import BottleneckError
from ui.components.payload import fingerprint

FOLDER = Path(__file__).parent
STATIC = FOLDER.parents[1] / "static"
SUFFIXES = (".css", ".html", ".js")

LONG_AGO = 1_577_836_800
"""What every copy says it was last changed: 2020-01-01. Streamlit does not say how long a file stays valid, and in that
case browsers use it for a tenth of its age before they ask again."""

UNUSED_SECONDS = 90 * 24 * 3600
"""An older version is deleted when no server was started with it for so long."""


def register(name: str) -> ComponentRenderer:
    """The component whose folder and script are called `name`.

    Raises:
        BottleneckError: the scripts cannot be copied to where they are served.
    """
    script = f"app/static/{_version()}/{name}/{name}.js"
    # A second line, or Streamlit takes it for the name of a file.
    source = f'const script = await import(new URL("{script}", document.baseURI));\nexport default script.default;'
    return st.components.v2.component(f"bottleneck_{name}", js=source)


@cache
def _version() -> str:
    return publish()


def publish(folder: Path = FOLDER, static: Path = STATIC) -> str:
    """Copy all scripts, style sheets and pages of `folder` to a folder in `static`, named by a hash of them; return it.

    Nothing is written when they are there already. Several servers may start at once.

    Raises:
        BottleneckError: `static` cannot be written.
    """
    files = {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.suffix in SUFFIXES
    }
    version = fingerprint(*(part for path, content in files.items() for part in (path.encode(), content)))
    try:
        if not (static / version).is_dir():
            _copy(files, static / version)
    except OSError as error:
        raise BottleneckError(
            f"The pages' scripts are served from {static}, which cannot be written: {error.strerror or error}. "
            "Start the app as the user that owns this folder, or free some space on its disk."
        ) from error
    _delete_unused(static, version)
    return version


def _copy(files: Mapping[str, bytes], target: Path) -> None:
    target.parent.mkdir(exist_ok=True)
    with TemporaryDirectory(dir=target.parent, prefix=".") as temporary:
        whole = Path(temporary, target.name)
        for path, content in files.items():
            file = whole / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(content)
            os.utime(file, (LONG_AGO, LONG_AGO))
        try:
            whole.rename(target)
        except OSError:
            # Another server was faster.
            if not target.is_dir():
                raise


def _delete_unused(static: Path, version: str) -> None:
    """Delete old versions, but not the last one before `version`: an open tab may still be loading it."""
    # To delete nothing does no harm.
    with suppress(OSError):
        os.utime(static / version)
        others = [path for path in static.iterdir() if path.is_dir() and path.name != version]
        last_used = {path: path.stat().st_mtime for path in others}
        for path in sorted(others, key=lambda path: last_used[path])[:-1]:
            if time.time() - last_used[path] > UNUSED_SECONDS:
                rmtree(path, ignore_errors=True)
