"""Names that visitors give, and the settings of a training in a few words with the images that it learns from."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from ae_core.config.config import Config
from ae_core.config.presets import title_of
from ae_core.datasets.catalogue import describe
from ae_core.errors import RunNameError

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
    return name if is_name(name) else ""


def checked_name(text: str, whose: str = "A run") -> str:
    """`text` as a name, in which white space counts as one space; empty for an empty one.

    Args:
        whose: for the message, what is to be called so.

    Raises:
        RunNameError: it is longer than `LONGEST` characters, or holds some that cannot be printed.
    """
    name = " ".join(text.split())
    if name and not is_name(name):
        raise RunNameError(
            f"{whose}'s name must be 1 to {LONGEST} characters that can be printed. "
            f"Received: {len(name)}, {name[:20]!r}. Choose another name."
        )
    return name


def title_with_data(config: Config, folder: Path) -> str:
    """The settings in a few words, with the given title of images that are not MNIST, which are in `folder`."""
    if config.dataset == "mnist":
        return title_of(config)
    info = describe(config.dataset, folder)
    images = info.title if info.title != config.dataset else f"images that were removed ({config.dataset[-4:]})"
    return f"{title_of(replace(config, dataset='mnist'))}, {images}"


def is_name(text: object) -> bool:
    """Whether `text` can stand as a name as it is."""
    return isinstance(text, str) and 0 < len(text) <= LONGEST and text.isprintable() and text == text.strip()
