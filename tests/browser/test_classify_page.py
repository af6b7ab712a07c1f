"""A contest of classifiers in a real Chromium, from the button to the digits behind its figures, and a head that names
what is drawn."""

from __future__ import annotations

import re

import numpy as np
import pytest
from playwright.sync_api import Locator, Page, expect

from ae_core.classification.contest import CONTESTANTS
from ae_core.classification.heads import load_head
from ae_core.codecs.codec import open_codec
from ae_core.codecs.pca import basis_of
from ae_core.runs.run import Run
from tests.browser.draw_page import FIVE, canvas_box, press, seen, stroke, wait_for_ink, wait_for_server
from tests.browser.served import Server, settle, two_frames, visit
from tests.browser.train_page import button, overflow
from tests.small import copied, printed
from tests.unit.waiting import wait_until

LABELS = (100, 1000)
SAID = '(chart) => [...chart.querySelectorAll(".mark-text text")].map((text) => text.textContent)'
LABELLED = """
(chart, marks) => [...chart.querySelectorAll(`${marks} path`)].map((mark) => mark.getAttribute("aria-label") ?? "")
"""


@pytest.fixture(scope="module")
def server(app: Server, digit_runs: dict[int, Run]) -> Server:
    """The app with a run that has learned a few digits, and PCA of them."""
    run = copied(digit_runs[32], app.store)
    basis_of(run.config, app.store)
    return app


@pytest.fixture
def run(server: Server, digit_runs: dict[int, Run]) -> Run:
    return server.store.open(digit_runs[32].key)


def chart(page: Page, place: int) -> Locator:
    return page.get_by_test_id("stVegaLiteChart").locator("visible=true").nth(place)


def choose_labels(page: Page, count: int) -> None:
    box = page.get_by_role("combobox", name="Labelled images")
    box.click()
    page.get_by_role("option", name=f"{count:,}", exact=True).click()
    settle(page)


def hold(page: Page) -> None:
    """Start the contest and wait for its end."""
    button(page, "Start the contest").click()
    expect(page.get_by_test_id("stProgress")).to_be_visible()
    expect(page.get_by_text(re.compile("^Held already"))).to_be_visible()
    expect(page.get_by_test_id("stProgress")).to_have_count(0)
    settle(page)


def open_held(page: Page, server: Server, run: Run) -> None:
    """Open the page where the contest with 1,000 labels has been held."""
    visit(page, f"{server.address}/classify?run={run.key}&labels=1000")
    expect(button(page, "Start the contest")).to_be_visible()
    if button(page, "Start the contest").is_enabled():
        hold(page)
    expect(chart(page, 2)).to_be_visible()


def errors(page: Page) -> dict[tuple[str, int], float]:
    """What the curve has, by contestant and number of labels."""
    marks = chart(page, 1).evaluate(LABELLED, ".mark-symbol")
    read = re.compile(r"Error \(%\): ([\d.]+); .*Classifier: ([^;]*); Labels: ([\d,]+)")
    found = filter(None, map(read.search, marks))
    return {(point[2], int(point[3].replace(",", ""))): float(point[1]) for point in found}


def by_command_line(server: Server, run: Run) -> dict[int, dict[str, float]]:
    """The accuracies that it prints, by number of labels."""
    figures = printed(server.store, *(["classify", run.key, "--labels", str(count)] for count in LABELS))
    return {row["labels"]: {one["name"]: one["accuracy"] for one in row["contestants"]} for row in figures}


def test_contests_with_100_and_1000_labels_make_a_curve_and_a_confusion_matrix(
    chromium_page: Page, server: Server, run: Run
) -> None:
    page = chromium_page
    visit(page, f"{server.address}/classify?run={run.key}")
    expect(page.locator(".strips canvas")).to_have_count(32)
    hold(page)
    choose_labels(page, LABELS[1])
    page.wait_for_url(re.compile("labels=1000"))
    hold(page)

    accuracies = by_command_line(server, run)
    assert tuple(accuracies) == LABELS
    said = chart(page, 0).evaluate(SAID)
    for name, accuracy in accuracies[1000].items():
        assert CONTESTANTS[name].title in said
        assert any(words.startswith(f"{100 * accuracy:.1f} ±") for words in said), (name, accuracy, said)

    wanted = {
        (CONTESTANTS[name].short, count): pytest.approx(100 - 100 * accuracy)
        for count, row in accuracies.items()
        for name, accuracy in row.items()
    }

    def drawn() -> bool:
        points = errors(page)
        return all(points.get(point) == error for point, error in wanted.items())

    wait_until(drawn, "the curve has all points")
    best = max(accuracies[1000], key=lambda name: accuracies[1000][name])
    cells = chart(page, 2).evaluate(LABELLED, ".mark-rect")
    assert len(cells) == 100
    right = sum(
        int(re.search(r"Images: (\d+)", cell)[1])  # type: ignore[index]
        for cell in cells
        if (kind := re.search(r"Class: (\d);", cell)) and f"Taken for: {kind[1]};" in cell
    )
    assert right == round(accuracies[1000][best] * 800)


