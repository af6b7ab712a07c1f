"""From a photo or a picture of one digit to an image as MNIST's are: the digit is found, cut out, cleaned and centred.

A photo has what a canvas has not: shadows, lines on the paper, the edge of a table, a pen too thin for 28 pixels. Each
function here takes away one of these; the last step is `digit_from_canvas`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter, ImageOps

from ae_core.drawing import BOX, digit_from_canvas, shrink
from ae_core.errors import DrawingError

MOST_BYTES = 20_000_000
MOST_PIXELS = 50_000_000
LEAST_SIDE = 8
MOST_LENGTH = 20
"""A picture's longer side, in shorter ones."""

FORMATS = ("PNG", "JPEG", "WEBP", "BMP", "GIF")
WORK_SIDE = 800
"""The longer side of what is worked on, in pixels; `LEAST_WORK_SIDE` for what is smaller than that, like MNIST's own."""
LEAST_WORK_SIDE = 280
COARSE_SIDE = 200
"""The longer side at which the paper is looked at: coarse enough to see no noise."""

WIDEST = 4
"""What is dark over more than this part (a quarter) of the longer side is no stroke, but paper in a shadow, or a table."""

LEAST_INK = 0.1
"""What stands out less is no ink, of 1 for black on white."""
LEAST_LENGTH = 0.05
"""The longer side of the smallest digit, of the picture's longer side."""
LEAST_CUT = 0.2
"""Height and width of the smallest digit that the picture's edge cuts, of the picture's."""
MOST_CONTACTS = 8
"""Places in which such a digit touches the edge; the lines of squared paper do so in many more."""
FLATTEST = 4
"""Width of the flattest digit, of its height. Flatter than that are lines on the paper."""
LEAST_SHARE = 0.05
"""Ink of the smallest piece of a digit, of the ink of its largest."""
NEAR = 0.2
"""How far away a piece of a digit may lie, of the digit's longer side."""

FRAME = 0.3
"""Width of the frame around a digit in which there should be paper, of the digit's longer side."""

STROKE = 1.8
"""Width of the thinnest stroke that is left as it is, in pixels of MNIST. A third of MNIST's digits are thinner."""
MEASURED_BOX = 60
LARGE_BOX = 240
"""The longer side of a digit while its strokes are measured and thickened, in pixels."""

LOW, HIGH = 0.2, 0.8
"""Ink, of the ink in the middle of a stroke, that becomes 0 and 1."""

LUMA = np.array([0.299, 0.587, 0.114], np.float32)

Floats = NDArray[np.float32]
Mask = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class _Pieces:
    """Connected pieces of ink. All arrays but `labels` have one entry a piece.

    Attributes:
        labels: (h, w), the number of the piece that a pixel belongs to; -1 on paper.
        ink: how much ink it has.
        boxes: (n, 4), the first row and column and the last ones, the latter plus 1.
        cut: whether it reaches the picture's edge.
    """

    labels: NDArray[np.int64]
    ink: Floats
    boxes: NDArray[np.int64]
    cut: Mask


@dataclass(frozen=True, eq=False)
class _Found:
    """What may be the digit.

    Attributes:
        ink: (h, w), how far each pixel of the picture is from paper.
        mask: (h, w), the pixels of the digit.
        box: top, left, bottom, right.
    """

    ink: Floats
    mask: Mask
    box: tuple[int, int, int, int]


def digit_from_photo(content: bytes) -> Floats:
    """The digit of a photo or picture, as an image (28, 28) float32 in [0, 1], made like those of MNIST.

    It may be dark on light or light on dark, anywhere in the picture, under uneven light, on lined paper. Strokes that
    are thinner than MNIST's are thickened to `STROKE`; paper is exactly 0.

    Args:
        content: bytes of a PNG, JPEG, WEBP, BMP or GIF file, at most `MOST_BYTES` and `MOST_PIXELS`.

    Raises:
        DrawingError: it is no such file, is damaged, too large or too small, or nothing in it stands out.
    """
    brightness = _brightness(_opened(content))
    found = [one for one in (_found(brightness, dark=True), _found(brightness, dark=False)) if one]
    if not found:
        raise DrawingError(
            "A photo must show one digit that stands out from its paper. Received: a picture in which nothing does. "
            "Write it larger or with a thicker pen, move closer, and let more light on the paper."
        )
    levels = _thickened(_levels(max(found, key=lambda one: _alone(one, brightness))))
    grey = np.round(levels * 255).astype(np.uint8)
    return digit_from_canvas(np.dstack([grey, grey, grey, np.full_like(grey, 255)]))


