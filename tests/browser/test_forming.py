"""The replay of a training and the walk along a code's dimensions, in a real Chromium: neither asks the server."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.served import pixels, serving, visit
from tests.browser.test_components import sent_frames
from tests.browser.train_page import assert_fits

LAST = 9
"""The test page's film has frames 0 to this."""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Address of the test page."""
    with serving(tmp_path_factory.mktemp("forming"), "tests/browser/apps/forming_page.py") as server:
        yield server.address


def open_page(page: Page, address: str, *, motion: Any = "no-preference") -> list[Any]:
    """Open the test page; returns every WebSocket message that it sends from then on."""
    frames = sent_frames(page)
    page.emulate_media(reduced_motion=motion)
    visit(page, address)
    expect(page.locator(f'.replay[data-frame="{LAST}"]')).to_be_visible()
    expect(page.locator('.traverse[data-state="ready"]')).to_be_visible()
    frames.clear()
    return frames


def reel(page: Page) -> Locator:
    return page.get_by_role("slider", name="Step of the training")


def play_button(page: Page) -> Locator:
    return page.locator(".replay .play")


def expect_frame(page: Page, frame: int) -> None:
    expect(page.locator(".replay")).to_have_attribute("data-frame", str(frame))
    page.wait_for_function(
        "([slider, frame]) => Math.abs(slider.value - frame) < 1e-6", arg=[reel(page).element_handle(), frame]
    )


def dots(page: Page) -> str:
    return str(page.locator(".replay .dots").evaluate("(canvas) => canvas.toDataURL()"))


def slider(page: Page, dimension: int) -> Locator:
    return page.get_by_role("slider", name=f"Dimension {dimension}", exact=True)


def strip(page: Page, rank: int) -> Locator:
    """Pictures of the dimension that comes at this place in the list, from 0 up."""
    return page.locator(".traverse .dims .dim").nth(rank).locator(".strip canvas")


def settle_strips(page: Page, rank: int) -> None:
    """Wait until the strips in sight are painted, that of the dimension at this place among them."""
    page.wait_for_function(
        "(canvas) => canvas.getContext('2d').getImageData(0, 0, 28, 28).data.some((value, i) => value && i % 4 < 3)",
        arg=strip(page, rank).last.element_handle(),
    )
    expect(page.locator('.traverse[data-strips="done"]')).to_be_visible()


def values(page: Page) -> list[str]:
    return page.locator(".traverse .value").all_inner_texts()


def test_the_film_begins_at_its_end_and_arrows_step_through_it(chromium_page: Page, server: str) -> None:
    frames = open_page(chromium_page, server)
    words, last, made = (
        chromium_page.locator(".replay .when"),
        dots(chromium_page),
        chromium_page.locator(".pair canvas"),
    )
    expect(words).to_have_text("After 40 steps: the last frame")
    expect(made).to_have_count(32)
    picture = pixels(made.nth(1))
    reel(chromium_page).focus()
    for key, frame in (("ArrowLeft", 8), ("ArrowDown", 7), ("ArrowRight", 8), ("Home", 0), ("ArrowUp", 1)):
        chromium_page.keyboard.press(key)
        expect_frame(chromium_page, frame)
    expect(words).to_have_text("After 1 step")
    chromium_page.keyboard.press("Home")
    expect_frame(chromium_page, 0)
    expect(words).to_have_text("Before the first step: random weights")
    expect(chromium_page.locator(".replay .loss")).to_have_text("0.700")
    expect(chromium_page.locator(".replay .mse")).to_have_text("0.200")
    expect(chromium_page.locator(".replay .size")).to_contain_text("times larger than the last frame")
    assert pixels(made.nth(1)) != picture
    assert dots(chromium_page) != last
    chromium_page.keyboard.press("End")
    expect_frame(chromium_page, LAST)
    assert (dots(chromium_page), pixels(made.nth(1))) == (last, picture)
    assert frames == []


def test_dragging_moves_points_between_frames_and_lets_go_at_one(chromium_page: Page, server: str) -> None:
    frames = open_page(chromium_page, server)
    box = reel(chromium_page).bounding_box()
    assert box is not None
    y = box["y"] + box["height"] / 2
    seen = {dots(chromium_page)}
    chromium_page.mouse.move(box["x"] + box["width"] - 10, y)
    chromium_page.mouse.down()
    for share in (0.62, 0.6, 0.58):
        chromium_page.mouse.move(box["x"] + share * box["width"], y)
        seen.add(dots(chromium_page))
    assert len(seen) == 4
    chromium_page.mouse.up()
    expect_frame(chromium_page, 5)
    assert frames == []


