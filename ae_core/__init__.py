"""Train, open and compare autoencoders. No page and no browser in here: it works from a notebook or a shell.

A name is looked up when it is first used. TensorFlow takes seconds and most of a gigabyte that opening a trained codec
does not need; and a package that imported its own modules would stand in its own way: where two threads import this
package and one of its modules at the same time, each would wait for the other.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ae_core.codecs.codec import open_codec
    from ae_core.codecs.pca import PcaCodec
    from ae_core.config.config import Config
    from ae_core.config.presets import PRESETS
    from ae_core.datasets.catalogue import load_dataset
    from ae_core.preprocessing.drawing import digit_from_canvas
    from ae_core.runs.store import RunStore
    from ae_core.training.train import train

__all__ = ["PRESETS", "Config", "PcaCodec", "RunStore", "digit_from_canvas", "load_dataset", "open_codec", "train"]

_HOMES = {
    "PRESETS": "config.presets",
    "Config": "config.config",
    "PcaCodec": "codecs.pca",
    "RunStore": "runs.store",
    "digit_from_canvas": "preprocessing.drawing",
    "load_dataset": "datasets.catalogue",
    "open_codec": "codecs.codec",
    "train": "training.train",
}


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