def _opened(content: bytes) -> Image.Image:
    """The picture in mode L, RGB, LA or RGBA, upright, at most `WORK_SIDE` long."""
    if not 0 < len(content) <= MOST_BYTES:
        raise DrawingError(
            f"A photo must be a file of at most {MOST_BYTES // 1_000_000} MB. Received: {len(content) / 1e6:.1f} MB. "
            "Choose another one, or save it smaller."
        )
    try:
        with Image.open(BytesIO(content), formats=FORMATS) as picture:
            _check_size(*picture.size)
            return _upright(_reduced(picture))
    except DrawingError:
        raise
    except Image.DecompressionBombError as error:
        raise _wrong_size("more") from error
    # Damaged bytes make Pillow raise almost anything; no list of it is complete.
    except Exception as error:
        raise DrawingError(
            f"A photo must be a whole PNG, JPEG, WEBP, BMP or GIF file. Received: {len(content)} bytes that are none, "
            "or are damaged. Save it again as JPEG and choose it anew."
        ) from error


def _check_size(width: int, height: int) -> None:
    """Before anything is decoded: a small file can unpack to a huge picture."""
    shorter, longer = sorted((width, height))
    if shorter < LEAST_SIDE or longer > MOST_LENGTH * shorter or width * height > MOST_PIXELS:
        raise _wrong_size(f"{width} × {height}")


def _wrong_size(size: str) -> DrawingError:
    return DrawingError(
        f"A photo must have sides of at least {LEAST_SIDE} pixels, at most {MOST_PIXELS // 1_000_000} million pixels, "
        f"and be no strip. Received: {size} pixels. Crop it, or save it in another size."
    )


