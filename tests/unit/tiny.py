"""Trainings that take a moment: zeros and ones, a few hundred images, a few units."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ae_core.codecs.pca import baseline_path
from ae_core.config.config import Config
from ae_core.latent.frames import Frames, load_frames
from ae_core.runs.history import Progress, Request
from ae_core.runs.run import Run
from ae_core.runs.store import RunStore
from ae_core.training.checkpoints import load_checkpoint

DENSE = Config(classes=(0, 1), train_size=256, encoder_widths=(16,), latent_dim=4, batch_size=32, steps=31)
CONV = Config(
    classes=(0, 1), train_size=256, architecture="conv", filters=(4, 6), latent_dim=4, batch_size=32, steps=10
)
VARIATIONAL = replace(DENSE, family="variational")


def spare_the_baselines(store: RunStore) -> None:
    """Have `Jobs` think that the PCA of all of MNIST and of the tiny configs is there: fitting it takes seconds."""
    for config in (Config(), DENSE):
        path = baseline_path(store, config)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()


class Watcher:
    """Notes each report; asks a training to pause or stop at the first report at or after step `at`."""

    def __init__(self, request: Request | None = None, at: int = 0) -> None:
        self.seen: list[Progress] = []
        self._request, self._at = request, at

    @property
    def steps(self) -> list[int]:
        return [progress.step for progress in self.seen]

    def report(self, progress: Progress) -> None:
        self.seen.append(progress)

    def should_stop(self) -> Request | None:
        return self._request if self.steps[-1] >= self._at else None


def variables(run: Run) -> list[NDArray[Any]]:
    """All variables of the run's checkpoint."""
    checkpoint = load_checkpoint(run)
    assert checkpoint is not None
    return checkpoint.snapshot.values


def assert_same_bits(run: Run, other: Run) -> None:
    """Both runs ended with the same weights, optimizer states and history, bit for bit."""
    pairs = list(zip(variables(run), variables(other), strict=True))
    assert [index for index, (a, b) in enumerate(pairs) if not np.array_equal(a, b)] == []
    assert run.history() == other.history()


def frames_of(run: Run) -> Frames:
    """Those of a run that has some."""
    frames = load_frames(run)
    assert frames is not None
    return frames


def assert_same_frames(frames: Frames, others: Frames) -> None:
    """Both are the same, bit for bit."""
    for name, array in vars(frames).items():
        other = getattr(others, name)
        assert (name, array.dtype) == (name, other.dtype)
        assert np.array_equal(array, other), name
