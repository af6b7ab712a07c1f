"""The Draw page in a real Chromium: a mouse, a finger, a keyboard, and browsers that do not let themselves be read."""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from ae_core.codecs.codec import open_codec
from ae_core.codecs.pca import PcaBasis, baseline_path
from ae_core.datasets.catalogue import load_dataset
from ae_core.runs.run import Run
from tests.browser.draw_page import (
    FIVE,
    THREE,
    canvas_box,
    figure,
    parts_of,
    press,
    rebuilt,
    seen,
    slider,
    stroke,
    wait_for_ink,
    wait_for_server,
)
from tests.browser.served import Server, settle, two_frames, visit
from tests.browser.test_components import sent_frames
from tests.browser.train_page import navigate, overflow
from tests.small import SMALL, copied, twin

DIGIT = 8
"""A test image for photos, a 5."""


@pytest.fixture(scope="module")
def server(idle_app: Server, small_run: Run, basis: PcaBasis) -> Server:
    """The app on a folder with one finished run, and with PCA fitted."""
    copied(small_run, idle_app.store)
    basis.save(baseline_path(idle_app.store, SMALL))
    return idle_app


@pytest.fixture
def frames(chromium_page: Page) -> list[Any]:
    """Every WebSocket message that the tab sends."""
    return sent_frames(chromium_page)


@pytest.fixture
def board(chromium_page: Page, server: Server, frames: list[Any]) -> Page:
    """A tab with an empty canvas."""
    return open_board(chromium_page, server)


@pytest.fixture(scope="module")
def open_once(staying_page: Page, server: Server) -> Page:
    return open_board(staying_page, server)


@pytest.fixture
def same_board(open_once: Page) -> Iterator[Page]:
    """A canvas with nothing on it, on which others have drawn before."""
    yield open_once
    clear(open_once)


def clear(page: Page) -> None:
    page.get_by_role("button", name="Clear", exact=True).click()
    expect(figure(page)).to_have_attribute("data-state", "empty")
    settle(page)


def open_board(page: Page, server: Server, address: str = "") -> Page:
    visit(page, f"{server.address}/draw{address}")
    canvas_box(page)
    expect(figure(page)).to_have_attribute("data-state", "empty")
    return page


def test_the_reconstruction_follows_the_stroke_and_the_server_hears_nothing_of_it(
    board: Page, frames: list[Any]
) -> None:
    expect(board.locator(".draw .words")).to_have_text("Draw a digit, or anything else. All this follows your hand.")
    settle(board)
    count, box = len(frames), canvas_box(board)
    press(board, THREE[0])
    pictures = {rebuilt(board).tobytes()}
    for x, y in THREE[1:]:
        board.mouse.move(box["x"] + x * box["width"], box["y"] + y * box["height"], steps=10)
        two_frames(board)
        pictures.add(rebuilt(board).tobytes())
    assert len(pictures) > 10
    assert len(frames) == count
    board.mouse.up()
    wait_for_server(board)
    assert len(frames) > count


def test_after_the_stroke_the_server_computes_the_same(same_board: Page) -> None:
    stroke(same_board, FIVE)
    wait_for_server(same_board)
    expect(same_board.locator(".draw .check")).to_have_text("Checked: the server has computed the same.")
    expect(same_board.locator(".draw .mse")).to_have_text(f"{error_of(same_board):.4f}")
    expect(same_board.locator(".draw .rank")).to_contain_text(re.compile("^rebuilt (worse|better) than .* test image"))
    expect(same_board.locator(".rows .pair")).to_have_count(8)


def error_of(page: Page) -> float:
    """Within what painting rounds away; the figure itself computes with floats."""
    words = page.locator(".draw .mse").inner_text()
    painted = float(np.mean((seen(page) / 255.0 - rebuilt(page) / 255.0) ** 2))
    assert float(words) == pytest.approx(painted, abs=2e-3)
    return float(words)


