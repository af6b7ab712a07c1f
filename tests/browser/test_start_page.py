"""The Start page with a real server: the first training by itself, and the figure that answers without the server."""

from __future__ import annotations

import re
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import psutil
import pytest
from playwright.sync_api import Locator, Page, expect

from ae_core.config.config import Config
from ae_core.runs.run import Run
from tests.browser.served import Server, pixels, serving, visit
from tests.browser.train_page import LONG, button, navigate, train_address
from tests.small import SMALL, copied, twin
from tests.unit.waiting import wait_until


@pytest.fixture(scope="module")
def server(idle_app: Server, small_run: Run) -> Server:
    """The app on a folder with one finished run."""
    copied(small_run, idle_app.store)
    return idle_app


@pytest.fixture
def frames(chromium_page: Page) -> list[Any]:
    """Every WebSocket message that the tab sends."""
    sent: list[Any] = []
    # Playwright marks the functions it is given, which it cannot do to a list's own append.
    chromium_page.on("websocket", lambda socket: socket.on("framesent", lambda frame: sent.append(frame)))
    return sent


@pytest.fixture
def figure(chromium_page: Page, server: Server, frames: list[Any]) -> Page:
    """A tab with the figure of the run."""
    visit(chromium_page, server.address)
    expect(chromium_page.locator('.figure[data-state="ready"]')).to_be_visible()
    return chromium_page


def original(page: Page) -> Locator:
    return page.locator("canvas.digit.at-original")


def reconstruction(page: Page) -> Locator:
    return page.locator("canvas.digit.at-reconstruction")


def test_a_new_server_opens_at_any_link_and_trains_by_itself_and_then_its_figure_answers(
    chromium_page: Page, tmp_path: Path
) -> None:
    page = chromium_page
    with serving(tmp_path) as server:
        visit(page, train_address(server, replace(LONG, optimizer="sgd", dropout=0.25)))
        pages = ["Start", "Train", "Draw", "Latent space", "Generate", "Classify", "Runs"]
        expect(page.get_by_test_id("stTopNavLink")).to_have_text(pages)
        expect(page).to_have_title("Bottleneck")
        box = page.get_by_test_id("stMainBlockContainer").bounding_box()
        assert box is not None
        assert box["width"] > 1200
        expect(page.get_by_label("Encoder widths", exact=True)).to_have_value("64")
        expect(page.get_by_label("Latent dimensions", exact=True)).to_have_value("8")
        page.get_by_text("Regularisation", exact=True).click()
        expect(page.get_by_label("Dropout", exact=True)).to_have_value("0.25")
        expect(button(page, "Train")).to_be_enabled()

        navigate(page, "Start")
        learning = page.locator('.figure[data-state="learning"]')
        expect(learning).to_be_visible()
        expect(learning.locator(".status")).to_have_text(re.compile(r"Step [\d,]+ of 1,000, error 0\.\d+"))
        early, shown = pixels(reconstruction(page)), pixels(original(page))
        expect(page.locator('.figure[data-state="ready"]')).to_be_visible(timeout=240_000)
        assert pixels(original(page)) == shown
        assert pixels(reconstruction(page)) != early
        expect(page.get_by_text(re.compile("Now showing: Quick start"))).to_be_visible()
        assert server.store.open(Config().key).status.state == "finished"
        before = pixels(reconstruction(page))
        page.get_by_role("slider", name="Value of dimension").press("End")
        assert pixels(reconstruction(page)) != before
        assert libraries_of_tensorflow(server) == []


def libraries_of_tensorflow(server: Server) -> list[str]:
    """Files of TensorFlow that the web process has in its memory; macOS does not tell."""
    if sys.platform == "darwin":
        return []
    mapped = {file.path for file in psutil.Process(server.process.pid).memory_maps()}
    assert any("python" in path for path in mapped), "the process has no files in its memory"
    return sorted(path for path in mapped if "tensorflow" in path)


def test_another_digit_changes_the_pictures_and_sends_nothing(figure: Page, frames: list[Any]) -> None:
    count, pictures = len(frames), (pixels(original(figure)), pixels(reconstruction(figure)))
    figure.get_by_role("button", name="Another digit").click()
    expect(figure.locator(".figure .label")).to_have_text("test image, label 1")
    assert pixels(original(figure)) != pictures[0]
    wait_until(lambda: pixels(reconstruction(figure)) != pictures[1], "the reconstruction changes")
    assert len(frames) == count


def test_dragging_a_bar_of_the_code_changes_the_reconstruction_and_sends_nothing(
    figure: Page, frames: list[Any]
) -> None:
    count, before = len(frames), pixels(reconstruction(figure))
    box = figure.get_by_role("slider", name="Dimension 2 of 4").bounding_box()
    assert box is not None
    figure.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    figure.mouse.down()
    figure.mouse.move(box["x"] + box["width"] / 2, box["y"] + 1, steps=5)
    figure.mouse.up()
    assert pixels(reconstruction(figure)) != before
    assert len(frames) == count


def test_an_arrow_key_changes_the_reconstruction_and_sends_nothing(figure: Page, frames: list[Any]) -> None:
    count, before = len(frames), pixels(reconstruction(figure))
    figure.get_by_role("slider", name="Dimension 1 of 4").focus()
    figure.keyboard.press("ArrowUp")
    assert pixels(reconstruction(figure)) != before
    assert len(frames) == count


def test_the_address_chooses_the_run(chromium_page: Page, server: Server) -> None:
    other = twin(server.store.open(SMALL.key), server.store)
    for run, title in ((SMALL.key, "5 steps"), (other.key, "6 steps")):
        visit(chromium_page, f"{server.address}/?run={run}")
        expect(chromium_page.get_by_text(f"Now showing: Dense 16, 4 dimensions, {title}, 512 images.")).to_be_visible()
    server.store.delete(other.key)


def test_a_damaged_run_says_so_and_can_be_deleted(chromium_page: Page, server: Server) -> None:
    damaged = twin(server.store.open(SMALL.key), server.store)
    (damaged.path / "network.bin").write_bytes(b"cut off")
    visit(chromium_page, f"{server.address}/?run={damaged.key}")
    expect(chromium_page.get_by_test_id("stAlert")).to_contain_text(f"Run {damaged.key} is damaged")
    chromium_page.get_by_role("button", name="Delete this run").click()
    expect(chromium_page.locator('.figure[data-state="ready"]')).to_be_visible()
    assert not damaged.path.exists()
