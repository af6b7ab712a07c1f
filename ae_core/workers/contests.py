"""Contests of classifiers on a run's encoder, held by a worker one after another and kept in the run's folder."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial
from pathlib import Path
from typing import Any, Self

from ae_core.classification.contest import CONTESTANTS, labelled
from ae_core.classification.kept_contests import kept_contest
from ae_core.classification.teaching import Bench, run_contest
from ae_core.codecs.codec import weights_of
from ae_core.codecs.pca import basis_of
from ae_core.datasets.catalogue import dataset_for
from ae_core.errors import CancelledError, DataError
from ae_core.libraries import quiet_stderr
from ae_core.runs.run import Run
from ae_core.runs.store import RunStore
from ae_core.workers.work import Channel, Work

SLOW = ("fine-tuned", "from-scratch", "spreading", "spreading-pca")
QUICK_FIRST = sorted(CONTESTANTS, key=lambda name: name in SLOW)
"""The order in which contestants learn, so that something is seen soon."""


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


@dataclass(frozen=True)
class Contests(Work[ContestProgress]):
    """Which contests: of which run and which of its weights, for which numbers of labels, and how often each.

    Attributes:
        counts: numbers of labels.
        seeds: each number is drawn with the seeds 0 to `seeds` - 1.
    """

    key: str
    weights: str
    counts: tuple[int, ...]
    seeds: int

    lighter = "Choose fewer labels."

    @classmethod
    def of(cls, run: Run, counts: Sequence[int], *, seeds: int) -> Self:
        """Contests on the weights that `run` has now. Raises RunNotFoundError when it has no encoder."""
        return cls(run.key, weights_of(run), tuple(counts), seeds)

    @property
    def name(self) -> str:
        """See `Work`."""
        return f"contest-{self.key}-{self.weights}-{'-'.join(map(str, self.counts))}x{self.seeds}"

    @property
    def noun(self) -> str:
        """See `Work`."""
        return f"the contest of run {self.key}"

    @property
    def turn(self) -> str:
        """See `Work`: each needs all cores."""
        return "contest"

    @property
    def rounds(self) -> list[tuple[int, int]]:
        """Number of labels and seed of each contest, in their order: the whole curve once, then again."""
        return [(count, seed) for seed in range(self.seeds) for count in self.counts]

    def check(self, root: Path) -> None:
        """See `Work`.

        Raises:
            RunNotFoundError: the run has no encoder, or was deleted.
            ConfigError, DataError: its images are not there, have no labels or one class only, or a number of labels is
                less than one a class or more than there are.
        """
        run = RunStore(root).open(self.key)
        labels = dataset_for(run.config, folder=root / "datasets").train_labels
        for count in self.counts:
            labelled(labels, count, seed=0)

    def begin(self, root: Path) -> bool:
        """See `Work`."""
        run = RunStore(root).open(self.key)
        return any(set(kept_contest(run, *at).outcomes) != set(CONTESTANTS) for at in self.rounds)

    def do(self, root: Path, channel: Channel[ContestProgress]) -> None:
        """Hold the contests that are not held yet, and keep what comes out."""

        def report(progress: ContestProgress) -> None:
            if channel.asked():
                raise CancelledError("The contest was called off.")
            channel.report(progress)

        report(ContestProgress(phase="encoding all images"))
        with quiet_stderr():
            from ae_core.classification import networks  # noqa: F401 the contestants will import it
            from ae_core.training.idle_stepper import leave_idle_only
        bench = _bench(self.key, self.weights, root)
        for place, (labels, seed) in enumerate(self.rounds):
            at = partial(self._progress, place)
            try:
                run_contest(
                    bench, labels=labels, seed=seed, names=QUICK_FIRST, report=lambda *told, at=at: report(at(*told))
                )
            finally:
                leave_idle_only()

    def waiting(self, for_what: str) -> ContestProgress:
        """See `Work`."""
        return ContestProgress(phase=f"waiting for {for_what}")

    def unpack(self, values: Mapping[str, Any]) -> ContestProgress:
        """See `Work`."""
        return ContestProgress(**values)

    def _progress(self, place: int, contestant: str, share: float, accuracy: float | None) -> ContestProgress:
        """After `share` of the training of `contestant` in the contest at `place`."""
        labels, seed = self.rounds[place]
        before = place + (QUICK_FIRST.index(contestant) + share) / len(QUICK_FIRST)
        return ContestProgress(before / len(self.rounds), labels, seed, contestant, share, accuracy)


# Two contests of a run share what takes long to make of its codes.
@lru_cache(maxsize=2)
def _bench(key: str, weights: str, root: Path) -> Bench:
    store = RunStore(root)
    run = store.open(key)
    bench = Bench(run, folder=root / "datasets", basis=lambda: basis_of(run.config, store))
    if bench.weights != weights:
        raise DataError(f"Run {key} has been trained on meanwhile. Look at it again, then start the contest.")
    return bench