def test_a_finger_draws_on_a_phone_and_pen_and_figure_are_in_sight(phone_page: Page, server: Server) -> None:
    page = phone_page
    frames = sent_frames(page)
    open_board(page, server)
    assert overflow(page) == 0
    box = canvas_box(page)
    client = page.context.new_cdp_session(page)

    def touch(kind: str, *points: tuple[float, float]) -> None:
        places = [{"x": box["x"] + x * box["width"], "y": box["y"] + y * box["height"]} for x, y in points]
        client.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": places})

    settle(page)
    count = len(frames)
    touch("touchStart", THREE[0])
    pictures = {rebuilt(page).tobytes()}
    for point in THREE[1:]:
        touch("touchMove", point)
        two_frames(page)
        pictures.add(rebuilt(page).tobytes())
    assert len(pictures) > 10
    assert len(frames) == count
    place = page.locator("canvas.digit.at-reconstruction").bounding_box()
    assert place is not None
    assert place["y"] + place["height"] <= 844
    undo = page.get_by_role("button", name="Undo").bounding_box()
    assert undo is not None
    assert 0 <= undo["y"] - box["y"] - box["height"] < 40
    for tool in (page.get_by_text("Rubber", exact=True), page.get_by_role("slider", name="Brush width")):
        at = tool.bounding_box()
        assert at is not None
        assert undo["y"] < at["y"] < place["y"]
    assert page.evaluate("() => window.scrollY") == 0
    touch("touchEnd")
    wait_for_server(page)


def test_a_tap_leaves_a_dot(same_board: Page) -> None:
    stroke(same_board, [(0.5, 0.5)])
    wait_for_server(same_board)
    image = seen(same_board)
    assert image.max() == 255
    assert parts_of(image) == 1


def test_numbers_of_the_code_beyond_the_usual_are_counted(same_board: Page, server: Server) -> None:
    (codec,) = [open_codec(run) for run in server.store.runs()]
    low, high = np.percentile(codec.encode(load_dataset("mnist").test_images), (0.5, 99.5), axis=0)
    # Ink all over, as no digit has it.
    stroke(
        same_board,
        [(x, y) for row, y in enumerate(np.linspace(0.05, 0.95, 12)) for x in (0.05, 0.95)[:: 1 - row % 2 * 2]],
    )
    wait_for_server(same_board)
    code = codec.encode(seen(same_board)[None] / np.float32(255))[0]
    count = int(((code < low) | (code > high)).sum())
    assert count
    expect(same_board.locator(".draw .unusual")).to_have_text(f"{count} of 4 numbers of the code unusual")


def test_a_fast_stroke_has_no_gaps(same_board: Page) -> None:
    stroke(same_board, [(0.1, 0.1), (0.9, 0.9), (0.1, 0.9)], steps=1)
    wait_for_server(same_board)
    image = seen(same_board)
    assert parts_of(image) == 1
    assert (image.max(axis=1) > 40).sum() >= 18


def test_a_stroke_that_leaves_the_canvas_ends_there(same_board: Page) -> None:
    box = canvas_box(same_board)
    press(same_board, (0.5, 0.5))
    same_board.mouse.move(box["x"] + box["width"] + 60, box["y"] + 20, steps=5)
    same_board.mouse.up()
    wait_for_server(same_board)
    image = seen(same_board)
    # Back over the canvas with no button pressed.
    same_board.mouse.move(box["x"] + 20, box["y"] + 20, steps=5)
    same_board.mouse.move(box["x"] + 200, box["y"] + 280, steps=5)
    two_frames(same_board)
    assert np.array_equal(seen(same_board), image)
    stroke(same_board, [(0.2, 0.8), (0.4, 0.8)])
    wait_for_server(same_board)
    assert not np.array_equal(seen(same_board), image)


def test_strokes_are_taken_back_and_the_canvas_is_cleared(board: Page) -> None:
    stroke(board, [(0.3, 0.2), (0.3, 0.8)])
    wait_for_server(board)
    one = seen(board)
    stroke(board, [(0.7, 0.2), (0.7, 0.8)])
    wait_for_server(board)
    two = seen(board)
    board.get_by_role("button", name="Undo").click()
    wait_for_picture(board, one)
    board.get_by_role("button", name="Redo").click()
    wait_for_picture(board, two)
    board.get_by_role("button", name="Clear", exact=True).click()
    expect(figure(board)).to_have_attribute("data-state", "empty")
    expect(board.get_by_role("button", name="Keep as A")).to_be_disabled()


