"""Codecs: whatever turns images into codes and codes into images. Served by LiteRT, without TensorFlow."""

from __future__ import annotations

import hashlib
import json
import os
from contextlib import nullcontext
from functools import lru_cache
from pathlib import Path
from threading import Lock
from typing import Any, ClassVar, Literal, Protocol

import numpy as np
from ai_edge_litert.interpreter import Interpreter
from numpy.typing import NDArray

from ae_core.config.layers import IMAGE_SHAPE
from ae_core.datasets.catalogue import dataset_for
from ae_core.datasets.images import as_floats
from ae_core.errors import DataError, RunNotFoundError
from ae_core.libraries import quiet_stderr
from ae_core.runs.run import Run, damaged_run

Array = NDArray[np.float32]
Part = Literal["test", "all"]
"""Which of a run's images: the held-out ones, or those first and then the ones it was trained with."""
BATCH = 125
"""Images a pass: no slower than 500 at once, and an interpreter keeps a workspace for so many: 10 instead of 45 MB for
convolutions, 2 instead of 9 for a dense network. Many come in multiples of it, since another size is laid out anew.
"""
MANY_THREADS = min(4, os.cpu_count() or 1)
"""For all images of a run at once; the result is the same bit for bit. One image is no faster with several."""


class Codec(Protocol):
    """What every page works with. Safe to call from several threads."""

    @property
    def latent_dim(self) -> int:
        """Numbers in a code."""
        ...

    def encode(self, images: Array) -> Array:
        """(n, 28, 28) in [0, 1] -> (n, latent_dim). A variational codec gives `z_mean`."""
        ...

    def decode(self, codes: Array) -> Array:
        """(n, latent_dim) -> (n, 28, 28)."""
        ...


class LiteRtCodec:
    """A trained encoder and decoder, run by LiteRT on the CPU.

    Args:
        encoder, decoder: contents of `.tflite` files.
        threads: how many work on one call.
    """

    def __init__(self, encoder: bytes, decoder: bytes, *, threads: int = 1) -> None:
        self._encoder = LiteRtModel(encoder, threads)
        self._decoder = LiteRtModel(decoder, threads)

    @classmethod
    def load(cls, folder: Path, *, threads: int = 1) -> LiteRtCodec:
        """The codec in a run's folder. Raises DamagedRunError when its files cannot be read."""
        try:
            contents = [(folder / f"{half}.tflite").read_bytes() for half in ("encoder", "decoder")]
            codec = cls(*contents, threads=threads)
        except (OSError, ValueError, RuntimeError) as error:
            raise damaged_run(folder.name, "its encoder or decoder") from error
        if not codec._fits():
            raise damaged_run(folder.name, "its encoder or decoder")
        return codec

    def _fits(self) -> bool:
        """Whether the two are an encoder of images and a decoder of its codes."""
        ends = (self._encoder.input_shape, self._decoder.output_shape)
        return ends == (IMAGE_SHAPE, IMAGE_SHAPE) and self._encoder.output_shape == self._decoder.input_shape

    @property
    def latent_dim(self) -> int:
        """Numbers in a code."""
        return self._decoder.input_shape[0]

    def encode(self, images: Array) -> Array:
        """(n, 28, 28) in [0, 1] -> (n, latent_dim). Raises DataError for another shape."""
        return self._encoder(images, expected=IMAGE_SHAPE)

    def decode(self, codes: Array) -> Array:
        """(n, latent_dim) -> (n, 28, 28). Raises DataError for another shape."""
        return self._decoder(codes, expected=(self.latent_dim,))


def open_codec(run: Run, *, threads: int = 1) -> LiteRtCodec:
    """The codec of a finished or stopped run.

    Args:
        threads: how many work on one call.

    Raises:
        RunNotFoundError: the run has no codec yet, or was deleted meanwhile.
        DamagedRunError: its files cannot be read.
    """
    if not run.usable:
        raise RunNotFoundError(
            f"A run must be finished or stopped to be opened. Received: run {run.key}, {run.status.state}. "
            "Train it to its end first."
        )
    return LiteRtCodec.load(run.path, threads=threads)


