"""What the map's test page shows, for the page and for tests that work out what it should show."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ae_core.config.config import Config
from ae_core.config.plan import plan_layers

CLASSES = 3
PICTURES = 500
"""Different images; larger collections repeat them, a little darker each time."""
Floats = NDArray[np.float32]


@dataclass(frozen=True)
class MadeUp:
    """Images (n, 28, 28) uint8, codes (n, dims), labels (n,) and places (n, 2): a cloud for each class."""

    images: NDArray[np.uint8]
    codes: Floats
    labels: NDArray[np.int64]
    places: Floats


def made_up(count: int, dims: int) -> MadeUp:
    """Ellipses: wider or narrower by their class, somewhere in the picture."""
    rng = np.random.default_rng(0)
    labels = rng.integers(0, CLASSES, count)
    across, down = rng.uniform(6, 22, (2, PICTURES, 1, 1))
    wide = 1 + labels[:PICTURES].repeat(-(-PICTURES // min(count, PICTURES)))[:PICTURES, None, None]
    rows, columns = np.mgrid[:28, :28]
    away = np.hypot(rows - down, (columns - across) * wide)
    pictures = np.clip(255 * (9 - away) / 3, 0, 255).astype(np.uint8)
    repeats, picture = np.divmod(np.arange(count), PICTURES)
    images = (pictures[picture] * (1 - repeats[:, None, None] / 1000)).astype(np.uint8)
    centres = rng.normal(size=(CLASSES, dims)) * 4
    codes = (centres[labels] + rng.normal(size=(count, dims))).astype(np.float32)
    if dims == 2:
        places = codes
    elif dims == 1:
        places = np.column_stack([codes[:, 0], rng.uniform(size=count)])
    else:
        middles = np.array([[-5, -3], [5, -3], [0, 5]])
        places = middles[labels] + rng.normal(size=(count, 2))
    return MadeUp(images, codes, labels, places.astype(np.float32))


def uneven(codes: Floats, labels: NDArray[np.int64]) -> Floats:
    """The same with classes 0 and 1 shrunk to a fiftieth, each towards its middle."""
    shrunk = codes.copy()
    for label in (0, 1):
        chosen = labels == label
        middle = codes[chosen].mean(axis=0)
        shrunk[chosen] = middle + (codes[chosen] - middle) / 50
    return shrunk


def plane(codes: Floats) -> tuple[Floats, Floats]:
    """Mean (dims,) and two components (2, dims) of codes."""
    mean = codes.mean(axis=0)
    return mean, np.linalg.svd(codes - mean, full_matrices=False)[2][:2].astype(np.float32)


def random_decoder(dims: int) -> tuple[dict[str, Any], bytes]:
    """A decoder's spec and weights, as the exporter would write them."""
    rng = np.random.default_rng(1)
    specs: list[dict[str, Any]] = []
    parts: list[np.ndarray] = []
    offset, inputs = 0, dims
    for layer in plan_layers(Config(encoder_widths=(64,), latent_dim=dims, hidden_activation="relu")).decoder:
        spec: dict[str, Any] = {"kind": layer.kind, "shape": list(layer.shape), "activation": layer.activation}
        if layer.kind == "dense":
            units = layer.shape[0]
            for name, size in (("kernel", inputs * units), ("bias", units)):
                spec[name] = [offset, size]
                parts.append(rng.normal(size=size, scale=0.3).astype("<f4"))
                offset += size
            inputs = units
        specs.append(spec)
    return {"schema": 1, "encoder": [], "decoder": specs}, np.concatenate(parts).tobytes()


def decode(code: NDArray[np.floating], dims: int) -> NDArray[np.floating]:
    """What that decoder makes of one code (dims,): (28, 28)."""
    network, weights = random_decoder(dims)
    floats = np.frombuffer(weights, "<f4")
    values = np.asarray(code, np.float64)
    for layer in network["decoder"]:
        if layer["kind"] != "dense":
            continue
        (start, size), (bias, units) = layer["kernel"], layer["bias"]
        values = values @ floats[start : start + size].reshape(-1, units) + floats[bias : bias + units]
        values = np.maximum(values, 0) if layer["activation"] == "relu" else 1 / (1 + np.exp(-values))
    return values.reshape(28, 28)
