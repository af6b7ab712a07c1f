"""The map in a real Chromium: what a hand, a finger or a keyboard can do with it, against numpy where that can tell."""

from __future__ import annotations

import math
from base64 import b64decode
from collections.abc import Iterator, Sequence
from itertools import pairwise

import numpy as np
import pytest
from numpy.typing import NDArray
from playwright.sync_api import Locator, Page, expect
from streamlit.proto.BidiComponent_pb2 import BidiComponent
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

from tests.browser.draw_page import READ
from tests.browser.made_up import MadeUp, decode, made_up, plane
from tests.browser.served import BASE64, serving, two_frames, visit
from tests.browser.test_components import sent_frames

COUNT = 600
Spot = tuple[float, float]
Polygon = Sequence[Spot]
# Whether a pixel of one colour is anywhere on the ground.
HAS_COLOUR = """
(canvas, [red, green, blue]) => {
  const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
  for (let i = 0; i < data.length; i += 4) {
    if (data[i] === red && data[i + 1] === green && data[i + 2] === blue && data[i + 3] === 255) return true;
  }
  return false;
}
"""

# One channel of the ground, and its width and height: 0 to 2 for red, green and blue, 3 for how opaque it is.
CHANNEL = f"""
(canvas, channel) => {{
  const {{ data, width, height }} = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
  return [{BASE64}(data.filter((_, i) => i % 4 === channel)), width, height];
}}
"""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Address of the test page."""
    with serving(tmp_path_factory.mktemp("map"), "tests/browser/apps/map_page.py") as server:
        yield server.address


def open_map(page: Page, address: str, *, state: str = "ready") -> Locator:
    """Open the page, and wait until its map is there in full."""
    visit(page, address)
    root = page.locator(f'.map[data-state="{state}"]')
    expect(root).to_be_visible()
    two_frames(page)
    return root


def received_components(page: Page) -> list[BidiComponent]:
    """What the page is sent from now on of the browser's parts; call it before the page is opened."""
    received: list[BidiComponent] = []

    def take(frame: bytes | str) -> None:
        assert isinstance(frame, bytes)
        element = ForwardMsg.FromString(frame).delta.new_element
        if element.HasField("bidi_component"):
            received.append(element.bidi_component)

    page.on("websocket", lambda web_socket: web_socket.on("framereceived", take))
    return received


def spot_of(root: Locator, index: int) -> Spot:
    """Where a point is in the window."""
    spot = root.evaluate("(root, index) => root.screenOf(index)", index)
    return spot["x"], spot["y"]


def spots_of(root: Locator, count: int = COUNT) -> NDArray[np.float64]:
    """Where all points are in the window, (count, 2)."""
    script = "(root, n) => Array.from({ length: n }, (_, i) => root.screenOf(i)).map(({ x, y }) => [x, y])"
    return np.array(root.evaluate(script, count))


def alone(root: Locator, labels: NDArray[np.int64] | None = None, label: int = 0) -> int:
    """A point with no other within 30 pixels, of a class if one is given."""
    spots = spots_of(root)
    away = np.hypot(*(spots[:, None] - spots).transpose(2, 0, 1)) + 1e9 * np.eye(len(spots))
    nearest = away.min(axis=1)
    if labels is not None:
        nearest = np.where(labels == label, nearest, 0)
    return int(nearest.argmax())


def empty(root: Locator) -> Spot:
    """A place on the map with no point near."""
    box = overlay(root).bounding_box()
    assert box is not None
    spots = spots_of(root)
    candidates = [(box["x"] + x, box["y"] + y) for x in range(150, 500, 25) for y in range(100, 500, 25)]
    return max(candidates, key=lambda spot: float(np.hypot(*(spots - spot).T).min()))


def overlay(root: Locator) -> Locator:
    return root.locator("canvas.overlay")


def image(root: Locator, name: str) -> NDArray[np.uint8]:
    """What a picture of the panel shows, (28, 28)."""
    return np.array(root.locator(f"canvas.digit.{name}").evaluate(READ), np.uint8).reshape(28, 28)