def test_the_film_plays_once_in_about_six_seconds_and_stops_at_its_end(chromium_page: Page, server: str) -> None:
    frames = open_page(chromium_page, server)
    expect(play_button(chromium_page)).to_have_text("Play again")
    chromium_page.evaluate(
        """([slider, button]) => {
          const seen = (globalThis.seen = []);
          const begun = performance.now();
          const look = () => {
            if (button.textContent === "Pause" || !seen.length) requestAnimationFrame(look);
            seen.push([performance.now() - begun, Number(slider.value)]);
          };
          button.click();
          look();
        }""",
        [reel(chromium_page).element_handle(), play_button(chromium_page).element_handle()],
    )
    expect(play_button(chromium_page)).to_have_text("Pause")
    expect(play_button(chromium_page)).to_have_text("Play again")
    expect_frame(chromium_page, LAST)
    seen = chromium_page.evaluate("seen")
    positions = [position for _, position in seen]
    assert positions == sorted(positions)
    assert positions[0] < 0.5
    assert any(0.1 < position % 1 < 0.9 for position in positions)
    # On a computer that is busy with other things it takes longer: what was not shown is not skipped.
    assert seen[-1][0] > 5500
    at_rest = dots(chromium_page)
    chromium_page.wait_for_timeout(200)
    assert dots(chromium_page) == at_rest
    assert frames == []


def test_the_space_bar_plays_and_pauses_and_a_click_on_the_cloud_too(chromium_page: Page, server: str) -> None:
    open_page(chromium_page, server)
    reel(chromium_page).focus()
    chromium_page.keyboard.press("Home")
    chromium_page.keyboard.press("Space")
    expect(play_button(chromium_page)).to_have_text("Pause")
    # Any frame on the way: one by itself may be over between two looks.
    expect(chromium_page.locator(".replay")).to_have_attribute("data-frame", re.compile("^[1-8]$"))
    chromium_page.keyboard.press("Space")
    expect(play_button(chromium_page)).to_have_text("Play")
    chromium_page.wait_for_timeout(400)
    paused = dots(chromium_page)
    chromium_page.wait_for_timeout(200)
    assert dots(chromium_page) == paused
    chromium_page.locator(".replay .dots").click()
    expect(play_button(chromium_page)).to_have_text("Pause")
    expect(play_button(chromium_page)).to_be_focused()
    chromium_page.keyboard.press("Space")
    expect(play_button(chromium_page)).to_have_text("Play")


def test_for_visitors_who_want_less_motion_it_goes_from_frame_to_frame(chromium_page: Page, server: str) -> None:
    open_page(chromium_page, server, motion="reduce")
    stills = []
    reel(chromium_page).focus()
    for key in ("Home", *["ArrowRight"] * 3):
        chromium_page.keyboard.press(key)
        stills.append(dots(chromium_page))
    chromium_page.keyboard.press("Home")
    seen = chromium_page.evaluate(
        """([root, button]) => new Promise((done) => {
          const seen = [];
          const look = () => {
            seen.push(root.querySelector(".dots").toDataURL());
            if (Number(root.dataset.frame) < 4) requestAnimationFrame(look);
            else done(button.click() ?? seen);
          };
          button.click();
          look();
        })""",
        [chromium_page.locator(".replay").element_handle(), play_button(chromium_page).element_handle()],
    )
    assert set(seen[:-1]) == set(stills)


def test_without_labels_there_is_no_legend(chromium_page: Page, server: str) -> None:
    open_page(chromium_page, server)
    expect(chromium_page.locator(".replay .legend span")).to_have_text([str(label) for label in range(10)])
    labelled = dots(chromium_page)
    open_page(chromium_page, f"{server}/?labels=no")
    expect(chromium_page.locator(".replay .legend")).to_be_hidden()
    assert dots(chromium_page) != labelled


def test_dimensions_come_by_how_much_they_vary_and_unused_ones_last(chromium_page: Page, server: str) -> None:
    open_page(chromium_page, server)
    names = chromium_page.locator(".traverse .dims .name")
    expect(names).to_have_text([f"Dimension {number}" for number in (4, 3, 2, 1, 5)])
    rows = chromium_page.locator(".traverse .dims .dim")
    expect(rows.last).to_have_attribute("data-unused", "true")
    expect(rows.last.locator(".spread")).to_contain_text("unused")
    expect(chromium_page.locator(".traverse .note")).to_contain_text("below 1 % of the largest")
    assert chromium_page.locator('.traverse [data-unused="true"]').count() == 1
    rows.last.scroll_into_view_if_needed()
    settle_strips(chromium_page, 4)
    assert len({pixels(canvas) for canvas in strip(chromium_page, 4).all()}) == 1


