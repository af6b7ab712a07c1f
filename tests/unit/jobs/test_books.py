"""The books of work: who waits for what, who is next, what is forgotten. No Dask and no worker in here."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from ae_core.config.config import Config
from ae_core.jobs.books import MOST_KEPT, Books, Job
from ae_core.jobs.entry import TELLING_REPORTS, Entry
from ae_core.runs.history import HeldOut, History, Progress
from ae_core.workers.downloads import FashionMnist
from ae_core.workers.maps import Map
from ae_core.workers.placements import Placement
from ae_core.workers.trainings import TRAINING, Training
from ae_core.workers.work import Work

ONE, TWO, THREE = (Training(Config(seed=seed)) for seed in (1, 2, 3))
DIGITS = np.zeros((1, 28, 28), np.uint8)
PICTURE = ONE.pack(
    Progress(
        step=7, steps=100, loss=0.1, mse=0.1, kl=0.0, held_out=HeldOut(0.1, 0.1), steps_per_second=1.0,
        seconds_left=93.0, history=History(), reconstructions=DIGITS, training_reconstructions=DIGITS,
    )
)  # fmt: skip
"""Of the training `ONE`, which has a minute and a half left."""
TSNE = Map("0123456789ab", "abcd", "tsne", "test")
UMAP, PCA = replace(TSNE, method="umap"), replace(TSNE, method="pca")


@pytest.fixture
def books() -> Books:
    return Books()


def seen(books: Books, work: Work[Any]) -> Job[Any]:
    job = books.view(work)
    assert job is not None
    return job


def test_what_is_more_urgent_comes_first_and_else_who_asked_first(books: Books) -> None:
    works = (ONE, TWO, TSNE, Placement(TSNE, (1,), bytes(8), 2), THREE)
    priorities = [books.enter(work, ()).priority for work in works]
    assert sorted(range(5), key=lambda at: -priorities[at]) == [3, 2, 0, 1, 4]


def given_out(books: Books) -> list[Work[Any]]:
    """What is handed over until nothing more is."""
    given = []
    while entry := books.next(TRAINING):
        entry.future = object()
        given.append((entry.work, entry.place))
    return given


@pytest.mark.parametrize("workers", [1, 2])
def test_each_worker_is_given_one_training_and_the_next_when_that_has_ended(books: Books, workers: int) -> None:
    books.workers = workers
    entries = [books.enter(work, ()) for work in (ONE, TSNE, TWO, THREE)]
    assert given_out(books) == [(ONE, 0), (TWO, 1)][:workers]

    books.end(entries[0])
    assert given_out(books) == [(TWO if workers == 1 else THREE, 0)]


@pytest.mark.parametrize("workers", [1, 2])
def test_who_asks_for_many_has_one_in_each_round_also_when_the_first_have_ended(books: Books, workers: int) -> None:
    books.workers = workers
    many = [books.enter(Training(Config(seed=seed)), {"keen"}) for seed in range(1, 6)]
    given_out(books)
    others = [books.enter(Training(Config(seed=seed)), {str(seed)}) for seed in range(6, 10)]
    order = many[:workers]
    while running := [entry for entry in order if entry.work.name in books._entries]:
        books.end(running[0])
        order += [books._entries[work.name] for work, _ in given_out(books)]
    assert order == [*many[:workers], *others, *many[workers:]]


def test_who_joins_brings_a_training_forward_and_all_begin_anew_once_nobody_waits(books: Books) -> None:
    for work in (ONE, TWO, THREE):
        books.enter(work, {"ada"})
    assert [books._entries[work.name].round for work in (ONE, TWO, THREE)] == [0, 1, 2]
    books.join(THREE, "bob")
    assert books._entries[THREE.name].round == 0
    for work in (ONE, TWO, THREE):
        books.strike(books._entries[work.name])
    assert books.enter(ONE, {"ada"}).round == 0


def test_what_waits_for_no_worker_has_no_rounds(books: Books) -> None:
    books.enter(ONE, {"ada"})
    for work in (FashionMnist(), TSNE, UMAP):
        assert books.enter(work, {"ada"}).round == 0
        books.strike(books._entries[work.name])
    assert books.enter(TWO, {"ada"}).round == 1


def test_what_is_called_off_while_it_waits_comes_first_and_when_asked_for_again_in_its_turn(books: Books) -> None:
    entry = books.enter(ONE, ())
    for work in (TWO, THREE):
        books.enter(work, ())
    assert given_out(books) == [(ONE, 0)]
    books.call_off(THREE, "pause")
    assert seen(books, THREE).state == "pausing"

    books.join(THREE, "ada")
    assert seen(books, THREE).state == "queued"
    books.end(entry)
    assert given_out(books) == [(TWO, 0)]

    books.enter(ONE, ())
    books.call_off(ONE, "pause")
    books.strike(books._entries[TWO.name])
    assert given_out(books) == [(ONE, 0)]


def test_a_training_waits_for_trainings_and_a_map_of_neighbours_for_such_maps(books: Books) -> None:
    for work in (ONE, TSNE, FashionMnist(), TWO, PCA, UMAP, THREE):
        books.enter(work, ())
    books.note_report(ONE.name, None)
    assert [seen(books, work).place for work in (ONE, TWO, THREE)] == [0, 1, 2]
    assert [seen(books, work).place for work in (TSNE, UMAP, PCA, FashionMnist())] == [0, 1, 0, 0]
    assert seen(books, THREE).wait_seconds > seen(books, TWO).wait_seconds > 0
    assert [job.work for job in books.active(Training)] == [ONE, TWO, THREE]


def test_two_workers_halve_the_wait(books: Books) -> None:
    books.enter(ONE, ())
    books.enter(TWO, ())
    alone = seen(books, TWO).wait_seconds
    books.workers = 2
    assert seen(books, TWO).wait_seconds == pytest.approx(alone / 2)


def give_way(books: Books, entry: Entry) -> None:
    """Its worker has looked inside, and leaves it."""
    for _ in range(TELLING_REPORTS):
        books.note_report(ONE.name, PICTURE)
    assert books.send_away(TRAINING) == [entry]
    assert books.send_away(TRAINING) == []
    books.wait_again(entry)


def test_a_long_training_gives_way_to_the_next_once_it_was_looked_inside_and_keeps_its_picture(books: Books) -> None:
    entry = books.enter(ONE, {"ada"})
    given_out(books)
    books.enter(TWO, {"bob"})
    assert books.note_report(ONE.name, None) == TRAINING
    assert books.send_away(TRAINING) == []
    give_way(books, entry)
    assert given_out(books) == [(TWO, 0)]
    job = seen(books, ONE)
    assert (job.state, job.place, job.progress.step) == ("queued", 1, 7)
    assert books.note_report(ONE.name, PICTURE) == ""
    assert seen(books, ONE).state == "queued"


@pytest.mark.parametrize("asked_again", [False, True])
def test_what_is_called_off_while_it_gives_way_writes_down_how_it_was_left(books: Books, asked_again: bool) -> None:
    entry = books.enter(ONE, {"ada"})
    given_out(books)
    for work in (TWO, THREE):
        books.enter(work, {"bob"})
    for _ in range(TELLING_REPORTS):
        books.note_report(ONE.name, PICTURE)
    assert books.send_away(TRAINING) == [entry]
    books.call_off(ONE, "pause")
    if asked_again:
        books.join(ONE, "ada")
    books.wait_again(entry)
    assert seen(books, ONE).state == ("queued" if asked_again else "pausing")
    assert given_out(books) == [(TWO if asked_again else ONE, 0)]


def test_who_asks_for_what_is_under_way_waits_for_it_as_well(books: Books) -> None:
    assert not books.join(ONE, "ada")
    books.enter(ONE, {"ada"})
    assert books.join(ONE, "bob")
    assert books.join(ONE, "")
    assert seen(books, ONE).owners == {"ada", "bob"}


def test_asked_for_again_while_it_stops_it_keeps_its_line(books: Books) -> None:
    entry = books.enter(ONE, ())
    entry.future = object()
    books.call_off(ONE, "pause")
    assert seen(books, ONE).state == "pausing"
    books.join(ONE, "")
    assert seen(books, ONE).state == "queued"
    assert books.end(entry)
    assert books.view(ONE) is not None


def test_called_off_last_is_what_counts(books: Books) -> None:
    entry = books.enter(ONE, ())
    books.call_off(ONE, "pause")
    books.join(ONE, "")
    books.call_off(ONE, "stop")
    assert seen(books, ONE).state == "stopping"
    assert not books.end(entry)
    assert books.view(ONE) is None


def test_a_failure_is_told_until_somebody_asks_again_even_if_it_was_asked_for_again(books: Books) -> None:
    entry = books.enter(ONE, ())
    books.call_off(ONE, "stop")
    books.join(ONE, "")
    assert not books.end(entry, error="It failed.")
    assert books.errors(Training) == {ONE: "It failed."}
    assert books.errors(Map) == {}
    books.join(ONE, "")
    assert books.errors(Training) == {}


def test_an_answer_is_kept_and_a_failure_is_told_once(books: Books) -> None:
    good, bad = Placement(TSNE, (1,), bytes(8), 2), Placement(TSNE, (1,), bytes(16), 2)
    books.end(books.enter(good, ()), answer="here")
    books.end(books.enter(bad, ()), error="No map.")
    assert [books.take_answer(good) for _ in range(2)] == [("here", "")] * 2
    assert [books.take_answer(bad) for _ in range(2)] == [(None, "No map."), (None, "")]


def test_the_oldest_answers_and_failures_are_forgotten(books: Books) -> None:
    works = [Placement(TSNE, (1,), number.to_bytes(8, "little"), 2) for number in range(MOST_KEPT + 1)]
    for work in works:
        books.end(books.enter(work, ()), answer="here")
        books.end(books.enter(work, ()), error="No map.")
    assert books.take_answer(works[0]) == (None, "")
    assert books.take_answer(works[1]) == ("here", "No map.")


def test_news_of_what_is_not_in_the_books_is_ignored(books: Books) -> None:
    books.note_report(ONE.name, {})
    assert books.call_off(ONE, "stop") is None
    assert books.active(Training) == []
