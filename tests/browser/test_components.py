"""The browser's parts in a real Chromium: the forward pass against Keras, and what a visitor can do with them."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Locator, Page, expect
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

from ae_core.config.hyperparameters import ACTIVATIONS
from tests.browser.keras_references import write_references
from tests.browser.served import pixels, serving, settle, visit
from tests.browser.train_page import assert_fits
from tests.forked import call
from tests.unit.waiting import wait_until

FORWARD = """
async (network) => {
  const module = await import("/lib/network/forward.js");
  const floats = (text) => new Float32Array(Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0)).buffer);
  const { encoder, decoder } = module.parseNetwork(network.spec, floats(network.weights).buffer);
  const image = floats(network.image);
  const code = Array.from(module.forward(encoder, image));
  const start = performance.now();
  for (let i = 0; i < 50; i++) module.forward(decoder, module.forward(encoder, image));
  const milliseconds = (performance.now() - start) / 50;
  return { code, image: Array.from(module.forward(decoder, code)), milliseconds };
}
"""


SLOW_NETWORK = """
window.late = 0;
window.WebSocket = class extends WebSocket {
  addEventListener(type, listener) {
    const later = (event) => (type === "message" && late ? setTimeout(() => listener(event), late) : listener(event));
    super.addEventListener(type, later);
  }
};
"""
"""What the server sends takes so many milliseconds to arrive."""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Address of the test page."""
    with serving(tmp_path_factory.mktemp("components"), "tests/browser/apps/components_page.py") as server:
        yield server.address


def open_page(page: Page, address: str, *, state: str = "ready") -> None:
    visit(page, address)
    expect(page.locator(f'.figure[data-state="{state}"]')).to_be_visible()
    expect(page.locator(".rows .pair")).to_have_count(6)
    expect(page.locator(".picture .total")).not_to_be_empty()


def original(page: Page) -> Locator:
    return page.locator("canvas.digit.at-original")


def reconstruction(page: Page) -> Locator:
    return page.locator("canvas.digit.at-reconstruction")


def bar(page: Page, index: int) -> Locator:
    return page.get_by_role("slider", name=f"Dimension {index + 1} of", exact=False)


def sent_frames(page: Page) -> list[Any]:
    """Every WebSocket message that the page sends from now on; call it before the page is opened."""
    frames: list[Any] = []
    # Playwright marks the functions it is given, which it cannot do to a list's own append.
    page.on("websocket", lambda web_socket: web_socket.on("framesent", lambda frame: frames.append(frame)))
    return frames


def drag(page: Page, target: Locator, *, to: float) -> None:
    """Drag from the middle of `target` to the share `to` of its height, counted from its top."""
    box = target.bounding_box()
    assert box is not None
    x = box["x"] + box["width"] / 2
    page.mouse.move(x, box["y"] + box["height"] / 2)
    page.mouse.down()
    page.mouse.move(x, box["y"] + box["height"] * to, steps=5)
    page.mouse.up()