def hover(page: Page, spot: Spot) -> None:
    page.mouse.move(*spot)
    two_frames(page)


def draw(page: Page, path: Polygon) -> None:
    """Drag along a path."""
    page.mouse.move(*path[0])
    page.mouse.down()
    for spot in path[1:]:
        page.mouse.move(*spot)
    page.mouse.up()
    two_frames(page)


def zoom_of(root: Locator) -> float:
    return float(root.get_attribute("data-zoom") or "nan")


def place_at(root: Locator, places: NDArray[np.floating], spot: Spot) -> NDArray[np.floating]:
    """The place on the plane under a spot of the window, worked out from where two points are."""
    spots = spots_of(root)
    a, b = places[:, 0].argmin(), places[:, 0].argmax()
    scale = (spots[b, 0] - spots[a, 0]) / (places[b, 0] - places[a, 0])
    return np.array(
        [places[a, 0] + (spot[0] - spots[a, 0]) / scale, places[a, 1] - (spot[1] - spots[a, 1]) / scale], np.float64
    )


def code_at(inverse: str, data: MadeUp, place: NDArray[np.floating]) -> NDArray[np.floating]:
    if inverse == "direct":
        return place
    if inverse == "linear":
        mean, components = plane(data.codes)
        return mean + place @ components
    away = np.hypot(*(data.places - place).T)
    near = away.argsort()[:8]
    weights = 1 / away[near]
    return weights @ data.codes[near] / weights.sum()


def test_a_point_shows_its_image_and_empty_space_what_is_decoded_there_and_the_server_hears_nothing(
    chromium_page: Page, server: str
) -> None:
    frames = sent_frames(chromium_page)
    root, data = open_map(chromium_page, server), made_up(COUNT, 2)
    sent, index = len(frames), alone(root)
    hover(chromium_page, spot_of(root, index))
    expect(root).to_have_attribute("data-hover", "point")
    assert (image(root, "left") == data.images[index]).all()
    assert np.abs(image(root, "right") - 255 * decode(data.codes[index], 2)).max() < 2
    expect(root.locator(".facts")).to_contain_text(f"Reconstruction error {0.01 + 0.04 * index / (COUNT - 1):.4f}")
    shown = image(root, "right")
    hover(chromium_page, empty(root))
    expect(root).to_have_attribute("data-hover", "place")
    assert (image(root, "right") != shown).any()
    expect(root.locator(".facts")).to_contain_text("Distance to the nearest image")
    assert len(frames) == sent


@pytest.mark.parametrize(("inverse", "dims"), [("direct", 2), ("linear", 32), ("neighbours", 32)])
def test_empty_space_decodes_exactly_the_code_that_the_place_stands_for(
    chromium_page: Page, server: str, inverse: str, dims: int
) -> None:
    root, data = open_map(chromium_page, f"{server}/?dims={dims}&inverse={inverse}"), made_up(COUNT, dims)
    places = data.places
    if inverse == "linear":
        mean, components = plane(data.codes)
        places = (data.codes - mean) @ components.T
    spot = empty(root)
    hover(chromium_page, spot)
    code = code_at(inverse, data, place_at(root, places, spot))
    assert np.abs(image(root, "right") - 255 * decode(code, dims)).max() < 2
    nearest = np.linalg.norm(data.codes - code, axis=1)
    assert (image(root, "left") == data.images[nearest.argmin()]).all()
    expect(root.locator(".facts")).to_contain_text(f"Distance to the nearest image {nearest.min():.3g}:")
    words = "a weighted mean of the codes of 8 neighbours; the true inverse does not exist"
    assert (words in root.locator(".facts").inner_text()) == (inverse == "neighbours")


