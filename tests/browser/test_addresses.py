"""Addresses in a real Chromium: each choice goes into it, Back and Forward go through them, a copy shows the same."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import numpy as np
import pytest
from playwright.sync_api import Locator, Page, expect

from ae_core.codecs.pca import PcaBasis, baseline_path
from ae_core.config.config import Config
from ae_core.runs.run import Run
from tests.browser.draw_page import FIVE, canvas_box, figure, seen, slider, stroke, wait_for_server
from tests.browser.served import Server, settle, visit
from tests.browser.test_components import sent_frames
from tests.browser.test_draw_page import photo, wait_for_picture
from tests.browser.test_generate_page import choose
from tests.browser.test_map import spot_of
from tests.browser.train_page import navigate
from tests.small import copied

Look = Callable[[Page], object]


@pytest.fixture(scope="module")
def server(idle_app: Server, digit_runs: dict[int, Run], basis: PcaBasis) -> Server:
    """The app with a run of two dimensions and one of 32, and with PCA fitted."""
    for config in (Config(), *(copied(run, idle_app.store).config for run in digit_runs.values())):
        basis.save(baseline_path(idle_app.store, config))
    return idle_app


def address(page: Page) -> dict[str, str]:
    return dict(parse_qsl(urlsplit(page.url).query))


def entries(page: Page) -> int:
    """Of the browser's history."""
    return int(page.evaluate("history.length"))


class Walk:
    """What a visitor changes on a page, one thing after the other; `look` says what it shows."""

    def __init__(self, page: Page, look: Look) -> None:
        settle(page)
        self.page, self.look = page, look
        self.seen = [(address(page), look(page))]

    def step(self, act: Callable[[], object], **says: str | None) -> None:
        """Do something that makes the address say so, None for nothing, with one more entry in the history."""

        def is_said(url: str) -> bool:
            query = dict(parse_qsl(urlsplit(url).query))
            return all(query.get(name) == text for name, text in says.items())

        before = entries(self.page)
        act()
        self.page.wait_for_url(is_said)
        settle(self.page)
        assert entries(self.page) == before + 1
        self.seen.append((address(self.page), self.look(self.page)))

    def there_and_back(self) -> None:
        """By Back to the beginning, and by Forward to the end again; nothing is added to the history."""
        count = entries(self.page)
        for go, states in ((self.page.go_back, self.seen[-2::-1]), (self.page.go_forward, self.seen[1:])):
            for state in states:
                go()
                self.wait_for(self.page, *state)
        assert entries(self.page) == count

    def reloaded(self) -> None:
        """A reload shows the same."""
        self.page.reload()
        self.wait_for(self.page, *self.seen[-1])

    def copied(self, other: Page) -> None:
        """The copied address shows the same to somebody else; of other pages tests/app holds it."""
        visit(other, self.page.url)
        self.wait_for(other, *self.seen[-1])

    def wait_for(self, page: Page, says: dict[str, str], shows: object) -> None:
        page.wait_for_url(lambda url: dict(parse_qsl(urlsplit(url).query)) == says)
        settle(page)
        shown: object = None
        for _ in range(200):
            if (shown := self.look(page)) == shows:
                return
            page.wait_for_timeout(50)
        assert shown == shows


def enter(page: Page, label: str, text: str) -> None:
    field = page.get_by_label(label, exact=True)
    field.fill(text)
    field.press("Enter")


def test_the_settings_of_a_training(chromium_page: Page, server: Server) -> None:
    visit(chromium_page, f"{server.address}/train")
    dims = "Latent dimensions"
    walk = Walk(chromium_page, lambda page: page.get_by_label(dims, exact=True).input_value())
    for text in ("3", "5"):
        walk.step(lambda text=text: enter(chromium_page, dims, text), latent_dim=text)  # type: ignore[misc]
    walk.there_and_back()
    walk.reloaded()


def test_a_picture_to_draw_with(chromium_page: Page, other_page: Page, server: Server) -> None:
    page = chromium_page
    visit(page, f"{server.address}/train")
    navigate(page, "Draw")
    canvas_box(page)
    page.wait_for_url("**/draw?codecs=*")

    def look(page: Page) -> object:
        kept = page.locator(".st-key-board_actions").get_by_test_id("stImage").count()
        rotation = slider(page, "Rotate").input_value()
        return page.get_by_role("radio", checked=True).first.inner_text(), rotation, kept, seen(page).tobytes()

    walk = Walk(page, look)
    walk.step(page.get_by_text("Test digit", exact=True).click, picture="test")
    walk.step(lambda: enter(page, "Test image", "17"), digit="17")
    walk.step(lambda: slider(page, "Rotate").fill("30"), spoil="rotate~30")
    walk.step(page.get_by_role("button", name="Keep as A").click, a=f"{images_of(server)}.17~rotate~30")
    walk.step(page.get_by_role("button", name="Reset").click, spoil=None)
    walk.there_and_back()
    walk.reloaded()
    walk.copied(other_page)
    for _ in walk.seen:
        page.go_back()
    # The first Back from where one came to is no dead one.
    page.wait_for_url("**/train")
    expect(page.get_by_role("heading", name="Train an autoencoder")).to_be_visible()


def images_of(server: Server) -> str:
    return server.store.runs()[0].config.dataset


