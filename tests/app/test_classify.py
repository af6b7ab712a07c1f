"""The Classify page: what it offers, what it says while a contest is held, and what it makes of the outcomes."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from ae_core.classification.contest import CONTESTANTS, LABEL_COUNTS, PUBLISHED, Contest, Outcome, save_contest
from ae_core.classification.heads import Head, keep_head
from ae_core.classification.kept_contests import kept_contests
from ae_core.codecs.codec import weights_of
from ae_core.config.config import Config
from ae_core.datasets.catalogue import load_dataset
from ae_core.errors import DataError, JobError
from ae_core.runs.run import Run
from ae_core.runs.store import RunStore
from ae_core.workers.contests import ContestProgress, Contests
from tests.app.fake_jobs import FakeJobs, job
from tests.app.tab import Tab
from tests.app.test_draw import drawn, figure
from tests.small import SMALL, copied
from ui.classify.charts import M1
from ui.classify.mistakes import CONTESTANT
from ui.classify.standings import PICKED
from ui.selection.drawing import CANVAS

ACCURACIES = {
    "head": 0.80, "fine-tuned": 0.82, "logistic-codes": 0.78, "neighbours": 0.79, "spreading": 0.95,
    "from-scratch": 0.74, "logistic-pca": 0.72, "logistic-pixels": 0.75, "spreading-pca": 0.85,
}  # fmt: skip


@pytest.fixture
def run(store: RunStore, small_run: Run) -> Run:
    return copied(small_run, store)


def alike(store: RunStore, run: Run, config: Config) -> Run:
    """A finished run of `config` with the network of `run`."""
    other = store.create(config)
    for path in run.path.iterdir():
        if path.is_file() and path.name not in ("config.json", "status.json"):
            shutil.copy(path, other.path)
    other.write_status(run.status)
    return other


def truth() -> np.ndarray:
    labels = load_dataset("mnist").test_labels
    assert labels is not None
    return labels


def contest(run: Run, accuracies: dict[str, float] = ACCURACIES, *, shift: float = 0.0) -> Contest:
    """Outcomes with these accuracies: the first images rightly, of the others each digit for the next one."""
    outcomes = {}
    for name, accuracy in accuracies.items():
        predictions = truth().copy()
        wrong = slice(round((accuracy + shift) * len(predictions)), None)
        predictions[wrong] = (predictions[wrong] + 1) % 10
        confidences = np.linspace(0.2, 0.9, len(predictions), dtype=np.float32)
        outcomes[name] = Outcome(predictions.astype(np.uint8), confidences, 1.5)
    return Contest(weights_of(run), outcomes)


def standings(tab: Tab) -> dict[str, str]:
    """What the chart says of each contestant."""
    rows = tab.charted()[0]
    return dict(zip(rows["title"], rows["words"], strict=True))


def test_without_any_run_the_first_training_begins_by_itself(tab: Tab, jobs: FakeJobs) -> None:
    tab.open("classify")
    assert "as soon as it is trained" in tab.info[0].value
    assert [config.key for config in jobs.trained] == [Config().key]


def test_a_run_offers_numbers_of_labels_and_shows_who_has_one(tab: Tab, jobs: FakeJobs, run: Run) -> None:
    tab.open("classify", run=run.key)
    # The small run learns from 512 images.
    assert tab.selectbox(key="labels").options == ["10", "30", "100", "300", "512"]
    assert tab.selectbox(key="labels").value == 100
    header, arrays = tab.block("labelled")
    assert header["strips"][0]["name"] == "100 labelled images, 32 of them"
    assert header["strips"][0]["captions"] == sorted(header["strips"][0]["captions"])
    assert set(header["strips"][0]["captions"]) == set("0123456789")
    assert arrays["0"].size == 32 * 784
    assert f"Nothing is held yet on this run. The {len(CONTESTANTS)} contestants:" in tab.words()
    assert all(one.title in " ".join(tab.words()) for one in CONTESTANTS.values())
    assert not jobs.active(Contests)


def test_a_contest_is_asked_for_with_the_chosen_labels_and_times(tab: Tab, jobs: FakeJobs, run: Run) -> None:
    tab.open("classify", run=run.key)
    tab.selectbox(key="labels").set_value(30).run()
    tab.segmented_control(key="times").set_value(3).run()
    assert tab.query_params["labels"] == "30"
    tab.button(key="start_contest").click().run()
    assert jobs.asked == [Contests.of(run, [30], seeds=3)]
    assert "Waiting for a worker ..." in tab.words()
    assert tab.button(key="start_contest").disabled
    tab.button(key="start_curve").click().run()
    assert jobs.asked[1] == Contests.of(run, [10, 30, 100, 300], seeds=3)


def test_the_address_chooses_and_nonsense_in_it_is_said(tab: Tab, run: Run) -> None:
    tab.open("classify", run=run.key, labels="300", times="5")
    assert (tab.selectbox(key="labels").value, tab.segmented_control(key="times").value) == (300, 5)
    tab.open("draw")
    tab.open("classify", run=run.key, labels="many")
    assert "labels must be one of 10, 30, 100, 300, 512. Received: many. Showing 100." in tab.warning[0].value
    tab.selectbox(key="labels").set_value(10).run()
    assert not tab.warning


def test_while_it_is_held_each_contestant_shows_how_far_it_is(tab: Tab, jobs: FakeJobs, run: Run) -> None:
    contests = Contests.of(run, (100,), seeds=1)
    progress = ContestProgress(0.4, 100, 0, "fine-tuned", 0.5, 0.7125)
    jobs.under_way[contests] = job(contests, progress=progress)
    save_contest(run, 100, 0, contest(run, {"head": 0.8}))
    tab.open("classify", run=run.key)
    assert "100 labels. Encoder and head together: 71.2 % of some test images so far" in tab.words()
    said = standings(tab)
    assert said["Head on the frozen encoder"].startswith("80.0 ±")
    assert said["Encoder and head together"] == "71.2 …"
    assert said["The same network from scratch"] == ""
    tab.button(key=f"stop_{contests.name}").click().run()
    assert jobs.called == [(contests, "stop")]
    assert "Stopping as soon as the one that learns now can be left ..." in tab.words()


def test_what_is_told_before_anything_is_learned_is_said_in_words(tab: Tab, jobs: FakeJobs, run: Run) -> None:
    contests = Contests.of(run, (100, 300), seeds=3)
    jobs.under_way[contests] = job(contests, progress=ContestProgress(phase="waiting for another contest"))
    tab.open("classify", run=run.key)
    assert "Waiting for another contest ..." in tab.words()
    jobs.under_way[contests] = job(contests, progress=ContestProgress(0.5, 300, 1, "spreading"))
    tab.run()
    assert "300 labels, set 2 of 3. Labels spread over codes" in tab.words()


def test_the_outcomes_are_shown_with_what_they_say(tab: Tab, jobs: FakeJobs, run: Run) -> None:
    save_contest(run, 100, 0, contest(run))
    save_contest(run, 300, 0, contest(run, dict.fromkeys(CONTESTANTS, 0.96)))
    tab.open("classify", run=run.key)
    said = standings(tab)
    assert said["Labels spread over codes"] == "95.0 ± 0.4"
    assert (
        "The encoder wins: **Labels spread over codes** (95.0 %) is 10.0 points above the best without it, "
        "Labels spread over PCA's codes (85.0 %). The same network from scratch takes about 300 labels for that. "
        "Head on the frozen encoder against the same network from scratch: 80.0 % against 74.0 %."
    ) in tab.words()
    assert tab.button(key="start_contest").disabled
    curve = tab.charted()[1]
    points = {(row.series, row.labels): row.error for row in curve.itertuples()}
    assert points["From scratch", 100] == pytest.approx(26)
    assert {labels: points[M1, labels] for labels in PUBLISHED} == PUBLISHED


def test_several_seeds_have_a_mean_and_a_spread(tab: Tab, jobs: FakeJobs, run: Run) -> None:
    save_contest(run, 100, 0, contest(run, shift=0.02))
    save_contest(run, 100, 1, contest(run, shift=-0.02))
    tab.open("classify", run=run.key)
    assert standings(tab)["Head on the frozen encoder"].startswith("80.0 ± 4.0")
    curve = tab.charted()[1]
    row = curve[(curve["series"] == "Head, frozen encoder")].iloc[0]
    assert (row["low"], row["high"]) == (pytest.approx(20 - 2.83, abs=0.01), pytest.approx(20 + 2.83, abs=0.01))


@pytest.mark.parametrize(
    ("changes", "verdict"),
    [
        (dict.fromkeys(CONTESTANTS, 0.97), "A draw: the best with the encoder"),
        ({"logistic-pixels": 0.98}, "The encoder loses: **Labels spread over codes** (95.0 %) is 3.0 points below"),
    ],
)
def test_where_the_encoder_saves_nothing_the_page_says_so(
    tab: Tab, jobs: FakeJobs, run: Run, changes: dict[str, float], verdict: str
) -> None:
    save_contest(run, 100, 0, contest(run, {**ACCURACIES, **changes}))
    tab.open("classify", run=run.key)
    assert any(words.startswith(verdict) for words in tab.words())


def test_a_contest_that_was_stopped_says_who_is_missing_and_goes_on(tab: Tab, jobs: FakeJobs, run: Run) -> None:
    save_contest(run, 100, 0, contest(run, {"head": 0.8, "neighbours": 0.7}))
    tab.open("classify", run=run.key)
    assert "Stopped: 7 of 9 have not learned yet. Go on takes it up there." in tab.words()
    assert tab.button(key="start_contest").label == "Go on"
    tab.selectbox(key="labels").set_value(300).run()
    assert "Not held yet with 300 labels." in tab.words()
    assert tab.button(key="start_contest").label == "Start the contest"


def test_a_contest_that_somebody_else_started_is_stopped_after_a_question(tab: Tab, jobs: FakeJobs, run: Run) -> None:
    contests = Contests.of(run, (100,), seeds=1)
    jobs.under_way[contests] = job(contests, progress=ContestProgress(phase="waiting for a worker"))
    tab.open("classify", run=run.key)
    assert any(words.startswith("Somebody else started this.") for words in tab.words())
    tab.selectbox(key="labels").set_value(300).run()
    tab.button(key="start_contest").click().run()
    assert sum(words.startswith("Somebody else started this.") for words in tab.words()) == 1


def test_a_contest_on_another_run_is_named(tab: Tab, jobs: FakeJobs, store: RunStore, run: Run) -> None:
    other = alike(store, run, replace(SMALL, seed=7))
    contests = Contests.of(other, (100,), seeds=1)
    jobs.under_way[contests] = job(contests, progress=ContestProgress(phase="waiting for a worker"))
    tab.open("classify", run=run.key)
    assert any("under way; another one waits for it" in words for words in tab.words())
    assert not tab.progress


def test_choices_are_kept_from_page_to_page(tab: Tab, run: Run) -> None:
    tab.open("classify", run=run.key)
    tab.selectbox(key="labels").set_value(300).run()
    tab.segmented_control(key="times").set_value(5).run()
    tab.open("draw")
    tab.open("classify")
    assert (tab.selectbox(key="labels").value, tab.segmented_control(key="times").value) == (300, 5)


def test_the_confusion_matrix_and_the_surest_mistakes_are_those_of_the_chosen_one(
    tab: Tab, jobs: FakeJobs, run: Run
) -> None:
    save_contest(run, 100, 0, contest(run))
    tab.open("classify", run=run.key)
    assert tab.selectbox(key=CONTESTANT).value == "spreading"
    counts = tab.charted()[2]
    assert counts["count"].sum() == 10_000
    right = counts[counts["right"]]["count"].sum()
    assert right == 9500
    header, arrays = tab.block("wrong_digits")
    assert header["strips"][0]["captions"][0] == f"{truth()[-1]} → {(truth()[-1] + 1) % 10}"
    last = load_dataset("mnist").test_pixels[-1]
    assert np.array_equal(arrays["0"][:784], last.reshape(-1))
    tab.selectbox(key=CONTESTANT).set_value("from-scratch").run()
    counts = tab.charted()[2]
    assert counts[counts["right"]]["count"].sum() == 7400


def test_an_untouched_matrix_opens_the_commonest_mistake(tab: Tab, jobs: FakeJobs, run: Run) -> None:
    save_contest(run, 100, 0, contest(run))
    tab.open("classify", run=run.key)
    predictions = kept_contests(run)[100, 0].outcomes["spreading"].predictions
    mistakes = np.bincount(truth()[predictions != truth()], minlength=10)
    kind = int(mistakes.argmax())
    assert f"**{kind}** taken for **{(kind + 1) % 10}**: {mistakes[kind]} images" in " ".join(tab.words())
    header, _ = tab.block("cell_digits")
    assert len(header["strips"][0]["captions"]) == min(48, mistakes[kind])


def test_a_cell_is_chosen_in_two_lists_as_well(tab: Tab, jobs: FakeJobs, run: Run) -> None:
    save_contest(run, 100, 0, contest(run))
    tab.open("classify", run=run.key)
    kind, answer = (tab.selectbox(key=f"confusion_spreading_{part}") for part in ("class", "answer"))
    assert framed(tab) == [(kind.value, answer.value)]
    kind.set_value("3")
    answer.set_value("4").run()
    assert framed(tab) == [("3", "4")]
    assert "**3** taken for **4**" in " ".join(tab.words())
    # Of another classifier, of which nobody has chosen a cell, it is the commonest mistake again.
    tab.selectbox(key=CONTESTANT).set_value("head").run()
    assert framed(tab) != [("3", "4")]
    tab.selectbox(key=CONTESTANT).set_value("spreading").run()
    assert framed(tab) == [("3", "4")]


def test_a_pressed_cell_is_the_one_that_the_lists_say(tab: Tab, jobs: FakeJobs, run: Run) -> None:
    save_contest(run, 100, 0, contest(run))
    tab.open("classify", run=run.key)
    # What the callback of a pressed cell does, and that of one that is pressed again.
    tab.session_state["confusion_spreading_chosen"] = ("5", "6")
    tab.run()
    lists = [tab.selectbox(key=f"confusion_spreading_{part}").value for part in ("class", "answer")]
    assert lists == ["5", "6"]
    assert framed(tab) == [("5", "6")]


def test_a_choice_that_was_left_stands_again(tab: Tab, jobs: FakeJobs, run: Run) -> None:
    save_contest(run, 100, 0, contest(run))
    tab.open("classify", run=run.key)
    tab.selectbox(key="confusion_spreading_class").set_value("5").run()
    tab.selectbox(key="confusion_spreading_answer").set_value("6").run()
    tab.open("start")
    tab.open("classify", run=run.key)
    assert framed(tab) == [("5", "6")]


def test_a_list_is_not_ordered_to_show_what_it_shows(tab: Tab, jobs: FakeJobs, run: Run) -> None:
    # An order that arrives after the visitor's next choice would undo that choice.
    save_contest(run, 100, 0, contest(run))
    tab.open("classify", run=run.key)
    tab.run()
    lists = [tab.selectbox(key=f"confusion_spreading_{part}") for part in ("class", "answer")]
    assert not any(one.proto.set_value for one in (*lists, tab.selectbox(key=CONTESTANT)))


def test_a_curve_is_picked_out_in_a_list_as_well(tab: Tab, jobs: FakeJobs, run: Run) -> None:
    save_contest(run, 100, 0, contest(run, {"head": 0.8, "from-scratch": 0.7}))
    tab.open("classify", run=run.key)
    listed = tab.selectbox(key=PICKED)
    assert listed.options == ["All", *(CONTESTANTS[name].short for name in ("head", "from-scratch")), M1]
    assert "value" not in picked(tab)
    listed.set_value(M1).run()
    assert picked(tab)["value"] == [{"series": M1}]


def test_the_legend_of_the_curves_names_those_that_have_learned(tab: Tab, jobs: FakeJobs, run: Run) -> None:
    save_contest(run, 100, 0, contest(run, {"head": 0.8, "from-scratch": 0.7}))
    tab.open("classify", run=run.key)
    assert tab.unmarked() == []


def framed(tab: Tab) -> list[tuple[str, str]]:
    """Class and answer of the framed cells of the confusion matrix."""
    cells = tab.charted()[2].query("chosen")
    return list(zip(cells["class"], cells["answer"], strict=True))


def picked(tab: Tab) -> dict[str, Any]:
    """The selection that fades all curves but one."""
    specification = json.loads(tab.get("vega_lite_chart")[1].proto.spec)
    (selection,) = specification["layer"][2]["params"]
    return dict(selection)


def test_a_classifier_without_a_mistake_is_praised(tab: Tab, jobs: FakeJobs, run: Run) -> None:
    save_contest(run, 100, 0, contest(run, dict.fromkeys(CONTESTANTS, 1.0)))
    tab.open("classify", run=run.key)
    assert any("named every test image rightly" in words for words in tab.words())


@pytest.mark.parametrize("error", [DataError("labels must be fewer."), JobError("The Dask scheduler is away.")])
def test_a_refusal_is_said_and_gone_with_the_next_try(
    tab: Tab, jobs: FakeJobs, run: Run, error: DataError | JobError
) -> None:
    jobs.refusal = error
    tab.open("classify", run=run.key)
    tab.button(key="start_contest").click().run()
    assert [message.value for message in tab.error] == [str(error)]
    jobs.refusal = None
    tab.button(key="start_contest").click().run()
    assert not tab.error


def test_a_contest_that_failed_says_why(tab: Tab, jobs: FakeJobs, run: Run) -> None:
    words = "The worker died several times while it made the contest."
    jobs.failures[Contests.of(run, [100], seeds=1)] = words
    tab.open("classify", run=run.key)
    assert [message.value for message in tab.error] == [words]
    assert not tab.button(key="start_contest").disabled


def test_a_run_of_one_class_holds_no_contest(tab: Tab, store: RunStore, run: Run) -> None:
    config = replace(SMALL, classes=(4,))
    alone = alike(store, run, config)
    tab.open("classify", run=alone.key)
    assert any("knows one class only, 4" in message.value for message in tab.info)
    assert "Start the contest" not in tab.labels()


def test_a_run_of_images_without_labels_holds_no_contest(tab: Tab, store: RunStore, run: Run) -> None:
    mnist = load_dataset("mnist").test_pixels
    (store.root / "datasets").mkdir(exist_ok=True)
    np.savez(store.root / "datasets" / "images-0123456789ab.npz", x_train=mnist[600:720], x_test=mnist[:600])
    config = replace(SMALL, dataset="images-0123456789ab", classes=(), train_size=None)
    bare = alike(store, run, config)
    tab.open("classify", run=bare.key)
    assert any("have no labels" in message.value for message in tab.info)
    assert "Start the contest" not in tab.labels()


def test_a_run_that_is_deleted_meanwhile_is_said(tab: Tab, store: RunStore, run: Run) -> None:
    tab.open("classify", run=run.key)
    store.delete(run.key)
    tab.run()
    assert any("somebody deleted it" in message.value for message in tab.warning)


def test_all_numbers_of_labels_are_there_for_all_of_mnist(tab: Tab, store: RunStore, run: Run) -> None:
    config = replace(SMALL, train_size=None)
    whole = alike(store, run, config)
    tab.open("classify", run=whole.key)
    assert tab.selectbox(key="labels").options == [f"{count:,}" for count in LABEL_COUNTS]


def test_the_draw_page_names_the_digit_once_the_run_has_a_head(tab: Tab, run: Run) -> None:
    tab.open("draw", codecs=run.key)
    tab.session_state[CANVAS] = drawn()
    tab.run()
    assert figure(tab)[0]["codecs"][0]["guess"] is None
    size = run.config.latent_dim
    hidden, output = (np.ones((size, 3), np.float32), np.zeros(3, np.float32)), (
        np.ones((3, 10), np.float32), np.zeros(10, np.float32),
    )  # fmt: skip
    keep_head(run, Head(hidden, output, np.arange(10), 300, 0, 0.876, weights_of(run)))
    tab.run()
    guess = figure(tab)[0]["codecs"][0]["guess"]
    assert guess["names"] == list("0123456789")
    assert guess["words"] == "By a head that learned from 300 labels and names 87.6% of the test images rightly."
    assert f"carrier_{guess['model']}" in [component.key for component in tab.get("bidi_component")]
