"""The drawing board: a picture from a hand, the test set or a photo, and what the chosen codecs make of it.

All of it is one fragment. After a stroke the server runs this and nothing else of the page.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from ae_core.datasets.images import as_floats, to_pixels
from ae_core.preprocessing.corruption import spoil
from ui.components.canvas_tools.canvas_tools import canvas_tools
from ui.components.draw.draw import Checked, Settings, draw_figure
from ui.components.rows.rows import digit_rows
from ui.draw.keep import SpoiledDigit, show_actions, show_between
from ui.selection import address
from ui.selection.address import Parameter, change_together
from ui.selection.drawing import (
    CANVAS,
    CENTRE,
    KEPT,
    OWN,
    SPOIL,
    Drawing,
    drawing_settings,
    drawn_digit,
    kept_drawing,
    remember_pictures,
)
from ui.selection.heads import with_guess
from ui.selection.open_codecs import OpenCodec, neighbours
from ui.shell.errors import shown_plainly, unmarked
from ui.shell.fragment import fragment
from ui.shell.pictures import png_of
from ui.shell.server import data_for

Floats = NDArray[np.float32]
Source = Literal["Draw", "Test digit", "Photo"]
SOURCES: dict[str, Source] = {"draw": "Draw", "test": "Test digit", "photo": "Photo"}
"""By their names in the address."""

STYLE = Path(__file__).with_suffix(".css")
SIDE = 308
"""Of the canvas, in pixels: fits a phone of 360, and is 11 pixels for each of the image."""
BRUSH = 26
"""As wide as MNIST's strokes are when a digit fills most of the canvas."""
NEAREST = 8
ANY = "any"

FIGURE, TOOLS = "draw_figure", "draw_tools"
RUBBER, WIDTH, INDEX, LABEL, PHOTO = "draw_rubber", "draw_width", "draw_index", "draw_label", "draw_photo"
SOURCE = Parameter.one_of("picture", "draw_source", SOURCES, usual="Draw")
_START, _CLEARED = "_draw_start", "_draw_cleared"


@dataclass(frozen=True)
class _Pen:
    """What draws: `colour` as `#rrggbb`, white or, to rub out, black; `width` in pixels of the canvas."""

    colour: str
    width: int


def show_board(codecs: Sequence[OpenCodec]) -> None:
    """The board for these codecs, the first of which lends it its test images."""
    fragment(_board)(tuple(codecs))


def _board(codecs: tuple[OpenCodec, ...]) -> None:
    with st.container(horizontal=True, key="board"):
        parts = ("canvas", "figure", "pen", "actions")
        canvas, figure, pen, below = (st.container(key=f"board_{part}") for part in parts)
    with canvas:
        source = _source()
    drawn = source == "Draw"
    kept: Drawing | None = kept_drawing()
    if drawn and kept and CANVAS not in st.session_state:
        # The visitor comes back to the canvas: it begins with what was on it.
        st.session_state[_START] = kept.strokes
    with pen:
        chosen = _pen() if drawn else None
    with below:
        actions = st.container(horizontal=True, vertical_alignment="center", width=SIDE)
    clean = None
    # A message about the picture must not move the tools.
    with canvas, st.container(), shown_plainly():
        clean = _drawn(chosen) if chosen else _PICTURES[source](codecs[0])
    if drawn:
        with canvas:
            _tools()
    checked = _check(clean, codecs)
    with figure:
        _figure(codecs, None if drawn else _or_nothing(clean), checked)
    with actions:
        if source == "Test digit":
            digit = SpoiledDigit.of(codecs[0].config, st.session_state[INDEX], drawing_settings().spoil)
            show_actions(checked, "digit", digit)
        else:
            show_actions(checked, "drawing" if drawn else "digit")
    show_between(codecs)
    remember_pictures()
    if checked:
        with shown_plainly():
            _nearest(checked.made[0][0], codecs[0])


def _source() -> Source:
    """Where the picture comes from, and from the address how it is spoiled."""
    source = SOURCE.settle()
    for setting in (CENTRE, SPOIL):
        setting.settle()
    st.segmented_control(
        "Picture",
        list(SOURCES.values()),
        required=True,
        key=SOURCE.key,
        on_change=SOURCE.change,
        label_visibility="collapsed",
    )
    return source


def _figure(codecs: Sequence[OpenCodec], picture: Floats | None, checked: Checked | None) -> None:
    """What the codecs make of `picture`, or of what is on the canvas."""
    draw_figure(
        key=FIGURE,
        codecs=[with_guess(codec) for codec in codecs],
        settings=drawing_settings(),
        given=address.visits(),
        on_settings=_keep_settings,
        canvas=CANVAS if picture is None else None,
        picture=picture,
        checked=checked,
    )


def _pen() -> _Pen:
    with st.container(horizontal=True, vertical_alignment="center", width=SIDE):
        rubber = st.toggle("Rubber", key=RUBBER, width="content")
        width = st.slider("Brush width", 8, 60, BRUSH, key=WIDTH)
    return _Pen("#000000" if rubber else "#ffffff", width)


def _check(clean: Floats | None, codecs: Sequence[OpenCodec]) -> Checked | None:
    """The same that the browser has shown already, by LiteRT; None for an empty picture."""
    if clean is None or not clean.any():
        return None
    seen = spoil(clean, drawing_settings().spoil)
    codes = [one.codec.encode(seen[None]) for one in codecs]
    made = [(code[0], one.codec.decode(code)[0]) for one, code in zip(codecs, codes, strict=True)]
    return Checked(clean, seen, made)


def _keep_settings() -> None:
    settings = Settings.from_json(st.session_state[FIGURE]["settings"])
    st.session_state[CENTRE.key], st.session_state[SPOIL.key] = settings.centre, settings.spoil
    change_together(CENTRE, SPOIL)


