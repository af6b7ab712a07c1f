"""Contests that are kept with their runs."""

from __future__ import annotations

from functools import lru_cache

from ae_core.classification.contest import CONTEST_FOLDER, Contest, contest_file, load_contest
from ae_core.codecs.codec import weights_of
from ae_core.datasets.catalogue import dataset_for
from ae_core.runs.run import Run


def kept_contests(run: Run) -> dict[tuple[int, int], Contest]:
    """What came out so far, by number of labels and seed, both rising.

    Damaged files and those of earlier weights count as none.

    Raises:
        RunNotFoundError: the run has no encoder, or was deleted.
        ConfigError, DataError: its images are not there.
    """
    found = {}
    for path in (run.path / CONTEST_FOLDER).glob("*-*.npz"):
        labels, _, seed = path.stem.partition("-")
        if labels.isdecimal() and seed.isdecimal():
            contest = kept_contest(run, int(labels), int(seed))
            if contest.outcomes:
                found[int(labels), int(seed)] = contest
    return dict(sorted(found.items()))


def kept_contest(run: Run, labels: int, seed: int) -> Contest:
    """One of them, without outcomes while nobody has learned. Raises as `kept_contests`."""
    weights = weights_of(run)
    images = dataset_for(run.config, folder=run.path.parent / "datasets").test.count
    try:
        stat = (run.path / contest_file(labels, seed)).stat()
    except OSError:
        return Contest(weights, {})
    return _load(run, labels, seed, weights, images, (stat.st_mtime_ns, stat.st_ino, stat.st_size))


@lru_cache(maxsize=128)
def _load(run: Run, labels: int, seed: int, weights: str, images: int, _stamp: tuple[int, ...]) -> Contest:
    """Of `_stamp` it is enough that a replaced file has another."""
    return load_contest(run, labels, seed, weights=weights, images=images)
