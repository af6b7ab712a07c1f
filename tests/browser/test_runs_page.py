"""The Runs page in a real Chromium: runs are ticked, compared, named and deleted."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray
from playwright.sync_api import Locator, Page, expect

from ae_core.codecs.codec import Codec, open_codec
from ae_core.codecs.pca import PcaBasis, baseline_path
from ae_core.datasets.catalogue import load_dataset
from ae_core.datasets.images import preview_indices, to_pixels
from ae_core.evaluation.metrics import squared_errors
from ae_core.runs.run import Run
from ae_core.runs.sweep import Sweep
from ae_core.runs.sweep_store import SweepStore
from tests.browser.draw_page import READ
from tests.browser.served import Server, settle, visit
from tests.browser.train_page import button, overflow
from tests.small import SMALL, copied, twin

HEADER, ROW = 36, 44
"""Heights of the table's parts, which is one canvas: its ticks are found by where they are."""


@pytest.fixture(scope="module")
def server(idle_app: Server, small_run: Run, basis: PcaBasis) -> Server:
    """The app with PCA fitted, and no runs."""
    for config in (SMALL, replace(SMALL, train_size=None)):
        basis.save(baseline_path(idle_app.store, config))
    return idle_app


@pytest.fixture
def runs(server: Server, small_run: Run) -> Iterator[list[Run]]:
    """Two runs of the same network, the one that stands first in the table first."""
    run = copied(small_run, server.store)
    other = twin(run, server.store)
    for one, created in ((run, 1.0), (other, 2.0)):
        one.write_status(replace(one.status, created=created))
    yield [other, run]
    for row in server.store.listed():
        server.store.delete(row.key)


def test_a_run_is_ticked_by_keyboard(chromium_page: Page, server: Server, runs: list[Run]) -> None:
    page = chromium_page
    visit(page, f"{server.address}/runs")
    grid = table(page).locator("canvas").first
    expect(grid).to_be_visible()
    grid.focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Shift+Space")
    expect(page.get_by_role("link", name="Open on Train")).to_be_visible()
    page.get_by_role("link", name="Open on Train").click()
    expect(page.get_by_role("heading", name="Train an autoencoder")).to_be_visible()
    expect(page.get_by_text("was trained before. Change a setting to train another.")).to_be_visible()
    expect(page.locator(".rows canvas.reconstruction")).to_have_count(20)
    page.wait_for_url(re.compile(r"/train\?.*latent_dim="))


def table(page: Page) -> Locator:
    """The list of runs. That of a comparison may be drawn before it."""
    return page.locator(".st-key-run_list").get_by_test_id("stDataFrame")


def tick(page: Page, *rows: int) -> None:
    """Click the boxes of these rows, and wait each time until the page has heard of it."""
    expect(table(page).locator("canvas").first).to_be_visible()
    for count, row in enumerate(rows, 1):
        table(page).click(position={"x": 16, "y": HEADER + ROW * row + ROW / 2})
        expect(button(page, "Delete this run" if count == 1 else f"Delete these {count} runs")).to_be_visible()
        settle(page)


def strip(page: Page, name: str, group: int = 0) -> Locator:
    strips = page.locator(".strips").nth(group).locator(".strip")
    return strips.filter(has=page.locator(".name", has_text=name))


def painted(row: Locator) -> NDArray[np.uint8]:
    """The digits of a row as they are painted, (n, 28, 28)."""
    return np.array([canvas.evaluate(READ) for canvas in row.locator("canvas").all()], np.uint8).reshape(-1, 28, 28)


def test_two_ticked_runs_and_pca_rebuild_the_same_digits_with_their_errors(
    chromium_page: Page, server: Server, runs: list[Run], basis: PcaBasis
) -> None:
    visit(chromium_page, f"{server.address}/runs")
    tick(chromium_page, 0, 1)
    button(chromium_page, "Compare these 2").click()
    heading = chromium_page.get_by_role("heading", name="Compare", exact=True)
    expect(heading).to_be_focused()
    expect(heading).to_be_in_viewport()
    choice = chromium_page.get_by_test_id("stMultiSelect").first
    expect(choice).to_contain_text("6 steps")
    choice.locator("input").click()
    chromium_page.get_by_role("option", name="PCA, 4 dimensions, MNIST").click()
    expect(strip(chromium_page, "PCA, 4 dimensions")).to_be_visible()
    expect(chromium_page.locator(".strips").first.locator(".strip")).to_have_count(4)
    data = load_dataset("mnist")
    clean = data.test_images[preview_indices(data.test_labels, data.test.count)]
    codecs: dict[str, Codec] = {run.title: open_codec(run) for run in runs} | {"PCA, 4 dimensions": basis.codec(4)}
    for name, codec in codecs.items():
        row, made = strip(chromium_page, name), codec.decode(codec.encode(clean))
        errors = [f"{error:.4f}" for error in squared_errors(clean, made)]
        expect(row.locator(".caption")).to_have_text(errors)
        assert np.array_equal(painted(row), to_pixels(made))
    assert np.array_equal(painted(strip(chromium_page, "Original")), to_pixels(clean))


