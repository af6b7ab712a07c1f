"""The Start page: the first training by itself, the figure of a run, and what is said when there is none to show."""

from __future__ import annotations

from dataclasses import replace

import pytest

import ui.selection.run
from ae_core.config.config import Config
from ae_core.errors import JobError
from ae_core.runs.lock import hold
from ae_core.runs.run import Run, State, Status
from ae_core.runs.store import RunStore
from ae_core.workers.trainings import Training
from tests.app.fake_jobs import FakeJobs, job, progress_at
from tests.app.tab import Tab
from tests.small import SMALL, copied, twin

FIRST = Config()


def said(tab: Tab, beginning: str) -> bool:
    return any(words.startswith(beginning) for words in tab.words())


def test_a_server_without_runs_trains_the_quick_start_by_itself(tab: Tab, jobs: FakeJobs) -> None:
    tab.open("start")
    assert jobs.trained == [FIRST]
    assert said(tab, "Nothing is trained on this server yet, so Quick start is being trained now: the ")
    assert tab.block("inside")[0]["reconstructed"] == []
    tab.run()
    assert jobs.trained == [FIRST]


def test_the_first_training_shows_how_far_it_is_and_what_it_rebuilds(tab: Tab, jobs: FakeJobs) -> None:
    jobs.under_way[Training(FIRST)] = job(FIRST, progress=progress_at(300, FIRST, grey=77))
    tab.open("start")
    header, arrays = tab.block("inside")
    assert header["status"] == "Step 300 of 1,000, error 0.062"
    assert header["labels"] == [*"0123456789", *"012345"]
    assert (arrays["reconstructions"] == 77).all()
    assert header["network"] is None


def test_a_trained_run_brings_its_decoder_and_the_codes_of_its_digits(
    tab: Tab, jobs: FakeJobs, store: RunStore, small_run: Run
) -> None:
    copied(small_run, store)
    tab.open("start")
    header, arrays = tab.block("inside")
    assert jobs.trained == []
    assert len(header["labels"]) == 40
    assert len(arrays["codes"]) == 40 * SMALL.latent_dim * 4
    assert [layer["kind"] for layer in header["network"]["decoder"]][-1] == "reshape"
    assert said(tab, "Now showing: Dense 16, 4 dimensions, 5 steps, 512 images. Held-out mean squared error 0.2")


def test_the_address_chooses_the_run(tab: Tab, store: RunStore, small_run: Run) -> None:
    run, other = two_runs(store, small_run)
    for chosen in (run, other):
        tab.open("start", run=chosen.key)
        assert tab.selectbox(key="chosen_run").value == chosen.key
        assert not tab.warning


def test_choosing_a_run_writes_it_into_the_address(tab: Tab, store: RunStore, small_run: Run) -> None:
    run, other = two_runs(store, small_run)
    tab.open("start", run=run.key)
    assert not said(tab, "Now showing: Dense 16, 4 dimensions, 6 steps, 512 images")
    tab.selectbox(key="chosen_run").set_value(other.key).run()
    assert tab.query_params == {"run": other.key}
    assert said(tab, "Now showing: Dense 16, 4 dimensions, 6 steps, 512 images")


@pytest.mark.parametrize("key", ["0123456789ab", "../../etc", "x" * 500])
def test_a_run_that_is_not_here_is_said_and_another_one_shown(
    tab: Tab, store: RunStore, small_run: Run, key: str
) -> None:
    copied(small_run, store)
    tab.open("start", run=key)
    (warning,) = tab.warning
    assert warning.value.endswith("Showing another one.")
    assert len(warning.value) < 200
    assert said(tab, "Now showing: ")


def test_a_run_that_is_not_trained_to_its_end_is_said_and_another_one_shown(
    tab: Tab, store: RunStore, small_run: Run
) -> None:
    copied(small_run, store)
    paused = store.create(replace(SMALL, steps=99))
    paused.write_status(Status("paused", step=3, steps=99))
    tab.open("start", run=paused.key)
    assert tab.warning[0].value == f"{paused.title} is not trained to its end yet. Showing another one."


def test_a_run_whose_images_were_removed_gives_way_to_another(
    tab: Tab, jobs: FakeJobs, store: RunStore, small_run: Run
) -> None:
    run, other = two_runs(store, small_run)
    orphan = store.create(replace(SMALL, dataset="images-0123456789ab"))
    orphan.write_status(other.status)
    tab.open("start")
    assert said(tab, "Now showing: Dense 16, 4 dimensions")
    assert len(tab.selectbox(key="chosen_run").options) == 2
    assert [*tab.error, *tab.warning] == []
    tab.open("start", run=orphan.key)
    words = f"{orphan.title} learned from images that are no longer here. Showing another one."
    assert tab.warning[0].value == words
    store.delete(run.key)
    store.delete(other.key)
    tab.open("start")
    assert jobs.trained == [FIRST]


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("network.bin", b"cut off"),
        ("network.bin", b"cut off!"),
        ("network.json", b"not what it was"),
        ("network.json", b"[]"),
        ("network.json", b"{}"),
        ("encoder.tflite", b"not what it was"),
    ],
)
def test_a_damaged_run_can_be_deleted_and_the_page_goes_on(
    tab: Tab, jobs: FakeJobs, store: RunStore, small_run: Run, name: str, content: bytes
) -> None:
    (copied(small_run, store).path / name).write_bytes(content)
    tab.open("start")
    assert tab.error[0].value.startswith(f"Run {SMALL.key} is damaged: ")
    assert tab.subheader[0].value == "Things to try"
    tab.button(key=f"delete_damaged_{SMALL.key}").click().run()
    assert not tab.error
    assert jobs.trained == [FIRST]