def test_a_cleared_drawing_comes_back(board: Page) -> None:
    undo, clear = (board.get_by_role("button", name=name, exact=True) for name in ("Undo", "Clear"))
    stroke(board, FIVE)
    wait_for_server(board)
    five = seen(board)
    clear.click()
    # At once, with no wait for the server.
    undo.click()
    wait_for_picture(board, five)
    wait_for_server(board)
    # What the canvas begins with now is that drawing.
    clear.click()
    expect(figure(board)).to_have_attribute("data-state", "empty")
    settle(board)
    stroke(board, [(0.3, 0.2), (0.3, 0.8)])
    wait_for_server(board)
    undo.click()
    expect(figure(board)).to_have_attribute("data-state", "empty")
    undo.click()
    wait_for_picture(board, five)
    wait_for_server(board)


def test_a_drawing_outlives_a_reload_and_a_cleared_one_does_not(board: Page) -> None:
    stroke(board, FIVE)
    wait_for_server(board)
    settle(board)
    five = seen(board)
    board.reload()
    wait_for_picture(board, five)
    wait_for_server(board)
    stroke(board, [(0.1, 0.9), (0.9, 0.9)])
    wait_for_server(board)
    clear(board)
    board.reload()
    settle(board)
    canvas_box(board)
    expect(figure(board)).to_have_attribute("data-state", "empty")


def wait_for_picture(page: Page, image: np.ndarray[Any, Any]) -> None:
    expect(figure(page)).to_have_attribute("data-state", "ready")
    page.wait_for_function(
        """([canvas, expected]) => {
            const { data } = canvas.getContext("2d").getImageData(0, 0, 28, 28);
            return expected.every((value, index) => data[4 * index] === value);
        }""",
        arg=[page.locator("canvas.digit.at-seen").first.element_handle(), image.ravel().tolist()],
    )


def test_the_rubber_takes_ink_away(board: Page) -> None:
    stroke(board, [(0.1, 0.5), (0.9, 0.5)])
    wait_for_server(board)
    assert parts_of(seen(board)) == 1
    board.get_by_text("Rubber").click()
    settle(board)
    stroke(board, [(0.5, 0.2), (0.5, 0.8)])
    wait_for_server(board)
    assert parts_of(seen(board)) == 2


def test_centring_can_be_turned_off(board: Page) -> None:
    stroke(board, [(0.1, 0.1), (0.2, 0.3)])
    wait_for_server(board)
    assert seen(board)[10:18, 10:18].max() > 200
    board.get_by_role("checkbox", name="Centre and scale like MNIST").uncheck()
    corner = seen(board)
    assert corner[:10, :10].max() > 200
    assert corner[12:, 12:].max() == 0
    settle(board)
    wait_for_server(board)


def test_damage_shows_at_once_and_reaches_the_server_when_the_slider_is_let_go(board: Page, frames: list[Any]) -> None:
    stroke(board, FIVE)
    wait_for_server(board)
    settle(board)
    clean, count = seen(board), len(frames)
    noise = slider(board, "Noise")
    noise.evaluate("(input) => { input.value = 0.5; input.dispatchEvent(new Event('input')) }")
    spoiled = seen(board)
    assert not np.array_equal(spoiled, clean)
    assert len(frames) == count
    expect(board.locator(".draw .clean")).to_contain_text("to the unspoiled")
    noise.evaluate("(input) => input.dispatchEvent(new Event('change'))")
    wait_for_server(board)
    assert len(frames) > count
    board.get_by_role("button", name="Reset").click()
    wait_for_picture(board, clean)
    wait_for_server(board)


