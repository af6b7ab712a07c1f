"""Where in a picture the digit is: what is ink and what is paper, and which pieces of ink are the digit's."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

COARSE_SIDE = 200
"""The longer side at which the paper is looked at, in pixels: coarse enough to see no noise."""
WIDEST = 4
"""What is dark over more than this part, a quarter, of the longer side is no stroke but a shadow or a table."""
DARKEST = 0.25
"""Brightness of the darkest paper whose ink is taken to be as black as in the light; below it noise would grow."""

LEAST_INK = 0.1
"""What stands out less is no ink, of 1 for black on white."""
NOISE = 4
"""Standard deviations of noise that are not ink either."""
NEAR_INK = 3
"""How far around ink the paper counts for the threshold, in pixels."""
MOST_THRESHOLDS = 3
DISTINCT = 1.75
"""How many times darker ink must be than what is taken for lines on the paper."""
LINES = 4
"""How many times more of the paper lines must cover than ink, to be surely lines."""

LEAST_LENGTH = 0.05
"""The longer side of the smallest digit, of the picture's longer side."""
FLATTEST = 4
"""Width of the flattest digit, of its height. Flatter than that are lines on the paper."""
LEAST_CUT = 0.2
"""Height and width of the smallest digit that the picture's edge cuts, of the picture's."""
MOST_HOLES = 4
"""An 8 has two, and strokes may cross; the lines of squared paper make many."""
LEAST_HOLE = 0.002
"""Area of the smallest hole that counts, of the digit's box."""
LEAST_SHARE = 0.05
"""Ink of the smallest piece of a digit, of the ink of its largest."""
NEAR = 0.2
"""How far away a piece of a digit may lie, of the longer side of its largest."""
MOST_PIECES = 6
"""What falls into more pieces is noise."""

FRAME, FRAME_MORE = 0.3, 0.05
"""Width of the frame around a digit in which there should be paper: so much of the digit's longer side, and of the
picture's, or the frame around the hole of a bold 0 would be all stroke."""
DARK_FIRST = 1.5
"""How much more a light digit must stand alone than a dark one: most are dark."""

Floats = NDArray[np.float32]
Integers = NDArray[np.int64]
Mask = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Found:
    """A digit in a picture.

    Attributes:
        ink: (h, w), how far each pixel of the picture is from paper, 0 to 1.
        mask: (h, w), the pixels of the digit.
        box: top, left, bottom, right; the pixel at bottom, right is the first beyond it.
    """

    ink: Floats
    mask: Mask
    box: tuple[int, int, int, int]


@dataclass(frozen=True, eq=False)
class _Pieces:
    """Pieces of ink, each of pixels that touch, if only at their corners.

    Attributes:
        labels: (h, w), the number of the piece that a pixel belongs to; -1 on paper.
        ink: (n,), how much ink each has.
        boxes: (n, 4), their top, left, bottom and right, as in `Found`.
        cut: (n,), whether the picture's edge cuts it.
    """

    labels: Integers
    ink: Floats
    boxes: Integers
    cut: Mask


def find_digit(brightness: Floats) -> Found | None:
    """The digit in `brightness` (h, w), 0 to 1, dark on light or light on dark; None if nothing stands out."""
    dark = _find(_dark_ink(brightness))
    light = _find(_light_ink(brightness))
    if dark and light:
        return dark if DARK_FIRST * _alone(dark, brightness) > _alone(light, brightness) else light
    return dark or light


def widened(levels: Floats, reach: int) -> Floats:
    """(h, w), for each pixel the highest level in the square that reaches so many pixels up, down, left and right."""
    levels = np.pad(levels, reach, mode="edge")
    for _ in ("rows", "columns"):
        covered = 1
        # Twice as many are covered at each step, so a large square costs little more than a small one.
        while covered < 2 * reach + 1:
            step = min(covered, 2 * reach + 1 - covered)
            levels = np.maximum(levels[step:], levels[:-step])
            covered += step
        levels = levels.T
    return levels


def resized(levels: Floats, scale: float) -> Floats:
    """`levels` (h, w), by area averaging, to (h x scale, w x scale), at least (1, 1)."""
    height, width = (max(1, round(side * scale)) for side in levels.shape)
    # Not `drawing.shrink`: for a whole photo its product of matrices would keep all cores of the server busy.
    return np.asarray(Image.fromarray(levels).resize((width, height), Image.Resampling.BOX))


