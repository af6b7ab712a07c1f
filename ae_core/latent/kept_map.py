"""Maps that are kept with their runs.

runs/<key>/maps/<method>-<part>.npz      a `Projection`, which says of which weights it is
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from ae_core.codecs.codec import Part, weights_of
from ae_core.datasets.catalogue import dataset_for
from ae_core.errors import DataError
from ae_core.latent.projection import Method, Projection
from ae_core.runs.run import Run

MAP_FOLDER = "maps"


def map_file(method: Method, part: Part) -> str:
    """Name of a map's file below the run's folder."""
    return f"{MAP_FOLDER}/{method}-{part}.npz"


def map_stamp(run: Path, method: Method, part: Part) -> tuple[int, ...]:
    """What tells a map's file in the folder `run` from one that replaces it; empty where there is none."""
    try:
        stat = (run / map_file(method, part)).stat()
    except OSError:
        return ()
    return stat.st_mtime_ns, stat.st_ino, stat.st_size


def kept_map(run: Run, method: Method, part: Part) -> Projection | None:
    """The map of the run's codes, read-only and the same object for all; None while there is none.

    A damaged file, one that does not fit the run, and the map of earlier weights count as none.

    Raises:
        RunNotFoundError: the run has no encoder, or was deleted.
        ConfigError, DataError: the run's images are not there any more.
    """
    weights, stamp = weights_of(run), map_stamp(run.path, method, part)
    made = _read(run.path / map_file(method, part), stamp) if stamp else None
    if made is None or made.weights != weights or made.method not in (method, "pca"):
        return None
    return made if _fits(made, run, part) else None


def _fits(made: Projection, run: Run, part: Part) -> bool:
    data = dataset_for(run.config, folder=run.path.parent / "datasets")
    count = data.test.count + (data.train.count if part == "all" else 0)
    return len(made.points) == count and (made.mean is None or made.mean.size == run.config.latent_dim)


@lru_cache(maxsize=16)
def _read(path: Path, _stamp: tuple[int, ...]) -> Projection | None:
    """The map in a file, or None for a damaged one. Of `_stamp` it is enough that a replaced file has another."""
    try:
        made = Projection.load(path)
    except DataError:
        return None
    made.points.setflags(write=False)
    return made
