"""From a photo or a picture of one digit to an image as MNIST's are: the digit is found, cut out, cleaned and centred.

A photo has what a canvas has not: a size and an orientation of its own, colours, shadows, lines on the paper, a pen too
thin for 28 pixels. Here it is read, and what `segmentation` finds in it is made like strokes on a canvas; the last step
is `digit_from_canvas`.
"""

from __future__ import annotations

from io import BytesIO

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter, ImageOps

from ae_core.errors import DrawingError
from ae_core.preprocessing.drawing import BOX, FAINTEST, digit_from_canvas
from ae_core.preprocessing.segmentation import Found, find_digit, resized, widened

FORMATS = ("PNG", "JPEG", "WEBP", "BMP", "GIF")
MOST_BYTES = 20_000_000
MOST_PIXELS = 50_000_000
LEAST_SIDE = 8
LONGEST = 20
"""The longer side of a picture, of the shorter one. Longer strips would be nothing when they are reduced."""

WORK_SIDE = 800
"""The longer side, in pixels, of what a digit is looked for in."""

LUMA = np.array([0.299, 0.587, 0.114], np.float32)
COLOURED = 1.3
"""How much more a colour alone must show than luminance."""

LOW, HIGH = 0.2, 0.8
"""Ink, of that in the middle of a stroke, that becomes 0 and 1: soft edges stay grey, a trace of a line goes."""
SOFT_EDGE = 2
"""How far around the digit's pixels its soft edge may reach: beyond that lines on the paper would come with it."""

STROKE = 1.8
"""Width of the thinnest strokes that are left as they are, in pixels of MNIST: four in ten of its digits have less."""
LARGE_BOX = 240
"""The longer side, at most, of a digit while its strokes are thickened, in pixels; and at least half of that."""
MEASURED_BOX = 60
"""The same while their width is measured: in a larger image the noise of a photo would count as outline."""

Floats = NDArray[np.float32]


def digit_from_photo(content: bytes) -> Floats:
    """The digit of a photo or picture, as an image (28, 28) float32 in [0, 1], made like those of MNIST.

    It may be dark on light or light on dark, anywhere in the picture, under uneven light, on lined paper. Strokes that
    are thinner than MNIST's are thickened to `STROKE`; paper is exactly 0.

    Args:
        content: bytes of a PNG, JPEG, WEBP, BMP or GIF file, at most `MOST_BYTES` and `MOST_PIXELS`.

    Raises:
        DrawingError: it is no such file, is damaged, too large or too small, or nothing in it stands out.
    """
    found = find_digit(_brightness(_opened(content)))
    if found is None:
        raise DrawingError(
            "A photo must show one digit that stands out from its paper. Received: a picture in which nothing does. "
            "Write it larger or with a thicker pen, move closer, and let more light on the paper."
        )
    grey = np.round(_thickened(_strokes(found)) * 255).astype(np.uint8)
    return digit_from_canvas(np.dstack([grey, grey, grey, np.full_like(grey, 255)]))


def _opened(content: bytes) -> Image.Image:
    """The picture upright, in mode RGB or RGBA, at most `WORK_SIDE` long."""
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
            "A photo must be a whole PNG, JPEG, WEBP, BMP or GIF file. Received: a file of "
            f"{len(content):,} bytes that is of another kind, or damaged. Save it again as JPEG and choose it anew."
        ) from error


def _check_size(width: int, height: int) -> None:
    """Before anything is decoded: a small file can unpack to a huge picture."""
    shorter, longer = sorted((width, height))
    if shorter < LEAST_SIDE or longer > LONGEST * shorter or width * height > MOST_PIXELS:
        raise _wrong_size(f"{width} × {height}")


def _wrong_size(size: str) -> DrawingError:
    return DrawingError(
        f"A photo must have sides of at least {LEAST_SIDE} pixels, at most {MOST_PIXELS // 1_000_000} million pixels, "
        f"and be no strip. Received: {size} pixels. Crop it, or save it in another size."
    )


