"""What a visitor has had trained is what the pages open with next."""

from __future__ import annotations

import pytest

from ae_core.runs.run import Run
from ae_core.runs.store import RunStore
from ae_core.workers.trainings import Training
from tests.app.fake_jobs import FakeJobs
from tests.app.tab import Tab
from tests.small import SMALL, copied, twin

PAGES = ("start", "latent", "generate", "classify")


@pytest.fixture
def before(store: RunStore, small_run: Run) -> Run:
    """A run that this visitor did not train."""
    run = copied(small_run, store)
    other = twin(run, store)
    store.delete(run.key)
    return other


def press_train(tab: Tab, jobs: FakeJobs) -> None:
    tab.open("train", **SMALL.to_text())
    tab.button(key="train").click().run()
    del jobs.under_way[Training(SMALL)]


def end_training(store: RunStore, small_run: Run) -> None:
    store.delete(SMALL.key)
    copied(small_run, store)


def test_each_page_opens_with_it_once_it_can_be_shown(
    tab: Tab, jobs: FakeJobs, store: RunStore, small_run: Run, before: Run
) -> None:
    for page in PAGES:
        tab.open(page, run=before.key)
    press_train(tab, jobs)
    for page in ("draw", *PAGES):
        tab.open(page)
    assert tab.query_params["run"] == before.key
    assert tab.open("draw").multiselect[0].value == [before.key]
    end_training(store, small_run)
    # Nothing changes under one's hands.
    assert tab.run().multiselect[0].value == [before.key]
    for page in PAGES:
        assert tab.open(page).selectbox(key="chosen_run").value == SMALL.key
        assert tab.query_params["run"] == SMALL.key
    assert tab.open("draw").multiselect[0].value == [SMALL.key, before.key]
    assert tab.query_params == {"codecs": f"{SMALL.key},{before.key}"}


def test_what_is_chosen_after_it_stays(tab: Tab, jobs: FakeJobs, store: RunStore, small_run: Run, before: Run) -> None:
    press_train(tab, jobs)
    end_training(store, small_run)
    tab.open("latent").selectbox(key="chosen_run").set_value(before.key).run()
    for page in PAGES:
        assert tab.open(page).selectbox(key="chosen_run").value == before.key
    tab.open("draw").multiselect[0].set_value([before.key]).run()
    assert tab.open("train").open("draw").multiselect[0].value == [before.key]


def test_an_address_that_names_another_counts_more(
    tab: Tab, jobs: FakeJobs, store: RunStore, small_run: Run, before: Run
) -> None:
    press_train(tab, jobs)
    end_training(store, small_run)
    assert tab.open("latent", run=before.key).selectbox(key="chosen_run").value == before.key
    assert tab.open("draw", codecs=before.key).multiselect[0].value == [before.key]


def test_where_too_many_are_drawn_with_the_last_network_makes_room_and_pca_stays(
    tab: Tab, jobs: FakeJobs, store: RunStore, small_run: Run, before: Run
) -> None:
    third = twin(before, store)
    tab.open("draw", codecs=f"{third.key},{before.key},pca")
    press_train(tab, jobs)
    end_training(store, small_run)
    assert tab.open("draw").multiselect[0].value == [SMALL.key, third.key, "pca"]


def test_one_that_was_deleted_meanwhile_is_not_missed(tab: Tab, jobs: FakeJobs, store: RunStore, before: Run) -> None:
    press_train(tab, jobs)
    store.delete(SMALL.key)
    for page in PAGES:
        tab.open(page)
        assert tab.query_params.get("run", before.key) == before.key
        assert not tab.warning
