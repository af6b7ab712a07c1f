"""The Train page with a real server, a real worker and real trainings."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from itertools import count
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Locator, Page, expect

from ae_core.codecs.codec import Codec, open_codec
from ae_core.codecs.pca import PcaBasis, baseline_path
from ae_core.config.config import Config
from ae_core.datasets.catalogue import dataset_for
from ae_core.datasets.images import preview_indices
from ae_core.errors import RunNotFoundError
from ae_core.evaluation.metrics import evaluate_each
from ae_core.runs.run import Run
from tests.browser.served import Server, settle, visit
from tests.browser.train_page import (
    LONG,
    axis_labels,
    button,
    chart,
    message,
    navigate,
    overflow,
    page_link,
    points,
    progress,
    rebuilt_digits,
    start_training,
    train_address,
    wait_for_points,
    wait_for_step,
)
from tests.small import SMALL, copied
from tests.unit.waiting import wait_until
from ui.shell.visitor import COOKIE

PLAIN = Config(train_size=2000, encoder_widths=(64,), latent_dim=2, batch_size=64, steps=300)
VARIATIONAL = replace(PLAIN, family="variational")
CONFIGS = (PLAIN, VARIATIONAL)
"""An autoencoder and a variational one of two dimensions each."""
seeds = count(1)
STILL = "() => document.getAnimations().every((one) => one instanceof CSSAnimation)"
"""Nothing on the page moves, but for what goes round and round."""


@pytest.fixture(scope="module")
def server(app: Server, small_run: Run) -> Server:
    """The app on a folder with one finished run, so that its Start page does not begin a training."""
    copied(small_run, app.store)
    return app


@pytest.fixture
def config(server: Server) -> Iterator[Config]:
    """A long training that no other test has; it ends with the test, whatever became of that."""
    config = replace(LONG, seed=next(seeds))
    yield config
    with suppress(RunNotFoundError):
        server.store.delete(config.key)


@pytest.fixture
def training(chromium_page: Page, server: Server, config: Config) -> Iterator[Page]:
    """A tab in which a long training has begun."""
    start_training(chromium_page, server, config)
    yield chromium_page
    # A run that is deleted goes on until its next checkpoint, some seconds that the next test would wait.
    button(chromium_page, "Pause").evaluate_all("(all) => all.forEach((one) => one.click())")


@pytest.fixture
def finished(chromium_page: Page, server: Server) -> Page:
    """A tab on a training that ended long ago."""
    visit(chromium_page, train_address(server, SMALL))
    wait_for_points(chromium_page, SMALL.steps)
    return chromium_page


def test_the_curve_grows_and_the_digits_change_in_place_and_a_zoom_is_kept(training: Page) -> None:
    before, digits = wait_for_points(training, 1), rebuilt_digits(training)
    drawn = training.locator(".marks, .rows canvas")
    drawn.evaluate_all("(nodes) => nodes.forEach((node) => (node.seen = true))")
    parts = [chart(training), progress(training), training.locator(".rows").first, button(training, "Pause")]
    places = [part.bounding_box() for part in parts]
    wait_for_points(training, before + 5)
    assert points(training).keys() == {"Training", "Held-out", "PCA"}
    assert len(digits) == 20
    wait_until(lambda: not set(digits) & set(rebuilt_digits(training)), "all reconstructions have changed")
    assert set(drawn.evaluate_all("(nodes) => nodes.map((node) => node.seen)")) == {True}
    assert [part.bounding_box() for part in parts] == places

    before, whole = wait_for_points(training, 1), axis_labels(training)
    chart(training).hover()
    training.keyboard.down("Shift")
    training.mouse.wheel(0, -400)
    training.keyboard.up("Shift")
    wait_until(lambda: axis_labels(training) != whole, "the axes show a part only")
    zoomed = axis_labels(training)
    wait_for_points(training, before + 5)
    assert axis_labels(training) == zoomed
    chart(training).dblclick()
    wait_until(lambda: axis_labels(training) == whole, "the axes show all of it again")


def test_curve_and_digits_are_seen_together_while_it_trains_and_on_a_phone_one_after_the_other(training: Page) -> None:
    wait_for_points(training, 1)
    for width, height, side in ((1280, 720, 56), (1440, 900, 70), (1920, 1080, 98)):
        training.set_viewport_size({"width": width, "height": height})
        wait_until(lambda side=side: digit_sides(training) == {side}, f"digits are {side} pixels wide")  # type: ignore[misc]
        boxes = [
            chart(training),
            *training.locator(".rows canvas").all(),
            progress(training),
            button(training, "Pause"),
        ]
        for box in boxes:
            expect(box).to_be_in_viewport(ratio=1)
        assert overflow(training) == 0
    training.set_viewport_size({"width": 390, "height": 844})
    digits = training.locator(".rows canvas").first
    wait_until(lambda: top(digits) > top(chart(training)) + 200, "the digits stand below the curve")
    (curve,) = places(training, '[data-testid="stVegaLiteChart"]')
    assert curve["height"] > 200
    assert min(digit["y"] for digit in places(training, ".rows canvas")) > curve["y"] + curve["height"]
    assert min(digit_sides(training)) >= 63
    assert overflow(training) == 0


def digit_sides(page: Page) -> set[int]:
    return {round(digit["width"]) for digit in places(page, ".rows canvas")}


def top(part: Locator) -> float:
    box = part.bounding_box()
    assert box
    return box["y"]


def test_a_training_is_begun_and_followed_from_among_its_settings(
    chromium_page: Page, server: Server, config: Config
) -> None:
    page = chromium_page
    visit(page, train_address(server, config))
    page.get_by_text("Data", exact=True).scroll_into_view_if_needed()
    page.mouse.wheel(0, 3000)
    expect(page.get_by_role("heading", name="Things to try")).to_be_in_viewport()
    expect(button(page, "Train")).to_be_in_viewport()
    button(page, "Train").click()
    expect(button(page, "Pause")).to_be_in_viewport()
    strip = page.locator(".st-key-training_strip")
    expect(strip.get_by_text(re.compile(rf"^Step [1-9][\d,]* of {config.steps:,}$"))).to_be_in_viewport()
    button(page, "Stop").click()
    expect(strip.get_by_text(re.compile(r"^Stopped at step [1-9]"))).to_be_in_viewport()
    expect(message(page, r"Stopped at step")).to_be_attached()


def test_a_finished_curve_is_looked_at_without_being_in_the_way(finished: Page) -> None:
    """A link leads on to the settings, the wheel alone scrolls the page, the scale can be logarithmic."""
    finished.set_viewport_size({"width": 1280, "height": 720})
    expect(finished.get_by_role("heading", name="Settings")).not_to_be_in_viewport()
    finished.get_by_role("link", name="Change a setting").click()
    expect(finished.get_by_role("heading", name="Settings")).to_be_in_viewport()

    expect(finished.get_by_text("Shift and wheel to zoom")).to_be_visible()
    whole, place = axis_labels(finished), chart(finished).bounding_box()
    chart(finished).hover()
    finished.mouse.wheel(0, 200)
    wait_until(lambda: chart(finished).bounding_box() != place, "the page scrolls")
    assert axis_labels(finished) == whole

    across, up = axis_labels(finished)
    finished.get_by_role("radio", name="Log").click()
    wait_until(lambda: axis_labels(finished)[1] != up, "the vertical axis has other numbers")
    assert axis_labels(finished)[0] == across


def places(page: Page, selector: str) -> list[dict[str, float]]:
    """Where each of these is."""
    return [box for one in page.locator(selector).locator("visible=true").all() if (box := one.bounding_box())]


def test_a_training_pauses_goes_on_and_stops(training: Page, server: Server, config: Config) -> None:
    button(training, "Pause").click()
    expect(message(training, r"Paused at step [\d,]+ of 100,000\. Nothing is lost")).to_be_visible()
    paused = server.store.open(config.key).status
    assert paused.state == "paused"
    button(training, "Resume").click()
    wait_for_step(training, paused.step + 1)
    button(training, "Stop").click()
    expect(message(training, r"Stopped at step [\d,]+ and kept\.")).to_be_visible()
    stopped = server.store.open(config.key).status
    assert (stopped.state, stopped.step > paused.step) == ("stopped", True)
    page_link(training, "Look inside").click()
    expect(training.locator('.figure[data-state="ready"]')).to_be_visible()
    expect(training).to_have_url(re.compile(rf"\?run={config.key}$"))


def test_a_training_goes_on_while_nobody_looks(training: Page, server: Server, config: Config) -> None:
    before = wait_for_step(training, 1)
    training.reload()
    between = wait_for_step(training, before + 1)
    training.get_by_role("link", name="Start", exact=True).click()
    expect(training.get_by_role("heading", name="What is an autoencoder?")).to_be_visible()
    training.get_by_role("link", name="Train", exact=True).click()
    expect(training.get_by_role("heading", name="Train an autoencoder")).to_be_visible()
    wait_for_step(training, between + 1)
    training.wait_for_url(f"**seed={config.seed}**")
    assert server.store.open(config.key).status.state == "training"


def test_a_training_ends_with_its_figures_and_is_known_to_the_next_visitor(
    chromium_page: Page, other_page: Page, server: Server
) -> None:
    config = replace(LONG, steps=40, seed=next(seeds))
    visit(chromium_page, train_address(server, config))
    button(chromium_page, "Train").click()
    expect(
        message(chromium_page, r"40 steps in \d+ s\. Mean squared error on all 10,000 held-out images: 0\.")
    ).to_be_visible()
    expect(button(chromium_page, "Train longer: 40 more steps")).to_be_visible()
    assert server.store.open(config.key).history().step[-1] == 40
    visit(other_page, train_address(server, config))
    expect(
        message(other_page, r"Dense 64, .* was trained before\. Change a setting to train another\. 40 steps in")
    ).to_be_visible()


def test_a_second_tab_sees_that_the_training_was_begun_in_the_first(
    chromium_page: Page, other_page: Page, server: Server
) -> None:
    address = train_address(server, replace(LONG, steps=30, seed=next(seeds)))
    for page in (chromium_page, other_page):
        visit(page, address)
    button(chromium_page, "Train").click()
    expect(button(other_page, "Train longer: 30 more steps")).to_be_visible()


def test_a_short_training_has_its_turn_before_the_long_one_ends(
    training: Page, other_page: Page, server: Server
) -> None:
    visit(other_page, train_address(server, replace(LONG, steps=30, seed=next(seeds))))
    button(other_page, "Train").click()
    expect(message(other_page, "30 steps in")).to_be_visible()
    at = wait_for_step(training, 1)
    wait_for_step(training, at + 1)


def visitor(page: Page) -> str:
    (kept,) = (one for one in page.context.cookies() if one["name"] == COOKIE)
    assert kept["path"] == "/"
    return kept["value"]


def test_a_visitor_is_the_same_after_a_reload_and_nobody_else_is(
    chromium_page: Page, other_page: Page, server: Server
) -> None:
    for page in (chromium_page, other_page):
        visit(page, f"{server.address}/train")
        page.wait_for_function("(name) => document.cookie.includes(name)", arg=COOKIE)
    known = visitor(chromium_page)
    chromium_page.reload()
    settle(chromium_page)
    navigate(chromium_page, "Draw")
    expect(chromium_page.locator(".st-key-board_actions")).to_be_visible()
    assert visitor(chromium_page) == known != visitor(other_page)


def test_nonsense_in_a_link_is_told_once_and_the_rest_is_kept(chromium_page: Page, server: Server) -> None:
    visit(chromium_page, f"{server.address}/train?latent_dim=12&steps=lots&colour=blue")
    expect(chromium_page.get_by_test_id("stAlert").filter(has_text="This link asks for")).to_have_count(1)
    expect(chromium_page.get_by_label("Latent dimensions", exact=True)).to_have_value("12")
    expect(button(chromium_page, "Train")).to_be_enabled()
    expect(chromium_page).to_have_url(re.compile(r"/train\?latent_dim=12$"))


def test_what_is_invalid_or_out_of_range_is_explained_and_nothing_else_is_lost(
    chromium_page: Page, server: Server
) -> None:
    visit(chromium_page, train_address(server, LONG))
    field = chromium_page.get_by_label("Encoder widths", exact=True)
    field.fill("64-wide")
    field.press("Enter")
    expect(message(chromium_page, "Encoder widths must be .* Received: 64-wide")).to_be_visible()
    expect(field).to_have_value("64-wide")
    expect(button(chromium_page, "Train")).to_be_disabled()
    expect(chromium_page.get_by_label("Latent dimensions", exact=True)).to_have_value("8")
    field.fill("32")
    field.press("Enter")
    expect(button(chromium_page, "Train")).to_be_enabled()
    expect(chromium_page).to_have_url(re.compile("latent_dim=8"))
    field = chromium_page.get_by_label("Latent dimensions", exact=True)
    field.fill("300")
    field.press("Enter")
    expect(message(chromium_page, "Latent dimensions must be .* Received: 300")).to_be_visible()
    expect(chromium_page).to_have_url(re.compile("latent_dim=8"))


def test_another_file_is_explained_and_own_images_can_be_added_trained_on_and_removed(
    chromium_page: Page, server: Server, tmp_path: Path
) -> None:
    images = np.random.default_rng(0).integers(0, 256, (60, 28, 28), dtype=np.uint8)
    np.savez(tmp_path / "shapes.npz", x_train=images, y_train=np.arange(60) % 4)
    visit(chromium_page, train_address(server, replace(LONG, train_size=None, steps=20)))
    (tmp_path / "notes.txt").write_text("not an image", encoding="utf-8")
    add_own_images(chromium_page, tmp_path / "notes.txt", name="Notes")
    expect(own_images(chromium_page).get_by_test_id("stAlert")).to_contain_text("notes.txt")
    own_images(chromium_page).get_by_role("button", name=re.compile("Remove notes.txt")).click()
    add_own_images(chromium_page, tmp_path / "shapes.npz", name="Four shapes")
    # The address tells of it before the page does, and what is pressed in between goes to the page of before.
    remove = own_images(chromium_page).get_by_role("button", name="Remove “Four shapes” for everybody")
    expect(remove).to_be_visible()
    settle(chromium_page)
    expect(chromium_page).to_have_url(re.compile(r"dataset=images-[0-9a-f]+"))
    button(chromium_page, "Train").click()
    expect(message(chromium_page, "20 steps in")).to_be_visible()
    remove.click()
    expect(chromium_page).not_to_have_url(re.compile("dataset="))
    assert list((server.store.root / "datasets").glob("images-*")) == []


def own_images(page: Page) -> Locator:
    """The box in which they are added and removed, opened."""
    box = page.locator(".st-key-own_images")
    for expander, inside in (("Data", box), ("Your own images", box.get_by_label("Name", exact=True))):
        if not inside.is_visible():
            page.get_by_text(expander, exact=True).click()
            expect(inside).to_be_visible()
            # What is in it moves until it is open: its button may be gone from under the pointer in mid-press.
            page.wait_for_function(STILL)
    return box


def add_own_images(page: Page, file: Path, *, name: str) -> None:
    box = own_images(page)
    box.get_by_test_id("stFileUploaderDropzoneInput").set_input_files(file)
    expect(box.get_by_test_id("stFileChipName")).to_have_text(file.name)
    box.get_by_label("Name", exact=True).fill(name)
    box.get_by_role("button", name="Add these images").click()


def test_on_a_phone_nothing_is_wider_than_the_page_and_a_training_can_be_begun(
    phone_page: Page, server: Server
) -> None:
    page = phone_page
    visit(page, server.address)
    expect(page.locator('.figure[data-state="ready"]')).to_be_visible()
    assert overflow(page) == 0
    visit(page, train_address(server, replace(LONG, steps=20, seed=next(seeds))))
    expect(page.get_by_role("heading", name="Things to try")).to_be_attached()
    assert overflow(page) == 0
    button(page, "Train").click()
    expect(message(page, "20 steps in")).to_be_visible()
    assert overflow(page) == 0
    # Fingers have no wheel and no Shift.
    expect(page.get_by_text("Held-out: on 500 of the 10,000 held-out images.")).to_be_visible()
    expect(page.get_by_text("Shift and wheel to zoom")).to_be_hidden()


def train_to_its_end(page: Page, server: Server, config: Config) -> None:
    visit(page, train_address(server, config))
    button(page, "Train").click()
    expect(message(page, "300 steps in")).to_be_visible(timeout=90_000)


def test_a_plain_and_a_variational_one_are_trained_and_stand_beside_pca_with_errors_as_evaluate_has_them(
    chromium_page: Page, server: Server
) -> None:
    page = chromium_page
    train_to_its_end(page, server, PLAIN)
    expect(page.get_by_text("dimensions are used")).to_have_count(0)
    train_to_its_end(page, server, VARIATIONAL)
    expect(message(page, "300 steps in")).to_contain_text("Negative ELBO")
    expect(page.get_by_text("dimensions are used")).to_be_visible()
    expect(page.get_by_test_id("stVegaLiteChart").locator("visible=true")).to_have_count(2)

    runs = [server.store.open(config.key) for config in CONFIGS]
    visit(page, f"{server.address}/runs?compare={runs[0].key},{runs[1].key},pca")
    strips = page.locator(".strips").first.locator(".strip")
    expect(strips).to_have_count(4, timeout=60_000)
    data = dataset_for(PLAIN, folder=server.store.root / "datasets")
    shown = preview_indices(data.test_labels, data.test.count)
    pca = PcaBasis.load(baseline_path(server.store, PLAIN)).codec(2)
    codecs: dict[str, Codec] = {run.title: open_codec(run) for run in runs} | {"PCA, 2 dimensions": pca}
    errors = {}
    for name, codec in codecs.items():
        figures, errors[name] = evaluate_each(codec, data.test_images)
        row = strips.filter(has=page.get_by_text(name, exact=True))
        expect(row.locator(".caption")).to_have_text([f"{error:.4f}" for error in errors[name][shown]])
        assert figures.mse == pytest.approx(np.mean(errors[name]))
    assert len({tuple(row) for row in errors.values()}) == 3
