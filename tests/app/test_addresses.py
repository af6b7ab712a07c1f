"""What the address keeps: it wins when it comes from outside, and follows what a visitor changes; Back undoes that."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from ae_core.classification.contest import save_contest
from ae_core.preprocessing.corruption import Spoil
from ae_core.runs.run import Run
from ae_core.runs.store import RunStore
from tests.app.fake_jobs import FakeJobs
from tests.app.tab import Tab
from tests.app.test_classify import contest
from tests.app.test_start import two_runs
from tests.small import copied
from ui.components.map.map import MapView
from ui.selection.drawing import SPOIL

Change = Callable[[Tab], Any]


@pytest.fixture
def run(store: RunStore, small_run: Run) -> Run:
    return copied(small_run, store)


def chosen(tab: Tab) -> dict[str, object]:
    """What every widget of the page is set to."""
    kinds = (tab.selectbox, tab.multiselect, tab.number_input, tab.slider, tab.text_input, tab.get("button_group"))
    return {widget.key: widget.value for kind in kinds for widget in kind}


CHANGES: dict[str, list[Change]] = {
    "train": [
        lambda tab: tab.number_input(key="set_latent_dim").set_value(3),
        lambda tab: tab.number_input(key="set_latent_dim").set_value(5),
        lambda tab: tab.selectbox(key="preset").set_value("two-dimensions"),
        lambda tab: tab.text_input(key="set_dropout").set_value("0.25"),
    ],
    "draw": [
        lambda tab: tab.segmented_control(key="draw_source").set_value("Test digit"),
        lambda tab: tab.number_input(key="draw_index").set_value(17),
        lambda tab: tab.selectbox(key="draw_label").set_value("4"),
        lambda tab: tab.button(key="keep_A").click(),
        lambda tab: tab.button(key="draw_another").click(),
        lambda tab: tab.button(key="keep_B").click(),
        lambda tab: tab.multiselect(key="codecs_choice").set_value(["pca"]),
    ],
    "latent": [
        lambda tab: tab.segmented_control(key="map").set_value("UMAP"),
        lambda tab: tab.segmented_control(key="images").set_value("All images"),
    ],
    "generate": [
        lambda tab: tab.selectbox(key="chosen_beside").set_value("pca"),
        lambda tab: tab.button(key="new_samples").click(),
        lambda tab: tab.number_input(key="seed").set_value(7),
        lambda tab: tab.slider(key="spread").set_value(2.5),
        lambda tab: tab.selectbox(key="between_kind_A").set_value("5"),
        lambda tab: tab.button(key="between_another_A").click(),
        lambda tab: tab.number_input(key="between_index_B").set_value(40),
        lambda tab: tab.selectbox(key="sum_first").set_value("average 2"),
        lambda tab: tab.selectbox(key="sum_minus").set_value("average 3"),
        lambda tab: tab.selectbox(key="sum_plus").set_value("average 9"),
    ],
    "classify": [
        lambda tab: tab.selectbox(key="labels").set_value(30),
        lambda tab: tab.segmented_control(key="times").set_value(3),
        lambda tab: tab.selectbox(key="labels").set_value(100),
        lambda tab: tab.selectbox(key="answers_of").set_value("head"),
    ],
    "runs": [lambda tab: tab.multiselect(key="compare_choice").set_value(["pca-4"])],
}


@pytest.mark.parametrize("page", CHANGES)
def test_each_change_is_an_entry_that_back_undoes_and_a_copied_address_shows_the_same(
    tab: Tab, jobs: FakeJobs, run: Run, page: str
) -> None:
    save_contest(run, 100, 0, contest(run))
    tab.open(page)
    # What a page settles by itself is none.
    assert len(tab.history) == 1
    states = [chosen(tab)]
    for change in CHANGES[page]:
        change(tab).run()
        states.append(chosen(tab))
    assert len(tab.history) == len(states)
    assert chosen(Tab().open(page, **tab.query_params)) == states[-1]
    for before in reversed(states[:-1]):
        assert chosen(tab.back()) == before
    assert len(tab.history) == 1


@pytest.mark.parametrize("page", ["draw", "latent", "generate", "classify"])
def test_who_comes_back_by_the_name_of_a_page_finds_it_as_it_was_left(
    tab: Tab, jobs: FakeJobs, run: Run, page: str
) -> None:
    save_contest(run, 100, 0, contest(run))
    tab.open(page)
    for change in CHANGES[page]:
        change(tab).run()
    left, address = chosen(tab), tab.query_params
    tab.open("train").open(page)
    assert (chosen(tab), tab.query_params) == (left, address)
    assert [name for name, _ in tab.history[-2:]] == ["train", page]


def test_an_address_says_everything_and_what_it_does_not_name_stands_as_usual(tab: Tab, run: Run) -> None:
    tab.open("generate", run=run.key, seed="7", a="5-8").open("train")
    tab.open("generate", run=run.key, spread="2")
    assert (tab.number_input(key="seed").value, tab.slider(key="spread").value) == (0, 2)
    assert tab.selectbox(key="between_kind_A").value == "3"


def test_going_back_to_another_page_shows_what_its_address_says(tab: Tab, run: Run) -> None:
    tab.open("train")
    tab.number_input(key="set_latent_dim").set_value(3).run()
    tab.open("classify")
    tab.selectbox(key="labels").set_value(30).run()
    assert tab.back().selectbox(key="labels").value == 100
    assert tab.back().number_input(key="set_latent_dim").value == 3
    # Although 3 is what was left here last.
    assert tab.back().number_input(key="set_latent_dim").value == 32


@pytest.mark.parametrize(
    ("page", "name", "text", "words"),
    [
        ("draw", "picture", "film", "picture must be one of draw, test, photo. Received: film. Showing draw."),
        ("draw", "spoil", "noise~7", "spoil must be written like noise~0.5~rotate~-30. Received: noise\\~7."),
        ("draw", "a", "-1", "a must be the number of a test image, and how it is spoiled, if it is, such as 17 or "),
        ("draw", "b", "images-0123456789ab.3", "Received: images-0123456789ab.3."),
        ("latent", "map", "sphere", "map must be one of PCA, t-SNE, UMAP. Received: sphere. Showing PCA."),
        (
            "latent",
            "colour",
            "dim-5",
            "colour must be label, error, or dim- and a number from 1 to 4. Received: dim-5.",
        ),
        ("latent", "grid", "99", "grid must be one of 15, 20, 25, 30. Received: 99."),
        ("latent", "pin", "at~nan~1", "pin must be drawing, the number of an image below 10,000, or a place such as "),
        ("generate", "b", "12-1", "b must be drawing, or a kind and the number of a test image below 10,000, such as "),
        ("generate", "plus", "ten", "Received: ten. Showing 4."),
        ("classify", "times", "2", "times must be one of 1, 3, 5. Received: 2. Showing 1."),
        ("classify", "answers", "nobody", "Received: nobody."),
    ],
)
def test_what_cannot_be_is_said_until_something_is_changed(
    tab: Tab, jobs: FakeJobs, run: Run, page: str, name: str, text: str, words: str
) -> None:
    save_contest(run, 100, 0, contest(run))
    tab.open(page, **{name: text, "theirs": "x"})
    for _ in range(2):
        (warning,) = tab.warning
        assert words in warning.value
        # It is gone, and what is not ours stays.
        assert {name, "theirs"} & tab.query_params.keys() == {"theirs"}
        tab.run()


def test_a_problem_is_gone_with_the_next_change(tab: Tab, run: Run) -> None:
    tab.open("generate", seed="many", theirs="x")
    assert tab.warning
    tab.slider(key="spread").set_value(3.0).run()
    assert not tab.warning
    assert tab.query_params == {"theirs": "x", "spread": "3"}


def test_a_picture_is_spoiled_as_the_address_says(tab: Tab, run: Run) -> None:
    how = Spoil(noise=0.25, patch=6, patch_x=4.5, rotate=-30)
    tab.open("draw", picture="test", digit="3", spoil=how.to_text(), a="17~noise~0.5")
    assert tab.session_state[SPOIL.key] == how
    header, _ = tab.block("draw_figure")
    assert header["settings"]["spoil"] == vars(how)
    given = header["given"]
    # The figure keeps what is set in it until an address brings something else.
    tab.number_input(key="draw_index").set_value(4).run()
    assert tab.block("draw_figure")[0]["given"] == given
    assert tab.back().block("draw_figure")[0]["given"] != given


def test_a_map_begins_as_the_address_says_and_is_not_sent_again_for_what_is_settled_in_it(tab: Tab, run: Run) -> None:
    key = f"map_{run.key}"
    tab.open("latent", run=run.key, colour="dim-3", grid="25", digits="on", pin="17")
    first, _ = tab.block(key)
    assert first["view"] == vars(MapView("dim-3", 25, True, "17"))
    tab.session_state["_map_colour"] = "error"
    assert tab.run().query_params["colour"] == "error"
    assert tab.block(key)[0] == first
    assert tab.open("latent", run=run.key).block(key)[0]["view"] == vars(MapView())


def test_a_run_that_is_gone_gives_way_without_an_entry(tab: Tab, store: RunStore, small_run: Run) -> None:
    run, other = two_runs(store, small_run)
    tab.open("draw", codecs=f"{run.key},{other.key}")
    store.delete(run.key)
    tab.run()
    assert tab.history == [("draw", {"codecs": other.key})]
