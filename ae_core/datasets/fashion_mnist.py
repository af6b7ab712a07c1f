"""Datasets that are fetched from the network when somebody asks for them."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Lock

from ae_core.datasets.catalogue import datasets_folder, describe
from ae_core.datasets.dataset import DatasetInfo
from ae_core.datasets.uploads import read_images
from ae_core.errors import DataError
from ae_core.npz import write_npz

MOST_SECONDS = 600
FETCH = "from keras.datasets import fashion_mnist; fashion_mnist.load_data()"

_fetching = Lock()


def fetch_fashion_mnist(folder: Path | str | None = None) -> DatasetInfo:
    """Fetches Fashion-MNIST (Xiao et al., 2017; 30 MB) into `folder`, unless it is there; blocks for up to ten minutes.

    Raises:
        DataError: it cannot be downloaded, or what came is not what it should be.
        StoreError: it cannot be written.
    """
    with _fetching:
        known = describe("fashion_mnist", folder)
        if known.available:
            return known
        with TemporaryDirectory(prefix="fashion-mnist-") as home:
            _download(Path(home))
            arrays = read_images([(path.name, path.read_bytes()) for path in sorted(Path(home).rglob("*-ubyte.gz"))])
        write_npz(Path(folder or datasets_folder()) / "fashion_mnist.npz", arrays)
        return describe("fashion_mnist", folder)


def _download(home: Path) -> None:
    """Has Keras download the four IDX files to somewhere below `home`.

    In a process of its own: importing Keras would cost this one 690 MB for good, and Keras reads where to put files
    from its environment, when it is imported.
    """
    try:
        subprocess.run(
            [sys.executable, "-c", FETCH],
            env={**os.environ, "KERAS_HOME": str(home)},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=True,
            timeout=MOST_SECONDS,
        )
    except (OSError, subprocess.SubprocessError) as error:
        raise DataError(
            "Fashion-MNIST could not be downloaded: the computer that runs this app has no way to the internet, or "
            "its source does not answer. Try later, or add the four files of Fashion-MNIST as your own images."
        ) from error
