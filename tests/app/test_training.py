"""The Train page in each state that a training can be in."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from ae_core.codecs.pca import PcaBasis, baseline_path
from ae_core.datasets.catalogue import dataset_for, load_dataset
from ae_core.errors import JobError, StoreError
from ae_core.jobs.queue import Job, Jobs
from ae_core.runs.history import History
from ae_core.runs.lock import hold
from ae_core.runs.run import Run, State, Status
from ae_core.runs.store import RunStore
from ae_core.workers.trainings import Training
from tests.app.fake_jobs import FakeJobs, job, progress_at
from tests.app.tab import APP, SECONDS, Tab
from tests.small import SMALL, copied
from ui.training.snapshot import look_every

ADDRESS = SMALL.to_text()


def ended(store: RunStore, state: State, *, step: int = 3, message: str = "") -> Run:
    """A run of `SMALL` that no worker has any more."""
    run = store.create(SMALL)
    run.write_status(Status(state, step=step, steps=SMALL.steps, message=message))
    return run


def test_the_fake_has_the_signatures_of_the_real_one() -> None:
    import inspect

    fakes = {name: method for name, method in inspect.getmembers(FakeJobs, inspect.isfunction) if name[0] != "_"}
    assert {name: inspect.signature(method) for name, method in fakes.items()} == {
        name: inspect.signature(getattr(Jobs, name)) for name in fakes
    }


def test_settings_that_nobody_trained_offer_to_train_them(tab: Tab) -> None:
    tab.open("train", **ADDRESS)
    assert tab.info[0].value == (
        "Not trained yet. 5 steps of 256 images each: all 512 training images about 2.5 times."
    )
    assert not tab.button(key="train").disabled
    assert tab.curves() == {}
    for key in ("preview_held-out", "preview_training"):
        header, arrays = tab.block(key)
        assert header["captions"] == ["–"] * 10
        assert arrays["originals"].any()
        assert not arrays["reconstructions"].any()


def test_train_asks_for_the_training_and_shows_it_at_once(tab: Tab, jobs: FakeJobs) -> None:
    tab.open("train", **ADDRESS)
    tab.button(key="train").click().run()
    assert jobs.trained == [SMALL]
    assert jobs.under_way[Training(SMALL)].owners == {tab.session_state["visitor"]}
    assert tab.progress[0].text == "Starting: the network is being compiled, which takes a few seconds."
    assert {"Pause", "Stop"} <= set(tab.labels())
    assert "Train" not in tab.labels()


def test_a_training_shows_how_far_it_is_how_fast_and_how_long_still(tab: Tab, jobs: FakeJobs) -> None:
    jobs.under_way[Training(SMALL)] = job(SMALL, progress=progress_at(3, SMALL))
    tab.open("train", **ADDRESS)
    assert tab.progress[0].text == "Step 3 of 5, 20 steps a second, 1 s left. Error on some held-out images: 0.0625"
    assert "Step 3 of 5" in tab.words()
    assert tab.progress[0].value == 60


@pytest.mark.parametrize(("seconds_left", "pace"), [(None, 0.5), (0.0, 0.5), (19, 0.5), (20, 1), (60, 2), (9999, 2)])
def test_a_long_training_is_looked_at_less_often(seconds_left: float | None, pace: float) -> None:
    assert look_every(seconds_left) == pace


def test_the_curve_ends_at_the_last_batches(tab: Tab, jobs: FakeJobs) -> None:
    jobs.under_way[Training(SMALL)] = job(SMALL, progress=progress_at(3, SMALL))
    tab.open("train", **ADDRESS)
    assert tab.curves()["Training"] == [(1, 0.1), (2, 0.05), (3, 0.05)]
    assert tab.curves()["Held-out"] == [(1, 0.1), (2, 0.05), (3, 0.0625)]
    jobs.under_way[Training(SMALL)] = job(SMALL, progress=progress_at(4, SMALL))
    tab.run()
    assert [step for step, _ in tab.curves()["Training"]] == [1, 2, 3, 4]


def test_the_digits_are_those_of_the_last_report(tab: Tab, jobs: FakeJobs) -> None:
    jobs.under_way[Training(SMALL)] = job(SMALL, progress=progress_at(3, SMALL, grey=51, training_grey=102))
    tab.open("train", **ADDRESS)
    means = []
    for key, title, grey in (
        ("preview_held-out", "Held-out images", 0.2),
        ("preview_training", "Training images", 0.4),
    ):
        header, arrays = tab.block(key)
        assert (header["title"], header["labels"]) == (title, [*"0123456789"])
        assert (arrays["reconstructions"] == round(grey * 255)).all()
        errors = np.mean((arrays["originals"].reshape(-1, 784) / 255 - grey) ** 2, axis=1)
        assert header["captions"] == [f"{error:.3f}" for error in errors]
        means.append(errors.mean())
    assert any(
        f"On average {means[0]:.4f} for these 10 held-out images, {means[1]:.4f} for these 10 training images." in words
        for words in tab.words()
    )


def test_both_rows_show_images_of_their_own_kind(tab: Tab) -> None:
    tab.open("train", **ADDRESS)
    data = dataset_for(SMALL)
    for key, pixels in (("preview_held-out", data.test_pixels), ("preview_training", data.train_pixels)):
        known = {image.tobytes() for image in pixels}
        assert all(image.tobytes() in known for image in tab.block(key)[1]["originals"].reshape(-1, 28, 28))


def test_a_run_of_an_earlier_version_shows_what_its_network_makes_of_training_images(
    tab: Tab, store: RunStore, small_run: Run
) -> None:
    run = copied(small_run, store)
    tab.open("train", **ADDRESS)
    kept = tab.block("preview_training")[1]["reconstructions"]
    (run.path / "preview_training.npz").unlink()
    tab.open("train", **ADDRESS)
    made = tab.block("preview_training")[1]["reconstructions"]
    assert np.abs(made.astype(int) - kept).max() <= 1


def test_an_earlier_version_s_run_that_was_paused_shows_no_training_images_rebuilt(tab: Tab, store: RunStore) -> None:
    ended(store, "paused")
    tab.open("train", **ADDRESS)
    assert tab.block("preview_training")[0]["captions"] == ["–"] * 10


def test_a_legend_names_the_curves_that_are_drawn_and_no_other(
    tab: Tab, jobs: FakeJobs, store: RunStore, basis: PcaBasis
) -> None:
    jobs.under_way[Training(SMALL)] = job(SMALL, progress=progress_at(3, SMALL))
    # Nobody has fitted the PCA yet.
    tab.open("train", **ADDRESS)
    assert (set(tab.curves()), tab.unmarked()) == ({"Training", "Held-out"}, [])
    basis.save(baseline_path(store, SMALL))
    tab.run()
    assert (set(tab.curves()), tab.unmarked()) == ({"Training", "Held-out", "PCA"}, [])
    tab.session_state["measure_autoencoder"] = "loss"
    tab.run()
    assert (set(tab.curves()), tab.unmarked()) == ({"Training", "Held-out"}, [])


@pytest.mark.parametrize(("key", "request_"), [("pause", "pause"), ("stop", "stop")])
def test_pause_and_stop_ask_for_it(tab: Tab, jobs: FakeJobs, key: str, request_: str) -> None:
    jobs.under_way[Training(SMALL)] = job(SMALL, progress=progress_at(3, SMALL))
    tab.open("train", **ADDRESS)
    tab.button(key=key).click().run()
    assert jobs.called == [(Training(SMALL), request_)]


@pytest.mark.parametrize(
    ("waiting", "words", "brief"),
    [
        (job(SMALL, "queued"), "Starting ...", "Starting ..."),
        (
            job(SMALL, "queued", place=1, wait_seconds=8.4),
            "Waiting: one training is before this one, about 8 s.",
            "Waiting ...",
        ),
        (
            job(SMALL, "queued", place=2, wait_seconds=192),
            "Waiting: 2 trainings are before this one, about 3 min 12 s.",
            "Waiting ...",
        ),
        (
            job(SMALL, "queued", place=30, wait_seconds=4000),
            "Waiting: 30 trainings are before this one, about 1 h 6 min.",
            "Waiting ...",
        ),
        (
            job(SMALL, "queued", place=2, wait_seconds=40, progress=progress_at(3, SMALL)),
            "At step 3 of 5, others have their turn: 2 trainings are before this one, about 40 s.",
            "Waiting ...",
        ),
        (job(SMALL, "pausing", progress=progress_at(3, SMALL)), "Pausing ...", "Step 3 of 5"),
        (job(SMALL, "stopping", progress=progress_at(3, SMALL)), "Stopping ...", "Step 3 of 5"),
    ],
)
def test_a_job_that_does_not_train_says_what_it_waits_for(
    tab: Tab, jobs: FakeJobs, waiting: Job, words: str, brief: str
) -> None:
    jobs.under_way[Training(SMALL)] = waiting
    tab.open("train", **ADDRESS)
    assert tab.progress[0].text == words
    assert brief in tab.words()
    asked = waiting.state in ("pausing", "stopping")
    assert tab.button(key="pause").disabled == tab.button(key="stop").disabled == asked


@pytest.mark.parametrize(
    ("state", "words"),
    [
        ("paused", "Paused at step 3 of 5. Nothing is lost: resume when you like."),
        ("stopped", "Stopped at step 3 and kept."),
        ("failed", "No space left on device."),
        ("queued", "Interrupted at step 3 of 5. Resume to go on from its last checkpoint."),
        ("training", "Interrupted at step 3 of 5. Resume to go on from its last checkpoint."),
    ],
)
def test_a_run_that_ended_early_says_so_and_can_be_resumed(
    tab: Tab, jobs: FakeJobs, store: RunStore, state: State, words: str
) -> None:
    ended(store, state, message="No space left on device." if state == "failed" else "")
    tab.open("train", **ADDRESS)
    assert [said for said in tab.words() if said.startswith(words)]
    tab.button(key="resume").click().run()
    assert jobs.trained == [SMALL]


def test_a_diverged_run_says_what_to_change_and_keeps_its_weights(tab: Tab, store: RunStore) -> None:
    ended(store, "diverged", message="The loss became infinite. Lower the learning rate.")
    tab.open("train", **ADDRESS)
    assert tab.error[0].value == "The loss became infinite. Lower the learning rate."
    assert [link.label for link in tab.page_link][:2] == ["Look inside", "Runs on this server: 1"]
    assert "Resume" not in tab.labels()


def test_a_job_that_died_says_why(tab: Tab, jobs: FakeJobs, store: RunStore) -> None:
    ended(store, "training")
    jobs.failures[Training(SMALL)] = "The worker died several times."
    tab.open("train", **ADDRESS)
    assert tab.error[0].value == "The worker died several times."
    assert "Resume" in tab.labels()


def test_a_finished_run_says_that_it_was_trained_before(tab: Tab, store: RunStore, small_run: Run) -> None:
    run = copied(small_run, store)
    tab.open("train", **ADDRESS)
    said = tab.success[0].value
    assert said.startswith(
        "**Dense 16, 4 dimensions, 5 steps, 512 images** was trained before. Change a setting to train another. "
        "5 steps in "
    )
    assert f"Mean squared error on all 10,000 held-out images: **{run.status.test_mse:.4f}**" in said
    assert len(tab.curves()["Held-out"]) == 5
    assert "–" not in tab.block("preview_held-out")[0]["captions"] + tab.block("preview_training")[0]["captions"]
    assert "[Change a setting](#settings)" in tab.words()
    link = tab.page_link[0]
    assert (link.label, link.proto.query_string) == ("Look inside", f"run={SMALL.key}")


def test_a_network_that_learned_nothing_is_no_success(tab: Tab, store: RunStore, small_run: Run) -> None:
    run = copied(small_run, store)
    black = PcaBasis(np.zeros(784, np.float32), np.zeros((256, 784), np.float32))
    black.save(baseline_path(store, SMALL))
    error = float(black.held_out_mse(load_dataset().test_pixels)[0])
    for test_mse, is_good in ((error + 0.01, False), (error - 0.01, True)):
        run.write_status(replace(run.status, test_mse=test_mse))
        tab.open("train", **ADDRESS)
        assert bool(tab.success) == is_good
        assert ["has a smaller error" in words.value for words in tab.warning] == ([] if is_good else [True])
    assert f"**{test_mse:.4f}** (PCA with 4 dimensions: {error:.4f})" in tab.success[0].value


def test_a_run_that_finishes_under_the_visitors_eyes_was_not_trained_before(
    tab: Tab, jobs: FakeJobs, store: RunStore, small_run: Run
) -> None:
    jobs.under_way[Training(SMALL)] = job(SMALL, progress=progress_at(4, SMALL))
    tab.open("train", **ADDRESS)
    copied(small_run, store)
    del jobs.under_way[Training(SMALL)]
    tab.run()
    assert tab.success[0].value.startswith("5 steps in ")


def test_train_longer_goes_on_along_the_same_path_at_a_constant_rate(
    tab: Tab, jobs: FakeJobs, store: RunStore, small_run: Run
) -> None:
    copied(small_run, store)
    tab.open("train", **ADDRESS)
    tab.button(key="longer").click().run()
    assert jobs.trained == [replace(SMALL, steps=10)]
    assert tab.number_input(key="set_steps").value == 10
    assert tab.query_params == replace(SMALL, steps=10).to_text()


def test_train_longer_starts_a_new_cosine_from_the_weights_of_the_last(
    tab: Tab, jobs: FakeJobs, store: RunStore
) -> None:
    config = replace(SMALL, schedule="cosine")
    store.create(config).write_status(Status("finished", step=5, steps=5))
    tab.open("train", **config.to_text())
    tab.button(key="longer").click().run()
    assert jobs.trained == [replace(config, continues=config.key)]
    assert tab.query_params["continues"] == config.key


@pytest.mark.parametrize(("steps", "labels"), [(150_000, ["Train longer: 50,000 more steps"]), (200_000, [])])
def test_a_run_is_trained_longer_by_as_many_steps_as_there_may_be(
    tab: Tab, store: RunStore, steps: int, labels: list[str]
) -> None:
    config = replace(SMALL, steps=steps)
    store.create(config).write_status(Status("finished", step=steps, steps=steps))
    tab.open("train", **config.to_text())
    assert [button for button in tab.labels() if "longer" in button] == labels


def test_overfitting_is_called_so_and_the_settings_stay_at_hand(tab: Tab, store: RunStore, basis: PcaBasis) -> None:
    config = replace(SMALL, train_size=100, steps=50)
    basis.save(baseline_path(store, config))
    run = store.create(config)
    steps, falling = list(range(1, 51)), [1 / step for step in range(1, 51)]
    turning = [0.2 - 0.01 * min(step, 10) + 0.002 * max(0, step - 10) for step in steps]
    run.write_history(History(steps, falling, falling, turning, turning, [0.0] * 50, [0.0] * 50))
    run.write_status(Status("finished", step=50, steps=50, test_mse=turning[-1]))
    tab.open("train", **config.to_text())
    assert "This is overfitting: the squared error on training images went on falling, to " in tab.warning[0].value
    assert "least at step 10" in tab.warning[0].value
    assert "Adam" not in tab.warning[0].value
    run.write_status(Status("stopped", step=50, steps=50, test_mse=turning[-1]))
    tab.open("train", **config.to_text())
    assert "This is overfitting" in tab.info[0].value


def test_a_training_of_another_process_is_watched_but_not_stopped(tab: Tab, store: RunStore) -> None:
    with hold(ended(store, "training").path):
        tab.open("train", **ADDRESS)
    assert tab.progress[0].text == "Step 3: another process is training it."
    assert tab.button(key="pause").disabled


def test_a_refused_training_says_why_and_can_be_tried_again(tab: Tab, jobs: FakeJobs) -> None:
    jobs.refusal = StoreError("Cannot write config.json: No space left on device.")
    tab.open("train", **ADDRESS)
    tab.button(key="train").click().run()
    assert tab.error[0].value == "Cannot write config.json: No space left on device."
    jobs.refusal = None
    tab.button(key="train").click().run()
    assert not tab.error
    assert jobs.trained == [SMALL]


def test_a_damaged_run_can_be_deleted_and_trained_anew(tab: Tab, store: RunStore) -> None:
    (ended(store, "paused").path / "status.json").write_text("{", encoding="utf-8")
    tab.open("train", **ADDRESS)
    assert tab.error[0].value == (
        f"Run {SMALL.key} is damaged: status.json cannot be read. Delete the run, then train it again."
    )
    assert tab.subheader[-1].value == "Things to try"
    tab.button(key=f"delete_damaged_{SMALL.key}").click().run()
    assert not tab.error
    assert "Train" in tab.labels()


@pytest.mark.parametrize("name", ["history.json", "preview.npz", "preview_training.npz"])
def test_a_run_with_one_damaged_file_says_which(tab: Tab, store: RunStore, small_run: Run, name: str) -> None:
    (copied(small_run, store).path / name).write_bytes(b"PK\x03\x04 not what it was")
    tab.open("train", **ADDRESS)
    assert f"{name} cannot be read" in tab.error[0].value
    assert tab.subheader[-1].value == "Things to try"


def test_workers_that_cannot_be_reached_leave_the_form_and_the_list_of_runs(
    tab: Tab, store: RunStore, small_run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    def out_of_reach() -> None:
        raise JobError("DASK_SCHEDULER_ADDRESS must be the address of a running Dask scheduler.")

    copied(small_run, store)
    monkeypatch.setattr("ui.shell.server.jobs", out_of_reach)
    for module in (
        "ui.training.panel",
        "ui.training.snapshot",
        "ui.training.status",
        "ui.training.own_images",
        "ui.selection.first_training",
    ):
        monkeypatch.setattr(f"{module}.jobs", out_of_reach)
    tab.open("train", **ADDRESS)
    assert [error.value for error in tab.error] == [
        "DASK_SCHEDULER_ADDRESS must be the address of a running Dask scheduler."
    ]
    assert tab.number_input(key="set_latent_dim").value == 4
    assert "Runs on this server: 1" in [link.label for link in tab.page_link]


def test_a_runs_folder_that_cannot_be_read_is_named(tab: Tab, store: RunStore) -> None:
    store.root.write_text("a file", encoding="utf-8")
    tab.open("train", **ADDRESS)
    assert [error for error in tab.error if str(store.root) in error.value]


def test_a_fault_of_ours_shows_plain_words_and_is_logged(
    jobs: FakeJobs, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(jobs, "view", lambda _: 1 / 0)
    page = AppTest(APP, default_timeout=SECONDS).switch_page("pages/train.py").run()
    assert [error.value for error in page.error if "it is not your doing" in error.value]
    assert "ZeroDivisionError" in caplog.text
    assert not page.exception
    assert not [words for words in page.markdown if "ZeroDivisionError" in words.value]
