"""A hand that draws on a page's canvas, and the page's own notes of what came of it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from playwright.sync_api import Page

from benchmarks.browser import SETTLED
from benchmarks.rows import BenchmarkError

Point = tuple[float, float]
"""In shares of the canvas, from its upper left corner."""

FIVE: Sequence[Point] = (
    (0.65, 0.2), (0.4, 0.2), (0.37, 0.45), (0.55, 0.42), (0.65, 0.55), (0.6, 0.75), (0.4, 0.78), (0.32, 0.72),
)  # fmt: skip
"""A stroke that is a five."""

NOTES = Path(__file__).with_name("notes.js")
CANVAS = ".upper-canvas"
CLEAR = '.dc-toolbar button[title="Reset canvas & history"]'
ANSWERED = """(waiting) => {
  const { up, frames, shown } = benchmarkNotes;
  const sent = up === null ? undefined : frames.find((at) => at > up);
  return sent !== undefined && shown.some(([at, text]) => at > sent && !waiting.includes(text));
}"""
MOVES_A_SECOND = 60
PAGE_SECONDS = 60.0
LOOK_MS = 20


@dataclass(frozen=True)
class Stroke:
    """The page's notes of one stroke. Times are milliseconds by the page's clock.

    Attributes:
        down, up: when the pen was put down and lifted.
        updates: when each update of the figure began, and how long it took.
        frames: when messages went to the server.
        shown: when what the server made of it changed on the page, and to which text.
    """

    down: float
    up: float
    updates: list[tuple[float, float]]
    frames: list[float]
    shown: list[tuple[float, str]]

    @classmethod
    def from_page(cls, notes: dict[str, Any]) -> Stroke:
        """From `benchmarkNotes`. Raises BenchmarkError when they are not of a whole stroke."""
        if notes["down"] is None or notes["up"] is None:
            raise BenchmarkError("The page heard nothing of the pen.")
        pairs = {name: [(at, what) for at, what in notes[name]] for name in ("updates", "shown")}
        return cls(notes["down"], notes["up"], frames=notes["frames"], **pairs)

    def update_times(self) -> list[float]:
        """How long each update took while the pen was down."""
        return [took for at, took in self.updates if self.down <= at <= self.up]

    def messages(self) -> int:
        """How many messages went to the server while the pen was down."""
        return sum(self.down <= at <= self.up for at in self.frames)

    def sent(self) -> float:
        """When the first message after the stroke went to the server. Raises BenchmarkError when there was none."""
        later = [at for at in self.frames if at > self.up]
        if not later:
            raise BenchmarkError("The page sent no message after a stroke, or its messages cannot be heard.")
        return later[0]

    def answered(self, waiting: Sequence[str]) -> float:
        """When the server's result was shown: the first text after the message that is none of `waiting`.

        Just after the stroke is too early. The canvas takes the stroke off its upper layer a frame before it is on the
        lower one: for that long the picture is the older one again, and an older result agrees with it.
        """
        sent = self.sent()
        answers = [at for at, text in self.shown if at > sent and text not in waiting]
        if not answers:
            raise BenchmarkError("The page showed no result after a stroke.")
        return answers[0]


@dataclass(frozen=True)
class Shows:
    """Where a page shows what the server made of a drawing.

    Attributes:
        root: a selector of the element in which it is.
        read: a JavaScript function of that element that gives it as a text.
        blank: the text for an empty canvas.
        waiting: the text while the drawing is newer than the result.
    """

    root: str
    read: str
    blank: str
    waiting: str


@dataclass(frozen=True)
class Board:
    """A page with a canvas. Use `open_board`."""

    page: Page
    shows: Shows

    def draw(self, points: Sequence[Point], *, seconds: float, held: Callable[[], None] = lambda: None) -> Stroke:
        """Draw through `points` in so many seconds, and wait for the server's result.

        Args:
            held: called before the pen is lifted.
        """
        with self._pen(points[0]) as move:
            begun = time.perf_counter()
            # Where the pen is depends on the time alone. A move is over when the page has dealt with it, which it does
            # once a frame: on a slow machine there are fewer, and the stroke still takes as long as it should.
            while (passed := time.perf_counter() - begun) < seconds:
                move(along(points, passed / seconds))
                time.sleep(max(0.0, passed + 1 / MOVES_A_SECOND - (time.perf_counter() - begun)))
            move(points[-1])
            held()
        waiting = [self.shows.blank, self.shows.waiting]
        self.page.wait_for_function(ANSWERED, arg=waiting, polling=LOOK_MS, timeout=PAGE_SECONDS * 1000)
        stroke = Stroke.from_page(self.page.evaluate("() => benchmarkNotes"))
        self.settle()
        return stroke

    @contextmanager
    def _pen(self, point: Point) -> Iterator[Callable[[Point], None]]:
        canvas = self.page.locator(CANVAS)
        canvas.scroll_into_view_if_needed()
        box = canvas.bounding_box()
        if box is None:
            raise BenchmarkError("The canvas is gone.")

        def move(to: Point) -> None:
            self.page.mouse.move(box["x"] + to[0] * box["width"], box["y"] + to[1] * box["height"])

        move(point)
        self.page.mouse.down()
        yield move
        self.page.mouse.up()

    def clear(self) -> None:
        """Empty the canvas, and wait until the server knows."""
        # Our own button presses this one, which shows under a mouse only.
        self.page.locator(CLEAR).evaluate("(button) => button.click()")
        self.page.wait_for_function(
            "(blank) => benchmarkNotes.shown.at(-1)?.[1] === blank",
            arg=self.shows.blank,
            polling=LOOK_MS,
            timeout=PAGE_SECONDS * 1000,
        )
        self.settle()

    def settle(self) -> None:
        """Wait until the server has nothing more to say."""
        self.page.wait_for_selector(SETTLED, timeout=PAGE_SECONDS * 1000)


def open_board(page: Page, address: str, shows: Shows) -> Board:
    """Open a page that has a canvas, and wait until one can draw on it."""
    page.add_init_script(path=NOTES)
    page.goto(address)
    page.locator(CANVAS).wait_for(timeout=PAGE_SECONDS * 1000)
    page.wait_for_selector(SETTLED, timeout=PAGE_SECONDS * 1000)
    root = page.locator(shows.root)
    root.wait_for(timeout=PAGE_SECONDS * 1000)
    root.evaluate(f"(root) => benchmarkWatch(root, {shows.read})")
    return Board(page, shows)


def along(points: Sequence[Point], share: float) -> Point:
    """Where the pen is after this share, 0 to 1, of a stroke that takes equally long from each point to the next."""
    place = min(max(share, 0.0), 1.0) * (len(points) - 1)
    before = min(int(place), len(points) - 2)
    (x0, y0), (x1, y1) = points[before : before + 2]
    part = place - before
    return x0 + part * (x1 - x0), y0 + part * (y1 - y0)
