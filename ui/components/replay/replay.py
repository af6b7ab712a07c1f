"""How the latent space formed: the frames of a training as a film, run in the browser."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ae_core.config.hyperparameters import MOST_CLASSES
from ae_core.latent.alignment import Formation
from ae_core.latent.frames import Frames
from ui.components.payload import Images, fingerprint, image_bytes, pack
from ui.components.scripts import register
from ui.shell.palette import CLASSES

_REPLAY = register("replay")


def replay(
    *,
    key: str,
    frames: Frames,
    formation: Formation,
    originals: Images,
    labels: NDArray[np.integer[Any]] | None = None,
    class_names: Sequence[str] = (),
) -> None:
    """Show the film, with a slider and a button that plays it. All of it happens in the browser.

    Called again with the same key and more frames it stays where the visitor left it.

    Args:
        formation: of the frames' codes, see `alignment.aligned`.
        originals: (p, 28, 28) uint8, the preview digits that the frames have reconstructions of.
        labels: (m,) of the frames' images, 0 and up; None for images without labels.
        class_names: name of each label, from label 0 up; by default its number.

    Raises:
        ValueError: an array of another shape, a formation of other frames, or a label without a name.
    """
    _REPLAY(key=key, data=replay_data(frames, formation, originals, labels, class_names))


def replay_data(
    frames: Frames,
    formation: Formation,
    originals: Images,
    labels: NDArray[np.integer[Any]] | None = None,
    class_names: Sequence[str] = (),
) -> bytes:
    """What `replay` sends. Raises ValueError as it does."""
    count, images = frames.codes.shape[:2]
    if formation.points.shape != (count, images, 2):
        raise ValueError(f"points must be of shape ({count}, {images}, 2). Received: {formation.points.shape}.")
    if frames.reconstructions.shape[1] != len(originals):
        raise ValueError(
            f"Every frame must have a reconstruction of each original. Received: {frames.reconstructions.shape[1]} "
            f"reconstructions, {len(originals)} originals."
        )
    blobs = {
        "points": formation.points.astype("<f4").tobytes(),
        "originals": image_bytes(originals, name="originals"),
        "reconstructions": image_bytes(frames.reconstructions.reshape(-1, 28, 28), name="reconstructions"),
    }
    names: list[str] = []
    if labels is not None:
        names = _names(labels, class_names, images)
        blobs["labels"] = labels.astype(np.uint8).tobytes()
    header = {
        "steps": frames.steps.tolist(),
        "loss": frames.held_out_loss.tolist(),
        "mse": frames.held_out_mse.tolist(),
        "enlarged": np.round(formation.enlarged.astype(float), 4).tolist(),
        "classNames": names,
        "classColours": CLASSES,
    }
    return pack({"film": fingerprint(json.dumps(header).encode(), *blobs.values()), **header}, blobs)


def _names(labels: NDArray[np.integer[Any]], class_names: Sequence[str], images: int) -> list[str]:
    """The name of each label from 0 up."""
    if labels.shape != (images,):
        raise ValueError(f"labels must be of shape ({images},). Received: {labels.shape}.")
    low, high = int(labels.min()), int(labels.max())
    names = list(class_names) or [str(label) for label in range(high + 1)]
    most = min(len(names), MOST_CLASSES) - 1
    if low < 0 or high > most:
        raise ValueError(f"labels must be 0 to {most}. Received: {low} to {high}.")
    return names
