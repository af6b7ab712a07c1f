"""How a latent space formed: at log-spaced steps, where the codes of the same held-out images lay.

A frame is measured at a row of the history, whose held-out losses it shares. A `Snapshot` is something else: it holds
all variables, so that a training can go on from it. A frame is there to be looked at.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, fields
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ae_core.config.layers import IMAGE_SHAPE
from ae_core.errors import DataError
from ae_core.npz import readable, write_npz
from ae_core.runs.history import next_history_step
from ae_core.runs.run import Run, damaged_run

FRAMES = "frames.npz"
FLOAT16_MAX = float(np.finfo(np.float16).max)


@dataclass(frozen=True, eq=False)
class Frame:
    """One moment of a training.

    Attributes:
        step: steps done, 0 for random weights.
        held_out_loss, held_out_mse: as in the history.
        codes: (m, latent_dim) float16.
        reconstructions: (16, 28, 28) uint8, of the preview digits.
    """

    step: int
    held_out_loss: float
    held_out_mse: float
    codes: NDArray[np.float16]
    reconstructions: NDArray[np.uint8]


@dataclass(frozen=True, eq=False)
class Frames:
    """All frames of a run so far, k of them.

    Attributes:
        steps: (k,) int64, rising.
        held_out_loss, held_out_mse: (k,) float64, as in the history.
        codes: (k, m, latent_dim) float16, of the same m held-out images in each frame.
        indices: (m,) int64, which of the held-out images those are.
        reconstructions: (k, 16, 28, 28) uint8, of the preview digits.
    """

    steps: NDArray[np.int64]
    held_out_loss: NDArray[np.float64]
    held_out_mse: NDArray[np.float64]
    codes: NDArray[np.float16]
    indices: NDArray[np.int64]
    reconstructions: NDArray[np.uint8]

    @classmethod
    def of(cls, frames: Iterable[Frame], indices: NDArray[np.int64]) -> Frames:
        """At least one frame, with the images that their codes are of."""
        rows = list(frames)
        return cls(
            np.array([frame.step for frame in rows], np.int64),
            np.array([frame.held_out_loss for frame in rows]),
            np.array([frame.held_out_mse for frame in rows]),
            np.stack([frame.codes for frame in rows]),
            indices.astype(np.int64),
            np.stack([frame.reconstructions for frame in rows]),
        )

    def __iter__(self) -> Iterator[Frame]:
        losses = zip(self.steps.tolist(), self.held_out_loss.tolist(), self.held_out_mse.tolist(), strict=True)
        for (step, loss, mse), codes, reconstructions in zip(losses, self.codes, self.reconstructions, strict=True):
            yield Frame(step, loss, mse, codes, reconstructions)


def next_frame_step(step: int) -> int:
    """The first step after `step` at which a training keeps a frame: 0, 1, 2, 3, 4, 6, 11, 18, 29, 47, 74, 117, ...

    The first row of the history at or after one and a half times the frame before, so that a frame needs no measurement
    and no stop of its own. As of the history's rows, a longer training has all those of a shorter one.
    """
    at = 0
    while at <= step:
        at = next_history_step(max(at, at * 3 // 2 - 1))
    return at


def is_frame_step(step: int) -> bool:
    """Whether every training that gets as far as `step` keeps a frame there; the last step of one may not be."""
    return step == 0 or next_frame_step(step - 1) == step


def compact(codes: NDArray[np.float32]) -> NDArray[np.float16]:
    """Codes as frames keep them.

    Eleven bits are enough: in a picture of the whole cloud the rounding is a fraction of a pixel. What float16 cannot
    hold, which only a training about to diverge has, becomes its largest number.
    """
    clean = np.nan_to_num(codes, nan=0.0, posinf=FLOAT16_MAX, neginf=-FLOAT16_MAX)
    return np.clip(clean, -FLOAT16_MAX, FLOAT16_MAX).astype(np.float16)


def load_frames(run: Run) -> Frames | None:
    """The frames of a run; None before the first, and for a run of a version that kept none. Raises DamagedRunError."""
    path = run.path / FRAMES
    if not path.exists():
        return None
    try:
        with readable(FRAMES, remedy=""):
            return _read(path)
    except DataError as error:
        raise damaged_run(run.key, FRAMES) from error


def save_frames(run: Run, frames: Frames) -> None:
    """Replace the frames on disk. Raises StoreError."""
    # Not compressed: the bits of codes are next to random, and deflating them would take longer than several steps.
    write_npz(run.target(FRAMES), vars(frames), compressed=False)


class Recorder:
    """Takes the frames of a run in training, and keeps them in its folder.

    Args:
        run: whose frames until `step` are taken up.
        indices: (m,) which of the held-out images the codes will be of.
    """

    def __init__(self, run: Run, step: int, indices: NDArray[np.int64]) -> None:
        self._run, self._indices = run, indices
        found = load_frames(run)
        self._frames: list[Frame] = list(found) if found and np.array_equal(found.indices, indices) else []
        self._is_saved = True
        self.go_back(step)

    def go_back(self, step: int) -> None:
        """Keep the frames at or before `step` that a longer training has too."""
        kept = [frame for frame in self._frames if frame.step <= step and is_frame_step(frame.step)]
        self._is_saved &= len(kept) == len(self._frames)
        self._frames = kept

    def lacks(self, step: int) -> bool:
        """Whether there is no frame of this step yet."""
        return all(frame.step != step for frame in self._frames)

    def take(self, frame: Frame) -> None:
        """Keep one more frame."""
        self._frames.append(frame)
        self._is_saved = False

    def save(self) -> None:
        """Write them, unless that would change nothing. Raises StoreError."""
        if self._frames and not self._is_saved:
            save_frames(self._run, Frames.of(self._frames, self._indices))
            self._is_saved = True


def _read(path: Path) -> Frames:
    """Raises whatever zipfile and numpy do with a damaged file, and ValueError for arrays that are no frames."""
    with np.load(path, allow_pickle=False) as arrays:
        frames = Frames(**{field.name: arrays[field.name] for field in fields(Frames)})
    count, images = frames.codes.shape[:2]
    expected: dict[str, tuple[type[np.generic], tuple[int, ...]]] = {
        "steps": (np.int64, (count,)),
        "held_out_loss": (np.float64, (count,)),
        "held_out_mse": (np.float64, (count,)),
        "codes": (np.float16, (count, images, frames.codes.shape[-1])),
        "indices": (np.int64, (images,)),
        "reconstructions": (np.uint8, (count, *frames.reconstructions.shape[1:2], *IMAGE_SHAPE)),
    }
    for name, (dtype, shape) in expected.items():
        array = getattr(frames, name)
        if array.dtype != dtype or array.shape != shape or not array.size or not np.isfinite(array).all():
            raise ValueError(f"{name} is not what a run keeps")
    if (np.diff(frames.steps) <= 0).any() or frames.steps[0] < 0:
        raise ValueError("the steps do not rise")
    return frames
