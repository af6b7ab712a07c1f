from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from ae_core.datasets.catalogue import load_dataset
from ae_core.errors import DrawingError
from ae_core.preprocessing.drawing import area_weights, digit_from_canvas, shrink

Array = np.ndarray[Any, Any]
SIDE = 280


def canvas(ink: Array) -> Array:
    """White strokes on black, of `ink` (h, w) uint8."""
    rgba = np.empty((*ink.shape, 4), np.uint8)
    rgba[..., :3] = ink[..., None]
    rgba[..., 3] = 255
    return rgba


def rectangle(top: int, left: int, height: int, width: int) -> Array:
    ink = np.zeros((SIDE, SIDE), np.uint8)
    ink[top : top + height, left : left + width] = 255
    return canvas(ink)


def enlarged(image: Array, side: int) -> Array:
    pixel = np.arange(side) * 28 // side
    larger: Array = image[np.ix_(pixel, pixel)]
    return larger


def filled(image: Array) -> tuple[int, int, int, int]:
    """Top, left, height and width of what is not black."""
    rows, columns = np.flatnonzero(image.any(axis=1)), np.flatnonzero(image.any(axis=0))
    return int(rows[0]), int(columns[0]), int(np.ptp(rows)) + 1, int(np.ptp(columns)) + 1


@pytest.mark.parametrize("index", range(10))
def test_a_digit_of_mnist_drawn_somewhere_comes_back_as_it_was(index: int) -> None:
    mnist = load_dataset()
    rng = np.random.default_rng(index)
    side = int(rng.integers(112, SIDE + 1))
    top, left = rng.integers(0, SIDE - side + 1, 2)
    ink = np.zeros((SIDE, SIDE), np.uint8)
    ink[top : top + side, left : left + side] = enlarged(mnist.test_pixels[index], side)
    assert np.abs(digit_from_canvas(canvas(ink)) - mnist.test_images[index]).mean() < 0.01


def test_a_digit_ten_times_as_large_comes_back_exactly() -> None:
    mnist = load_dataset()
    drawing = canvas(enlarged(mnist.test_pixels[0], SIDE))
    for image in (digit_from_canvas(drawing), digit_from_canvas(drawing, centre=False)):
        assert np.allclose(image, mnist.test_images[0], atol=1e-6)


def test_an_empty_canvas_is_all_zeros() -> None:
    for empty in (rectangle(0, 0, 0, 0), np.zeros((SIDE, SIDE, 4), np.uint8)):
        for centre in (True, False):
            image = digit_from_canvas(empty, centre=centre)
            assert image.shape == (28, 28)
            assert image.dtype == np.float32
            assert not image.any()


def test_ink_is_luminance_times_alpha() -> None:
    rgba = np.zeros((28, 28, 4), np.uint8)
    rgba[0, :4] = [(255, 0, 0, 255), (0, 255, 0, 255), (0, 0, 255, 255), (255, 255, 255, 51)]
    assert np.allclose(digit_from_canvas(rgba, centre=False)[0, :5], [0.299, 0.587, 0.114, 0.2, 0])


def test_black_strokes_are_no_ink() -> None:
    rgba = np.zeros((SIDE, SIDE, 4), np.uint8)
    rgba[100:200, 100:200, 3] = 255
    assert not digit_from_canvas(rgba).any()


def test_the_longer_side_becomes_20_pixels_and_the_other_keeps_its_proportion() -> None:
    assert filled(digit_from_canvas(rectangle(30, 70, 200, 50)))[2:] == (20, 5)
    assert filled(digit_from_canvas(rectangle(30, 70, 30, 120)))[2:] == (5, 20)


def test_a_small_drawing_is_enlarged() -> None:
    assert filled(digit_from_canvas(rectangle(3, 7, 10, 4)))[2:] == (20, 8)


def test_a_thin_line_stays_one_pixel_wide() -> None:
    image = digit_from_canvas(rectangle(30, 70, 200, 2))
    assert filled(image)[2:] == (20, 1)
    assert image.max() == 1


def test_where_it_is_drawn_does_not_matter() -> None:
    assert (digit_from_canvas(rectangle(0, 0, 90, 61)) == digit_from_canvas(rectangle(150, 201, 90, 61))).all()


def test_the_centre_of_mass_is_within_half_a_pixel_of_the_middle() -> None:
    ink = np.zeros((SIDE, SIDE), np.uint8)
    ink[20:240, 40:60] = 255
    ink[200:240, 40:200] = 255
    image = digit_from_canvas(canvas(ink))
    rows = float((image.sum(axis=1) * np.arange(28)).sum() / image.sum())
    columns = float((image.sum(axis=0) * np.arange(28)).sum() / image.sum())
    assert 13.5 <= rows < 14.5
    assert 13.5 <= columns < 14.5


def test_a_symmetric_drawing_lies_half_a_pixel_up_and_left_as_in_mnist() -> None:
    # Its centre of mass is half-way between two pixels, whatever rounding errors say.
    for side in range(20, 200):
        assert filled(digit_from_canvas(rectangle(40, 40, side, side))) == (4, 4, 20, 20)


def test_a_drawing_whose_mass_is_at_one_end_stays_inside() -> None:
    ink = np.zeros((SIDE, SIDE), np.uint8)
    ink[40:60, 40:240] = 255
    ink[60:240, 139:141] = 27
    assert filled(digit_from_canvas(canvas(ink)))[0] + 20 == 28


def test_faint_specks_do_not_stretch_the_box() -> None:
    drawing = rectangle(100, 100, 80, 60)
    speckled = drawing.copy()
    speckled[0, 0, :3] = speckled[279, 279, :3] = 25  # Ink of 0.098.
    assert (digit_from_canvas(speckled) == digit_from_canvas(drawing)).all()
    speckled[0, 0, :3] = 26
    assert not (digit_from_canvas(speckled) == digit_from_canvas(drawing)).all()


def test_shrinking_keeps_the_mean() -> None:
    ink = np.random.default_rng(0).random((93, 57))
    assert shrink(ink, 20, 12).mean() == pytest.approx(ink.mean())


def test_area_weights_are_shares_of_pixels() -> None:
    assert np.allclose(area_weights(3, 2) * 3, np.array([[2, 1, 0], [0, 1, 2]]))
    assert np.allclose(area_weights(2, 3) * 2, np.array([[2, 0], [1, 1], [0, 2]]))


def test_the_drawing_is_not_changed() -> None:
    drawing = rectangle(30, 70, 200, 50)
    before = drawing.copy()
    digit_from_canvas(drawing)
    assert (drawing == before).all()


@pytest.mark.parametrize(
    "rgba",
    [
        np.zeros((SIDE, SIDE), np.uint8),
        np.zeros((SIDE, SIDE, 3), np.uint8),
        np.zeros((SIDE, SIDE, 4)),
        np.zeros((0, SIDE, 4), np.uint8),
        np.zeros((2049, 1, 4), np.uint8),
    ],
    ids=["grey", "rgb", "floats", "empty", "large"],
)
def test_something_else_than_a_canvas_is_refused(rgba: Array) -> None:
    with pytest.raises(DrawingError, match=r"must be \(h, w, 4\) uint8"):
        digit_from_canvas(rgba)
