"""What the workers do for `maps`: the map of a run, and new codes on it.

runs/<key>/maps/<method>-<part>.npz      a `Projection`, which says of which weights it is
"""

from __future__ import annotations

from collections import OrderedDict
from contextlib import nullcontext
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from threading import Lock
from typing import Any

import numpy as np
from distributed import Event, secede
from numpy.typing import NDArray

from ae_core.codecs.codec import Part, encode_part, weights_of
from ae_core.datasets.dataset import Once
from ae_core.errors import DataError, ProjectionCancelledError
from ae_core.latent.out_of_sample import Placer
from ae_core.latent.projection import Method, Projection, project
from ae_core.latent.tsne_umap import MapProgress
from ae_core.runs.store import RunStore
from ae_core.workers.reporting import cancel_name, in_turn, teller

MAP_TOPIC = "bottleneck-maps"

MAP_FOLDER = "maps"
MOST_PLACERS = 4

_turn = Lock()
_placing = Lock()
_placers: OrderedDict[tuple[MapName, Path, tuple[int, ...]], Once[Placer]] = OrderedDict()


@dataclass(frozen=True)
class MapName:
    """Which map: of which run and which of its weights, by which method, of which part of its images."""

    key: str
    weights: str
    method: Method
    part: Part

    def __str__(self) -> str:
        return f"map-{self.key}-{self.weights}-{self.method}-{self.part}"

    @property
    def words(self) -> str:
        """What a message about it calls it."""
        return f"the map of run {self.key}"

    @property
    def lighter(self) -> str:
        """What to do when it takes too much memory."""
        return "Choose the held-out images only."

    @property
    def file(self) -> str:
        """Name of its file in the folder `MAP_FOLDER` of the run."""
        return f"{self.method}-{self.part}.npz"


def map_stamp(run: Path, name: MapName) -> tuple[int, ...]:
    """What tells the file of this map, in the folder `run`, from one that replaces it; empty where there is none."""
    try:
        stat = (run / MAP_FOLDER / name.file).stat()
    except OSError:
        return ()
    return stat.st_mtime_ns, stat.st_ino, stat.st_size


def make_map(name: MapName, root: Path) -> None:
    """Make a map of a run in the runs folder `root` and keep it there, telling Dask of it as it goes."""
    tell, cancelled = teller(MAP_TOPIC, name), Event(cancel_name(name)).is_set
    # Beside a training, not before it.
    secede()

    def report(progress: MapProgress) -> None:
        tell(pack_map(progress))

    def waits() -> None:
        report(MapProgress(0.0, "waiting for another map"))
        if cancelled():
            raise ProjectionCancelledError("The map was cancelled before it was begun.")

    # One map of neighbours at a time in a process: several would take as long as they do one after another.
    with in_turn(_turn, waits) if name.method in ("tsne", "umap") else nullcontext():
        report(MapProgress(0.0, "reading the codes"))
        codes = _codes_on(name, root)
        made = project(codes, name.method, report=report, should_stop=cancelled)
        folder = RunStore(root).open(name.key).target(MAP_FOLDER)
        replace(made, weights=name.weights).save(folder / name.file)


def place_codes(name: MapName, root: Path, codes: NDArray[np.float32]) -> NDArray[np.float32]:
    """Where on a map that is there `codes` (m, d) belong, (m, 2). Raises as `Placer` does, or DataError for no map."""
    secede()
    # A map that was made again has other places.
    which = name, root, map_stamp(root / name.key, name)
    with _placing:
        placer = _placers.setdefault(which, Once(partial(_open_placer, name, root)))
        _placers.move_to_end(which)
        while len(_placers) > MOST_PLACERS:
            _placers.popitem(last=False)
    return placer().place(codes)


def _open_placer(name: MapName, root: Path) -> Placer:
    return Placer(_codes_on(name, root), Projection.load(root / name.key / MAP_FOLDER / name.file))


def _codes_on(name: MapName, root: Path) -> NDArray[np.float32]:
    run = RunStore(root).open(name.key)
    if weights_of(run) != name.weights:
        raise DataError(f"Run {name.key} has been trained on meanwhile. Look at its map again.")
    return encode_part(run, name.part, folder=root / "datasets")


def pack_map(progress: MapProgress) -> dict[str, Any]:
    """A `MapProgress` as values that Dask can send as an event; float16 is exact to a screen's pixel."""
    points = progress.points
    return {**vars(progress), "points": None if points is None else points.astype(np.float16).tobytes()}


def unpack_map(values: dict[str, Any]) -> MapProgress:
    """The opposite of `pack_map`."""
    content = values["points"]
    points = None if content is None else np.frombuffer(content, np.float16).reshape(-1, 2).astype(np.float32)
    return MapProgress(values["fraction"], values["phase"], points)