@pytest.fixture(scope="module")
def references(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Networks by name, each with spec, weights and an image as the page gets them, and what Keras makes of it."""
    path = tmp_path_factory.mktemp("keras") / "references.json"
    ended = call(write_references, path)
    assert ended.code == 0, ended.err
    return dict(json.loads(path.read_text(encoding="utf-8")))


@pytest.mark.parametrize("activation", ACTIVATIONS)
@pytest.mark.parametrize("architecture", ["dense", "conv"])
def test_the_forward_pass_agrees_with_keras(
    script_page: Page, references: dict[str, Any], architecture: str, activation: str
) -> None:
    network = references[f"{architecture} {activation}"]
    result = script_page.evaluate(FORWARD, network)
    assert np.abs(np.subtract(result["code"], network["code"])).max() < 1e-5
    assert np.abs(np.subtract(result["image"], network["reconstruction"])).max() < 1e-5


def test_dragging_a_bar_changes_the_reconstruction_and_sends_nothing(chromium_page: Page, server: str) -> None:
    frames = sent_frames(chromium_page)
    open_page(chromium_page, server)
    before, count = pixels(reconstruction(chromium_page)), len(frames)
    drag(chromium_page, bar(chromium_page, 2), to=0.1)
    assert float(bar(chromium_page, 2).get_attribute("aria-valuenow") or 0) > 1
    assert pixels(reconstruction(chromium_page)) != before
    assert len(frames) == count


def test_a_tap_chooses_a_dimension_and_the_slider_below_sets_it(chromium_page: Page, server: str) -> None:
    open_page(chromium_page, server)
    before = bar(chromium_page, 5).get_attribute("aria-valuenow")
    bar(chromium_page, 5).click()
    expect(chromium_page.locator(".dimension")).to_have_text("Dimension 6")
    assert bar(chromium_page, 5).get_attribute("aria-valuenow") == before
    image = pixels(reconstruction(chromium_page))
    chromium_page.get_by_role("slider", name="Value of dimension 6").press("End")
    assert pixels(reconstruction(chromium_page)) != image
    assert bar(chromium_page, 5).get_attribute("aria-valuenow") == bar(chromium_page, 5).get_attribute("aria-valuemax")


def test_the_keyboard_sets_a_bar_and_reset_takes_it_back(chromium_page: Page, server: str) -> None:
    open_page(chromium_page, server)
    before = pixels(reconstruction(chromium_page))
    value = float(bar(chromium_page, 0).get_attribute("aria-valuenow") or 0)
    bar(chromium_page, 0).focus()
    for key in ("ArrowUp", "PageUp", "ArrowDown"):
        chromium_page.keyboard.press(key)
    assert float(bar(chromium_page, 0).get_attribute("aria-valuenow") or 0) > value
    assert pixels(reconstruction(chromium_page)) != before
    chromium_page.keyboard.press("ArrowRight")
    expect(bar(chromium_page, 1)).to_be_focused()
    chromium_page.get_by_role("button", name="Reset the code").click()
    expect(bar(chromium_page, 0)).to_have_attribute("aria-valuenow", f"{value:.2f}")
    chromium_page.wait_for_function(
        "([canvas, before]) => canvas.getContext('2d').getImageData(0, 0, 28, 28).data.join() === before",
        arg=[reconstruction(chromium_page).element_handle(), before],
    )


def test_another_digit_shows_another_digit_and_sends_nothing(chromium_page: Page, server: str) -> None:
    frames = sent_frames(chromium_page)
    open_page(chromium_page, server)
    first, code, count = pixels(original(chromium_page)), bar(chromium_page, 0), len(frames)
    value = str(code.get_attribute("aria-valuenow"))
    chromium_page.get_by_role("button", name="Another digit").click()
    expect(chromium_page.locator(".figure .label")).to_have_text("test image, label label-1")
    assert pixels(original(chromium_page)) != first
    expect(code).not_to_have_attribute("aria-valuenow", value)
    assert len(frames) == count


def test_a_rerun_keeps_the_digit_and_the_code_that_the_visitor_made(chromium_page: Page, server: str) -> None:
    open_page(chromium_page, server)
    chromium_page.emulate_media(reduced_motion="reduce")
    chromium_page.get_by_role("button", name="Another digit").click()
    drag(chromium_page, bar(chromium_page, 1), to=0.2)
    value = str(bar(chromium_page, 1).get_attribute("aria-valuenow"))
    chromium_page.get_by_role("button", name="Next step").click()
    expect(chromium_page.locator(".rows .caption").first).to_have_text("step 1")
    expect(chromium_page.locator(".figure .label")).to_have_text("test image, label label-1")
    expect(bar(chromium_page, 1)).to_have_attribute("aria-valuenow", value)


def test_the_figure_learns_in_place(chromium_page: Page, server: str) -> None:
    open_page(chromium_page, f"{server}/?mode=learning", state="learning")
    expect(chromium_page.locator(".figure .status")).to_have_text("Step 300 of 1,000, error 0.021")
    expect(chromium_page.locator(".figure [role=slider]")).to_have_count(0)
    assert pixels(reconstruction(chromium_page)) == pixels(original(chromium_page))
    height = chromium_page.locator(".figure").bounding_box()
    chromium_page.get_by_role("button", name="Another digit").click()
    chromium_page.get_by_role("button", name="Next step").click()
    expect(chromium_page.locator('.figure[data-state="ready"]')).to_be_visible()
    expect(chromium_page.locator(".figure .label")).to_have_text("test image, label label-1")
    expect(chromium_page.locator(".figure [role=slider]")).to_have_count(8)
    assert chromium_page.locator(".figure").bounding_box() == height


def test_rows_are_painted_in_place(chromium_page: Page, server: str) -> None:
    open_page(chromium_page, server)
    canvas = chromium_page.locator(".rows canvas.reconstruction").first
    handle, before = canvas.element_handle(), pixels(canvas)
    place = canvas.bounding_box()
    chromium_page.get_by_role("button", name="Next step").click()
    expect(chromium_page.locator(".rows .caption").first).to_have_text("step 1")
    assert canvas.evaluate("(canvas, old) => canvas === old", handle)
    assert pixels(canvas) != before
    assert canvas.bounding_box() == place


def test_the_picture_follows_the_layers(chromium_page: Page, server: str) -> None:
    open_page(chromium_page, server)
    expect(chromium_page.locator(".picture .bar.encoder:not(.image)")).to_have_count(1)
    chromium_page.get_by_role("button", name="Next step").click()
    expect(chromium_page.locator(".picture .bar.encoder:not(.image)")).to_have_count(2)
    expect(chromium_page.locator(".picture .bar.encoder").last).to_have_attribute(
        "aria-label", "Dense layer, 512 units, ReLU, 262,656 parameters"
    )


def test_a_layer_says_what_it_is_when_pointed_at_or_focused(chromium_page: Page, server: str) -> None:
    open_page(chromium_page, server)
    tip = chromium_page.locator(".figure [role=tooltip]")
    expect(tip).to_be_hidden()
    chromium_page.locator(".figure .net.at-encoder .bar").first.hover()
    expect(tip).to_have_text("Dense layer64 unitsReLU50,240 parameters")
    chromium_page.locator(".figure .net.at-decoder .bar.decoder").first.focus()
    expect(tip).to_contain_text("576 parameters")
    chromium_page.keyboard.press("Escape")
    expect(tip).to_be_hidden()


@pytest.mark.parametrize("latent_dim", [1, 2, 48, 256])
def test_every_number_of_dimensions_has_its_bars_inside_the_card(
    chromium_page: Page, server: str, latent_dim: int
) -> None:
    chromium_page.set_viewport_size({"width": 390, "height": 844})
    open_page(chromium_page, f"{server}/?latent_dim={latent_dim}")
    expect(chromium_page.locator(".dim[role=slider]")).to_have_count(latent_dim)
    card = chromium_page.locator(".card").bounding_box()
    last = bar(chromium_page, latent_dim - 1).bounding_box()
    assert card is not None
    assert last is not None
    assert last["width"] >= 4
    assert last["x"] + last["width"] <= card["x"] + card["width"]
    assert last["y"] + last["height"] <= card["y"] + card["height"]


def test_nothing_is_wider_than_the_page(chromium_page: Page, server: str) -> None:
    open_page(chromium_page, server)
    parts = ".figure button, .figure canvas, .figure .card, .figure .head span, .rows canvas, .picture text"
    assert_fits(chromium_page, parts, (360, 390, 600, 820, 1024, 1440))


def test_over_a_slow_network_what_was_shown_before_comes_again_at_two_quick_presses(
    chromium_page: Page, run_first: Callable[[str], None], server: str
) -> None:
    page, ends = chromium_page, []

    def take_frame(frame: Any) -> None:
        message = ForwardMsg.FromString(frame)
        if message.WhichOneof("type") == "script_finished":
            ends.append(message)

    page.on("websocket", lambda web_socket: web_socket.on("framereceived", take_frame))
    run_first(SLOW_NETWORK)
    visit(page, f"{server}/?mode=by turns")
    again, step = page.get_by_test_id("stText"), page.get_by_role("button", name="Next step")
    expect(again).to_be_visible()
    step.click()
    expect(again).to_have_count(0)
    settle(page)
    page.evaluate("late = 1000")
    count = len(ends)
    step.click()
    # To ask the tab has Playwright hear what has come.
    wait_until(lambda: page.evaluate("late") and len(ends) > count, "the second step has ended")
    # At each end Streamlit has the tab drop what was not shown for a while. It asks for the third step before.
    step.click()
    expect(again.or_(page.get_by_role("dialog"))).to_be_visible()
    expect(again).to_contain_text("Shown again.")
