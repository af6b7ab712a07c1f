"""What a run is called: a name that somebody gave it, else its settings in a few words."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from ae_core.config import Config
from ae_core.datasets import describe
from ae_core.errors import RunNameError
from ae_core.presets import title_of

LONGEST = 60
"""Characters of a name."""


def read_name(path: Path) -> str:
    """The name in a file; empty where there is no file, or where it holds no name.

    A name is no reason to call a run damaged: it has its settings to be told by.
    """
    try:
        name = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return ""
    return name if _is_name(name) else ""


def checked_name(text: str) -> str:
    """`text` as a name, in which white space counts as one space; empty for an empty one.

    Raises:
        RunNameError: it is longer than `LONGEST` characters, or holds some that cannot be printed.
    """
    name = " ".join(text.split())
    if name and not _is_name(name):
        raise RunNameError(
            f"A run's name must be 1 to {LONGEST} characters that can be printed. "
            f"Received: {len(name)}, {name[:20]!r}. Choose another name."
        )
    return name


def title_with_data(config: Config, folder: Path) -> str:
    """The settings in a few words, with the given title of images that are not MNIST, which are in `folder`."""
    if config.dataset == "mnist":
        return title_of(config)
    return f"{title_of(replace(config, dataset='mnist'))}, {describe(config.dataset, folder).title}"


def _is_name(text: str) -> bool:
    return 0 < len(text) <= LONGEST and text.isprintable() and text == text.strip()
