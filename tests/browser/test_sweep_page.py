"""A sweep in a real Chromium, from the form to the curve, with real trainings."""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import replace

import pytest
from playwright.sync_api import Error, Locator, Page, expect

from ae_core.codecs.pca import PcaBasis, baseline_path
from ae_core.config.config import Config
from ae_core.config.presets import title_of
from ae_core.datasets.catalogue import dataset_for
from ae_core.runs.run import Run, Status
from ae_core.runs.sweep import Sweep
from ae_core.runs.sweep_store import SweepStore
from tests.browser.served import Server, settle, visit
from tests.browser.train_page import AXES, button, message, overflow, page_link
from tests.small import copied
from tests.unit.waiting import wait_until

TINY = Config(train_size=512, encoder_widths=(16,), latent_dim=4, steps=20)
DIMS = ("1", "4", "16")
POINTS = """
(chart) => [...chart.querySelectorAll(".mark-symbol path[aria-label]")].map(
  (point) => /Curve: ([^;]*)/.exec(point.getAttribute("aria-label"))[1],
)
"""


@pytest.fixture(scope="module")
def server(app: Server, small_run: Run) -> Server:
    """The app with something to show, and with a run that is not trained yet, to start from."""
    copied(small_run, app.store)
    # Fitted beforehand, as the page is drawn anew when a worker has done so.
    PcaBasis.fit(dataset_for(TINY).train_pixels).save(baseline_path(app.store, TINY))
    app.store.create(TINY).write_status(Status("paused", steps=TINY.steps))
    return app


def chart(page: Page, sweep: Sweep) -> Locator:
    return page.locator(f".st-key-sweep_{sweep.key}").get_by_test_id("stVegaLiteChart").locator("visible=true")


def points(page: Page, sweep: Sweep, curve: str) -> int:
    """How many points a curve of the sweep has; 0 while the page is being drawn."""
    return sum(list(found.evaluate(POINTS)).count(curve) for found in chart(page, sweep).all())


def choose(page: Page, field: str, option: str) -> None:
    """Choose in a list, again if what stands above was drawn meanwhile: an open list closes when it is pushed down."""
    box, found = page.get_by_role("combobox", name=field), page.get_by_role("option", name=option)

    def chosen() -> bool:
        # A long list shows what fits; to write narrows it down.
        box.click()
        box.fill(option)
        with suppress(Error):
            found.click(timeout=2000)
            return True
        return False

    wait_until(chosen, f"{option} is chosen")
    settle(page)


def enter(page: Page, values: str) -> None:
    box = page.get_by_role("textbox", name="Values")
    box.fill(values)
    box.press("Enter")
    settle(page)


def test_a_sweep_runs_to_its_end_through_a_reload_and_is_a_curve(chromium_page: Page, server: Server) -> None:
    page = chromium_page
    visit(page, f"{server.address}/runs")
    choose(page, "Network", title_of(TINY))
    enter(page, ", ".join(DIMS))
    expect(page.get_by_text(re.compile("^3 trainings. About"))).to_be_visible()
    button(page, "Start the sweep").click()
    sweep = Sweep.read(TINY, "latent_dim", DIMS)
    page.wait_for_url(re.compile(f"[?&]sweep={sweep.key}"))
    expect(page.get_by_test_id("stProgress").filter(has_text="of 3 trained")).to_be_visible()
    wait_until(lambda: points(page, sweep, "Trained") >= 1, "the first point is there")
    page.reload()
    wait_until(lambda: points(page, sweep, "PCA") == len(DIMS), "the curve of PCA is there")
    expect(message(page, "All 3 are trained. The least error is")).to_be_visible()
    wait_until(lambda: points(page, sweep, "Trained") == len(DIMS), "the curve has three points")
    assert points(page, sweep, "Not trained to its end") == 0
    assert {server.store.open(config.key).status.state for config in sweep.configs} == {"finished"}
    page_link(page, "16").click()
    page.wait_for_url(f"**/?run={sweep.configs[2].key}")


def test_a_sweep_is_stopped_and_started_again(chromium_page: Page, server: Server) -> None:
    page, store = chromium_page, server.store
    long = replace(TINY, steps=200_000)
    sweep = Sweep.read(long, "seed", ["1", "2"])
    SweepStore(store.root).save(sweep)
    visit(page, f"{server.address}/runs?sweep={sweep.key}")
    button(page, "Start it again").click()
    expect(page.get_by_text(re.compile(r"In training: seed 1 \("))).to_be_visible()
    # Known before the first step is taken.
    wait_until(lambda: store.open(sweep.configs[0].key).status.step > 0, "a step is taken")
    button(page, "Stop the sweep").click()
    expect(message(page, "0 of 2 trained. What is stopped or missing can be started again.")).to_be_visible()
    first, second = (store.open(config.key).status for config in sweep.configs)
    assert (first.state, second.state, second.step) == ("stopped", "paused", 0)
    assert first.step > 0
    button(page, "Start the rest").or_(button(page, "Start it again")).click()
    expect(button(page, "Stop the sweep")).to_be_enabled()
    button(page, "Stop the sweep").click()
    expect(message(page, "0 of 2 trained.")).to_be_visible()


def test_on_a_phone_nothing_is_wider_than_the_page(phone_page: Page, server: Server) -> None:
    page = phone_page
    sweep = Sweep.read(TINY, "initializer", ["glorot_uniform", "glorot_normal", "he_uniform", "he_normal"])
    SweepStore(server.store.root).save(sweep)
    visit(page, f"{server.address}/runs?sweep={sweep.key}")
    expect(chart(page, sweep)).to_be_visible()
    assert overflow(page) == 0
    axes: list[list[str]] = chart(page, sweep).evaluate(AXES)
    assert set(sweep.labels) in [set(labels) for labels in axes]
    expect(page.locator(".strips .strip .name").filter(has_text="He normal")).to_be_visible()


def test_whoever_comes_by_a_link_is_taken_to_the_sweep_and_may_leave(chromium_page: Page, server: Server) -> None:
    page = chromium_page
    one, other = (Sweep.read(TINY, "seed", [first, "9"]) for first in ("7", "8"))
    for sweep in (one, other):
        SweepStore(server.store.root).save(sweep)
    visit(page, f"{server.address}/runs?sweep={one.key}")
    heading = page.get_by_role("heading", name="Sweep one hyperparameter")
    expect(heading).to_be_focused()
    # The comparison above it is drawn later, and pushes it down.
    expect(page.get_by_text("± is half of the 95 % interval")).to_be_attached()
    settle(page)
    wait_until(lambda: 0 <= top(heading) < 120, "it stands at the top")
    # A choice in the section moves nothing.
    page.mouse.move(30, 600)
    page.mouse.wheel(0, 300)
    wait_until(lambda: top(heading) < -100, "the visitor has scrolled on")
    choose(page, "Sweep", "seed 8, 9")
    page.wait_for_url(re.compile(f"[?&]sweep={other.key}"))
    settle(page)
    expect(heading).not_to_be_focused()


def top(part: Locator) -> float:
    return float(part.evaluate("(part) => part.getBoundingClientRect().top"))