def test_a_class_that_is_switched_off_is_neither_drawn_nor_found(chromium_page: Page, server: str) -> None:
    root, data = open_map(chromium_page, server), made_up(COUNT, 2)
    button = root.get_by_role("button", name="1, ", exact=False).and_(root.locator(".class"))
    dot = button.locator(".dot").evaluate("(dot) => getComputedStyle(dot).backgroundColor.match(/\\d+/g).map(Number)")
    index = alone(root, data.labels, 1)
    assert root.locator("canvas.ground").evaluate(HAS_COLOUR, dot)
    button.focus()
    chromium_page.keyboard.press("Enter")
    expect(button).to_have_attribute("aria-pressed", "false")
    two_frames(chromium_page)
    assert not root.locator("canvas.ground").evaluate(HAS_COLOUR, dot)
    hover(chromium_page, spot_of(root, index))
    expect(root).to_have_attribute("data-hover", "place")
    root.get_by_role("button", name="All").click()
    expect(button).to_have_attribute("aria-pressed", "true")


def test_the_list_of_classes_is_read_downwards(chromium_page: Page, server: str) -> None:
    root = open_map(chromium_page, server)
    zero, one, two = (button.bounding_box() for button in root.locator(".class").all())
    assert zero
    assert one
    assert two
    assert zero["x"] == one["x"] < two["x"]
    assert zero["y"] == two["y"] < one["y"]


@pytest.mark.parametrize("tool", ["Lasso", "Box"])
def test_a_selection_counts_what_is_inside_it(chromium_page: Page, server: str, tool: str) -> None:
    root, data = open_map(chromium_page, server), made_up(COUNT, 2)
    spots = spots_of(root)
    x, y = np.median(spots, axis=0)
    root.get_by_role("button", name=tool).click()
    if tool == "Lasso":
        outline = [(x + 170 * math.cos(a), y + 120 * math.sin(a)) for a in np.linspace(0, 2 * math.pi, 40)]
        inside = np.array([within(spot, outline) for spot in spots])
    else:
        outline = [(x - 150, y - 100), (x + 150, y + 100)]
        inside = (np.abs(spots - (x, y)) <= (150, 100)).all(axis=1)
    assert 0 < inside.sum() < COUNT
    draw(chromium_page, outline)
    expect(root).to_have_attribute("data-kept", "selection")
    expect(root.locator(".selected")).to_have_text(f"{inside.sum()} images selected")
    counts = [int(text) for text in root.locator(".counts .count").all_inner_texts()]
    assert counts == np.bincount(data.labels[inside], minlength=3).tolist()
    assert np.abs(image(root, "mean") - data.images[inside].mean(axis=0)).max() < 1
    assert np.abs(image(root, "decoded") - 255 * decode(data.codes[inside].mean(axis=0), 2)).max() < 2
    chromium_page.keyboard.press("Escape")
    expect(root).to_have_attribute("data-kept", "none")


def within(spot: NDArray[np.float64], outline: Polygon) -> bool:
    crossings = [
        (a[1] > spot[1]) != (b[1] > spot[1]) and spot[0] < (b[0] - a[0]) * (spot[1] - a[1]) / (b[1] - a[1]) + a[0]
        for a, b in pairwise([*outline, outline[0]])
    ]
    return sum(crossings) % 2 == 1


@pytest.mark.parametrize("dims", [2, 48])
def test_a_pinned_point_shows_the_images_that_are_truly_nearest(chromium_page: Page, server: str, dims: int) -> None:
    inverse = "direct" if dims == 2 else "neighbours"
    root, data = open_map(chromium_page, f"{server}/?dims={dims}&inverse={inverse}"), made_up(COUNT, dims)
    index = alone(root)
    chromium_page.mouse.click(*spot_of(root, index))
    expect(root).to_have_attribute("data-kept", "point")
    # Above 32 dimensions the browser has half floats.
    codes = data.codes.astype(np.float16).astype(np.float32) if dims > 32 else data.codes
    flat = data.images.reshape(COUNT, -1).astype(np.float32)
    for tiles, rows in ((".by-code", codes), (".by-pixels", flat)):
        away = np.linalg.norm(rows - rows[index], axis=1)
        away[index] = np.inf
        shown = root.locator(f"{tiles} .tile").evaluate_all(
            "(tiles) => tiles.map((tile) => Number(tile.dataset.index))"
        )
        assert np.allclose(away[shown], np.sort(away)[:8])
        labels = root.locator(f"{tiles} .label").all_inner_texts()
        assert labels == [str(label) for label in data.labels[shown]]
    # The panel keeps it while the pointer goes on.
    hover(chromium_page, empty(root))
    assert (image(root, "left") == data.images[index]).all()
    expect(root.get_by_text("Pinned: pointing elsewhere changes nothing until you unpin it")).to_be_visible()
    root.get_by_text("Unpin", exact=True).click()
    expect(root).to_have_attribute("data-kept", "none")