def _dark_ink(brightness: Floats) -> Floats:
    """(h, w), how far each pixel is below the paper around it.

    A shadow dims ink and paper alike; dividing by the paper's brightness takes that back.
    """
    paper = 1 - _paper(1 - brightness)
    ink: Floats = np.clip((paper - brightness) / np.maximum(paper, DARKEST), 0, 1)
    return ink


def _light_ink(brightness: Floats) -> Floats:
    ink: Floats = np.clip(brightness - _paper(brightness), 0, 1)
    return ink


def _paper(levels: Floats) -> Floats:
    """`levels` (h, w) without what is higher than all around it and narrower than a part `WIDEST` of the picture.

    A morphological opening (Serra, Image Analysis and Mathematical Morphology, 1982). It leaves the borders of shadows
    and tables where they are; an average would smear them.
    """
    coarse = resized(levels, COARSE_SIDE / max(levels.shape))
    reach = COARSE_SIDE // WIDEST // 2
    # Whatever the picture's edge cuts goes on beyond it: a strip of table beside a sheet is wide.
    lowest = -widened(-np.pad(coarse, reach, mode="edge"), reach)
    # One pixel more on the way back, or the border of a shadow, which the enlarging blurs, would look like ink.
    opened = Image.fromarray(widened(lowest, reach + 1)[reach:-reach, reach:-reach])
    return np.asarray(opened.resize(levels.shape[::-1], Image.Resampling.BILINEAR))


def _find(ink: Floats) -> Found | None:
    """What may be a digit; one that the picture's edge cuts only if none is whole."""
    cropped = None
    for threshold in _thresholds(ink):
        pieces = _pieces(ink > threshold, ink)
        whole, cut = (_heaviest(pieces, which) for which in (~pieces.cut, pieces.cut))
        if whole is not None:
            found = _joined(pieces, whole, ink)
            if found:
                return found
        elif cropped is None and cut is not None and _fills(pieces, cut):
            cropped = _joined(pieces, cut, ink)
    return cropped


def _thresholds(ink: Floats) -> list[float]:
    """What to try, in this order: the one between paper and ink; higher ones, in case it is between paper and lines."""
    paper = float(np.median(ink))
    noise = 1.4826 * float(np.median(np.abs(ink - paper)))
    least = max(LEAST_INK, paper + NOISE * noise)
    # Otsu's method wants classes of like size, and a digit is a small part of a page: only the paper near ink counts.
    levels = ink[widened((ink > least).astype(np.float32), NEAR_INK) > 0]
    thresholds: list[float] = []
    for _ in range(MOST_THRESHOLDS):
        if levels.size < 2 or np.ptp(levels) < LEAST_INK:
            break
        threshold = max(_otsu(levels), least)
        above, below = levels[levels > threshold], levels[levels <= threshold]
        if thresholds and above.mean() < DISTINCT * below.mean():
            break
        # Lines cover far more of a page than a digit does.
        thresholds.insert(0 if below.size > LINES * above.size else len(thresholds), threshold)
        levels = above
    return thresholds


def _otsu(levels: Floats) -> float:
    """The level that parts `levels` (n,) into the two classes that differ most.

    N. Otsu, A threshold selection method from gray-level histograms, 1979.
    """
    counts, edges = np.histogram(levels, 256)
    below = np.cumsum(counts)[:-1]
    above = levels.size - below
    sums = np.cumsum(counts * (edges[:-1] + edges[1:]) / 2)
    # The lowest and the highest level have a bin each, so no class is empty.
    between = below * above * ((sums[-1] - sums[:-1]) / above - sums[:-1] / below) ** 2
    return float(edges[1 + int(np.argmax(between))])


