from __future__ import annotations

from collections.abc import Callable
from functools import partial
from io import BytesIO
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageFilter

from ae_core.datasets.catalogue import load_dataset
from ae_core.errors import DrawingError
from ae_core.preprocessing.photos import MOST_BYTES, digit_from_photo

Array = np.ndarray[Any, Any]

HEIGHT, WIDTH = 240, 320
COUNT = 20
ORIENTATION = 0x0112
TURNED = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_90,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_270,
}
"""How the picture lies in the file, for each orientation that a camera writes beside it."""


def original(index: int) -> Array:
    image: Array = load_dataset().test_images[index]
    return image


def strokes(index: int, side: int) -> Array:
    """(side, side), 0 to 1: the digit as a pen would have drawn it, with edges two pixels wide."""
    smooth = np.asarray(Image.fromarray(original(index)).resize((side, side), Image.Resampling.BICUBIC))
    return np.clip((smooth - 0.5) * side / 56 + 0.5, 0, 1)


AROUND = [(1, 0), (1, -1), (0, -1), (-1, -1), (-1, 0), (-1, 1), (0, 1), (1, 1)]


def thin(ink: Array) -> Array:
    """The same with a pen three pixels wide: strokes thinned to one (Zhang and Suen, 1984), and widened."""
    line, before = np.pad(ink > 0.5, 1), -1
    while line.sum() != before:
        before = line.sum()
        for turn in (0, 4):
            near = [np.roll(line, step, (0, 1)) for step in AROUND[turn:] + AROUND[:turn]]
            begins = sum(~one & other for one, other in zip(near, near[1:] + near[:1], strict=True))
            count = sum(one.astype(int) for one in near)
            inner = near[2] & near[4] & (near[0] | near[6])
            line = line & ~((begins == 1) & (count >= 2) & (count <= 6) & ~inner)
    return np.asarray(Image.fromarray(line[1:-1]).convert("L").filter(ImageFilter.MaxFilter(3)))[:, 1:-1] / 255


def written(index: int, pen: Callable[[Array], Array] = lambda ink: ink) -> Array:
    """Ink (HEIGHT, WIDTH), 0 to 1, of the digit somewhere on a page, 0.4 to 0.9 as high as that."""
    rng = np.random.default_rng(index)
    side = int(HEIGHT * rng.uniform(0.4, 0.9))
    top, left = rng.integers(0, HEIGHT - side), rng.integers(0, WIDTH - side)
    page = np.zeros((HEIGHT, WIDTH))
    page[top : top + side, left : left + side] = pen(strokes(index, side))
    return page


def photographed(page: Array, index: int, light: Array | float = 1.0) -> bytes:
    """A JPEG of a page (h, w) or (h, w, 3): lit from one side, out of focus, noisy."""
    rng = np.random.default_rng(index)
    rows, columns = np.mgrid[:HEIGHT, :WIDTH] / WIDTH
    angle = rng.uniform(0, 2 * np.pi)
    slope = np.cos(angle) * rows + np.sin(angle) * columns
    lit = (page.T * (light * (1 - 0.5 * (slope - slope.min()) / np.ptp(slope))).T).T
    focused = Image.fromarray(np.uint8(255 * lit)).filter(ImageFilter.GaussianBlur(0.7))
    noisy = np.asarray(focused) + rng.normal(0, 6, lit.shape)
    return saved(np.clip(noisy, 0, 255).astype(np.uint8), "JPEG", quality=75)


def saved(pixels: Array | Image.Image, kind: str = "PNG", **options: Any) -> bytes:
    """A file of an image, or of levels 0 to 1 or bytes (h, w), (h, w, 3) or (h, w, 4)."""
    if not isinstance(pixels, Image.Image):
        pixels = Image.fromarray(pixels if pixels.dtype == np.uint8 else np.round(pixels * 255).astype(np.uint8))
    file = BytesIO()
    pixels.save(file, kind, **options)
    return file.getvalue()


def paper(ink: Array) -> Array:
    return 0.9 * (1 - 0.8 * ink)


def plain(index: int) -> bytes:
    return photographed(paper(written(index)), index)


def screenshot(index: int) -> bytes:
    return saved(written(index))