def _reduced(picture: Image.Image) -> Image.Image:
    """In mode RGB or, if parts are transparent, RGBA, and by area averaging at most `WORK_SIDE` long."""
    scale = min(1, WORK_SIDE / max(picture.size))
    width, height = (max(1, round(side * scale)) for side in picture.size)
    # For JPEG alone: decoded at a half, a quarter or an eighth, which takes a fraction of the time and memory.
    picture.draft("RGB", (width, height))
    if picture.mode.startswith("I"):
        # Grey of 16 bits, which Pillow would clip and not scale.
        picture = Image.fromarray((np.asarray(picture) // 257).astype(np.uint8))
    mode = "RGBA" if picture.has_transparency_data else "RGB"
    if picture.mode != mode:
        picture = picture.convert(mode)
    return picture.resize((width, height), Image.Resampling.BOX)


def _upright(picture: Image.Image) -> Image.Image:
    try:
        return ImageOps.exif_transpose(picture)
    # What cameras write there may be damaged where the picture is not.
    except Exception:
        return picture


def _brightness(picture: Image.Image) -> Floats:
    """(h, w) in [0, 1], its longer side at least `LEAST_WORK_SIDE`."""
    pixels = np.asarray(picture, np.float32) / 255
    colours = pixels if picture.mode == "RGB" else _on_paper(pixels[..., :3], pixels[..., 3:])
    grey = _grey(colours)
    # Whole pixels become squares, so that an image of MNIST comes back as it was.
    times = -(-LEAST_WORK_SIDE // max(grey.shape))
    return grey.repeat(times, 0).repeat(times, 1)


def _on_paper(colours: Floats, alpha: Floats) -> Floats:
    """(h, w, 3): transparent parts filled with paper. `alpha` is (h, w, 1)."""
    grey = colours @ LUMA
    weight = alpha[..., 0] / max(float(alpha.sum()), 1e-6)
    mean = float((grey * weight).sum())
    spread = float(((grey - mean) ** 2 * weight).sum()) ** 0.5
    if alpha.mean() > 0.5 and spread > LEAST_INK:
        # A page with its own paper, transparent at its corners, say.
        paper = np.median(colours[alpha[..., 0] > 0.5], axis=0)
    else:
        # Ink alone, on nothing.
        paper = np.full(3, mean < 0.5)
    filled: Floats = (colours * alpha + paper * (1 - alpha)).astype(np.float32)
    return filled


def _grey(colours: Floats) -> Floats:
    """(h, w): luminance, or red, green or blue alone where that shows much more, as blue does of a yellow pen."""
    choices = [colours @ LUMA, *np.moveaxis(colours, 2, 0)]
    shown = []
    for choice in choices:
        picture = Image.fromarray(np.round(choice * 255).astype(np.uint8))
        detail = np.subtract(picture, picture.filter(ImageFilter.BoxBlur(max(picture.size) / 20)), dtype=np.float32)
        shown.append(np.percentile(np.abs(detail), 99.8))
    best = int(np.argmax(shown))
    return choices[best if shown[best] > 1.3 * shown[0] else 0]


def _found(brightness: Floats, *, dark: bool) -> _Found | None:
    """What may be a digit, darker or lighter than its paper; None if nothing may."""
    ink = _dark_ink(brightness) if dark else _light_ink(brightness)
    last = None
    for threshold in _thresholds(ink):
        pieces = _pieces(ink > threshold, ink)
        whole, cut = (_heaviest(pieces, which) for which in (~pieces.cut, pieces.cut))
        if whole is not None and (cut is None or pieces.ink[whole] > 0.3 * pieces.ink[cut]):
            return _joined(pieces, whole, ink)
        main = cut if whole is None and cut is not None and _fills(pieces, cut) else whole
        if last is None and main is not None:
            last = _joined(pieces, main, ink)
    return last


def _dark_ink(brightness: Floats) -> Floats:
    """How far each pixel is below the paper around it.

    Shadow dims ink and paper alike. Dividing by the paper's brightness takes that back, except where it is so dark that
    noise would grow.
    """
    paper = 1 - _paper(1 - brightness)
    ink: Floats = np.clip((paper - brightness) / np.maximum(paper, 0.5), 0, 1)
    return ink


def _light_ink(brightness: Floats) -> Floats:
    ink: Floats = np.clip(brightness - _paper(brightness), 0, 1)
    return ink


def _paper(levels: Floats) -> Floats:
    """`levels` (h, w) without what is higher than all around it and narrower than a part `WIDEST` of the picture.

    A morphological opening (Serra, Image Analysis and Mathematical Morphology, 1982). It leaves the borders of shadows
    and tables where they are, which an average would smear.
    """
    height, width = levels.shape
    scale = COARSE_SIDE / max(height, width)
    coarse = shrink(levels, max(1, round(height * scale)), max(1, round(width * scale))).astype(np.float32)
    reach = COARSE_SIDE // WIDEST // 2
    # Whatever touches the picture's edge goes on beyond it: so the table at the side of a sheet is wide.
    lowest = -_widened(-np.pad(coarse, reach, mode="edge"), reach)
    # One pixel more on the way back, or the border of a shadow, which is blurred in what follows, would look like ink.
    opened = Image.fromarray(_widened(lowest, reach + 1)[reach:-reach, reach:-reach])
    return np.asarray(opened.resize((width, height), Image.Resampling.BILINEAR))


def _widened(levels: Floats, reach: int) -> Floats:
    """For each pixel the highest level in the square around it that reaches so many pixels up, down, left and right."""
    levels = np.pad(levels, reach, mode="edge")
    for _ in ("rows", "columns"):
        covered = 1
        while covered < 2 * reach + 1:
            step = min(covered, 2 * reach + 1 - covered)
            levels = np.maximum(levels[step:], levels[:-step])
            covered += step
        levels = levels.T
    return levels


def _thresholds(ink: Floats) -> Iterator[float]:
    """Between paper and ink; then, in case lines on the paper were taken for ink, higher ones."""
    paper = float(np.median(ink))
    noise = 1.4826 * float(np.median(np.abs(ink - paper)))
    least = max(LEAST_INK, paper + 4 * noise)
    # Otsu's method needs classes of like size, and a digit is a small part of a page: so only the paper near ink counts.
    levels = ink[_widened((ink > least).astype(np.float32), 3) > 0]
    for turn in range(3):
        if levels.size < 2 or np.ptp(levels) < LEAST_INK:
            return
        threshold = max(_otsu(levels), least)
        if turn and threshold > 0.65 * np.percentile(levels, 99.5):
            return
        yield threshold
        levels = levels[levels > threshold]


def _otsu(levels: Floats) -> float:
    """The level that separates two classes best: Otsu, A threshold selection method from gray-level histograms, 1979."""
    counts, edges = np.histogram(levels, 256)
    below = np.cumsum(counts)[:-1]
    above = levels.size - below
    sums = np.cumsum(counts * (edges[:-1] + edges[1:]) / 2)
    with np.errstate(invalid="ignore", divide="ignore"):
        between = below * above * ((sums[-1] - sums[:-1]) / above - sums[:-1] / below) ** 2
    return float(edges[1 + int(np.nanargmax(between))])


def _pieces(mask: Mask, ink: Floats) -> _Pieces:
    """Pixels that touch, also at their corners, are one piece.

    Rows are cut into runs, and a run is joined to those that it touches in the row above.
    """
    height, width = mask.shape
    flat = np.pad(mask, ((1, 0), (1, 1))).ravel()
    row = width + 2
    changes = np.flatnonzero(flat[1:] != flat[:-1]) + 1
    starts, ends = changes[::2], changes[1::2]
    first = np.searchsorted(ends, starts - row, side="left")
    count = np.maximum(np.searchsorted(starts, ends - row, side="right") - first, 0)
    lower = np.repeat(np.arange(starts.size), count)
    upper = np.arange(lower.size) - np.repeat(np.cumsum(count) - count, count) + np.repeat(first, count)
    numbers = _joined_numbers(starts.size, lower, upper)

    top, left, right = starts // row - 1, starts % row - 1, ends % row - 1
    total = int(numbers.max(initial=-1)) + 1
    boxes = np.empty((total, 4), np.int64)
    boxes[:, :2], boxes[:, 2:] = max(height, width), 0
    for side, values, extreme in (
        (0, top, np.minimum),
        (1, left, np.minimum),
        (2, top + 1, np.maximum),
        (3, right, np.maximum),
    ):
        extreme.at(boxes[:, side], numbers, values)
    labels = np.full(flat.size, -1)
    labels[flat] = np.repeat(numbers, ends - starts)
    labels = labels.reshape(height + 1, row)[1:, 1:-1]
    cut = (boxes[:, :2] == 0).any(axis=1) | (boxes[:, 2] == height) | (boxes[:, 3] == width)
    return _Pieces(labels, np.bincount(labels[mask], ink[mask], total).astype(np.float32), boxes, cut)


def _joined_numbers(count: int, one: NDArray[np.int64], other: NDArray[np.int64]) -> NDArray[np.int64]:
    """(count,), numbers from 0 up, the same for runs that pairs of `one` and `other` join."""
    numbers = np.arange(count)
    while (numbers[one] != numbers[other]).any():
        lowest = np.minimum(numbers[one], numbers[other])
        for side in (one, other):
            np.minimum.at(numbers, numbers[side], lowest)
        numbers = numbers[numbers]
    return np.unique(numbers, return_inverse=True)[1]


def _heaviest(pieces: _Pieces, which: Mask) -> int | None:
    """The piece of most ink among `which` (n,) that are large enough for a digit, and none that lies flat."""
    heights, widths = (pieces.boxes[:, 2:] - pieces.boxes[:, :2]).T
    large = np.maximum(heights, widths) >= LEAST_LENGTH * max(pieces.labels.shape)
    which = which & large & (widths <= FLATTEST * heights)
    return int(np.argmax(np.where(which, pieces.ink, -1))) if which.any() else None


def _fills(pieces: _Pieces, number: int) -> bool:
    """Whether a piece that the picture's edge cuts may be a digit all the same, photographed from too near."""
    own = pieces.labels == number
    edge = np.concatenate([own[0], own[:, -1], own[-1, ::-1], own[::-1, 0]])
    contacts = np.count_nonzero(edge[1:] & ~edge[:-1]) + edge[0]
    large = (pieces.boxes[number, 2:] - pieces.boxes[number, :2] >= LEAST_CUT * np.array(own.shape)).all()
    return bool(large) and contacts <= MOST_CONTACTS


def _joined(pieces: _Pieces, main: int, ink: Floats) -> _Found:
    """The piece `main` and those near it: a broken stroke, the bar of a 5."""
    low, high = pieces.boxes[main, :2], pieces.boxes[main, 2:]
    reach = NEAR * (high - low).max()
    may = (pieces.ink >= LEAST_SHARE * pieces.ink[main]) & (~pieces.cut | pieces.cut[main])
    chosen = np.zeros(len(may), bool)
    chosen[main] = True
    while True:
        gaps = np.maximum(pieces.boxes[:, :2] - high, low - pieces.boxes[:, 2:]).max(axis=1)
        more = may & (gaps <= reach) & ~chosen
        if not more.any():
            break
        chosen |= more
        low, high = pieces.boxes[chosen, :2].min(axis=0), pieces.boxes[chosen, 2:].max(axis=0)
    mask = np.append(chosen, False)[pieces.labels]
    return _Found(ink, mask, (int(low[0]), int(low[1]), int(high[0]), int(high[1])))


def _alone(found: _Found, brightness: Floats) -> float:
    """How different it is from the frame around it, 0 to 1.

    A digit has paper around it. The paper within a digit, or between a digit and a shadow, stands out as well, but has
    more paper around it.
    """
    top, left, bottom, right = found.box
    margin = max(2, round(FRAME * max(bottom - top, right - left)))
    differs = np.abs(brightness - np.median(brightness[found.mask]))
    # Beyond the picture's edge there is paper, as far as one knows.
    differs = np.pad(differs, margin, constant_values=np.median(found.ink[found.mask]))
    around = differs[top : bottom + 2 * margin, left : right + 2 * margin]
    inside = np.zeros(around.shape, bool)
    inside[margin:-margin, margin:-margin] = True
    return float(around[~inside].mean())


def _levels(found: _Found) -> Floats:
    """The digit alone, at most `LARGE_BOX` long: 0 on paper, 1 in the middle of a stroke, grey at its edges."""
    core = float(np.percentile(found.ink[found.mask], 75))
    top, left, bottom, right = found.box
    longer = max(bottom - top, right - left)
    reach = max(2, round(0.05 * longer))
    near = _widened(found.mask.astype(np.float32), reach)
    rows, columns = slice(max(0, top - reach), bottom + reach), slice(max(0, left - reach), right + reach)
    ink = (found.ink * near)[rows, columns]
    levels = np.clip((ink / core - LOW) / (HIGH - LOW), 0, 1)
    scale = min(1, LARGE_BOX / longer)
    height, width = (max(1, round(side * scale)) for side in levels.shape)
    return shrink(levels, height, width).astype(np.float32)


def _thickened(levels: Floats) -> Floats:
    """Strokes thinner than `STROKE`, in pixels of MNIST, made as wide as that."""
    longer = max(levels.shape)
    # Thicker by 2 x reach, and the digit longer by as much.
    reach = (STROKE - _stroke(levels)) * longer / (2 * (BOX - STROKE))
    for turn in range(round(reach)):
        levels = np.pad(levels, 1)
        cross = np.maximum.reduce([levels, *(np.roll(levels, step, axis) for step in (1, -1) for axis in (0, 1))])
        # In turn a diamond and a square: an octagon, near enough to a disc.
        levels = cross if turn % 2 else _widened(levels, 1)
    return levels


def _stroke(levels: Floats) -> float:
    """Width of the strokes in `levels` (h, w), in pixels of MNIST: the area by half the length of the outline.

    That length is the sum of all slopes, however soft the edges are (the coarea formula). They are taken of an image a
    few times as large as MNIST's, in which the noise of a photo does not count as outline.
    """
    longer = max(levels.shape)
    small = np.pad(shrink(levels, *(max(1, round(side * MEASURED_BOX / longer)) for side in levels.shape)), 1)
    slopes = np.hypot(np.diff(small, axis=0)[:, 1:], np.diff(small, axis=1)[1:])
    return 2 * BOX / MEASURED_BOX * float(small.sum()) / max(float(slopes.sum()), 1e-6)