def _or_nothing(image: Floats | None) -> Floats:
    return np.zeros((28, 28), np.float32) if image is None else image


def _drawn(pen: _Pen) -> Floats | None:
    # It registers its files with Streamlit when it is imported, which only works in a running server.
    from streamlit_drawable_canvas import st_canvas

    result = st_canvas(
        key=CANVAS,
        width=SIDE,
        height=SIDE,
        stroke_width=pen.width,
        stroke_color=pen.colour,
        background_color="#000000",
        initial_drawing=st.session_state.get(_START),
        return_image_data=True,
    )
    if result.image_bytes:
        st.session_state[KEPT] = Drawing(result.json_data or {}, result.image_bytes)
    return drawn_digit()


def _tools() -> None:
    canvas_tools(
        key=TOOLS,
        canvas=CANVAS,
        blank=st.session_state.get(_START) is None,
        cleared=_CLEARED in st.session_state,
        on_clear=_clear,
        on_unclear=_unclear,
    )


def _clear() -> None:
    kept: Drawing | None = kept_drawing()
    if kept and not kept.blank:
        st.session_state[_CLEARED] = kept
    # What the canvas has sent goes with it, or it would be kept again before the browser has emptied it.
    for name in (CANVAS, _START, KEPT):
        st.session_state.pop(name, None)


def _unclear() -> None:
    # Of two presses while a script runs, Streamlit tells the last alone: the drawing is still kept then, and gone from
    # the canvas.
    cleared: Drawing | None = st.session_state.pop(_CLEARED, None) or kept_drawing()
    if cleared:
        st.session_state.pop(CANVAS, None)
        st.session_state[KEPT] = cleared


def _index(count: int) -> Parameter[int]:
    return Parameter.whole("digit", INDEX, 0, count - 1, usual=0)


def _label(names: Sequence[str]) -> Parameter[str]:
    return Parameter.one_of("label", LABEL, {name: name for name in (ANY, *names)}, usual=ANY)


def _test_digit(codec: OpenCodec) -> Floats:
    data = data_for(codec.config)
    count, labels = data.test.count, data.test_labels
    digit, label = _index(count), _label(data.class_names)
    index = digit.settle()
    picture = st.container()
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.number_input("Test image", 0, count - 1, key=INDEX, on_change=digit.change)
        if labels is not None:
            label.settle(picture)
            st.selectbox("Label", [ANY, *data.class_names], key=LABEL, on_change=label.change)
    st.button("Another one", key="draw_another", width="stretch", on_click=_another, args=(codec,))
    named = "" if labels is None else f", label {data.class_names[labels[index]]}"
    image = as_floats(data.test_pixels[index])
    picture.image(png_of(image), width=SIDE, caption=f"Test image {index:,}{named}")
    return image


def _another(codec: OpenCodec) -> None:
    data, label = data_for(codec.config), st.session_state.get(LABEL, ANY)
    among = np.arange(data.test.count)
    if data.test_labels is not None and label in data.class_names:
        among = np.flatnonzero(data.test_labels == data.class_names.index(label))
    if len(among):
        st.session_state[INDEX] = int(np.random.default_rng().choice(among))
        _index(data.test.count).change()


def _photographed(_: OpenCodec) -> Floats | None:
    file = st.file_uploader(
        "A photo or picture of one digit",
        ["png", "jpg", "jpeg", "webp", "bmp", "gif"],
        key=PHOTO,
        on_change=_forget_photo,
        max_upload_size=20,
    )
    if file:
        st.session_state[OWN["photo"]] = _digit_from_photo(file.getvalue())
    # Of a photo that was found earlier the digit is left, and not the file.
    digit: Floats | None = st.session_state.get(OWN["photo"])
    if digit is None:
        st.caption("Dark on light or light on dark, on paper or on a screen: the digit is looked for and cut out.")
        return None
    st.image(png_of(digit), width=SIDE, caption="The digit that was found")
    return digit


def _forget_photo() -> None:
    """Another file was chosen, or taken away; a callback."""
    st.session_state.pop(OWN["photo"], None)


@st.cache_data(max_entries=32, show_spinner="Looking for the digit…")
def _digit_from_photo(content: bytes) -> Floats:
    # Pillow's decoders, of which most visits need none.
    from ae_core.preprocessing.photos import digit_from_photo

    return digit_from_photo(content)


_PICTURES: dict[str, Callable[[OpenCodec], Floats | None]] = {"Test digit": _test_digit, "Photo": _photographed}


def _nearest(code: Floats, codec: OpenCodec) -> None:
    data = data_for(codec.config)
    indices, distances = neighbours(codec).nearest(code, NEAREST)
    images = data.train_pixels[indices]
    made = codec.codec.decode(codec.codec.encode(as_floats(images)))
    labels = data.train_labels
    st.subheader("Training images with the nearest codes", anchor=False)
    usual = neighbours(codec).usual
    st.caption(
        f"What {unmarked(codec.name)} takes your picture to be like: the distance between the codes is below each. "
        f"From a test image to the nearest it is usually {usual:.2f}; the first here is {_times(distances[0], usual)}. "
        "A near code does not mean that the pixels are near."
    )
    digit_rows(
        key="nearest",
        originals=images,
        reconstructions=to_pixels(made),
        labels=[f"no. {index}" if labels is None else data.class_names[labels[index]] for index in indices],
        captions=[f"{distance:.2f}" for distance in distances],
    )


def _times(distance: float, usual: float) -> str:
    times = distance / usual if usual else float("inf")
    return f"{times:.1f} times as far" if times < 100 else "much farther"