def test_a_run_with_a_damaged_config_does_not_hide_the_others(tab: Tab, store: RunStore, small_run: Run) -> None:
    _, other = two_runs(store, small_run)
    (other.path / "config.json").write_text("[]", encoding="utf-8")
    tab.open("start", run=other.key)
    assert tab.warning[0].value.startswith(f"Run {other.key} is damaged")
    assert said(tab, "Now showing: ")


def test_a_finished_run_is_shown_before_one_that_was_stopped_later(tab: Tab, store: RunStore, small_run: Run) -> None:
    _, other = two_runs(store, small_run)
    other.write_status(replace(other.status, state="stopped", step=2))
    tab.open("start")
    assert said(tab, "Now showing: Dense 16, 4 dimensions, 5 steps, 512 images")


def test_the_run_that_the_server_trained_by_itself_is_shown_before_later_ones(
    tab: Tab, store: RunStore, small_run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    run, other = two_runs(store, small_run)
    tab.open("start")
    assert said(tab, "Now showing: Dense 16, 4 dimensions, 6 steps, 512 images")
    monkeypatch.setattr(ui.selection.run, "FIRST", run.config)
    tab.open("start")
    assert said(tab, "Now showing: Dense 16, 4 dimensions, 5 steps, 512 images")
    tab.open("start", run=other.key)
    assert said(tab, "Now showing: Dense 16, 4 dimensions, 6 steps, 512 images")


def test_a_stopped_run_is_labelled_with_its_step(tab: Tab, store: RunStore, small_run: Run) -> None:
    _, other = two_runs(store, small_run)
    other.write_status(replace(other.status, state="stopped", step=2))
    tab.open("start")
    assert "Dense 16, 4 dimensions, 6 steps, 512 images (stopped at step 2)" in tab.selectbox(key="chosen_run").options


@pytest.mark.parametrize(
    ("state", "message", "words"),
    [
        ("paused", "", "The first training, Quick start, rests at step 300 of 1,000."),
        ("training", "", "The first training, Quick start, rests at step 300 of 1,000."),
        ("failed", "No space left on device.", "No space left on device."),
    ],
)
def test_a_first_training_that_rests_says_so_and_links_to_it(
    tab: Tab, jobs: FakeJobs, store: RunStore, state: State, message: str, words: str
) -> None:
    store.create(FIRST).write_status(Status(state, step=300, steps=1000, message=message))
    tab.open("start")
    assert said(tab, words)
    assert not said(tab, "Nothing is trained on this server yet, so Quick start is being trained now")
    assert "Go on with it on the Train page" in [link.label for link in tab.page_link]
    assert jobs.trained == []


def test_a_first_training_whose_job_died_says_why(tab: Tab, jobs: FakeJobs, store: RunStore) -> None:
    store.create(FIRST)
    jobs.failures[Training(FIRST)] = "The worker died several times."
    tab.open("start")
    assert said(tab, "The worker died several times.")
    assert jobs.trained == []


def test_a_first_training_in_another_process_is_watched(tab: Tab, jobs: FakeJobs, store: RunStore) -> None:
    run = store.create(FIRST)
    run.write_status(Status("training", step=300, steps=1000))
    with hold(run.path):
        tab.open("start")
    assert tab.block("inside")[0]["status"] == "Step 300 of 1,000"
    assert jobs.trained == []


def test_a_damaged_first_run_can_be_deleted(tab: Tab, jobs: FakeJobs, store: RunStore) -> None:
    (store.create(FIRST).path / "status.json").write_text("", encoding="utf-8")
    tab.open("start")
    assert "status.json cannot be read" in tab.error[0].value
    tab.button(key=f"delete_damaged_{FIRST.key}").click().run()
    assert jobs.trained == [FIRST]


def test_workers_that_cannot_be_reached_are_named(tab: Tab, jobs: FakeJobs, monkeypatch: pytest.MonkeyPatch) -> None:
    def out_of_reach(key: str) -> None:
        raise JobError("The Dask scheduler cannot be reached.")

    monkeypatch.setattr(jobs, "view", out_of_reach)
    tab.open("start")
    assert tab.error[0].value == "The Dask scheduler cannot be reached."
    assert tab.subheader[0].value == "Things to try"


def test_a_runs_folder_that_cannot_be_read_is_named(tab: Tab, store: RunStore) -> None:
    store.root.write_text("a file", encoding="utf-8")
    tab.open("start")
    assert tab.error[0].value.startswith("The folder of runs must be readable.")


def two_runs(store: RunStore, small_run: Run) -> tuple[Run, Run]:
    """`small_run`, and the same network as a run of 6 steps."""
    run = copied(small_run, store)
    return run, twin(run, store)