def test_sliding_changes_the_picture_at_every_input_and_sends_nothing(chromium_page: Page, server: str) -> None:
    frames = open_page(chromium_page, server)
    picture, hand = chromium_page.locator(".traverse .picture"), slider(chromium_page, 4)
    seen = {pixels(picture)}
    for share in (0.1, 0.4, 0.7, 1):
        # The painting is done within the event: no frame passes in between.
        seen.add(
            hand.evaluate(
                """(slider, share) => {
                  slider.value = Number(slider.min) + share * (slider.max - slider.min);
                  slider.dispatchEvent(new Event("input", { bubbles: true }));
                  const canvas = slider.closest(".traverse").querySelector(".picture");
                  return canvas.getContext("2d").getImageData(0, 0, 28, 28).data.join();
                }""",
                share,
            )
        )
    assert len(seen) == 5
    expect(chromium_page.locator(".traverse .from")).to_have_text("From the mean code, with dimension 4 changed")
    before = float(hand.input_value())
    hand.press("ArrowLeft")
    assert float(hand.input_value()) < before
    assert frames == []


def test_a_strip_sweeps_its_dimension_with_the_others_held(chromium_page: Page, server: str) -> None:
    open_page(chromium_page, server)
    chromium_page.locator(".traverse").scroll_into_view_if_needed()
    settle_strips(chromium_page, 1)
    first = [pixels(canvas) for canvas in strip(chromium_page, 0).all()]
    assert len(set(first)) == len(first) == 9
    second = [pixels(canvas) for canvas in strip(chromium_page, 1).all()]
    strip(chromium_page, 0).nth(8).click()
    settle_strips(chromium_page, 1)
    hand = slider(chromium_page, 4)
    assert float(hand.input_value()) == pytest.approx(float(hand.get_attribute("max") or 0))
    assert pixels(chromium_page.locator(".traverse .picture")) == first[8]
    assert [pixels(canvas) for canvas in strip(chromium_page, 0).all()] == first
    assert [pixels(canvas) for canvas in strip(chromium_page, 1).all()] != second
    assert strip(chromium_page, 0).nth(8).get_attribute("class") == "station here"


def test_a_code_is_that_of_the_mean_of_a_digit_or_drawn_and_reset_takes_it_back(
    chromium_page: Page, server: str
) -> None:
    frames = open_page(chromium_page, server, motion="reduce")
    words, picture = chromium_page.locator(".traverse .from"), chromium_page.locator(".traverse .picture")
    mean, mean_picture = values(chromium_page), pixels(picture)
    chromium_page.get_by_role("button", name="Another digit").click()
    expect(words).to_have_text("From test image 0")
    digit, digit_picture = values(chromium_page), pixels(picture)
    assert digit != mean
    slider(chromium_page, 3).press("PageUp")
    expect(words).to_have_text("From test image 0, with dimension 3 changed")
    assert values(chromium_page) != digit
    chromium_page.get_by_role("button", name="Reset").click()
    assert (values(chromium_page), pixels(picture)) == (digit, digit_picture)
    expect(chromium_page.get_by_role("button", name="Reset")).to_be_disabled()
    for number in (1, 2, 0):
        chromium_page.get_by_role("button", name="Another digit").click()
        expect(words).to_have_text(f"From test image {number}")
    chromium_page.get_by_role("button", name="Random").click()
    expect(words).to_have_text("From a random code")
    assert values(chromium_page)[:4] != digit[:4]
    chromium_page.get_by_role("button", name="Mean").click()
    assert (values(chromium_page), pixels(picture)) == (mean, mean_picture)
    assert frames == []


def test_the_first_twelve_of_many_dimensions_are_shown_until_one_asks_for_all(chromium_page: Page, server: str) -> None:
    open_page(chromium_page, f"{server}/?latent_dim=40")
    shown = chromium_page.locator(".traverse .dims .dim:visible")
    expect(shown).to_have_count(12)
    chromium_page.get_by_role("button", name="Show all 40 dimensions, 1 unused").click()
    expect(shown).to_have_count(40)
    shown.last.scroll_into_view_if_needed()
    settle_strips(chromium_page, 39)
    chromium_page.get_by_role("button", name="Show the first 12").click()
    expect(shown).to_have_count(12)


def test_another_run_of_the_page_leaves_film_and_code_where_they_are(chromium_page: Page, server: str) -> None:
    open_page(chromium_page, server, motion="reduce")
    reel(chromium_page).focus()
    chromium_page.keyboard.press("Home")
    chromium_page.keyboard.press("ArrowRight")
    slider(chromium_page, 4).press("PageUp")
    held = values(chromium_page)
    chromium_page.get_by_role("button", name="Once more").click()
    expect(chromium_page.get_by_text("Run 1")).to_be_visible()
    expect_frame(chromium_page, 1)
    assert values(chromium_page) == held


def test_nothing_is_wider_than_the_page(chromium_page: Page, server: str) -> None:
    open_page(chromium_page, server)
    parts = ".replay button, .replay canvas, .replay .tick span, .replay dd, .traverse button, .traverse canvas, output"
    assert_fits(chromium_page, parts, (390, 1440))