def thin_pen(index: int) -> bytes:
    return photographed(paper(written(index, thin)), index)


def yellow_pen(index: int) -> bytes:
    return photographed(1 - written(index)[..., None] * [0, 0.02, 0.6], index)


def chalk(index: int) -> bytes:
    return photographed(0.3 + 0.5 * written(index), index)


def on_lines(index: int, *, squared: bool = False) -> bytes:
    """Squared paper with a thin pen: that one is as thin as the lines."""
    ink = written(index, thin) if squared else written(index)
    return photographed(paper(ink) * (1 - 0.35 * lines(squared=squared)), index)


def lines(*, squared: bool) -> Array:
    rows, columns = np.mgrid[:HEIGHT, :WIDTH]
    horizontal = (rows + columns // 60) % 24 < 1
    return horizontal | ((columns - rows // 60) % 24 < 1) if squared else horizontal


def in_a_shadow(index: int) -> bytes:
    rows, columns = np.mgrid[:HEIGHT, :WIDTH]
    light = np.where(columns + rows // 5 < 40 + 5 * index, 0.4, 1.0)
    return photographed(paper(written(index)), index, light)


def on_a_table(index: int) -> bytes:
    table = np.full((HEIGHT, WIDTH), 0.25)
    page = np.asarray(Image.fromarray(paper(written(index))).resize((240, 180)))
    table[30:210, 50:290] = page
    return photographed(table, index)


def page(index: int = 0) -> Image.Image:
    """A picture of the digit, dark on white."""
    return Image.fromarray(np.uint8(255) - np.round(255 * written(index)).astype(np.uint8))


def difference(one: Array, other: Array) -> float:
    """Mean squared error, where a move by a pixel does not count: rounding decides where the centre of mass is put."""
    moved = [np.roll(one, (down, right), (0, 1)) for down in (-1, 0, 1) for right in (-1, 0, 1)]
    return float(min(((move - other) ** 2).mean() for move in moved))


# An empty image has an error of 0.10, another digit 0.12, the same digit moved by one pixel 0.038. The bounds are some
# bounds are about a third above what was measured; of a thin pen nobody can tell how broad the original strokes were.
@pytest.mark.parametrize(
    ("photo", "most"),
    [
        (plain, 0.012),
        (screenshot, 0.008),
        (thin_pen, 0.036),
        (yellow_pen, 0.012),
        (chalk, 0.012),
        (on_lines, 0.014),
        (partial(on_lines, squared=True), 0.032),
        (in_a_shadow, 0.012),
        (on_a_table, 0.014),
    ],
    ids=["plain", "screenshot", "thin-pen", "yellow-pen", "chalk", "lines", "squares", "shadow", "table"],
)
def test_a_digit_of_mnist_on_a_photo_comes_back_as_it_was(photo: Callable[[int], bytes], most: float) -> None:
    found = np.array([digit_from_photo(photo(index)) for index in range(COUNT)])
    errors = ((found[:, None] - load_dataset().test_images[:COUNT]) ** 2).mean(axis=(2, 3))
    assert np.diag(errors).mean() < most
    # All but one or two are nearer to the digit that they were made from than to any of the others.
    assert (errors.argmin(axis=1) == np.arange(COUNT)).mean() >= 0.9


@pytest.mark.parametrize("dark", [False, True])
def test_an_image_of_mnist_itself_comes_back_nearly_as_it_was(dark: bool) -> None:
    images = load_dataset().test_images[:COUNT]
    found = [digit_from_photo(saved(1 - image if dark else image)) for image in images]
    assert np.mean([difference(one, image) for one, image in zip(found, images, strict=True)]) < 0.008


def test_what_is_found_is_an_image_like_those_of_mnist() -> None:
    image = digit_from_photo(plain(0))
    assert (image.shape, image.dtype) == ((28, 28), np.float32)
    assert image.min() == 0
    assert image.max() == pytest.approx(1, abs=0.01)
    assert (image == 0).mean() > 0.7
    assert ((image > 0) & (image < 0.9)).sum() > 20  # Soft edges.


def test_thin_strokes_become_as_broad_as_those_of_mnist() -> None:
    ink = [digit_from_photo(thin_pen(index)).sum() for index in range(8)]
    assert sum(ink) > 0.7 * load_dataset().test_images[:8].sum()


@pytest.mark.parametrize("orientation", TURNED)
def test_a_photo_is_turned_as_the_camera_was_held(orientation: int) -> None:
    exif = Image.Exif()
    exif[ORIENTATION] = orientation
    lying = page().transpose(TURNED[orientation])
    upright = digit_from_photo(saved(page()))
    for kind in ("JPEG", "PNG", "WEBP"):
        assert difference(digit_from_photo(saved(lying, kind, exif=exif)), upright) < 0.002


def test_a_damaged_note_about_the_camera_does_not_matter() -> None:
    photo = saved(page(), "JPEG", exif=b"Exif\0\0MM\0?")
    assert difference(digit_from_photo(photo), digit_from_photo(saved(page()))) < 0.002


@pytest.mark.parametrize("grey", [0, 255])
def test_ink_on_nothing_is_found_whatever_its_colour(grey: int) -> None:
    pixels = np.full((HEIGHT, WIDTH, 4), grey, np.uint8)
    pixels[..., 3] = np.round(255 * written(0))
    assert difference(digit_from_photo(saved(pixels)), digit_from_photo(saved(page()))) < 0.002


@pytest.mark.parametrize(
    ("kind", "mode"),
    [
        ("PNG", "1"), ("PNG", "P"), ("PNG", "LA"), ("PNG", "RGBA"), ("PNG", "I;16"), ("JPEG", "L"), ("JPEG", "RGB"),
        ("JPEG", "CMYK"), ("MPO", "RGB"), ("WEBP", "RGB"), ("WEBP", "RGBA"), ("BMP", "L"), ("BMP", "P"), ("GIF", "P"),
    ],
)  # fmt: skip
def test_pictures_of_all_kinds_are_read(kind: str, mode: str) -> None:
    picture = page()
    sixteen = Image.fromarray(np.asarray(picture).astype(np.uint16) * 200 + 9000)
    picture = sixteen if mode == "I;16" else picture.convert(mode)
    assert difference(digit_from_photo(saved(picture, kind)), digit_from_photo(saved(page()))) < 0.004


def test_the_first_picture_of_an_animation_counts() -> None:
    moving = saved(page(0), "GIF", save_all=True, append_images=[page(2), page(3)])
    assert difference(digit_from_photo(moving), digit_from_photo(saved(page(0)))) < 0.002


def test_a_large_photo_gives_the_same_as_a_small_one() -> None:
    large = saved(page().resize((4000, 3000), Image.Resampling.BICUBIC), "JPEG")
    assert difference(digit_from_photo(large), digit_from_photo(saved(page()))) < 0.004


def test_a_broken_stroke_stays_whole() -> None:
    ink = written(10)
    rows = np.flatnonzero(ink.any(axis=1))
    broken = ink.copy()
    broken[rows.mean().astype(int)][:] = 0
    broken[rows.mean().astype(int) + 3][:] = 0
    assert difference(digit_from_photo(saved(1 - broken)), digit_from_photo(saved(1 - ink))) < 0.01


def test_what_lies_elsewhere_on_the_page_is_left_out() -> None:
    ink = written(3)
    alone = digit_from_photo(saved(1 - ink))
    ink[-25:-15, 10:40] = ink[-12:-11, 200:203] = ink[5, 300] = 1  # A word, a crumb, and dust.
    assert (digit_from_photo(saved(1 - ink)) == alone).all()


def test_what_the_edge_of_the_picture_cuts_is_left_out() -> None:
    ink = written(2)
    alone = digit_from_photo(saved(1 - ink))
    ink[:, -30:-26] = ink[-80:, 180:240] = 1  # A line down the margin, and a thumb.
    assert (digit_from_photo(saved(1 - ink)) == alone).all()


def test_a_digit_that_touches_the_edges_is_found_all_the_same() -> None:
    ink = strokes(0, 280) > 0.5
    rows, columns = np.flatnonzero(ink.any(axis=1)), np.flatnonzero(ink.any(axis=0))
    cropped = ink[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    assert difference(digit_from_photo(saved(~cropped * 1.0)), original(0)) < 0.02


ROWS, COLUMNS = np.mgrid[:HEIGHT, :WIDTH]


@pytest.mark.parametrize(
    "content",
    [
        saved(np.ones((HEIGHT, WIDTH))),
        saved(np.zeros((HEIGHT, WIDTH, 4))),
        saved(np.random.default_rng(0).random((HEIGHT, WIDTH))),
        saved(1 - 0.07 * written(0)),
        saved(1.0 - ((COLUMNS > 100) & (COLUMNS < 200) & (ROWS > 100) & (ROWS < 110))),
        saved(1 - 0.5 * lines(squared=True)),
        photographed(np.full((HEIGHT, WIDTH), 0.9), 0),
        photographed(0.9 - 0.3 * lines(squared=False), 0),
        photographed(0.9 - 0.3 * lines(squared=True), 0),
        photographed(np.where(COLUMNS + ROWS // 5 < 120, 0.4, 0.9), 0),
        saved(np.where((COLUMNS > 60) & (COLUMNS < 290) & (ROWS > 40) & (ROWS < 200), 0.9, 0.3)),
    ],
    ids=["white", "transparent", "noise", "stain", "dash", "printed", "paper", "lined", "squared", "shadow", "sheet"],
)
def test_a_page_without_a_digit_is_refused(content: bytes) -> None:
    with pytest.raises(DrawingError, match=r"must show one digit that stands out .* Received: .* Write it larger"):
        digit_from_photo(content)


@pytest.mark.parametrize(
    "content",
    [b"7", b"%PDF-1.7\n" + bytes(500), b"<svg xmlns='http://www.w3.org/2000/svg'/>", saved(page(), "TIFF")],
    ids=["text", "pdf", "svg", "tiff"],
)
def test_another_file_is_refused(content: bytes) -> None:
    with pytest.raises(
        DrawingError, match=r"must be a whole PNG.* Received: a file of .* bytes that is of another kind.* Save"
    ):
        digit_from_photo(content)


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "BMP", "GIF"])
def test_a_file_that_was_cut_off_is_refused(kind: str) -> None:
    content = saved(page(), kind)
    with pytest.raises(DrawingError, match=r"must be a whole PNG.* Received: .* damaged\. Save it again"):
        digit_from_photo(content[: len(content) // 2])


@pytest.mark.parametrize("content", [b"", bytes(MOST_BYTES + 1)], ids=["empty", "large"])
def test_a_file_of_no_or_too_many_bytes_is_refused(content: bytes) -> None:
    with pytest.raises(DrawingError, match=r"at most 20 MB\. Received: (0.0|20.0) MB\. Choose another"):
        digit_from_photo(content)


@pytest.mark.parametrize("size", [(7, 100), (100, 7), (8, 161), (7100, 7100), (14000, 14000)])
def test_a_picture_of_another_size_is_refused_before_it_is_decoded(size: tuple[int, int]) -> None:
    header = saved(Image.new("1", size))[:60]
    with pytest.raises(DrawingError, match=r"sides of at least 8 pixels, at most 50 million .* Received: .* Crop it"):
        digit_from_photo(header)


def test_damaged_bytes_raise_nothing_else() -> None:
    rng = np.random.default_rng(0)
    small = page().resize((64, 48))
    files = [np.frombuffer(saved(small, kind), np.uint8) for kind in ("PNG", "JPEG", "WEBP", "BMP", "GIF")]
    refused = 0
    for turn in range(200):
        content = files[turn % 5].copy()
        content[rng.integers(0, content.size, rng.integers(1, 20))] = rng.integers(0, 256)
        try:
            image = digit_from_photo(content[: rng.integers(1, 2 * content.size)].tobytes())
        except DrawingError:
            refused += 1
        else:
            assert image.shape == (28, 28)
            assert np.isfinite(image).all()
    assert 50 < refused < 200


def test_bytes_without_any_sense_raise_nothing_else() -> None:
    rng = np.random.default_rng(0)
    for start in (b"", b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"GIF89a", b"BM", b"RIFF\x50\0\0\0WEBPVP8 "):
        for _ in range(20):
            with pytest.raises(DrawingError):
                digit_from_photo(start + rng.bytes(100))