def test_a_cell_opens_its_digits(chromium_page: Page, server: Server, run: Run) -> None:
    page = chromium_page
    open_held(page, server, run)
    seven = chart(page, 2).locator('.mark-rect path[aria-label*="Taken for: 7; Class: 7;"]')
    expect(seven).to_be_visible()
    seven.click()
    opened = page.get_by_text(re.compile(r"^7 named rightly: \d+ images"))
    expect(opened).to_be_visible()
    for name in ("Class", "Taken for"):
        expect(page.get_by_role("combobox", name=name, exact=True)).to_have_value("7")
    digits = page.locator(".st-key-cell_digits canvas.digit")
    expect(digits).to_have_count(48)


def test_a_cell_is_chosen_by_keyboard(chromium_page: Page, server: Server, run: Run) -> None:
    page = chromium_page
    open_held(page, server, run)
    for name in ("Class", "Taken for"):
        box = page.get_by_role("combobox", name=name, exact=True)
        # A list closes when the page scrolls, and what was typed is then no choice.
        box.scroll_into_view_if_needed()
        two_frames(page)
        box.focus()
        page.keyboard.type("4")
        expect(page.get_by_role("option", name="4", exact=True)).to_be_visible()
        page.keyboard.press("Enter")
        # A list that closes takes the focus back.
        expect(page.get_by_role("listbox")).to_have_count(0)
        expect(box).to_have_value("4")
    expect(page.get_by_text(re.compile(r"^4 named rightly: \d+ images"))).to_be_visible()


def test_a_contest_is_stopped(chromium_page: Page, server: Server, run: Run) -> None:
    page = chromium_page
    visit(page, f"{server.address}/classify?run={run.key}&labels=300&times=5")
    button(page, "Start the contest").click()
    stop = button(page, "Stop")
    expect(stop).to_be_enabled()
    stop.click()
    expect(page.get_by_test_id("stProgress")).to_have_count(0)
    expect(button(page, "Start the contest")).to_be_enabled()


def test_a_head_names_what_is_drawn_in_mid_stroke_as_the_server_would(
    chromium_page: Page, server: Server, run: Run
) -> None:
    page = chromium_page
    visit(page, f"{server.address}/draw?codecs={run.key}")
    guess = page.locator(".draw .guess")
    expect(guess).to_contain_text("By a head that learned from 1,000 labels")
    expect(guess.locator(".words-of-guess")).to_have_text("–")
    press(page, FIVE[0])
    box = canvas_box(page)
    for x, y in FIVE[1:4]:
        page.mouse.move(box["x"] + x * box["width"], box["y"] + y * box["height"], steps=4)
    # The pen is still down: nothing has been sent.
    expect(guess.locator(".words-of-guess")).to_have_text(re.compile(r"^\d, (\d+|over 99) % sure$"))
    page.mouse.up()
    button(page, "Clear").click()
    stroke(page, FIVE)
    wait_for_ink(page)
    wait_for_server(page)
    head = load_head(run)
    assert head is not None
    shares = head.probabilities(open_codec(run).encode(seen(page)[None] / np.float32(255)))[0]
    expect(guess.locator(".best")).to_have_text(str(head.classes[shares.argmax()]))
    shown = [float(share) for share in guess.locator(".cell").evaluate_all(
        "(cells) => cells.map((cell) => cell.style.getPropertyValue('--share'))"
    )]  # fmt: skip
    assert shown == pytest.approx(shares, abs=0.02)


def test_on_a_phone_nothing_is_wider_than_the_page(phone_page: Page, server: Server, run: Run) -> None:
    page = phone_page
    open_held(page, server, run)
    assert overflow(page) == 0
