"""What must be true of every kind of work, whoever adds one."""

from __future__ import annotations

import inspect
import pickle
from dataclasses import fields, is_dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import ae_core.workers
from ae_core.config.config import Config
from ae_core.jobs.kinds import KINDS
from ae_core.workers.contests import ContestProgress, Contests
from ae_core.workers.downloads import FashionMnist
from ae_core.workers.maps import Map
from ae_core.workers.pca_fits import PcaFit
from ae_core.workers.placements import Placement
from ae_core.workers.trainings import Training
from ae_core.workers.work import Work

MAP = Map("0123456789ab", "abcd", "tsne", "test")
PLACE = Placement(MAP, (1,), bytes(8), 2)
EXAMPLES: dict[type[Work[Any]], tuple[Work[Any], ...]] = {
    Training: (Training(Config()), Training(Config(seed=1))),
    Map: (MAP, replace(MAP, weights="ef"), replace(MAP, method="umap"), replace(MAP, part="all")),
    Placement: (
        PLACE,
        replace(PLACE, codes=bytes(16)),
        replace(PLACE, stamp=(2,)),
        replace(PLACE, on=replace(MAP, key="0")),
    ),
    Contests: (Contests("0", "ab", (10, 100), 1), Contests("0", "ab", (10, 100), 2), Contests("0", "ab", (101, 0), 1)),
    PcaFit: (PcaFit(Config()), PcaFit(Config(train_size=100))),
    FashionMnist: (FashionMnist(),),
}
"""Of each kind, pieces that differ in one thing."""
ALL = [work for works in EXAMPLES.values() for work in works]


def test_every_kind_is_in_the_table_and_has_an_example_here() -> None:
    folder = Path(inspect.getfile(ae_core.workers)).parent
    written = {name for path in folder.glob("*.py") for name in classes_of_work(path)}
    assert {kind.__name__ for kind in KINDS} == written, "enter it in KINDS, of ae_core/jobs/kinds.py"
    assert {kind.__name__ for kind in EXAMPLES} == written, "enter it in EXAMPLES, of this file"


def classes_of_work(path: Path) -> list[str]:
    lines = path.read_text(encoding="utf-8").splitlines()
    return [line[6:].partition("(")[0] for line in lines if line.startswith("class ") and "(Work[" in line]


def test_no_two_pieces_of_work_have_the_same_name() -> None:
    assert len({work.name for work in ALL}) == len(ALL)


@pytest.mark.parametrize("work", ALL, ids=lambda work: work.name[:40])
def test_it_is_the_same_on_the_other_side_of_dask(work: Work[Any]) -> None:
    assert is_dataclass(work)
    there = pickle.loads(pickle.dumps(work))
    assert (there, there.name, hash(there)) == (work, work.name, hash(work))


@pytest.mark.parametrize("work", ALL, ids=lambda work: work.name[:40])
def test_it_has_words_for_visitors(work: Work[Any]) -> None:
    assert work.noun
    assert not work.noun.endswith(".")
    assert work.remedy.endswith(".")
    assert work.lighter.endswith(".")
    assert work.doing[0].islower()


@pytest.mark.parametrize("work", ALL, ids=lambda work: work.name[:40])
def test_what_waits_for_a_turn_says_so(work: Work[Any]) -> None:
    if work.turn:
        assert work.waiting("another one").phase == "waiting for another one"


@pytest.mark.parametrize(
    ("work", "progress"),
    [
        (MAP, MAP.waiting("a worker")),
        (MAP, replace(MAP.waiting("a worker"), fraction=0.5, points=np.ones((3, 2), np.float32))),
        (EXAMPLES[Contests][0], ContestProgress(0.5, 10, 0, "head", 0.5, 0.9)),
    ],
)
def test_progress_survives_the_way_to_the_page(work: Work[Any], progress: Any) -> None:
    there = work.unpack(pickle.loads(pickle.dumps(work.pack(progress))))
    for field in fields(progress):
        assert np.array_equal(getattr(there, field.name), getattr(progress, field.name))
