"""The Latent space page in a real Chromium, on networks that have learned a few digits."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

import numpy as np
import pytest
from playwright.sync_api import Locator, Page, expect

from ae_core.runs.run import Run
from tests.browser.draw_page import THREE, canvas_box, stroke, wait_for_server
from tests.browser.served import MILLISECONDS, Server, pixels, settle, two_frames
from tests.browser.test_components import sent_frames
from tests.browser.test_map import draw, empty, hover, image, open_map, spot_of, spots_of
from tests.browser.train_page import navigate, overflow
from tests.small import copied

COUNT = 800


@pytest.fixture(scope="module")
def server(app: Server, digit_runs: dict[int, Run]) -> Server:
    """The app with a run of two dimensions and one of 32."""
    for run in digit_runs.values():
        copied(run, app.store)
    return app


def open_space(page: Page, server: Server, run: Run, **more: str) -> Locator:
    address = "&".join(f"{name}={value}" for name, value in {"run": run.key, **more}.items())
    root = open_map(page, f"{server.address}/latent?{address}")
    settle(page)
    root.locator("canvas.overlay").scroll_into_view_if_needed()
    return root


def wait_for_rest(page: Page, root: Locator) -> None:
    """Until the points have come to where they glide: ten frames without a move."""
    page.wait_for_function(
        """([root, count]) => {
          const spots = Array.from({ length: count }, (_, i) => root.screenOf(i)).map(({ x, y }) => `${x} ${y}`).join();
          [root.still, root.before] = [spots === root.before ? (root.still ?? 0) + 1 : 0, spots];
          return root.still >= 10;
        }""",
        arg=[root.element_handle(), COUNT],
    )


@pytest.mark.parametrize("dim", [2, 32])
def test_points_and_empty_space_show_pictures_and_the_server_hears_nothing(
    chromium_page: Page, server: Server, digit_runs: dict[int, Run], dim: int
) -> None:
    frames = sent_frames(chromium_page)
    # High enough for the whole map: a pointer cannot reach what is below the window.
    chromium_page.set_viewport_size({"width": 1440, "height": 1300})
    root = open_space(chromium_page, server, digit_runs[dim])
    # PCA is measured in the background, and until that is done the page looks after it.
    expect(root.locator(".caption")).to_contain_text("Nothing is lost" if dim == 2 else "trustworthiness")
    settle(chromium_page)
    spots = spots_of(root, COUNT)
    away = np.hypot(*(spots[:, None] - spots).transpose(2, 0, 1)) + 1e9 * np.eye(COUNT)
    sent, index = len(frames), int(away.min(axis=1).argmax())
    hover(chromium_page, spot_of(root, index))
    expect(root).to_have_attribute("data-hover", "point")
    shown = image(root, "right")
    assert shown.max() > 100
    hover(chromium_page, empty(root))
    assert not np.array_equal(image(root, "right"), shown)
    assert len(frames) == sent


def test_a_laptop_shows_the_whole_map_and_how_to_move_it(
    chromium_page: Page, server: Server, digit_runs: dict[int, Run]
) -> None:
    chromium_page.set_viewport_size({"width": 1280, "height": 800})
    root = open_space(chromium_page, server, digit_runs[32])
    assert chromium_page.locator("[data-testid=stMain]").evaluate("(main) => main.scrollTop") == 0
    for part in (".plot", ".hint.for-mouse"):
        box = root.locator(part).bounding_box()
        assert box is not None
        assert box["y"] + box["height"] <= 800


def test_t_sne_runs_to_its_end_and_keeps_what_is_chosen_on_the_map(
    chromium_page: Page, server: Server, digit_runs: dict[int, Run]
) -> None:
    chromium_page.set_viewport_size({"width": 1440, "height": 1300})
    root = open_space(chromium_page, server, digit_runs[32])
    one = root.locator(".class").first
    one.click()
    expect(one).to_have_attribute("aria-pressed", "false")
    chromium_page.get_by_role("radio", name="t-SNE").click()
    expect(root.locator(".caption")).to_contain_text("t-SNE keeps neighbours together", timeout=MILLISECONDS)
    expect(root.locator(".caption")).to_contain_text("(trustworthiness 0.9")
    expect(one).to_have_attribute("aria-pressed", "false")
    one.click()
    root.get_by_role("button", name="Lasso").click()
    wait_for_rest(chromium_page, root)
    spots = spots_of(root, COUNT)
    left, top, right, bottom = *(spots.min(axis=0) - 3), *(spots.max(axis=0) + 3)
    draw(chromium_page, [(left, top), (right, top), (right, bottom), (left, bottom), (left, top)])
    expect(root.locator(".selected")).to_have_text(f"{COUNT} images selected")
    assert (server.store.root / digit_runs[32].key / "maps" / "tsne-test.npz").exists()
    # The address names the map.
    chromium_page.reload()
    expect(root.locator(".caption")).to_contain_text("t-SNE keeps neighbours together")


def test_a_drawing_from_the_draw_page_is_a_star_on_the_map_that_was_chosen_before(
    chromium_page: Page, server: Server, digit_runs: dict[int, Run]
) -> None:
    root = open_space(chromium_page, server, digit_runs[2])
    chromium_page.get_by_role("radio", name="PCA").click()
    expect(root.locator(".caption")).to_contain_text("The same plane as its own dimensions")
    navigate(chromium_page, "Draw")
    canvas_box(chromium_page)
    stroke(chromium_page, THREE)
    wait_for_server(chromium_page)
    navigate(chromium_page, "Latent space")
    expect(root).to_have_attribute("data-state", "ready")
    expect(root).to_have_attribute("data-stars", "1")
    expect(chromium_page.get_by_role("radio", name="PCA")).to_be_checked()
    asked = {"run": [digit_runs[2].key], "map": ["PCA"]}
    chromium_page.wait_for_url(lambda url: parse_qs(urlsplit(url).query) == asked)


def test_the_training_is_replayed_and_a_dimension_walked_along(
    chromium_page: Page, server: Server, digit_runs: dict[int, Run]
) -> None:
    frames = sent_frames(chromium_page)
    open_space(chromium_page, server, digit_runs[2])
    replay, sent = chromium_page.locator(".replay"), len(frames)
    replay.scroll_into_view_if_needed()
    dots = replay.locator(".dots")
    last = dots.evaluate("(canvas) => canvas.toDataURL()")
    chromium_page.get_by_role("slider", name="Step of the training").focus()
    chromium_page.keyboard.press("Home")
    expect(replay).to_have_attribute("data-frame", "0")
    two_frames(chromium_page)
    expect(replay.locator(".when")).to_have_text("Before the first step: random weights")
    assert dots.evaluate("(canvas) => canvas.toDataURL()") != last
    picture = chromium_page.locator(".traverse canvas.picture")
    before = pixels(picture)
    chromium_page.get_by_role("slider", name="Dimension 1", exact=True).fill("3")
    assert pixels(picture) != before
    assert len(frames) == sent


def test_on_a_phone_nothing_is_wider_than_the_page(
    phone_page: Page, server: Server, digit_runs: dict[int, Run]
) -> None:
    page = phone_page
    root = open_space(page, server, digit_runs[2])
    assert overflow(page) == 0
    spots = spots_of(root, COUNT)
    page.touchscreen.tap(*spots[np.hypot(*(spots - np.median(spots, axis=0)).T).argmin()])
    expect(root).to_have_attribute("data-kept", "point")