def test_a_second_click_moves_the_pin_and_a_neighbour_can_be_pinned(chromium_page: Page, server: str) -> None:
    root, data = open_map(chromium_page, server), made_up(COUNT, 2)
    chromium_page.mouse.click(*spot_of(root, alone(root)))
    chromium_page.wait_for_timeout(600)  # else the second would be a double-click
    chromium_page.mouse.click(*empty(root))
    expect(root).to_have_attribute("data-kept", "place")
    tile = root.locator(".by-code .tile").first
    index = int(tile.get_attribute("data-index") or -1)
    tile.click()
    expect(root).to_have_attribute("data-kept", "point")
    assert (image(root, "left") == data.images[index]).all()


def test_zoom_pin_and_colours_stay_while_the_points_move(chromium_page: Page, server: str) -> None:
    root, data = open_map(chromium_page, f"{server}/?mode=forming&dims=32&inverse=neighbours"), made_up(COUNT, 32)
    index = alone(root)
    chromium_page.mouse.click(*spot_of(root, index))
    root.get_by_role("combobox", name="Colour by").select_option("error")
    root.get_by_role("button", name="Zoom in").click()
    zoom, before = zoom_of(root), spots_of(root)
    assert zoom > 1
    chromium_page.get_by_role("button", name="Next step").click()
    expect(root.locator(".caption")).to_have_text("Step 1")
    chromium_page.wait_for_timeout(700)
    after = spots_of(root)
    assert np.abs(after - before).max() > 50
    assert zoom_of(root) == zoom
    expect(root).to_have_attribute("data-kept", "point")
    assert (image(root, "left") == data.images[index]).all()
    expect(root.get_by_role("combobox", name="Colour by")).to_have_value("error")
    # Now twice as large and turned, but seen as large as before.
    turn = np.array([[math.cos(1), math.sin(1)], [-math.sin(1), math.cos(1)]])
    turned = 2 * data.places @ turn
    spread = np.ptp(after, axis=0) / np.ptp(turned, axis=0)
    assert spread[0] == pytest.approx(spread[1], rel=1e-3)


def test_a_look_at_a_forming_map_sends_its_points_and_little_else(chromium_page: Page, server: str) -> None:
    received = received_components(chromium_page)
    open_map(chromium_page, f"{server}/?mode=forming&dims=32&inverse=neighbours")
    received.clear()
    chromium_page.get_by_role("button", name="Next step").click()
    expect(chromium_page.locator(".map .caption")).to_have_text("Step 1")
    [look] = [component for component in received if component.component_name == "bottleneck_map"]
    points = COUNT * 2 * 4
    assert points < look.ByteSize() < points + 2048
    assert look.html_content == look.css_content == look.css_source_path == ""
    # One line, which names the script.
    assert len(look.js_content) < 150


def test_the_page_keeps_its_wheel_and_ctrl_with_the_wheel_zooms_about_the_pointer(
    chromium_page: Page, server: str
) -> None:
    root = open_map(chromium_page, server)
    before = spots_of(root)
    spot = before.mean(axis=0).round()
    chromium_page.mouse.move(*spot)
    chromium_page.keyboard.down("Control")
    chromium_page.mouse.wheel(0, -300)
    chromium_page.keyboard.up("Control")
    two_frames(chromium_page)
    assert zoom_of(root) > 1.5
    assert np.abs(spots_of(root) - spot - zoom_of(root) * (before - spot)).max() < 1
    zoom = zoom_of(root)
    chromium_page.mouse.wheel(0, 300)
    chromium_page.wait_for_function("document.querySelector('[data-testid=stMain]').scrollTop > 100")
    assert zoom_of(root) == zoom
    expect(root.locator(".how")).to_have_text("Hold Ctrl or Shift to zoom with the wheel")


