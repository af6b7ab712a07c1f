"""The film of a training: what is sent, what is refused."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from ae_core.latent.alignment import aligned
from ae_core.latent.frames import Frames
from tests.unit.latent.test_frames import made
from tests.unit.ui.components.blocks import unpack
from ui.components.replay.replay import replay_data

FRAMES = made(0, 1, 2)
ORIGINALS = np.arange(16 * 784).reshape(16, 28, 28).astype(np.uint8)
LABELS = np.array([0, 2, 1, 1, 0])


def film(frames: Frames = FRAMES, **changes: Any) -> tuple[dict[str, Any], dict[str, bytes]]:
    arguments = {"formation": aligned(frames.codes), "originals": ORIGINALS, "labels": LABELS} | changes
    return unpack(replay_data(frames, **arguments))


def test_a_film_carries_points_pictures_and_figures_of_every_frame() -> None:
    header, blobs = film()
    assert (header["steps"], header["mse"]) == ([0, 1, 2], [0.1, 0.1, 0.1])
    assert header["loss"] == pytest.approx([0.5, 0.25, 0.5 / 3])
    assert header["enlarged"][-1] == 1
    assert np.array_equal(np.frombuffer(blobs["points"], "<f4").reshape(3, 5, 2), aligned(FRAMES.codes).points)
    assert blobs["reconstructions"] == FRAMES.reconstructions.tobytes()
    assert blobs["originals"] == ORIGINALS.tobytes()


def test_classes_are_named_by_their_number_or_by_their_name() -> None:
    header, blobs = film()
    assert (header["classNames"], list(blobs["labels"])) == (["0", "1", "2"], LABELS.tolist())
    assert film(class_names=("Trouser", "Coat", "Bag"))[0]["classNames"] == ["Trouser", "Coat", "Bag"]


def test_images_without_labels_have_no_classes() -> None:
    header, blobs = film(labels=None)
    assert header["classNames"] == []
    assert "labels" not in blobs


def test_the_name_of_a_film_tells_of_another_frame_or_class_and_not_of_the_same_again() -> None:
    assert film()[0]["film"] == film()[0]["film"] != film(made(0, 1))[0]["film"]
    assert film()[0]["film"] != film(class_names=("Trouser", "Coat", "Bag"))[0]["film"]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"formation": aligned(FRAMES.codes[:2])}, r"points must be of shape \(3, 5, 2\). Received: \(2, 5, 2\)."),
        ({"originals": ORIGINALS[:4]}, "Received: 16 reconstructions, 4 originals."),
        ({"originals": ORIGINALS.astype(float)}, "originals must be uint8"),
        ({"labels": LABELS[:4]}, r"labels must be of shape \(5,\). Received: \(4,\)."),
        ({"labels": LABELS - 1}, "labels must be 0 to 1. Received: -1 to 1."),
        ({"class_names": ("a", "b")}, "labels must be 0 to 1. Received: 0 to 2."),
    ],
)
def test_a_film_refuses_what_it_cannot_show(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        film(**changes)
