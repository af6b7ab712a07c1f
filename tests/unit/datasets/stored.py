"""A dataset in a folder, as it is stored."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from ae_core.datasets.catalogue import load_dataset
from ae_core.datasets.dataset import Dataset
from ae_core.npz import write_npz

OWN = "images-0123456789ab"


def arrays(*, train: int = 40, test: int = 8, labels: bool = True) -> dict[str, np.ndarray[Any, Any]]:
    """Image i is filled with the value i, and has label i % 4."""
    made: dict[str, np.ndarray[Any, Any]] = {}
    for part, count in (("train", train), ("test", test)):
        values = np.arange(count, dtype=np.uint8)
        made[f"x_{part}"] = np.tile(values[:, None, None], (1, 28, 28))
        if labels:
            made[f"y_{part}"] = values % 4
    return made


def own_images(folder: Path, **changes: Any) -> Dataset:
    write_npz(folder / f"{OWN}.npz", arrays(**changes))
    return load_dataset(OWN, folder=folder)
