"""What a training leaves behind for others to use: Keras files, LiteRT files, and plain weights for the browser."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np

from ae_core.config.layers import NETWORK_SCHEMA
from ae_core.files import write_atomically, write_bytes, write_json
from ae_core.runs.run import Run
from ae_core.training.litert import litert_file
from ae_core.training.networks import Network

WITH_WEIGHTS = {"Dense": "dense", "Conv2D": "conv", "Conv2DTranspose": "conv_transpose"}
WITHOUT_WEIGHTS = {"Flatten": "flatten", "Reshape": "reshape"}


def export_network(network: Network, run: Run) -> None:
    """Write encoder and decoder into the run's folder: `.keras`, `.tflite`, `network.json` and `network.bin`.

    Of a variational autoencoder also the `posterior`, as `.keras` and `.tflite`; the browser knows its mean alone.

    The `.keras` files hold Functional models of built-in layers: any Keras loads them with `safe_mode=True`.

    Raises:
        StoreError: the folder cannot be written, or the disk is full.
        RunNotFoundError: the run was deleted meanwhile.
    """
    for model in filter(None, (network.encoder, network.decoder, network.posterior)):
        write_atomically(run.target(f"{model.name}.keras"), model.save)
        write_bytes(run.target(f"{model.name}.tflite"), litert_file(model))
    spec, weights = browser_network(network)
    write_bytes(run.target("network.bin"), weights)
    write_json(run.target("network.json"), spec)


def browser_network(network: Network) -> tuple[dict[str, Any], bytes]:
    """Layers as JSON values, and their weights as one little-endian float32 buffer.

    A layer is {"kind", "shape" (without the batch), "activation", "strides", "kernel": [offset, count], "bias": ...},
    offsets counted in floats. Kernels are laid out as Keras has them. Dropout, which does nothing here, is left out.
    """
    buffer: list[np.ndarray[Any, Any]] = []
    spec: dict[str, Any] = {"schema": NETWORK_SCHEMA}
    for half in ("encoder", "decoder"):
        layers = getattr(network, half).layers
        spec[half] = [entry for layer in layers if (entry := _entry(layer, buffer)) is not None]
    return spec, b"".join(array.tobytes() for array in buffer)


def _entry(layer: keras.layers.Layer, buffer: list[np.ndarray[Any, Any]]) -> dict[str, Any] | None:
    name = type(layer).__name__
    if name not in WITH_WEIGHTS | WITHOUT_WEIGHTS:
        return None
    entry: dict[str, Any] = {
        "kind": (WITH_WEIGHTS | WITHOUT_WEIGHTS)[name],
        "shape": list(layer.output.shape[1:]),
        "activation": layer.activation.__name__ if hasattr(layer, "activation") else "linear",
        "strides": layer.strides[0] if hasattr(layer, "strides") else 1,
    }
    if name in WITHOUT_WEIGHTS:
        return entry
    for part in ("kernel", "bias"):
        values = np.ascontiguousarray(getattr(layer, part).value.numpy(), dtype="<f4").ravel()
        entry[part] = [sum(array.size for array in buffer), values.size]
        buffer.append(values)
    return entry
