"""Grids of made images: what is sent, what is refused."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from tests.unit.ui.components.blocks import unpack
from ui.components.samples.samples import Caption, Grid, SampleSet, samples_data

IMAGES = np.random.default_rng(0).integers(256, size=(4, 28, 28), dtype=np.uint8)
SET = SampleSet(
    name="a network",
    grids=[Grid("Prior", "words"), Grid("Box", "other words")],
    images=IMAGES,
    nearest=IMAGES[::-1],
    distances=np.arange(4, dtype=np.float32),
    nearest_names=["a", "b", "c", "d"],
    usual=(1.0, 2.0, 3.0),
)


def test_samples_come_with_their_nearest_images() -> None:
    header, blobs = unpack(samples_data([SET, replace(SET, name="another")]))
    assert [one["name"] for one in header["sets"]] == ["a network", "another"]
    assert header["sets"][0]["grids"][1] == {"title": "Box", "note": "other words"}
    assert blobs["images1"] == IMAGES.tobytes()
    assert blobs["nearest0"] == IMAGES[::-1].tobytes()
    assert np.frombuffer(blobs["distances0"], "<f4").tolist() == [0, 1, 2, 3]


def test_each_sample_may_have_a_caption() -> None:
    captions = [Caption(f"{label} 9{label} %", f"{label}, sure to 9{label} %") for label in range(4)]
    header, _ = unpack(samples_data([SET, replace(SET, captions=captions)]))
    assert header["sets"][0]["captions"] == []
    assert header["sets"][1]["captions"][2] == {"short": "2 92 %", "full": "2, sure to 92 %"}


@pytest.mark.parametrize(
    "wrong",
    [
        {"images": IMAGES[:3]},
        {"nearest_names": ["a"]},
        {"grids": [Grid("", "")] * 3},
        {"captions": [Caption("7", "a 7")]},
    ],
)
def test_samples_that_do_not_fill_their_grids_are_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="equally many images"):
        samples_data([replace(SET, **wrong)])  # type: ignore[arg-type]