def test_pictures_that_no_address_holds_outlast_a_reload_and_another_page(
    chromium_page: Page, server: Server, tmp_path: Path
) -> None:
    page = chromium_page
    visit(page, f"{server.address}/draw")
    canvas_box(page)
    stroke(page, FIVE)
    wait_for_server(page)
    drawn = seen(page)

    def check(picture: np.ndarray, noun: str, kept: int) -> None:
        for come in (page.reload, page.reload, lambda: (navigate(page, "Train"), navigate(page, "Draw"))):
            settle(page)
            come()
            wait_for_picture(page, picture)
            wait_for_server(page)
            for name in ("Keep as A", "Keep as B", f"Save the {noun}", "Save the reconstruction"):
                expect(page.get_by_role("button", name=name)).to_be_enabled()
            expect(page.locator(".st-key-board_actions").get_by_test_id("stImage")).to_have_count(kept)

    check(drawn, "drawing", 0)
    page.get_by_role("button", name="Keep as A").click()
    expect(page.get_by_text("A is kept.")).to_be_visible()
    check(drawn, "drawing", 1)
    page.get_by_text("Photo", exact=True).click()
    page.locator('input[type="file"]').set_input_files(photo(tmp_path))
    wait_for_server(page)
    check(seen(page), "digit", 1)
    navigate(page, "Latent space")
    expect(page.locator(".map")).to_have_attribute("data-stars", "1")
    settle(page)
    page.reload()
    expect(page.locator(".map")).to_have_attribute("data-stars", "1")


def test_a_map_and_what_is_pinned_on_it(
    chromium_page: Page, other_page: Page, server: Server, digit_runs: dict[int, Run]
) -> None:
    page, frames = chromium_page, sent_frames(chromium_page)
    visit(page, f"{server.address}/latent?run={digit_runs[2].key}")
    root = page.locator(".map")
    expect(root).to_have_attribute("data-state", "ready")

    def look(page: Page) -> object:
        map_ = page.locator(".map")
        method = [page.get_by_role("radio", name=name).is_checked() for name in ("PCA", "All images")]
        colour = map_.locator(".colour-by").input_value(), map_.locator(".dim").input_value()
        grid = map_.locator("button.grid").get_attribute("aria-pressed"), map_.locator(".grid-side").input_value()
        kept = map_.get_attribute("data-kept"), map_.locator(".what").inner_text() if is_kept(map_) else ""
        digits = map_.locator("button.digits").get_attribute("aria-pressed")
        # Nobody sees the number of a dimension, or the side of a grid, that is not chosen.
        return method, colour if colour[0] == "dim" else colour[0], grid if grid[0] == "true" else "", digits, kept

    walk = Walk(page, look)
    walk.step(lambda: root.locator(".colour-by").select_option("error"), colour="error")
    walk.step(lambda: root.locator(".colour-by").select_option("dim"), colour="dim-1")
    walk.step(lambda: (root.locator(".dim").fill("2"), root.locator(".dim").press("Enter")), colour="dim-2")
    walk.step(root.locator("button.grid").click, grid="20")
    walk.step(lambda: root.locator(".grid-side").select_option("15"), grid="15")
    walk.step(root.locator("button.digits").click, digits="on")
    root.locator("canvas.overlay").scroll_into_view_if_needed()
    sent = len(frames)
    walk.step(lambda: page.mouse.click(*spot_of(root, 17)), pin="17")
    # The server hears of it once.
    assert len(frames) == sent + 1
    walk.step(lambda: page.get_by_role("radio", name="PCA").click(), map="PCA")
    walk.there_and_back()
    walk.reloaded()
    walk.copied(other_page)


def is_kept(map_: Locator) -> bool:
    return map_.get_attribute("data-kept") != "none"


def test_what_is_generated(chromium_page: Page, server: Server, digit_runs: dict[int, Run]) -> None:
    page = chromium_page
    visit(page, f"{server.address}/generate?run={digit_runs[2].key}")
    lists = ("Beside it", "A", "B", "Take", "minus", "plus")

    def look(page: Page) -> object:
        values = [page.get_by_label(label, exact=True).first.input_value() for label in lists]
        slider = page.get_by_role("slider", name="Spread of the prior").get_attribute("aria-valuenow")
        return values, page.get_by_label("Seed", exact=True).input_value(), slider

    walk = Walk(page, look)
    walk.step(page.get_by_role("button", name="New samples").click, seed="1")
    walk.step(lambda: enter(page, "Seed", "7"), seed="7")
    walk.step(lambda: choose(page, "A", "5"), a="5-23")
    walk.step(page.get_by_role("button", name="Another").first.click, a="5-45")
    walk.step(lambda: choose(page, "minus", "average 2"), minus="2")
    walk.step(lambda: choose(page, "plus", "average 9"), plus="9")
    walk.step(lambda: choose(page, "Beside it", digit_runs[32].title), beside=digit_runs[32].key)
    walk.there_and_back()
    walk.reloaded()


def test_a_contest_and_what_is_compared(chromium_page: Page, server: Server) -> None:
    page = chromium_page
    visit(page, f"{server.address}/runs")
    navigate(page, "Classify")
    expect(page.get_by_role("heading", name="Put the encoder to work")).to_be_visible()

    def look(page: Page) -> object:
        return page.get_by_label("Labelled images", exact=True).input_value(), page.get_by_role(
            "radio", checked=True
        ).inner_text()

    walk = Walk(page, look)
    walk.step(lambda: choose(page, "Labelled images", "1,000"), labels="1000")
    walk.step(page.get_by_role("radio", name="3", exact=True).click, times="3")
    walk.there_and_back()
    walk.reloaded()
    for _ in walk.seen:
        page.go_back()
    # The page of runs has said by itself what it compares, and is left by one Back all the same.
    page.wait_for_url("**/runs?compare=*")
    expect(page.get_by_role("heading", name="Compare", exact=True)).to_be_visible()
    expect(figure(page)).to_have_count(0)