def _pieces(mask: Mask, ink: Floats) -> _Pieces:
    height, width = mask.shape
    # Paper at both ends of each row: so a row's runs end in it, and the next row can be one long line with it.
    row = width + 2
    flat = np.pad(mask, ((1, 0), (1, 1))).ravel()
    changes = np.flatnonzero(flat[1:] != flat[:-1]) + 1
    starts, ends = changes[::2], changes[1::2]
    numbers = _numbers(starts, ends, row)
    count = int(numbers.max(initial=-1)) + 1

    boxes = np.zeros((count, 4), np.int64)
    boxes[:, :2] = max(height, width)
    np.minimum.at(boxes[:, 0], numbers, starts // row - 1)
    np.minimum.at(boxes[:, 1], numbers, starts % row - 1)
    np.maximum.at(boxes[:, 2], numbers, starts // row)
    np.maximum.at(boxes[:, 3], numbers, ends % row - 1)
    cut = (boxes[:, :2] == 0).any(axis=1) | (boxes[:, 2] == height) | (boxes[:, 3] == width)

    labels = np.full(flat.size, -1)
    labels[flat] = np.repeat(numbers, ends - starts)
    labels = labels.reshape(-1, row)[1:, 1:-1]
    return _Pieces(labels, np.bincount(labels[mask], ink[mask], count).astype(np.float32), boxes, cut)


def _numbers(starts: Integers, ends: Integers, row: int) -> Integers:
    """(n,), for each run of ink the number of its piece, from 0 up.

    Runs go from `starts` to before `ends` in a line of all rows, each `row` long. Each is joined with those that it
    touches in the row above, until all that are joined have the same number.
    """
    first = np.searchsorted(ends, starts - row, side="left")
    touched = np.maximum(np.searchsorted(starts, ends - row, side="right") - first, 0)
    lower = np.repeat(np.arange(starts.size), touched)
    upper = np.arange(lower.size) + np.repeat(first - np.cumsum(touched) + touched, touched)
    numbers = np.arange(starts.size)
    while (numbers[lower] != numbers[upper]).any():
        lowest = np.minimum(numbers[lower], numbers[upper])
        for side in (lower, upper):
            np.minimum.at(numbers, numbers[side], lowest)
        numbers = numbers[numbers]
    return np.unique(numbers, return_inverse=True)[1]


def _heaviest(pieces: _Pieces, which: Mask) -> int | None:
    """The piece of most ink among `which` (n,) that are as large as a digit and do not lie flat."""
    heights, widths = (pieces.boxes[:, 2:] - pieces.boxes[:, :2]).T
    large = np.maximum(heights, widths) >= LEAST_LENGTH * max(pieces.labels.shape)
    which = which & large & (widths <= FLATTEST * heights)
    return int(np.argmax(np.where(which, pieces.ink, -1))) if which.any() else None


def _fills(pieces: _Pieces, number: int) -> bool:
    """Whether a piece that the picture's edge cuts may be a digit all the same, in a closely cropped picture."""
    height, width = (pieces.boxes[number, 2:] - pieces.boxes[number, :2]) / pieces.labels.shape
    return bool(height >= LEAST_CUT and width >= LEAST_CUT)


def _joined(pieces: _Pieces, main: int, ink: Floats) -> Found | None:
    """The piece `main` and those near it: a broken stroke, the bar of a 5. None if together they cannot be a digit."""
    low, high = pieces.boxes[main, :2], pieces.boxes[main, 2:]
    reach = NEAR * (high - low).max()
    others = (pieces.ink >= LEAST_SHARE * pieces.ink[main]) & (~pieces.cut | pieces.cut[main])
    chosen = np.arange(others.size) == main
    while True:
        gaps = np.maximum(pieces.boxes[:, :2] - high, low - pieces.boxes[:, 2:]).max(axis=1)
        more = others & (gaps <= reach) & ~chosen
        if not more.any():
            break
        chosen |= more
        low, high = pieces.boxes[chosen, :2].min(axis=0), pieces.boxes[chosen, 2:].max(axis=0)
    # Label -1, paper, is the last entry.
    mask = np.append(chosen, False)[pieces.labels]
    top, left, bottom, right = (int(side) for side in (*low, *high))
    if chosen.sum() > MOST_PIECES or _holes(mask[top:bottom, left:right]) > MOST_HOLES:
        return None
    return Found(ink, mask, (top, left, bottom, right))


def _holes(mask: Mask) -> int:
    # Widened, since thin lines are broken in places.
    paper = widened(mask.astype(np.float32), 2) == 0
    gaps = _pieces(paper, np.ones(paper.shape, np.float32))
    return int((~gaps.cut & (gaps.ink >= LEAST_HOLE * paper.size)).sum())


def _alone(found: Found, brightness: Floats) -> float:
    """How different it is from the frame around it, 0 to 1.

    A digit has paper around it. The paper within a digit, or between a digit and a shadow, stands out as well, but has
    more paper around it.
    """
    top, left, bottom, right = found.box
    margin = 1 + round(FRAME * max(bottom - top, right - left) + FRAME_MORE * max(brightness.shape))
    differs = np.abs(brightness - np.median(brightness[found.mask]))
    # Beyond the picture's edge there is paper, as far as one knows.
    differs = np.pad(differs, margin, constant_values=np.median(found.ink[found.mask]))
    around = differs[top : bottom + 2 * margin, left : right + 2 * margin]
    inside = np.zeros(around.shape, bool)
    inside[margin:-margin, margin:-margin] = True
    return float(around[~inside].mean())