def test_the_patch_lies_where_one_presses(board: Page) -> None:
    stroke(board, FIVE)
    wait_for_server(board)
    slider(board, "Erase a patch").fill("9")
    picture = board.locator("canvas.digit.at-seen")
    box = picture.bounding_box()
    assert box is not None
    picture.click(position={"x": box["width"] * 0.45, "y": box["height"] * 0.25})
    image = seen(board)
    assert image[3:11, 9:17].max() == 0
    assert image.max() > 200
    wait_for_server(board)


def test_the_patch_lies_where_one_presses_on_the_large_picture(board: Page) -> None:
    board.get_by_text("Test digit", exact=True).click()
    wait_for_server(board)
    slider(board, "Erase a patch").fill("9")
    picture = board.locator(".st-key-board_canvas img")
    expect(picture).to_have_css("cursor", "crosshair")
    expect(board.locator(".draw .where")).to_have_text(
        "The patch lies where you press on the digit, or on What it sees."
    )
    picture.click(position={"x": 308 * 0.45, "y": 308 * 0.25})
    digit = load_dataset("mnist").test_pixels[0].copy()
    image = seen(board)
    assert image[3:11, 9:17].max() == 0
    assert np.array_equal(image[14:], digit[14:])
    settle(board)
    wait_for_server(board)


def test_the_keyboard_gets_every_result_from_test_digits(board: Page) -> None:
    board.get_by_role("radio", name="Draw").focus()
    board.keyboard.press("ArrowRight")
    board.keyboard.press("Space")
    number = board.get_by_label("Test image", exact=True)
    expect(number).to_be_visible()
    settle(board)
    number.focus()
    board.keyboard.press("ControlOrMeta+a")
    board.keyboard.type("17")
    board.keyboard.press("Enter")
    expect(board.get_by_text("Test image 17, label 7")).to_be_visible()
    wait_for_server(board)
    assert np.array_equal(seen(board), load_dataset("mnist").test_pixels[17])


def test_the_digit_in_a_photo_is_found(board: Page, tmp_path: Path) -> None:
    board.get_by_text("Photo", exact=True).click()
    board.locator('input[type="file"]').set_input_files(photo(tmp_path))
    wait_for_server(board)
    difference = seen(board).astype(float) - load_dataset("mnist").test_pixels[DIGIT]
    assert np.mean((difference / 255) ** 2) < 0.04


def photo(folder: Path) -> Path:
    """A digit in dark on light, large and at the side."""
    digit = Image.fromarray(255 - load_dataset("mnist").test_pixels[DIGIT] // 2).resize(
        (300, 300), Image.Resampling.BICUBIC
    )
    page = Image.new("L", (800, 500), 255)
    page.paste(digit, (430, 120))
    path = folder / "photo.jpg"
    page.save(path)
    return path


def test_a_file_that_is_no_picture_is_told_and_nothing_is_lost(board: Page, tmp_path: Path) -> None:
    stroke(board, FIVE)
    wait_for_server(board)
    before = seen(board)
    board.get_by_text("Photo", exact=True).click()
    path = tmp_path / "broken.png"
    path.write_bytes(b"\x89PNG\r\n\x1a\n and then nothing of the kind")
    board.locator('input[type="file"]').set_input_files(path)
    expect(board.get_by_role("alert")).to_contain_text("Received")
    board.get_by_text("Draw", exact=True).last.click()
    wait_for_picture(board, before)


def test_a_drawing_is_there_again_after_a_look_at_another_page(board: Page) -> None:
    stroke(board, FIVE)
    wait_for_server(board)
    before = seen(board)
    navigate(board, "Train")
    expect(board.get_by_role("heading", name="Train an autoencoder")).to_be_visible()
    navigate(board, "Draw")
    wait_for_picture(board, before)
    wait_for_server(board)
    board.get_by_role("button", name="Clear", exact=True).click()
    expect(figure(board)).to_have_attribute("data-state", "empty")


