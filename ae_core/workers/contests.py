"""What the workers do for `contests`: contests of a run, one after another."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache, partial
from pathlib import Path
from threading import Lock
from typing import Any

from distributed import Event, secede

from ae_core.classification.contest import CONTESTANTS
from ae_core.classification.teaching import Bench, run_contest
from ae_core.codecs.pca import basis_of
from ae_core.errors import ContestCancelledError, DataError
from ae_core.quiet import quiet_stderr
from ae_core.runs.store import RunStore
from ae_core.workers.reporting import cancel_name, in_turn, teller

CONTEST_TOPIC = "bottleneck-contests"

SLOW = ("fine-tuned", "from-scratch", "spreading", "spreading-pca")
QUICK_FIRST = sorted(CONTESTANTS, key=lambda name: name in SLOW)
"""The order in which contestants learn, so that something is seen soon."""

_turn = Lock()


@dataclass(frozen=True)
class ContestName:
    """Which contests: of which run and which of its weights, for which numbers of labels, and how often each.

    Attributes:
        counts: numbers of labels.
        seeds: each number is drawn with the seeds 0 to `seeds` - 1.
    """

    key: str
    weights: str
    counts: tuple[int, ...]
    seeds: int

    def __str__(self) -> str:
        return f"contest-{self.key}-{self.weights}-{'-'.join(map(str, self.counts))}x{self.seeds}"

    @property
    def words(self) -> str:
        """What a message about it calls it."""
        return f"the contest of run {self.key}"

    @property
    def lighter(self) -> str:
        """What to do when it takes too much memory."""
        return "Choose fewer labels."

    @property
    def rounds(self) -> list[tuple[int, int]]:
        """Number of labels and seed of each contest, in their order: the whole curve once, then again."""
        return [(count, seed) for seed in range(self.seeds) for count in self.counts]


@dataclass(frozen=True)
class ContestProgress:
    """How far contests are.

    Attributes:
        fraction: of all contestants of all contests, 0 to 1; those of many labels take longer than others.
        labels, seed: of the contest under way; 0 labels before the first.
        contestant: who learns; empty before the first.
        share: of that one's training, 0 to 1.
        accuracy: its held-out accuracy so far, 0 to 1; None before it is known.
        phase: what else is going on, in words; empty while somebody learns.
    """

    fraction: float = 0.0
    labels: int = 0
    seed: int = 0
    contestant: str = ""
    share: float = 0.0
    accuracy: float | None = None
    phase: str = ""


def make_contests(name: ContestName, root: Path) -> None:
    """Hold the contests of a run in the runs folder `root` and keep what came out, telling Dask of it as it goes."""
    tell, cancelled = teller(CONTEST_TOPIC, name), Event(cancel_name(name)).is_set
    # Beside a training, not before it.
    secede()

    def report(progress: ContestProgress) -> None:
        if cancelled():
            raise ContestCancelledError("The contest was called off.")
        tell(vars(progress))

    with in_turn(_turn, lambda: report(ContestProgress(phase="waiting for another contest"))):
        report(ContestProgress(phase="encoding all images"))
        with quiet_stderr():
            from ae_core.classification import networks  # noqa: F401 the contestants will import it
        bench = _bench(name.key, name.weights, root)
        for place, (labels, seed) in enumerate(name.rounds):
            at = partial(_progress, name, place)
            run_contest(
                bench, labels=labels, seed=seed, names=QUICK_FIRST, report=lambda *told, at=at: report(at(*told))
            )


def _progress(name: ContestName, place: int, contestant: str, share: float, accuracy: float | None) -> ContestProgress:
    """After `share` of the training of `contestant` in the contest at `place`."""
    labels, seed = name.rounds[place]
    before = place + (QUICK_FIRST.index(contestant) + share) / len(QUICK_FIRST)
    return ContestProgress(before / len(name.rounds), labels, seed, contestant, share, accuracy)


# Two contests of a run share what takes long to make of its codes.
@lru_cache(maxsize=2)
def _bench(key: str, weights: str, root: Path) -> Bench:
    store = RunStore(root)
    run = store.open(key)
    bench = Bench(run, folder=root / "datasets", basis=lambda: basis_of(run.config, store))
    if bench.weights != weights:
        raise DataError(f"Run {key} has been trained on meanwhile. Look at it again, then start the contest.")
    return bench


def unpack_contest(values: dict[str, Any]) -> ContestProgress:
    """A `ContestProgress` from what a worker told."""
    return ContestProgress(**values)
