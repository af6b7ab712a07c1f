"""Ways to damage an image before an autoencoder sees it. The browser does the same: `spoil` defines it."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ae_core.config.layers import IMAGE_SHAPE

SIDE = IMAGE_SHAPE[0]
CENTRE = (SIDE - 1) / 2
"""Row and column of the image's centre, around which it turns: between four pixels."""

RANGES = {
    "noise": (0, 1),
    "patch": (0, 20),
    "patch_x": (0, SIDE - 1),
    "patch_y": (0, SIDE - 1),
    "rotate": (-180, 180),
    "shift_x": (-14, 14),
    "shift_y": (-14, 14),
    "thicken": (-2, 2),
}
"""Lowest and highest value of each field of `Spoil`."""

Floats = NDArray[np.float64]


def _noise() -> NDArray[np.float32]:
    noise = np.random.default_rng(28).standard_normal(IMAGE_SHAPE, dtype=np.float32)
    noise.flags.writeable = False
    return noise


NOISE = _noise()
"""(28, 28) standard-normal numbers, the same for every image: noise that is drawn anew makes a picture flicker, and
browsers are sent this very pattern."""


@dataclass(frozen=True)
class Spoil:
    """What is done to an image: by default nothing.

    Attributes:
        noise: standard deviation of Gaussian noise.
        patch: side of the square that is erased, in pixels.
        patch_x, patch_y: column and row of that square's centre, counted from 0.
        rotate: degrees, counter-clockwise as one sees it.
        shift_x, shift_y: pixels to the right and down.
        thicken: pixels by which strokes grow on each side; negative: by which they shrink.

    Each lies within its range in `RANGES`.
    """

    noise: float = 0.0
    patch: int = 0
    patch_x: float = CENTRE
    patch_y: float = CENTRE
    rotate: float = 0.0
    shift_x: float = 0.0
    shift_y: float = 0.0
    thicken: float = 0.0

    @classmethod
    def from_json(cls, values: object) -> Spoil:
        """What a browser sent, which may be anything: never raises.

        Unknown names are ignored. What is missing or no finite number (a bool is none) becomes the default. Numbers are
        clipped into their range, and the patch's side is rounded to whole pixels.
        """
        given = values if isinstance(values, dict) else {}
        numbers = {name: _number(name, given.get(name), default) for name, default in asdict(cls()).items()}
        return cls(patch=round(numbers.pop("patch")), **numbers)

    @classmethod
    def from_text(cls, text: str) -> Spoil:
        """From names and numbers in turn, such as noise~0.5~rotate~-30; what is not named is usual.

        Raises:
            ValueError: no such names and numbers, or a number out of its range.
        """
        parts = text.split("~")
        names, numbers = parts[::2], list(map(float, parts[1::2]))
        if len(names) != len(numbers) or not all(_is_within(name, n) for name, n in zip(names, numbers, strict=True)):
            raise ValueError(text)
        return cls.from_json(dict(zip(names, numbers, strict=True)))

    def to_text(self) -> str:
        """All that is not usual, as `from_text` takes it, in letters that stand in an address as they are."""
        usual = asdict(Spoil())
        return "~".join(f"{name}~{value:g}" for name, value in asdict(self).items() if value != usual[name])


def spoil(image: NDArray[np.floating[Any]], how: Spoil) -> NDArray[np.float32]:
    """A damaged copy (28, 28) float32 in [0, 1] of `image` (28, 28) in [0, 1].

    This is the definition; `ui/components/draw/spoiling.js` follows it step by step, in double precision:

    1. Thicken (`thickened`).
    2. Rotate about the centre, then shift, in one go (`moved`), so that the image is blurred once at most.
    3. Erase the patch: `patch` columns from ceil(patch_x - patch / 2) and as many rows likewise, as far as they lie in
       the image. So a patch has its full size wherever its centre is.
    4. Add `noise` x `NOISE` and clip to [0, 1].
    """
    ink = thickened(image.astype(np.float64), how.thicken)
    ink = moved(ink, rotate=how.rotate, shift_x=how.shift_x, shift_y=how.shift_y)
    ink[_covered(how.patch_y, how.patch), _covered(how.patch_x, how.patch)] = 0
    return np.clip(ink + how.noise * NOISE.astype(np.float64), 0, 1).astype(np.float32)


def thickened(ink: Floats, pixels: float) -> Floats:
    """Strokes of `ink` (28, 28) grown by `pixels` on each side; shrunk where that is negative.

    Each whole pixel is a grey dilation (or erosion): the largest (smallest) of a pixel and its four neighbours. With
    the diagonal ones too, the ends of strokes would become blocks, and a thin stroke would be gone after one step. The
    rest of `pixels` is the share of one more step that is blended in. Neighbours outside the image do not count:
    nothing grows into it from there, and ink that touches its edge is not eaten away from there.
    """
    steps = abs(pixels)
    for _ in range(math.floor(steps)):
        ink = _step(ink, grow=pixels > 0)
    share = steps - math.floor(steps)
    return (1 - share) * ink + share * _step(ink, grow=pixels > 0)


def moved(ink: Floats, *, rotate: float, shift_x: float, shift_y: float) -> Floats:
    """`ink` (28, 28) rotated about `CENTRE` and then shifted; units as in `Spoil`.

    Each pixel is looked up where it comes from, by bilinear interpolation between the four pixels around that place;
    outside the image there are zeros. Shifts by whole pixels are exact.
    """
    angle = math.radians(rotate)
    x = np.arange(SIDE) - CENTRE - shift_x
    y = (np.arange(SIDE) - CENTRE - shift_y)[:, None]
    left, across = _cell(x * math.cos(angle) - y * math.sin(angle) + CENTRE)
    top, down = _cell(x * math.sin(angle) + y * math.cos(angle) + CENTRE)
    bordered = np.pad(ink, (1, 2))
    upper = (1 - across) * bordered[top, left] + across * bordered[top, left + 1]
    lower = (1 - across) * bordered[top + 1, left] + across * bordered[top + 1, left + 1]
    found: Floats = (1 - down) * upper + down * lower
    return found


def _step(ink: Floats, *, grow: bool) -> Floats:
    """One pixel's growth or shrinking. A border that repeats the edge is the same as no neighbours there."""
    bordered = np.pad(ink, 1, mode="edge")
    around = [ink, bordered[:-2, 1:-1], bordered[2:, 1:-1], bordered[1:-1, :-2], bordered[1:-1, 2:]]
    stepped: Floats = np.max(around, axis=0) if grow else np.min(around, axis=0)
    return stepped


def _cell(place: Floats) -> tuple[NDArray[np.intp], Floats]:
    """The pixel before each place along a side, counted with a border of one, and how far the place is beyond it.

    Places further outside than the border are moved onto it: all is zero there as well.
    """
    inside = np.clip(place, -1, SIDE)
    before = np.floor(inside)
    return before.astype(np.intp) + 1, inside - before


def _covered(centre: float, side: int) -> slice:
    """The pixels of a side that lie within `side` around `centre`."""
    begin = math.ceil(centre - side / 2)
    return slice(max(begin, 0), begin + side)


def _is_within(name: str, number: float) -> bool:
    low, high = RANGES.get(name, (0, -1))
    return low <= number <= high


def _number(name: str, value: object, default: float) -> float:
    """`value` clipped into the range of the field `name`, or its default when it is no finite number."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not -math.inf < value < math.inf:
        return default
    low, high = RANGES[name]
    return float(min(max(value, low), high))
