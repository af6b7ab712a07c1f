"""The Train page with a variational autoencoder: settings, both terms of the loss, and what each dimension costs."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from ae_core.codecs.posterior import save_kl
from ae_core.runs.run import Run, Status
from ae_core.runs.store import RunStore
from ae_core.workers.trainings import Training
from tests.app.fake_jobs import FakeJobs, job, progress_at
from tests.app.tab import Tab
from tests.small import SMALL

VARIATIONAL = replace(SMALL, family="variational", beta=2.0)
ADDRESS = VARIATIONAL.to_text()
KL = (3.0, 0.02, 1.5, 0.2)


@pytest.fixture
def finished(store: RunStore) -> Run:
    """As if it had been trained."""
    run = store.create(VARIATIONAL)
    run.write_history(progress_at(5, VARIATIONAL).history)
    save_kl(run, np.array(KL))
    run.write_status(Status("finished", step=5, steps=5, seconds=2.0, test_mse=0.05, neg_elbo=123.456))
    return run


def test_the_family_decides_which_settings_there_are(tab: Tab) -> None:
    def shown() -> set[str]:
        widgets = [*tab.text_input, *tab.selectbox]
        return {"set_beta", "set_code_l1", "set_code_activation"} & {widget.key for widget in widgets}

    tab.open("train")
    assert shown() == {"set_code_l1", "set_code_activation"}
    tab.selectbox(key="set_family").set_value("variational").run()
    assert shown() == {"set_beta"}


def test_a_wrong_beta_is_explained(tab: Tab) -> None:
    tab.open("train", **ADDRESS)
    tab.text_input(key="set_beta").set_value("-1").run()
    assert "Beta must be a number from 0 to 1000. Received: -1." in [error.value for error in tab.error]


def test_both_terms_grow_apart_while_it_trains(tab: Tab, jobs: FakeJobs) -> None:
    jobs.under_way[Training(VARIATIONAL)] = job(VARIATIONAL, progress=progress_at(3, VARIATIONAL, kl=KL))
    tab.open("train", **ADDRESS)
    curves = tab.curves()
    assert list(curves) == ["Reconstruction", "Reconstruction, held-out", "KL term", "KL term, held-out"]
    assert curves["Reconstruction"][-1] == (3, pytest.approx(0.3 * 784))
    assert curves["Reconstruction, held-out"][-1] == (3, pytest.approx(0.31 * 784))
    assert curves["KL term"][-1] == curves["KL term, held-out"][-1] == (3, pytest.approx(sum(KL)))


def test_the_first_steps_are_left_out_once_there_are_enough(tab: Tab, jobs: FakeJobs) -> None:
    longer = replace(VARIATIONAL, steps=100)
    jobs.under_way[Training(longer)] = job(longer, progress=progress_at(20, longer, kl=KL))
    tab.open("train", **longer.to_text())
    steps = [step for step, _ in tab.curves()["KL term"]]
    assert (steps[0], steps[-1]) == (7, 20)


def test_each_dimension_has_a_bar_and_collapsed_ones_are_counted(tab: Tab, jobs: FakeJobs) -> None:
    jobs.under_way[Training(VARIATIONAL)] = job(VARIATIONAL, progress=progress_at(3, VARIATIONAL, kl=KL))
    tab.open("train", **ADDRESS)
    bars = tab.charted()[1]
    assert (bars["dimension"].tolist(), bars["kl"].tolist()) == ([1, 2, 3, 4], list(KL))
    assert [caption for caption in tab.caption if caption.value.startswith("3 of 4 dimensions are used")]


def test_before_a_few_steps_nothing_is_said_of_used_dimensions(tab: Tab, jobs: FakeJobs) -> None:
    longer = replace(VARIATIONAL, steps=1000)
    for step, bars, said in ((0, 1, False), (1, 2, False), (99, 2, False), (100, 2, True)):
        jobs.under_way[Training(longer)] = job(longer, progress=progress_at(step, longer, kl=KL))
        tab.open("train", **longer.to_text())
        assert len(tab.charted()) == bars
        assert any("dimensions are used" in words for words in tab.words()) == said


def test_what_is_said_of_a_curve_is_what_it_shows(tab: Tab, finished: Run) -> None:
    tab.open("train", **ADDRESS)
    assert any(words.startswith("Reconstruction: the loss summed") for words in tab.words())
    assert not any("PCA: what principal" in words for words in tab.words())
    tab.session_state["measure_variational"] = "mse"
    tab.run()
    assert any("PCA: what principal" in words for words in tab.words())


def test_the_squared_error_can_be_looked_at_too(tab: Tab, finished: Run) -> None:
    tab.open("train", **ADDRESS)
    assert "KL term" in tab.curves()
    tab.session_state["measure_variational"] = "mse"
    tab.run()
    assert set(tab.curves()) >= {"Training", "Held-out"}


def test_a_finished_run_says_its_negative_elbo_and_what_its_dimensions_cost(tab: Tab, finished: Run) -> None:
    tab.open("train", **ADDRESS)
    assert "Negative ELBO: **123.5** nats an image." in tab.success[0].value
    assert tab.charted()[1]["kl"].tolist() == list(KL)


def test_damaged_kl_terms_can_be_mended(tab: Tab, finished: Run) -> None:
    (finished.path / "kl.npz").write_bytes(b"no array")
    tab.open("train", **ADDRESS)
    assert any("kl.npz cannot be read" in error.value for error in tab.error)
    assert "Delete this run" in tab.labels()


def test_a_plain_autoencoder_has_no_bars(tab: Tab, jobs: FakeJobs) -> None:
    jobs.under_way[Training(SMALL)] = job(SMALL, progress=progress_at(3, SMALL))
    tab.open("train", **SMALL.to_text())
    assert len(tab.charted()) == 1
