"""The map of the latent space in a browser: how soon it is there, and how closely it follows the pointer."""

from __future__ import annotations

import time
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory

from playwright.sync_api import FloatRect, Page

from benchmarks.browser import SETTLED, Chromium, chromium
from benchmarks.codes import train_run
from benchmarks.rows import Bar, BenchmarkError, Row, alternate, percentile, say
from benchmarks.servers import ROOT, Server, serving
from benchmarks.sides import Side

NAME = "latent"
AS_SOON = Bar(1.0, "most")
WITHIN = Bar(1.0, "most")
AT_LEAST = Bar(1.0, "least")
NONE_AT_ALL = Bar(0.0, "most")
HOVER_LIMIT_MS = 8.0
"""Half of a frame at 60 a second."""

LEAST_FRAMES = 30.0
MAP = '.map[data-state="ready"]'
AXES = ".js-plotly-plot .main-svg .xtick"
PAGE_SECONDS = 180.0
MOVES = 240
"""Of the pointer, along a spiral over the whole map, so that it comes to dots and to empty places."""

WARM_UP_MOVES = 30
"""By then V8 has compiled what runs often."""

PAN_SECONDS = 3.0
SPIRAL = """([box, moves]) => Array.from({ length: moves }, (_, i) => {
  const [share, angle] = [(i + 1) / moves, 0.5 * i];
  return [
    box.x + box.width * (0.5 + 0.45 * share * Math.cos(angle)),
    box.y + box.height * (0.5 + 0.45 * share * Math.sin(angle)),
  ];
})"""
WATCH = """() => {
  window.hoverTimes = [];
  new PerformanceObserver((list) => {
    for (const entry of list.getEntriesByName("bottleneck-map-hover")) hoverTimes.push(entry.duration);
  }).observe({ entryTypes: ["measure"] });
}"""
COUNT_FRAMES = """() => {
  window.panFrames = 0;
  const count = () => { panFrames++; window.panning = requestAnimationFrame(count); };
  window.panning = requestAnimationFrame(count);
}"""


def measure_map(*, quick: bool) -> list[Row]:
    """The page's rows. Raises BenchmarkError."""
    with TemporaryDirectory() as folder, ExitStack() as stack:
        scratch = Path(folder)
        runs = scratch / "runs"
        with Side("The training of a run to walk in") as side:
            key = side.call(train_run, 200, runs)
        browser = stack.enter_context(chromium())
        ours = stack.enter_context(
            serving(ROOT / "app.py", folder=ROOT, scratch=scratch, environment={"AE_RUNS": str(runs)})
        )
        bare = stack.enter_context(
            serving(Path(__file__).with_name("bare_points.py"), folder=ROOT, scratch=scratch, environment={})
        )
        ours.wait()
        bare.wait()
        address = f"{ours.address}/latent?run={key}"
        return [
            _opening(browser, address, bare, rounds=2 if quick else 7),
            *_pointing(browser, address),
            *([] if quick else [_panning(browser, address)]),
        ]


def _opening(browser: Chromium, address: str, bare: Server, *, rounds: int) -> Row:
    """From going to the address to seeing the map, by a visitor with an empty cache, on servers that did it before."""
    say(f"  opening the map: {rounds} rounds")
    for warm_up in ((address, MAP), (bare.address, AXES)):
        _seconds_until(browser, *warm_up)
    value, against = alternate(
        lambda: _seconds_until(browser, address, MAP),
        lambda: _seconds_until(browser, bare.address, AXES),
        rounds=rounds,
    )
    name = "page opened to 10000 codes on the map, against st.plotly_chart with as many points"
    return Row(NAME, name, value, "s", against, AS_SOON)


def _seconds_until(browser: Chromium, address: str, selector: str) -> float:
    with browser.page() as page:
        begun = time.perf_counter()
        page.goto(address, wait_until="commit")
        page.locator(selector).first.wait_for(timeout=PAGE_SECONDS * 1000)
        took = time.perf_counter() - begun
        # What the page still does must not fall into the other side's time.
        page.wait_for_selector(SETTLED, timeout=PAGE_SECONDS * 1000)
        return took


def _pointing(browser: Chromium, address: str) -> list[Row]:
    """From the pointer's move to the painted picture of what is there: all that JavaScript does for it."""
    say(f"  pointing at {MOVES} places")
    with browser.page() as page:
        sent: list[object] = []
        page.on("websocket", lambda socket: socket.on("framesent", lambda frame: sent.append(frame)))
        page.add_init_script(f"({WATCH})()")
        box = _open(page, address)
        places = page.evaluate(SPIRAL, [box, MOVES + WARM_UP_MOVES])
        _point(page, places[:WARM_UP_MOVES])
        page.evaluate("() => { hoverTimes.length = 0 }")
        before = len(sent)
        _point(page, places[WARM_UP_MOVES:])
        times: list[float] = page.evaluate("() => hoverTimes")
    if len(times) < MOVES / 2:
        raise BenchmarkError(f"The map followed {len(times)} of {MOVES} moves of the pointer.")
    name = "pointer to decoded picture, 95th percentile, against the limit"
    return [
        Row(NAME, name, percentile(times, 95), "ms", HOVER_LIMIT_MS, WITHIN),
        Row(NAME, "messages to the server meanwhile", len(sent) - before, "frames", None, NONE_AT_ALL),
    ]


def _open(page: Page, address: str) -> FloatRect:
    """Open the map; where it is in the window. PCA is measured by a worker, which the page waits for."""
    page.goto(address)
    page.locator(MAP).wait_for(timeout=PAGE_SECONDS * 1000)
    page.locator(".map .caption", has_text="Trustworthiness").wait_for(timeout=PAGE_SECONDS * 1000)
    page.wait_for_selector(SETTLED, timeout=PAGE_SECONDS * 1000)
    overlay = page.locator(".map canvas.overlay")
    overlay.evaluate("(canvas) => canvas.scrollIntoView({ block: 'center' })")
    box = overlay.bounding_box()
    if box is None:
        raise BenchmarkError("The map is gone.")
    return box


def _point(page: Page, places: Sequence[Sequence[float]]) -> None:
    for x, y in places:
        page.mouse.move(x, y)


def _panning(browser: Chromium, address: str) -> Row:
    """Frames a second while all images are dragged to and fro."""
    say(f"  dragging all 70000 images for {PAN_SECONDS:g} seconds")
    with browser.page() as page:
        box = _open(page, f"{address}&images=All+images")
        x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
        page.mouse.move(x, y)
        page.mouse.down()
        page.evaluate(COUNT_FRAMES)
        begun, turn = time.perf_counter(), 0
        while (passed := time.perf_counter() - begun) < PAN_SECONDS:
            turn += 1
            page.mouse.move(x + 8 * (turn % 24 - 12), y + 5 * (turn % 16 - 8))
        frames = page.evaluate("() => { cancelAnimationFrame(panning); return panFrames }")
        page.mouse.up()
    name = "panning with 70000 images, against the limit"
    return Row(NAME, name, frames / passed, "frames/s", LEAST_FRAMES, AT_LEAST)