def test_dragging_moves_the_map_and_a_double_click_fits_it_again_and_pins_nothing(
    chromium_page: Page, server: str
) -> None:
    root = open_map(chromium_page, server)
    before, spot = spots_of(root), empty(root)
    draw(chromium_page, [spot, (spot[0] + 60, spot[1] + 40), (spot[0] + 120, spot[1] + 30)])
    assert np.abs(spots_of(root) - before - (120, 30)).max() < 0.5
    expect(root).to_have_attribute("data-kept", "none")
    chromium_page.mouse.dblclick(*spot)
    two_frames(chromium_page)
    assert np.abs(spots_of(root) - before).max() < 0.5
    expect(root).to_have_attribute("data-kept", "none")


def test_the_zoom_tool_shows_what_is_in_its_box(chromium_page: Page, server: str) -> None:
    root = open_map(chromium_page, server)
    x, y = np.median(spots_of(root), axis=0)
    index = int(np.hypot(*(spots_of(root) - (x, y)).T).argmin())
    root.get_by_role("button", name="Zoom", exact=True).click()
    draw(chromium_page, [(x - 80, y - 50), (x + 80, y + 50)])
    assert zoom_of(root) > 4
    box = overlay(root).bounding_box()
    assert box is not None
    place = spot_of(root, index)
    assert box["x"] < place[0] < box["x"] + box["width"]
    assert box["y"] < place[1] < box["y"] + box["height"]


def test_the_decoded_grid_covers_the_map_and_follows_it(chromium_page: Page, server: str) -> None:
    root = open_map(chromium_page, server)
    before = root.locator("canvas.ground").evaluate("(canvas) => canvas.toDataURL()")
    root.get_by_role("button", name="Decoded grid").click()
    expect(root).to_have_attribute("data-grid", "done")
    two_frames(chromium_page)
    grid = root.locator("canvas.ground").evaluate("(canvas) => canvas.toDataURL()")
    assert grid != before
    root.get_by_label("Pictures along the longer side of the grid").select_option("30")
    expect(root).to_have_attribute("data-grid", "done")
    two_frames(chromium_page)
    finer = root.locator("canvas.ground").evaluate("(canvas) => canvas.toDataURL()")
    assert finer != grid
    root.get_by_role("button", name="Decoded grid").click()
    expect(root).to_have_attribute("data-grid", "off")
    two_frames(chromium_page)
    assert root.locator("canvas.ground").evaluate("(canvas) => canvas.toDataURL()") == before


@pytest.mark.parametrize(("inverse", "dims"), [("linear", 2), ("direct", 2), ("neighbours", 32)])
def test_the_decoded_grid_fades_where_no_dot_is_near_and_only_there(
    chromium_page: Page, server: str, inverse: str, dims: int
) -> None:
    root = open_map(chromium_page, f"{server}/?dims={dims}&inverse={inverse}{'&mode=uneven' if dims == 2 else ''}")
    by_dots, far = grid_channel(chromium_page, root, 3)
    # At its edge a picture without a dot may be beside one that has some.
    assert (by_dots > 250).mean() > 0.9
    assert np.median(far) < 80


def test_on_a_dark_page_faded_pictures_are_lighter_than_the_others(chromium_page: Page, server: str) -> None:
    chromium_page.emulate_media(color_scheme="dark")
    root = open_map(chromium_page, f"{server}/?dims=2&inverse=linear")
    by_dots, far = grid_channel(chromium_page, root, 1)
    assert np.median(far) > np.median(by_dots) + 50