def test_pca_is_drawn_with_beside_a_network(board: Page, server: Server) -> None:
    board.get_by_label("Networks").click()
    board.get_by_role("option", name="PCA, same number of dimensions").click()
    board.keyboard.press("Escape")
    expect(board.locator(".draw .codec")).to_have_count(2)
    expect(board.locator(".draw .name").nth(1)).to_have_text("PCA, 4 dimensions")
    stroke(board, FIVE)
    wait_for_server(board)
    assert not np.array_equal(rebuilt(board, 0), rebuilt(board, 1))
    assert np.array_equal(seen(board, 0), seen(board, 1))
    board.wait_for_url(re.compile("pca$"))
    visit(board, board.url)
    expect(board.locator(".draw .codec")).to_have_count(2)


def test_two_pictures_are_blended_without_the_server(board: Page, frames: list[Any], server: Server) -> None:
    stroke(board, FIVE)
    wait_for_server(board)
    board.get_by_role("button", name="Keep as A").click()
    expect(board.get_by_text("Now keep another picture as B")).to_be_visible()
    clear(board)
    stroke(board, [(0.5, 0.1), (0.5, 0.9)])
    wait_for_server(board)
    last = rebuilt(board)
    board.get_by_role("button", name="Keep as B").click()
    board.get_by_role("link", name="Slide between them").click()
    expect(board.locator(".blend input")).to_be_in_viewport()
    path = board.locator(".blend .path").first
    expect(path.locator(".strip canvas")).to_have_count(11)
    settle(board)
    count = len(frames)
    board.locator(".blend input").fill("1")
    read = (
        "(canvas) => Array.from(canvas.getContext('2d').getImageData(0, 0, 28, 28).data).filter((_, i) => i % 4 === 0)"
    )
    assert path.locator(".now").evaluate(read) == last.ravel().tolist()
    assert len(frames) == count


@pytest.mark.parametrize("name", ["drawing", "reconstruction"])
def test_pictures_are_taken_home(same_board: Page, name: str) -> None:
    stroke(same_board, FIVE)
    wait_for_server(same_board)
    settle(same_board)
    with same_board.expect_download() as download:
        same_board.get_by_role("button", name=f"Save the {name}").click()
    assert download.value.suggested_filename == f"{name}.png"
    picture = np.asarray(Image.open(io.BytesIO(Path(download.value.path()).read_bytes())))
    expected = seen(same_board) if name == "drawing" else rebuilt(same_board)
    assert np.abs(picture[5::10, 5::10].astype(int) - expected).max() <= 1


UNREADABLE = "CanvasRenderingContext2D.prototype.getImageData = () => { throw new Error('SecurityError') }"
BLURRED = """
const read = CanvasRenderingContext2D.prototype.getImageData;
CanvasRenderingContext2D.prototype.getImageData = function (...box) {
  const image = read.apply(this, box);
  if (image.width > 28) for (let i = 0; i < image.data.length; i += 7) image.data[i] ^= 127;
  return image;
};
"""


@pytest.mark.parametrize("script", [UNREADABLE, BLURRED], ids=["refused", "blurred"])
def test_a_browser_that_hides_the_canvas_shows_what_the_server_made(
    chromium_page: Page, server: Server, run_first: Callable[[str], None], script: str
) -> None:
    page = chromium_page
    run_first(script)
    visit(page, f"{server.address}/draw")
    canvas_box(page)
    stroke(page, FIVE)
    expect(page.locator(".draw .words")).to_contain_text("so this follows after each stroke")
    wait_for_ink(page)
    expect(figure(page)).to_have_attribute("data-check", "server")
    (codec,) = [open_codec(run) for run in server.store.runs()]
    page.evaluate("() => delete CanvasRenderingContext2D.prototype.getImageData")
    expect(page.locator(".draw .mse")).not_to_have_text("–")
    assert codec.latent_dim == 4
    settle(page)


def test_a_run_deleted_while_it_is_shown_is_drawn_with_to_the_end(chromium_page: Page, server: Server) -> None:
    (first,) = server.store.runs()
    run = twin(first, server.store)
    open_board(chromium_page, server, f"?codecs={run.key}")
    server.store.delete(run.key)
    stroke(chromium_page, FIVE)
    wait_for_server(chromium_page)
    assert chromium_page.get_by_role("alert").count() == 0
