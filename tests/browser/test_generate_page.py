"""The Generate page in a real Chromium, on networks that have learned a few digits."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import urlsplit

import numpy as np
import pytest
from playwright.sync_api import Locator, Page, expect

from ae_core.latent.arithmetic import lerp, slerp
from ae_core.runs.run import Run
from tests.browser.draw_page import THREE, canvas_box, stroke, wait_for_server
from tests.browser.served import PIXELS, Server, pixels, settle, two_frames, visit
from tests.browser.test_components import sent_frames
from tests.browser.train_page import button, navigate, overflow
from tests.small import copied
from tests.unit.waiting import wait_until

WAYS = """
async ([a, b, shares]) => {
  const ways = await import("/blend/ways.js");
  const [from, to] = [new Float32Array(a), new Float32Array(b)];
  return ["lerp", "slerp"].map((name) => shares.map((t) => Array.from(ways[name](from, to, t))));
}
"""
COVERED = """
(cells) => cells.filter((cell) => {
  const { left, top, width, height } = cell.getBoundingClientRect();
  const [x, y] = [left + width / 2, top + height / 2];
  if (y < 70 || y > innerHeight - 1) return false;
  return cell.getRootNode().elementFromPoint(x, y) !== cell;
}).length
"""
PLACES = "(slider) => { const seen = (slider.seen ??= new Set()); seen.add(slider.value); return seen.size >= 8 }"


@pytest.fixture(scope="module")
def server(idle_app: Server, digit_runs: dict[int, Run]) -> Server:
    """The app with a run of two dimensions and one of 32."""
    for run in digit_runs.values():
        copied(run, idle_app.store)
    return idle_app


@pytest.fixture
def generate(chromium_page: Page, server: Server, digit_runs: dict[int, Run]) -> Page:
    """The page with samples of both."""
    open_page(chromium_page, server, digit_runs)
    return chromium_page


def open_page(page: Page, server: Server, runs: dict[int, Run]) -> None:
    visit(page, f"{server.address}/generate?run={runs[32].key}&beside={runs[2].key}")
    expect(page.locator(".samples .cell")).to_have_count(200)


def cells(page: Page) -> list[str]:
    return list(page.locator(".samples .cell").evaluate_all(f"(cells) => cells.map({PIXELS})"))


def choose(page: Page, label: str, option: str) -> None:
    """From a list, of which the browser makes only the part that is seen."""
    field = page.get_by_label(label, exact=True)
    field.click()
    # Typing opens the list, whatever became of the click.
    field.press("ControlOrMeta+a")
    field.press_sequentially(option)
    page.get_by_role("option", name=option, exact=True).click()


def first_set(page: Page) -> Locator:
    """The samples of the first codec, with their card."""
    return page.locator(".samples .set").first


def covered(page: Page) -> int:
    """How many samples, of those in sight, have something else on top."""
    return int(page.locator(".samples .cell").evaluate_all(COVERED))


def test_new_samples_are_others_and_an_old_seed_brings_the_old_ones_back(generate: Page) -> None:
    first = cells(generate)
    assert len(set(first)) == 200
    button(generate, "New samples").click()
    wait_until(lambda: not set(cells(generate)) & set(first), "all samples are others")
    seed = generate.get_by_label("Seed", exact=True)
    expect(seed).to_have_value("1")
    expect(generate).to_have_url(re.compile("seed=1"))
    seed.fill("0")
    seed.press("Enter")
    wait_until(lambda: cells(generate) == first, "the samples of the old seed are back")


def test_pointing_at_a_sample_shows_its_nearest_training_image_and_the_server_hears_nothing(
    chromium_page: Page, server: Server, digit_runs: dict[int, Run]
) -> None:
    frames = sent_frames(chromium_page)
    open_page(chromium_page, server, digit_runs)
    samples, sent = first_set(chromium_page), len(frames)
    nearest = pixels(samples.locator(".near"))
    cell = samples.locator(".cell").nth(57)
    cell.hover()
    expect(samples).to_have_attribute("data-at", "57")
    expect(samples.locator(".which")).to_have_text("Mixture, sample 8")
    expect(samples.locator(".what")).to_have_text(re.compile("^Distance .* to training image "))
    assert pixels(samples.locator(".sample")) == pixels(cell)
    assert pixels(samples.locator(".near")) != nearest
    cell.focus()
    chromium_page.keyboard.press("ArrowDown")
    expect(samples).to_have_attribute("data-at", "62")
    expect(samples.locator(".cell.here")).to_be_focused()
    # Of the other codec another sample stands in the card.
    expect(chromium_page.locator(".samples .set").last).to_have_attribute("data-at", "0")
    assert len(frames) == sent


def test_the_card_covers_no_sample_and_nothing_moves_when_another_is_pointed_at(generate: Page) -> None:
    samples = first_set(generate)
    for width in (1280, 900):
        generate.set_viewport_size({"width": width, "height": 900})
        settle(generate)
        samples.locator(".cell").first.scroll_into_view_if_needed()
        expect(samples.locator(".cell").first).to_be_in_viewport(ratio=1)
        expect(samples.locator(".card")).to_be_in_viewport(ratio=1)
        assert covered(generate) == 0
        places = {
            (samples.locator(".cell").nth(index).hover(), str(samples.locator(".card").bounding_box()))[1]
            for index in (0, 30, 60, 99)
        }
        assert len(places) == 1


def test_the_way_between_two_digits_plays_in_the_browser(
    chromium_page: Page, server: Server, digit_runs: dict[int, Run]
) -> None:
    frames = sent_frames(chromium_page)
    open_page(chromium_page, server, digit_runs)
    blend = chromium_page.locator(".blend")
    blend.scroll_into_view_if_needed()
    expect(blend.locator(".path")).to_have_count(5)
    line, arc = (blend.locator(".path").nth(place) for place in (0, 1))
    assert pixels(line.locator(".strip canvas").nth(5)) != pixels(arc.locator(".strip canvas").nth(5))
    assert pixels(line.locator(".strip canvas").last) == pixels(arc.locator(".strip canvas").last)
    settle(chromium_page)
    sent, before = len(frames), pixels(arc.locator(".now"))
    blend.get_by_role("button", name="Play").click()
    slider = blend.locator("input")
    chromium_page.wait_for_function(PLACES, arg=slider.element_handle())
    blend.get_by_role("button", name="Pause").click()
    stopped = slider.input_value()
    assert pixels(arc.locator(".now")) != before
    two_frames(chromium_page)
    assert slider.input_value() == stopped
    assert len(frames) == sent


def test_whoever_wants_less_motion_sees_the_way_in_eleven_steps(generate: Page) -> None:
    generate.emulate_media(reduced_motion="reduce")
    blend = generate.locator(".blend")
    blend.get_by_role("button", name="Play").click()
    slider = blend.locator("input")
    generate.wait_for_function(PLACES, arg=slider.element_handle())
    blend.get_by_role("button", name="Pause").click()
    seen = np.float64(slider.evaluate("(slider) => [...slider.seen].map(Number)"))
    assert np.abs(10 * seen - np.round(10 * seen)).max() < 1e-6


def test_another_digit_and_a_drawing_can_be_the_ends(generate: Page) -> None:
    strip = generate.locator(".blend .path").last.locator(".strip canvas")
    first = pixels(strip.first)
    generate.get_by_role("button", name="Another").first.click()
    wait_until(lambda: pixels(strip.first) != first, "the way begins with another digit")
    navigate(generate, "Draw")
    canvas_box(generate)
    stroke(generate, THREE)
    wait_for_server(generate)
    navigate(generate, "Generate")
    settle(generate)
    choose(generate, "A", "your drawing")
    expect(generate.get_by_label("Test image")).to_have_count(1)


def test_another_term_changes_the_sum(generate: Page) -> None:
    expect(generate.locator(".equation")).to_have_count(2)
    terms = generate.locator(".equation canvas")
    before = [pixels(term) for term in terms.all()]
    choose(generate, "plus", "average 0")
    for place in (2, 6):
        expect(generate.locator(".equation figcaption").nth(place)).to_have_text("average 0")
    # Picture and name are painted in one go.
    after = [pixels(term) for term in terms.all()]
    assert [a == b for a, b in zip(before, after, strict=True)] == 2 * [True, True, False, False]


def test_the_samples_of_both_networks_are_measured(generate: Page) -> None:
    button(generate, "Measure the samples").click()
    expect(generate.get_by_test_id("stDataFrame")).to_have_count(2)


def test_on_a_phone_nothing_is_wider_than_the_page_and_a_tap_shows_the_nearest(
    phone_page: Page, server: Server, digit_runs: dict[int, Run]
) -> None:
    page = phone_page
    open_page(page, server, digit_runs)
    assert overflow(page) == 0
    samples = first_set(page)
    for index in (12, 62):
        samples.locator(".cell").nth(index).tap()
        expect(samples).to_have_attribute("data-at", str(index))
        expect(samples.locator(".card")).to_be_in_viewport(ratio=1)
        assert covered(page) == 0


def test_whoever_comes_back_finds_the_same_samples_and_the_same_address(generate: Page) -> None:
    button(generate, "New samples").click()
    generate.wait_for_url(re.compile("seed=1"))
    slide = generate.get_by_role("slider", name="Spread of the prior")
    slide.focus()
    slide.press("ArrowRight")
    generate.wait_for_url(re.compile("spread=1.1"))
    expect(generate.locator(".note").first).to_contain_text("deviation 1.1")
    before = cells(generate)
    address = sorted(urlsplit(generate.url).query.split("&"))
    navigate(generate, "Runs")
    navigate(generate, "Generate")
    expect(generate.locator(".samples .cell")).to_have_count(200)
    wait_until(lambda: cells(generate) == before, "the samples are the same")
    generate.wait_for_url(lambda url: sorted(urlsplit(url).query.split("&")) == address)


@pytest.mark.parametrize("b", [[0.5, -2.0, 1.0], [2.0, 4.0, -6.0], [-1.0, -2.0, 3.0], [0.0, 0.0, 0.0]])
def test_the_ways_are_the_same_in_the_browser(script_page: Page, b: list[float]) -> None:
    a, shares = [1.0, 2.0, -3.0], np.linspace(0, 1, 11, dtype=np.float32)
    made: list[Any] = script_page.evaluate(WAYS, [a, b, shares.tolist()])
    for way, codes in zip((lerp, slerp), made, strict=True):
        assert np.allclose(codes, way(np.float32(a), np.float32(b), shares), atol=1e-5)
