"""How long a comparison keeps one waiting, against encoding and decoding the same digits once."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

from ae_core.codecs.codec import Codec, open_codec
from ae_core.config.presets import PRESETS
from ae_core.datasets.catalogue import load_dataset
from ae_core.evaluation.comparison import figures
from ae_core.runs.store import RunStore
from benchmarks.rows import Bar, Row, alternate, say
from benchmarks.sides import Side

NAME = "compare"
AGAINST_CODING = Bar(3.0, "most")
COMPARED = ("quick-start", "article", "two-dimensions", "sparse")
"""Dense networks all: a convolutional one takes so long to encode that what is measured after it hardly counts."""
STEPS = 10
"""Well trained or not, a network takes as long to encode."""


def measure(*, quick: bool) -> list[Row]:
    """All figures of four runs, as the Runs page shows them."""
    rounds = 2 if quick else 5
    with (
        TemporaryDirectory() as name,
        Side("Training") as training,
        Side("The figures") as ours,
        Side("Coding") as coding,
    ):
        folder = Path(name)
        say(f"  training {len(COMPARED)} networks for {STEPS} steps")
        keys = training.call(train_runs, folder)
        say(f"  figures against coding: {rounds} rounds")
        value, against = alternate(
            lambda: float(ours.call(figures_seconds, folder, keys)),
            lambda: float(coding.call(coding_seconds, folder, keys)),
            rounds=rounds,
        )
    return [
        Row(
            NAME, "comparison of four runs on 10000 test digits, against encoding and decoding them once each",
            value, "s", against, AGAINST_CODING,
        ),
    ]  # fmt: skip


def train_runs(folder: Path) -> list[str]:
    """Train what is compared; returns the runs' keys."""
    from ae_core.training.train import train

    store = RunStore(folder)
    return [train(replace(PRESETS[name], steps=STEPS), store=store).key for name in COMPARED]


def figures_seconds(folder: Path, keys: Sequence[str]) -> float:
    """Seconds until the page has all figures of all runs."""
    data = load_dataset("mnist")
    return _seconds(lambda codec: figures(codec, data.test_images, data.test_labels), folder, keys)


def coding_seconds(folder: Path, keys: Sequence[str]) -> float:
    """Seconds for encoding and decoding alone."""
    images = load_dataset("mnist").test_images
    return _seconds(lambda codec: codec.decode(codec.encode(images)), folder, keys)


def _seconds(work: Callable[[Codec], object], folder: Path, keys: Sequence[str]) -> float:
    """How long `work` takes with all codecs, one after the other; opening them is left out, and loading the images."""
    data = load_dataset("mnist")
    _ = data.test_images, data.test_labels
    codecs = [open_codec(RunStore(folder).open(key)) for key in keys]
    began = time.perf_counter()
    for codec in codecs:
        work(codec)
    return time.perf_counter() - began
