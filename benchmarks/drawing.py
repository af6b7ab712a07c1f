"""How closely the Draw page follows a hand, and how good its input is."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

import numpy as np
from numpy.typing import NDArray

from ae_core.runs.store import RunStore
from benchmarks.browser import Chromium, chromium
from benchmarks.hand import FIVE, Board, Point, Shows, Stroke, open_board
from benchmarks.loops import train_briefly, train_whole
from benchmarks.painting import measure_recognisable
from benchmarks.rows import Bar, BenchmarkError, Row, alternate, percentile, say
from benchmarks.servers import ROOT, Server, serving
from benchmarks.sides import Side

WITHIN = Bar(1.0, "most")
NONE_AT_ALL = Bar(0.0, "most")
AGAINST_BARE = Bar(1.5, "most")
UPDATE_LIMIT_MS = 8.0
"""Half of a frame at 60 a second."""

WHOLE = "quick-start"
BRIEF = ["article", "convolutional"]
STROKE_SECONDS = 2.0
FEWEST_UPDATES = 60
"""For each stroke that is asked for, so that a percentile is one of many. Where others have the processor it takes more
strokes to get them, at most so many times as many:"""
MOST_STROKES = 3
SHORT_SECONDS = 0.3
SEED = 7
TREMBLE = 0.04
"""By how much, in shares of the canvas, each short stroke differs from the next."""

OURS = Shows(".draw", "(section) => section.dataset.check ?? ''", blank="none", waiting="differs")
BARE = Shows(
    '[data-testid="stMain"]',
    """(main) => main.querySelector('[data-testid="stMarkdownContainer"]')?.textContent.trim() ?? ''""",
    blank=str(308 * 308 * 255),
    waiting="",
)
"""Of an empty canvas all pixels are black, and nothing but their opacity counts in the sum."""


def measure(*, quick: bool) -> list[Row]:
    """Milliseconds of an update in mid-stroke and of the server's answer; how well drawn digits are recognised."""
    with TemporaryDirectory() as folder, chromium() as browser:
        scratch = Path(folder)
        runs = scratch / "runs"
        with (
            serving(ROOT / "app.py", folder=ROOT, scratch=scratch, environment={"AE_RUNS": str(runs)}) as ours,
            serving(Path(__file__).with_name("bare_canvas.py"), folder=ROOT, scratch=scratch, environment={}) as bare,
        ):
            # The servers start meanwhile.
            keys = _train(runs)
            ours.wait()
            bare.wait()
            rows = _mid_stroke(browser, ours, keys, strokes=1 if quick else 4)
            rows += _afterwards(browser, _address(ours, keys[WHOLE]), bare.address, strokes=8 if quick else 30)
        return [*rows, *measure_recognisable(RunStore(runs).open(keys[WHOLE]))]


def _train(runs: Path) -> dict[str, str]:
    """The key of each preset's run."""
    say(f"  training {WHOLE} to its end, {' and '.join(BRIEF)} for two steps each")
    with Side("The training of the run to draw with") as whole, Side("The training of runs to draw with") as brief:
        brief.ask(train_briefly, BRIEF, runs)
        key = whole.call(train_whole, WHOLE, runs)
        return {WHOLE: key, **dict(zip(BRIEF, brief.answer(), strict=True))}


def _address(server: Server, key: str) -> str:
    return f"{server.address}/draw?codecs={key}"


def _mid_stroke(browser: Chromium, server: Server, keys: dict[str, str], *, strokes: int) -> list[Row]:
    """From reading the canvas's pixels to having painted the reconstruction, all that JavaScript does for an update.

    What the browser does after that to bring the painted canvases to the screen is not in it. Each page has one stroke
    as a warm-up: it ends when the network has arrived and reconstructed, and by then V8 has compiled what runs often.
    Two networks are hardly trained. Zeros in a layer spare the browser work, but trained to their ends these networks
    have about as many: their updates took the same within a tenth.
    """
    say(f"  strokes of {STROKE_SECONDS:g} seconds, {strokes} a network")
    rows, messages = [], 0
    for name, key in keys.items():
        with browser.page() as page:
            board = open_board(page, _address(server, key), OURS)
            _warm_up(board, server)
            found = _long_strokes(board, strokes)
        times = [took for stroke in found for took in stroke.update_times()]
        slow = percentile(times, 95)
        messages += sum(stroke.messages() for stroke in found)
        say(f"  {name}: {len(times)} updates, median {median(times):.3g} ms, 95th percentile {slow:.3g} ms")
        what = f"update in mid-stroke, {name}, 95th percentile, against the limit"
        rows.append(Row("drawing", what, slow, "ms", UPDATE_LIMIT_MS, WITHIN))
    rows.append(Row("drawing", "messages to the server during these strokes", messages, "frames", None, NONE_AT_ALL))
    return rows


