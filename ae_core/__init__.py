"""Train, open and compare autoencoders. No page and no browser in here: it works from a notebook or a shell.

`train` is imported when it is first used, since TensorFlow takes seconds and most of a gigabyte that opening a trained
codec does not need.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ae_core.codecs.codec import open_codec
from ae_core.codecs.pca import PcaCodec
from ae_core.config.config import Config
from ae_core.config.presets import PRESETS
from ae_core.datasets.catalogue import load_dataset
from ae_core.preprocessing.drawing import digit_from_canvas
from ae_core.runs.store import RunStore

if TYPE_CHECKING:
    from ae_core.training.train import train

__all__ = ["PRESETS", "Config", "PcaCodec", "RunStore", "digit_from_canvas", "load_dataset", "open_codec", "train"]


def __getattr__(name: str) -> Any:
    if name == "train":
        from ae_core.training.train import train

        return train
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
