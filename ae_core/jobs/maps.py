"""Maps of the runs' codes as jobs on Dask: made once for everybody, kept in the run's folder, watched while they form.

A map is made beside a training, not after it. See `mapmaking` for what the workers do.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from threading import RLock
from typing import Any

import numpy as np
from distributed import Client, Future
from numpy.typing import NDArray

from ae_core.codecs.codec import Part, weights_of
from ae_core.datasets.dataset import dataset_for
from ae_core.errors import BottleneckError, DataError, JobError
from ae_core.jobs.cluster import reached
from ae_core.jobs.tasks import Kind, Tasks
from ae_core.latent.projection import Method, Projection, checked
from ae_core.latent.tsne_umap import MapProgress
from ae_core.runs.store import Run, RunStore
from ae_core.workers.maps import MAP_FOLDER, MAP_TOPIC, MapName, make_map, map_stamp, place_codes, unpack_map

__all__ = ["MapJob", "Maps", "Part"]

Floats = NDArray[np.float32]

KIND = Kind(MAP_TOPIC, make_map, MapProgress(0.0, "waiting for a worker"), unpack_map)
_Question = tuple[str, tuple[int, ...], bytes]
"""Which map, as its file is by now, and which code."""
MOST_PLACES = 256
"""Places of codes that are remembered, for all visitors together."""


@dataclass(frozen=True, eq=False)
class MapJob:
    """A map that is being made, as a page sees it.

    Attributes:
        fraction, phase, points: see `MapProgress`; the phase is "waiting for a worker" until one has begun.
        stopping: it was cancelled, has not ended yet, and nobody has asked for it again.
    """

    fraction: float
    phase: str
    points: Floats | None
    stopping: bool


class Maps:
    """Has maps made, tells how they stand, reads them, and places new codes on them.

    Args:
        store: the runs folder, which the workers must see under the same path.
        client: gives a client that is connected. Raises JobError when the scheduler cannot be reached.
    """

    def __init__(self, store: RunStore, client: Callable[[], Client]) -> None:
        self._store, self._client = store, client
        self._tasks = Tasks(KIND, store.root, client)
        # Held by whoever reads or changes the places; Dask, which calls back in its own thread, is not called under it.
        self._lock = RLock()
        self._places: OrderedDict[_Question, Floats | BottleneckError | None] = OrderedDict()
        self._closed = False

    def ready(self, run: Run, method: Method, part: Part) -> Projection | None:
        """The map of the run's codes, read-only and the same object for all; None while there is none.

        A damaged file, one that does not fit the run, and the map of earlier weights count as none.

        Raises:
            RunNotFoundError: the run has no encoder, or was deleted.
            ConfigError, DataError: the run's images are not there any more.
        """
        return self._made(run, _name(run, method, part))

    def request(self, run: Run, method: Method, part: Part) -> None:
        """Have a worker make the map, unless it is there or under way; does not wait.

        Raises:
            RunNotFoundError, ConfigError, DataError: as `ready`.
            JobError: the scheduler cannot be reached.
        """
        name = _name(run, method, part)
        self._tasks.request(name, is_made=lambda: self._made(run, name) is not None)

    def view(self, run: Run, method: Method, part: Part) -> MapJob | None:
        """How the making of the map stands; None when it is not being made. Raises RunNotFoundError."""
        task = self._tasks.view(_name(run, method, part))
        if task is None:
            return None
        return MapJob(task.progress.fraction, task.progress.phase, task.progress.points, task.stopping)

    def error(self, run: Run, method: Method, part: Part) -> str:
        """Why the map was not made when it was last asked for; empty when nothing failed. Raises RunNotFoundError."""
        return self._tasks.error(_name(run, method, part))

    def cancel(self, run: Run, method: Method, part: Part) -> None:
        """Call the map off, for everybody who waits for it; `view` tells of it until it has ended.

        Raises:
            RunNotFoundError: the run has no encoder, or was deleted.
            JobError: the scheduler cannot be reached.
        """
        self._tasks.cancel(_name(run, method, part))

    def place(self, run: Run, method: Method, part: Part, codes: NDArray[Any]) -> Floats | None:
        """Where on the map `codes` (m, d) belong, (m, 2); None while it is worked out, or while there is no map.

        On linear maps at once. Else a worker is asked, and its answer is there at one of the next calls.

        Raises:
            RunNotFoundError, ConfigError, DataError: as `ready`; DataError for codes that do not fit as well.
            JobError: the scheduler cannot be reached, or the worker failed. The next call tries again.
        """
        name = _name(run, method, part)
        made = self._made(run, name)
        codes = checked(codes, dims=run.config.latent_dim)
        if made is None or made.linear:
            return None if made is None else made.of_codes(codes)
        question = str(name), map_stamp(run.path, name), codes.tobytes()
        with self._lock:
            if question in self._places:
                self._places.move_to_end(question)
                answer = self._places[question]
                if isinstance(answer, BottleneckError):
                    del self._places[question]
                    raise answer
                return answer
            self._places[question] = None
            while len(self._places) > MOST_PLACES:
                self._places.popitem(last=False)
        self._ask(question, name, codes)
        return None

    def listen(self, client: Client) -> None:
        """Have `client` pass on what workers tell of maps."""
        self._tasks.listen(client)

    def close(self) -> None:
        """Hear no more of what ends because the connection does."""
        self._closed = True
        self._tasks.close()

    def _made(self, run: Run, name: MapName) -> Projection | None:
        stamp = map_stamp(run.path, name)
        made = _read(run.path / MAP_FOLDER / name.file, stamp) if stamp else None
        return made if made and self._fits(made, run, name) else None

    def _fits(self, made: Projection, run: Run, name: MapName) -> bool:
        if made.weights != name.weights or made.method not in (name.method, "pca"):
            return False
        data = dataset_for(run.config, folder=self._store.root / "datasets")
        count = data.test.count + (data.train.count if name.part == "all" else 0)
        return len(made.points) == count and (made.mean is None or made.mean.size == run.config.latent_dim)

    def _ask(self, question: _Question, name: MapName, codes: Floats) -> None:
        try:
            with reached():
                # A hand is drawing: before all maps.
                future = self._client().submit(place_codes, name, self._store.root, codes, pure=False, priority=10)
        except JobError:
            with self._lock:
                self._places.pop(question, None)
            raise
        future.add_done_callback(lambda done: self._on_placed(question, done))

    def _on_placed(self, question: _Question, future: Future) -> None:
        if self._closed:
            return
        answer: Floats | BottleneckError
        if future.status == "finished":
            answer = future.result()
        else:
            error = future.exception() if future.status == "error" else None
            words = "The workers failed to place this code on the map. Try again."
            answer = error if isinstance(error, BottleneckError) else JobError(words)
        with self._lock:
            if question in self._places:
                self._places[question] = answer
        future.release()


def _name(run: Run, method: Method, part: Part) -> MapName:
    return MapName(run.key, weights_of(run), method, part)


@lru_cache(maxsize=16)
def _read(path: Path, _stamp: tuple[int, ...]) -> Projection | None:
    """The map in a file, or None for a damaged one. Of `_stamp` it is enough that a replaced file has another."""
    try:
        made = Projection.load(path)
    except DataError:
        return None
    made.points.setflags(write=False)
    return made