def _warm_up(board: Board, server: Server) -> None:
    """A stroke that is not over before a reconstruction of it is there, which only the browser can have made by then.

    The first visit also has the server start its workers, which should not share the processor with a measurement.
    """
    mse = board.page.locator(".draw .mse")
    board.draw(FIVE, seconds=STROKE_SECONDS / 2, held=lambda: mse.filter(has_text=".").wait_for())
    server.until_idle()


def _long_strokes(board: Board, strokes: int) -> list[Stroke]:
    """So many strokes of two seconds, more where these have too few updates. All count. Raises BenchmarkError."""
    found: list[Stroke] = []
    count = 0
    while len(found) < strokes or count < strokes * FEWEST_UPDATES:
        if len(found) == MOST_STROKES * strokes:
            raise BenchmarkError(
                f"{strokes} strokes of {STROKE_SECONDS:g} seconds should have at least {strokes * FEWEST_UPDATES} "
                f"updates. Received: {count} in {len(found)} strokes. Let nothing else run meanwhile."
            )
        board.clear()
        stroke = board.draw(FIVE, seconds=STROKE_SECONDS)
        # Says whether messages are heard at all.
        stroke.sent()
        found.append(stroke)
        count += len(stroke.update_times())
    return found


def _afterwards(browser: Chromium, ours: str, bare: str, *, strokes: int) -> list[Row]:
    """From the pen's lifting to the server's result on the page, stroke by stroke on our page and on a bare one.

    On either page the canvas waits 200 ms before it tells the server, in case another stroke follows at once. That is
    in the first row and not in the second.
    """
    say(f"  the server's result after a stroke, against a bare page: {strokes} strokes")
    sides = (_Answers(), _Answers())
    with ExitStack() as tabs:
        boards = [
            open_board(tabs.enter_context(browser.page()), address, shows)
            for address, shows in ((ours, OURS), (bare, BARE))
        ]
        for board in boards:
            board.draw(FIVE, seconds=SHORT_SECONDS)
        # Both draw the same, and never the same twice: Streamlit does not send again what a page already has.
        hands = [np.random.default_rng(SEED) for _ in boards]
        value, against = alternate(
            lambda: sides[0].note(boards[0], _trembling(hands[0])),
            lambda: sides[1].note(boards[1], _trembling(hands[1])),
            rounds=strokes,
            summary=lambda values: percentile(values, 95),
        )
    what = "from pointer up to the server's result, 95th percentile, against a bare page"
    later = [percentile(side.after_message, 95) for side in sides]
    return [
        Row("drawing", what, value, "ms", against, AGAINST_BARE),
        Row("drawing", "the same from the canvas's message to the server on", later[0], "ms", later[1]),
    ]


class _Answers:
    """How long after the canvas's message each result came, in milliseconds."""

    def __init__(self) -> None:
        self.after_message: list[float] = []

    def note(self, board: Board, points: Sequence[Point]) -> float:
        """Draw on an empty canvas; milliseconds from the pen's lifting to the result."""
        board.clear()
        stroke = board.draw(points, seconds=SHORT_SECONDS)
        answered = stroke.answered([board.shows.blank, board.shows.waiting])
        self.after_message.append(answered - stroke.sent())
        return answered - stroke.up


def _trembling(hand: np.random.Generator) -> list[Point]:
    moved: NDArray[np.float64] = np.array(FIVE) + hand.uniform(-TREMBLE, TREMBLE, (len(FIVE), 2))
    return [(float(x), float(y)) for x, y in moved]