def weights_of(run: Run) -> str:
    """What tells the encoder of a run from the one that it has once it is trained on: a hash of its file.

    Raises:
        RunNotFoundError: the run has no encoder (yet), or was deleted meanwhile.
    """
    path = run.path / "encoder.tflite"
    try:
        stat = path.stat()
        return _hash(path, (stat.st_mtime_ns, stat.st_ino, stat.st_size))
    except OSError as error:
        raise RunNotFoundError(f"A run must be trained to have codes. Train run {run.key} first.") from error


@lru_cache(maxsize=256)
def _hash(path: Path, _stamp: tuple[int, ...]) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()[:12]


def encode_part(run: Run, part: Part, *, folder: Path) -> Array:
    """Codes (n, latent_dim) of a part of the run's images, which are converted to floats a batch at a time.

    Args:
        folder: where fetched and own datasets are.

    Raises:
        RunNotFoundError, DamagedRunError: as `open_codec`.
        ConfigError, DataError: the images are not there any more, or cannot be read.
    """
    codec, data = open_codec(run, threads=MANY_THREADS), dataset_for(run.config, folder=folder)
    pixels = [data.test_pixels, data.train_pixels] if part == "all" else [data.test_pixels]
    batches = [rows[start : start + BATCH] for rows in pixels for start in range(0, len(rows), BATCH)]
    return np.concatenate([codec.encode(as_floats(batch)) for batch in batches])


class LiteRtModel:
    """One `.tflite` file with one output. An interpreter holds one batch at a time, so calls take turns.

    Args:
        content: of the file.
        threads: how many work on one call.
    """

    announced: ClassVar[bool] = False
    """LiteRT announces its delegate once in a process, in the middle of whatever the terminal shows."""

    def __init__(self, content: bytes, threads: int) -> None:
        with nullcontext() if LiteRtModel.announced else quiet_stderr():
            self._interpreter = Interpreter(model_content=content, num_threads=threads)
            self._interpreter.allocate_tensors()
        LiteRtModel.announced = True
        self._lock = Lock()
        self._input = self._interpreter.get_input_details()[0]
        self._output = self._interpreter.get_output_details()[0]
        self._batch = 0

    @property
    def input_shape(self) -> tuple[int, ...]:
        """Without the batch."""
        return tuple(int(size) for size in self._input["shape"][1:])

    @property
    def output_shape(self) -> tuple[int, ...]:
        """Without the batch."""
        return tuple(int(size) for size in self._output["shape"][1:])

    def __call__(self, values: Array, *, expected: tuple[int, ...]) -> Array:
        """What the model makes of `values` (n, *expected). Raises DataError for another shape."""
        values = np.ascontiguousarray(values, dtype=np.float32)
        if values.shape[1:] != expected:
            wanted = " x ".join(str(size) for size in ("n", *expected))
            raise DataError(f"An array must have the shape {wanted}. Received: {values.shape}.")
        with self._lock:
            if not len(values):
                return self._run(np.zeros((1, *expected), np.float32))[:0]
            return np.concatenate([self._run(values[start : start + BATCH]) for start in range(0, len(values), BATCH)])

    def _run(self, batch: Array) -> Array:
        index = self._input["index"]
        if len(batch) != self._batch:
            self._interpreter.resize_tensor_input(index, [len(batch), *batch.shape[1:]])
            self._interpreter.allocate_tensors()
            self._batch = len(batch)
        self._interpreter.set_tensor(index, batch)
        self._interpreter.invoke()
        return np.asarray(self._interpreter.get_tensor(self._output["index"]), dtype=np.float32)


def read_network(run: Run) -> tuple[dict[str, Any], bytes]:
    """The run's layers, and their weights as little-endian float32, as `export.browser_network` made them.

    Raises:
        DamagedRunError: the files cannot be read.
    """
    try:
        return json.loads((run.path / "network.json").read_bytes()), (run.path / "network.bin").read_bytes()
    except (OSError, ValueError) as error:
        raise damaged_run(run.key, "network.json or network.bin") from error
