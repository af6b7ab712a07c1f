"""A hand on the Draw page, and what can be read off its figure."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from playwright.sync_api import FloatRect, Locator, Page, expect

from tests.browser.served import frames

Point = tuple[float, float]

FIVE: Sequence[Point] = (
    (0.65, 0.2), (0.4, 0.2), (0.37, 0.45), (0.55, 0.42), (0.65, 0.55), (0.6, 0.75), (0.4, 0.78), (0.32, 0.72),
)  # fmt: skip
"""A stroke that is a five, in shares of the canvas from its upper left corner."""
THREE: Sequence[Point] = (
    (0.3, 0.22), (0.45, 0.15), (0.6, 0.2), (0.66, 0.3), (0.6, 0.42), (0.46, 0.48), (0.58, 0.5), (0.68, 0.58),
    (0.7, 0.7), (0.62, 0.81), (0.48, 0.85), (0.34, 0.82), (0.28, 0.75),
)  # fmt: skip
READ = "(canvas) => Array.from(canvas.getContext('2d').getImageData(0, 0, 28, 28).data.filter((_, i) => i % 4 === 0))"


def canvas_box(page: Page) -> FloatRect:
    """Where the canvas is in the window."""
    canvas = page.locator(".st-key-draw_canvas .upper-canvas")
    expect(canvas).to_be_visible()
    canvas.scroll_into_view_if_needed()
    box = canvas.bounding_box()
    assert box is not None
    return box


def press(page: Page, point: Point) -> None:
    """Put the mouse's pen down."""
    page.mouse.move(*_place(page, point))
    page.mouse.down()


def stroke(page: Page, points: Sequence[Point], *, steps: int = 4) -> None:
    """Draw through `points`, from one to the next in so many moves."""
    press(page, points[0])
    for point in points[1:]:
        page.mouse.move(*_place(page, point), steps=steps)
    page.mouse.up()
    # Else one might take what the server said of the stroke before for its answer to this one. The figure leaves out
    # two frames after a stroke.
    frames(page, 5)


def _place(page: Page, point: Point) -> Point:
    box = canvas_box(page)
    return box["x"] + point[0] * box["width"], box["y"] + point[1] * box["height"]


def figure(page: Page) -> Locator:
    """The whole figure."""
    return page.locator(".draw")


def seen(page: Page, codec: int = 0) -> NDArray[np.uint8]:
    """What a network sees, (28, 28) as it is painted."""
    return _image(page.locator("canvas.digit.at-seen").nth(codec))


def rebuilt(page: Page, codec: int = 0) -> NDArray[np.uint8]:
    """What a network gives back, (28, 28) as it is painted."""
    return _image(page.locator("canvas.digit.at-reconstruction").nth(codec))


def _image(canvas: Locator) -> NDArray[np.uint8]:
    return np.array(canvas.evaluate(READ), np.uint8).reshape(28, 28)


def wait_for_ink(page: Page) -> None:
    """Until the figure shows a picture."""
    expect(figure(page)).to_have_attribute("data-state", "ready")


def wait_for_server(page: Page) -> None:
    """Until the server has computed the same."""
    expect(figure(page)).to_have_attribute("data-check", "agrees")


def slider(page: Page, name: str) -> Locator:
    """One of those that spoil the input."""
    return page.locator(".draw .slider", has_text=name).locator("input")


def parts_of(image: NDArray[np.uint8]) -> int:
    """How many pieces of ink there are that do not touch, not even at a corner."""
    left = {(int(y), int(x)) for y, x in np.argwhere(image > 40)}
    pieces = 0
    while left:
        pieces += 1
        edge = [left.pop()]
        while edge:
            y, x = edge.pop()
            near = {(y + dy, x + dx) for dy in (-1, 0, 1) for dx in (-1, 0, 1)} & left
            left -= near
            edge.extend(near)
    return pieces