def _reduced(picture: Image.Image) -> Image.Image:
    """In mode RGB or, if it may be transparent, RGBA, and by area averaging at most `WORK_SIDE` long."""
    scale = min(1, WORK_SIDE / max(picture.size))
    width, height = (max(1, round(side * scale)) for side in picture.size)
    # A JPEG is decoded at a half, a quarter or an eighth, which takes a fraction of the time and memory.
    picture.draft("RGB", (width, height))
    if picture.mode.startswith("I"):
        # Grey of 16 bits, which Pillow would clip and not scale.
        picture = Image.fromarray(np.clip(np.asarray(picture) // 257, 0, 255).astype(np.uint8))
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
    """(h, w) in [0, 1]."""
    pixels = np.asarray(picture, np.float32) / np.float32(255)
    return _grey(pixels if picture.mode == "RGB" else _on_paper(pixels[..., :3], pixels[..., 3:]))


def _on_paper(colours: Floats, alpha: Floats) -> Floats:
    """(h, w, 3): black paper under light ink and white paper under dark ink. `alpha` is (h, w, 1)."""
    mean = float((colours @ LUMA * alpha[..., 0]).sum()) / max(float(alpha.sum()), 1)
    filled: Floats = colours * alpha + np.float32(mean < 0.5) * (1 - alpha)
    return filled


def _grey(colours: Floats) -> Floats:
    """(h, w): luminance, or red, green or blue alone where that shows much more, as blue does of a yellow pen."""
    choices: list[Floats] = [colours @ LUMA, *np.moveaxis(colours, 2, 0)]
    shown = [_shown(choice) for choice in choices]
    best = int(np.argmax(shown))
    return choices[best if shown[best] > COLOURED * shown[0] else 0]


def _shown(grey: Floats) -> float:
    """How much the strongest details of `grey` (h, w) stand out: what is in a five-hundredth of the picture."""
    picture = Image.fromarray(np.round(grey * 255).astype(np.uint8))
    around = picture.filter(ImageFilter.BoxBlur(max(picture.size) / 20))
    return float(np.percentile(np.abs(np.asarray(picture, np.int16) - np.asarray(around, np.int16)), 99.8))


def _strokes(found: Found) -> Floats:
    """(h, w), the digit alone: 0 on paper, 1 in the middle of a stroke, grey at its edges."""
    near = widened(found.mask.astype(np.float32), SOFT_EDGE)
    core = np.percentile(found.ink[found.mask], 75)
    levels = np.clip((found.ink / core - LOW) / (HIGH - LOW), 0, 1) * near
    rows, columns = (np.flatnonzero((levels >= FAINTEST).any(axis=axis)) for axis in (1, 0))
    strokes = levels[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    strokes = resized(strokes, min(1, LARGE_BOX / max(strokes.shape)))
    # Pixels become squares, so that an image of MNIST comes back as it was, and can be thickened by parts of a pixel.
    times = max(1, LARGE_BOX // max(strokes.shape))
    return strokes.repeat(times, 0).repeat(times, 1)


def _thickened(strokes: Floats) -> Floats:
    """`strokes` (h, w) made at least `STROKE` wide; (h + 2 n, w + 2 n)."""
    # Strokes get thicker by 2 n, and the digit longer by as much.
    reach = (STROKE - _width(strokes)) * max(strokes.shape) / (2 * (BOX - STROKE))
    for turn in range(round(reach)):
        strokes = np.pad(strokes, 1)
        cross = np.maximum.reduce([strokes, *(np.roll(strokes, step, axis) for step in (1, -1) for axis in (0, 1))])
        # In turn a square and a diamond, which makes an octagon, near enough to a disc.
        strokes = cross if turn % 2 else widened(strokes, 1)
    return strokes


def _width(strokes: Floats) -> float:
    """How wide the strokes are, in pixels of MNIST: their area by half the length of their outline.

    That length is the sum of all slopes, however soft the edges are (the coarea formula).
    """
    small = resized(strokes, MEASURED_BOX / max(strokes.shape))
    framed = np.pad(small, 1)
    outline = float(np.hypot(np.diff(framed, axis=0)[:, 1:], np.diff(framed, axis=1)[1:]).sum())
    width: float = 2 * float(small.sum()) / outline * BOX / max(small.shape)
    return width
