"""A classifier head that was kept with its run: which class a code is of, with numpy alone.

runs/<key>/contest/head.npz      the head of the contest with the most labels so far
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ae_core.codecs.browser_layers import Dense, pack_dense
from ae_core.codecs.codec import weights_of
from ae_core.errors import DataError, RunNotFoundError
from ae_core.npz import readable, write_npz
from ae_core.runs.run import Run

HEAD_FILE = "contest/head.npz"

Floats = NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Head:
    """Two dense layers on a code: a hidden one of ReLU units, and one that gives a logit for each class.

    Attributes:
        hidden: kernel (latent_dim, h) and bias (h,), float32. What standardises the code is part of it.
        output: kernel (h, k) and bias (k,), float32.
        classes: (k,) int64, the label that each output stands for.
        labels: how many labelled images it learned from.
        seed: which ones.
        accuracy: share of the held-out images that it knew, 0 to 1.
        weights: `codec.weights_of` the run whose codes it reads.
    """

    hidden: tuple[Floats, Floats]
    output: tuple[Floats, Floats]
    classes: NDArray[np.int64]
    labels: int
    seed: int
    accuracy: float
    weights: str

    def probabilities(self, codes: NDArray[Any]) -> Floats:
        """(n, latent_dim) codes -> (n, k), rows that sum to 1."""
        (kernel, bias), (top, top_bias) = self.hidden, self.output
        logits = np.maximum(codes @ kernel + bias, 0) @ top + top_bias
        powers = np.exp(logits - logits.max(axis=1, keepdims=True))
        shares: Floats = (powers / powers.sum(axis=1, keepdims=True)).astype(np.float32)
        return shares

    def browser_network(self) -> tuple[dict[str, Any], bytes]:
        """Its layers as an encoder from codes to logits, in the form that `export.browser_network` gives a network."""
        return pack_dense(encoder=[Dense(*self.hidden, "relu"), Dense(*self.output, "linear")], decoder=[])


def keep_head(run: Run, head: Head) -> None:
    """Keep `head` with its run, unless the one that is there learned from more labels.

    Raises:
        StoreError, RunNotFoundError: it cannot be written, or the run was deleted.
    """
    kept = load_head(run)
    if kept is None or (kept.labels, -kept.seed) <= (head.labels, -head.seed):
        write_npz(run.target(HEAD_FILE), _arrays(head))


def load_head(run: Run) -> Head | None:
    """The head that is kept with the run; None where there is none, or one that is damaged or of earlier weights."""
    try:
        with readable(HEAD_FILE, remedy=""):
            head = _read(run.path / HEAD_FILE, run.config.latent_dim)
        return head if head.weights == weights_of(run) else None
    except (DataError, RunNotFoundError):
        return None


def _arrays(head: Head) -> dict[str, NDArray[Any]]:
    layers = {
        f"{name}_{part}": array
        for name in ("hidden", "output")
        for part, array in zip(("kernel", "bias"), getattr(head, name), strict=True)
    }
    rest = {name: np.asarray(getattr(head, name)) for name in ("classes", "labels", "seed", "accuracy", "weights")}
    return {**layers, **rest}


def _read(path: Path, latent_dim: int) -> Head:
    """Raises whatever zipfile and numpy do with a damaged file, and ValueError for arrays that are no head's."""
    with np.load(path, allow_pickle=False) as arrays:
        layers = {name: (arrays[f"{name}_kernel"], arrays[f"{name}_bias"]) for name in ("hidden", "output")}
        head = Head(
            **layers,
            classes=arrays["classes"],
            labels=int(arrays["labels"]),
            seed=int(arrays["seed"]),
            accuracy=float(arrays["accuracy"]),
            weights=str(arrays["weights"]),
        )
    units, count = head.hidden[1].size, head.classes.size
    shapes = [array.shape for array in (*head.hidden, *head.output, head.classes)]
    if shapes != [(latent_dim, units), (units,), (units, count), (count,), (count,)]:
        raise ValueError(f"{path.name} is no head of a code of {latent_dim} numbers")
    return head