def test_the_address_of_a_comparison_shows_it_to_others_and_the_slider_spoils_the_digits(
    chromium_page: Page, server: Server, runs: list[Run]
) -> None:
    visit(chromium_page, f"{server.address}/runs?compare={runs[0].key},pca")
    see = strip(chromium_page, "What they see", group=1)
    expect(see).to_be_visible()
    first, before = see.locator(".caption").first, painted(see)
    error = first.inner_text()
    chromium_page.get_by_test_id("stMain").get_by_role("radio", name="Patch").click()
    expect(first).not_to_have_text(error)
    assert not np.array_equal(painted(see), before)
    expect(chromium_page.get_by_text("± is half of the 95 % interval")).to_be_visible()


def test_the_ticked_run_is_given_a_name(chromium_page: Page, server: Server, runs: list[Run]) -> None:
    visit(chromium_page, f"{server.address}/runs")
    tick(chromium_page, 0)
    button(chromium_page, "Rename").click()
    chromium_page.get_by_label("Name", exact=True).fill("My own")
    button_in_popover(chromium_page, "Save").click()
    expect(chromium_page.get_by_test_id("stMultiSelect").first).to_contain_text("My own")
    assert [run.fresh().name for run in runs] == ["My own", ""]
    expect(chromium_page.get_by_test_id("stPopoverBody")).to_have_count(0)
    button(chromium_page, "Rename").click()
    chromium_page.get_by_label("Name", exact=True).fill("My own " * 20)
    button_in_popover(chromium_page, "Save").click()
    expect(chromium_page.get_by_test_id("stPopoverBody")).to_contain_text("must be 1 to 60 characters")
    assert runs[0].fresh().name == "My own"


def test_a_tick_as_the_list_changes_is_kept_and_stays_with_its_run(
    chromium_page: Page, server: Server, runs: list[Run]
) -> None:
    visit(chromium_page, f"{server.address}/runs")
    tick(chromium_page, 1)
    newer = server.store.create(replace(SMALL, steps=99))
    # The page has not heard of it yet, or is just being told: the row is that of the list that is on show.
    table(chromium_page).click(position={"x": 16, "y": HEADER + ROW / 2})
    button(chromium_page, "Delete these 2 runs").click()
    button_in_popover(chromium_page, "Delete").click()
    expect(button(chromium_page, "Delete these 2 runs")).to_have_count(0)
    assert {row.key for row in server.store.listed()} == {newer.key}


def test_an_open_list_stays_open_while_a_comparison_is_made(
    chromium_page: Page, server: Server, runs: list[Run]
) -> None:
    sweep = Sweep.read(SMALL, "seed", ["1", "2"])
    SweepStore(server.store.root).save(sweep)
    visit(chromium_page, f"{server.address}/runs?sweep={sweep.key}")
    values = chromium_page.get_by_role("textbox", name="Values")
    chromium_page.get_by_text("New sweep").click()
    expect(values).to_be_visible()
    tick(chromium_page, 0, 1)
    button(chromium_page, "Compare these 2").click()
    expect(strip(chromium_page, "5 steps")).to_be_visible()
    expect(chromium_page.get_by_text("± is half of the 95 % interval")).to_be_visible()
    settle(chromium_page)
    expect(values).to_be_visible()
    expect(chromium_page).to_have_url(re.compile(f"sweep={sweep.key}"))
    SweepStore(server.store.root).delete(sweep.key)


def test_a_tick_stays_with_its_run_when_another_one_arrives_and_deleting_is_asked_first(
    chromium_page: Page, server: Server, runs: list[Run]
) -> None:
    visit(chromium_page, f"{server.address}/runs")
    tick(chromium_page, 1)
    newer = server.store.create(replace(SMALL, steps=99))
    chromium_page.wait_for_function(
        """(height) =>
          document.querySelector(".st-key-run_list [data-testid=stDataFrame]")?.getBoundingClientRect().height > height
        """,
        arg=HEADER + 2.5 * ROW,
    )
    settle(chromium_page)
    button(chromium_page, "Delete this run").click()
    assert len(server.store.listed()) == 3
    button_in_popover(chromium_page, "Delete").click()
    expect(button(chromium_page, "Delete this run")).to_have_count(0)
    assert {row.key for row in server.store.listed()} == {newer.key, runs[0].key}


def button_in_popover(page: Page, name: str) -> Locator:
    return page.get_by_test_id("stPopoverBody").get_by_role("button", name=name, exact=True)


@pytest.mark.parametrize(("width", "colours"), [(390, "light"), (1440, "dark")])
def test_nothing_is_cut_off_on_a_phone_or_a_wide_screen(
    chromium_page: Page, server: Server, runs: list[Run], width: int, colours: str
) -> None:
    chromium_page.emulate_media(color_scheme="dark" if colours == "dark" else "light")
    chromium_page.set_viewport_size({"width": width, "height": 900})
    visit(chromium_page, f"{server.address}/runs?compare={runs[0].key},{runs[1].key},pca")
    expect(chromium_page.get_by_text("± is half of the 95 % interval")).to_be_visible()
    assert overflow(chromium_page) <= 0
    for caption in chromium_page.locator(".strips .caption").all():
        assert caption.evaluate("(text) => text.scrollWidth <= text.parentElement.clientWidth + 1")