def grid_channel(page: Page, root: Locator, channel: int) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """The decoded grid's lowest values close to each dot, which is opaque itself; and its values far from all dots."""
    root.get_by_role("button", name="Decoded grid").click()
    expect(root).to_have_attribute("data-grid", "done")
    two_frames(page)
    content, width, height = root.locator("canvas.ground").evaluate(CHANNEL, channel)
    values = np.frombuffer(b64decode(content), np.uint8).reshape(height, width)
    box = overlay(root).bounding_box()
    assert box is not None
    spots = (spots_of(root) - (box["x"], box["y"])).round().astype(int)
    by_dots = np.array([values[y - 4 : y + 5, x - 4 : x + 5].min() for x, y in spots])
    rows, columns = np.mgrid[10 : len(values) - 10 : 20, 10 : values.shape[1] - 10 : 20]
    places = np.stack([columns.ravel(), rows.ravel()], axis=1)
    away = np.hypot(*(places[:, None] - spots).transpose(2, 0, 1)).min(axis=1)
    far = places[away > 150]
    assert len(far) > 20
    return by_dots, values[far[:, 1], far[:, 0]]


def test_what_is_near_depends_on_how_dense_the_codes_are_there(chromium_page: Page, server: str) -> None:
    root, data = open_map(chromium_page, f"{server}/?mode=uneven&inverse=linear"), made_up(COUNT, 2)
    sparse = np.flatnonzero(data.labels == 2)
    middle = data.codes[sparse].mean(axis=0)
    inner = sparse[np.linalg.norm(data.codes[sparse] - middle, axis=1) < 1]
    words = []
    for index in map(int, inner[:10]):
        hover(chromium_page, spot_of(root, index))
        words.append(root.locator(".facts").inner_text())
    assert sum("as near as images are to each other here" in one for one in words) >= 9
    hover(chromium_page, empty(root))
    expect(root.locator(".facts")).to_contain_text("times as far as images are from each other here")
    assert "plane itself" not in root.locator(".facts").inner_text()


def test_digits_come_at_a_press_and_by_themselves_where_there_is_room(chromium_page: Page, server: str) -> None:
    root = open_map(chromium_page, server)
    expect(root).to_have_attribute("data-digits", "off")
    root.get_by_role("button", name="Digits").click()
    expect(root).to_have_attribute("data-digits", "on")
    root.get_by_role("button", name="Digits").click()
    expect(root).to_have_attribute("data-digits", "off")
    for _ in range(4):
        root.get_by_role("button", name="Zoom in").click()
    expect(root).to_have_attribute("data-digits", "on")
    root.get_by_role("button", name="Fit").click()
    expect(root).to_have_attribute("data-digits", "off")


def test_the_keyboard_moves_zooms_pins_and_walks_along_neighbours(chromium_page: Page, server: str) -> None:
    root, data = open_map(chromium_page, server), made_up(COUNT, 2)
    overlay(root).focus()
    words = overlay(root).get_attribute("aria-label") or ""
    assert words.startswith("Map of 600 images by their codes, coloured by label. Arrow keys move,")
    before = spots_of(root)
    for key in ("+", "ArrowRight", "ArrowDown"):
        chromium_page.keyboard.press(key)
    two_frames(chromium_page)
    assert zoom_of(root) > 1
    assert np.abs(spots_of(root) - before).max() > 50
    chromium_page.keyboard.press("0")
    two_frames(chromium_page)
    assert np.abs(spots_of(root) - before).max() < 0.5
    chromium_page.keyboard.press("Enter")
    expect(root).to_have_attribute("data-kept", "point")
    box = overlay(root).bounding_box()
    assert box is not None
    middle = (box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    first = int(np.hypot(*(before - middle).T).argmin())
    assert (image(root, "left") == data.images[first]).all()
    expect(root.locator(".spoken")).to_contain_text(f"Image {first}: {data.labels[first]}")
    nearest = np.linalg.norm(data.codes - data.codes[first], axis=1).argsort()[1:3]
    for key, expected in (("n", nearest[0]), ("n", nearest[1]), ("p", nearest[0]), ("p", first)):
        chromium_page.keyboard.press(key)
        expect(root.locator(".what")).to_have_text(f"Image {expected}: {data.labels[expected]}")
    chromium_page.keyboard.press("Escape")
    expect(root).to_have_attribute("data-kept", "none")


def test_without_labels_there_are_errors_and_dimensions_to_colour_by(chromium_page: Page, server: str) -> None:
    root = open_map(chromium_page, f"{server}/?labels=no")
    expect(root.get_by_role("combobox", name="Colour by")).to_have_value("error")
    expect(root.locator(".class")).to_have_count(0)
    expect(root.locator(".ramp .low")).to_have_text("0.01")
    ground = root.locator("canvas.ground")
    before = ground.evaluate("(canvas) => canvas.toDataURL()")
    root.get_by_role("combobox", name="Colour by").select_option("dim")
    root.get_by_role("spinbutton", name="Dimension").fill("2")
    root.get_by_role("spinbutton", name="Dimension").press("Enter")
    two_frames(chromium_page)
    assert ground.evaluate("(canvas) => canvas.toDataURL()") != before
    chromium_page.mouse.click(*spot_of(root, alone(root)))
    expect(root).to_have_attribute("data-kept", "point")


def test_a_latent_space_of_one_dimension_is_a_strip(chromium_page: Page, server: str) -> None:
    root, data = open_map(chromium_page, f"{server}/?dims=1"), made_up(COUNT, 1)
    spot = empty(root)
    hover(chromium_page, spot)
    spots = spots_of(root)
    a, b = data.codes[:, 0].argmin(), data.codes[:, 0].argmax()
    share = (spot[0] - spots[a, 0]) / (spots[b, 0] - spots[a, 0])
    code = data.codes[a] + share * (data.codes[b] - data.codes[a])
    assert np.abs(image(root, "right") - 255 * decode(code, 1)).max() < 2
    assert np.ptp(spots[:, 1]) > 100


def test_codes_that_are_all_the_same_are_called_so(chromium_page: Page, server: str) -> None:
    root = open_map(chromium_page, f"{server}/?mode=collapsed")
    expect(root.locator(".over")).to_have_text(
        "All codes lie in one place: the network gives every image the same code."
    )
    chromium_page.mouse.click(*spot_of(root, 0))
    expect(root.locator(".facts")).to_contain_text("Distance to the nearest other image 0.")


@pytest.mark.parametrize("count", [1, 3])
def test_very_few_images_are_enough(chromium_page: Page, server: str, count: int) -> None:
    root = open_map(chromium_page, f"{server}/?count={count}&labels=one&dims=32&inverse=neighbours")
    chromium_page.mouse.click(*spot_of(root, 0))
    expect(root).to_have_attribute("data-kept", "point")
    expect(root.locator(".by-code .tile:visible")).to_have_count(count - 1)
    root.get_by_role("button", name="Unpin").click()
    box = overlay(root).bounding_box()
    assert box is not None
    hover(chromium_page, (box["x"] + 60, box["y"] + 300))
    expect(root).to_have_attribute("data-hover", "place")


def test_dots_show_before_the_network_comes(chromium_page: Page, server: str) -> None:
    root = open_map(chromium_page, f"{server}/?mode=late", state="dots")
    index = alone(root)
    hover(chromium_page, spot_of(root, index))
    assert (image(root, "left") == made_up(COUNT, 2).images[index]).all()
    assert not image(root, "right").any()
    chromium_page.get_by_role("button", name="Next step").click()
    root = chromium_page.locator('.map[data-state="ready"]')
    expect(root).to_be_visible()
    hover(chromium_page, spot_of(root, index))
    assert image(root, "right").any()


def test_a_star_has_a_name_and_neighbours(chromium_page: Page, server: str) -> None:
    root, data = open_map(chromium_page, f"{server}/?stars"), made_up(COUNT, 2)
    spots = spots_of(root)
    scale = np.polyfit(data.places[:, 0], spots[:, 0], 1), np.polyfit(data.places[:, 1], spots[:, 1], 1)
    chromium_page.mouse.click(float(np.polyval(scale[0], 0.5)), float(np.polyval(scale[1], 0.5)))
    expect(root).to_have_attribute("data-kept", "star")
    expect(root.locator(".what")).to_have_text("your drawing")
    assert (image(root, "left") == data.images[0]).all()
    expect(root.locator(".by-code .tile").first).to_have_attribute("data-index", "0")


def test_images_of_a_second_atlas_are_the_right_ones(chromium_page: Page, server: str) -> None:
    root, data = open_map(chromium_page, f"{server}/?count=10130"), made_up(10_130, 2)
    for index in (9_999, 10_000, 10_129):
        code = data.codes[index]
        spots = spot_of(root, index)
        hover(chromium_page, spots)
        title = root.locator(".what").inner_text()
        shown = int(title.split(":")[0].removeprefix("Image ").replace(",", ""))
        assert np.linalg.norm(data.codes[shown] - code) < 0.05
        assert (image(root, "left") == data.images[shown]).all()


def test_on_a_phone_a_tap_pins_a_pinch_zooms_and_nothing_is_cut_off(phone_page: Page, server: str) -> None:
    root = open_map(phone_page, server)
    assert phone_page.evaluate("document.documentElement.scrollWidth") <= 390
    for part in root.locator("button:visible, canvas:visible, select:visible, .plot").all():
        box = part.bounding_box()
        assert box is not None
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= 390
    phone_page.touchscreen.tap(*spot_of(root, alone(root)))
    expect(root).to_have_attribute("data-kept", "point")
    x, y = middle_of(root)
    touch(phone_page, [[(x - apart, y), (x + apart, y)] for apart in (30, 50, 80, 110)])
    assert zoom_of(root) == pytest.approx(110 / 30, rel=0.15)


def test_on_a_phone_one_finger_scrolls_the_page_and_two_move_the_map(phone_page: Page, server: str) -> None:
    root = open_map(phone_page, server)
    overlay(root).scroll_into_view_if_needed()
    before = first_on_map(root)
    x, y = middle_of(root)
    scrolled = phone_page.locator("[data-testid=stMain]").evaluate("(main) => main.scrollTop")
    touch(phone_page, [[(x, y - down)] for down in range(0, 160, 20)])
    phone_page.wait_for_function(
        "(before) => document.querySelector('[data-testid=stMain]').scrollTop > before + 50", arg=scrolled
    )
    expect(root.locator(".how")).to_have_text("Use two fingers to move the map")
    expect(root).to_have_attribute("data-kept", "none")
    assert first_on_map(root) == pytest.approx(before, abs=0.5)
    x, y = middle_of(root)
    touch(phone_page, [[(x - 40, y + down), (x + 40, y + down)] for down in range(0, 80, 20)])
    assert first_on_map(root) == pytest.approx((before[0], before[1] + 60), abs=0.5)


def first_on_map(root: Locator) -> Spot:
    """Where the first point is on the map, which the page may be moving meanwhile."""
    spot = root.evaluate("""(root) => {
      const { left, top } = root.querySelector(".plot").getBoundingClientRect();
      const { x, y } = root.screenOf(0);
      return [x - left, y - top];
    }""")
    return spot[0], spot[1]


def middle_of(root: Locator) -> Spot:
    box = overlay(root).bounding_box()
    assert box is not None
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def touch(page: Page, moments: Sequence[Polygon]) -> None:
    """Touch the screen with as many fingers as each moment has spots, and lift them after the last."""
    session = page.context.new_cdp_session(page)
    for moment, spots in enumerate(moments):
        points = [{"x": x, "y": y, "id": finger} for finger, (x, y) in enumerate(spots)]
        session.send(
            "Input.dispatchTouchEvent", {"type": "touchMove" if moment else "touchStart", "touchPoints": points}
        )
        two_frames(page)
    session.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    two_frames(page)
