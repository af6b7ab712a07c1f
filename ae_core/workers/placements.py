"""Where new codes lie on a map that is there: worked out by a worker, which keeps what that takes in memory."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from functools import partial
from hashlib import blake2b
from pathlib import Path
from threading import Lock
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from ae_core.codecs.codec import Part
from ae_core.datasets.dataset import Once
from ae_core.latent.kept_map import map_file, map_stamp
from ae_core.latent.out_of_sample import Placer
from ae_core.latent.projection import Method, Projection, checked
from ae_core.runs.run import Run
from ae_core.workers.maps import Map
from ae_core.workers.work import Channel, Work

MOST_PLACERS = 4

_opening = Lock()
_placers: OrderedDict[tuple[Map, Path, tuple[int, ...]], Once[Placer]] = OrderedDict()
"""By map, its file, and what tells that from one which replaces it."""


@dataclass(frozen=True)
class Placement(Work[None]):
    """Some codes to be placed on a map. Its answer: (m, 2) float32.

    Attributes:
        stamp: `map_stamp` of its file: on a map that was made again, codes have other places.
        codes: (m, d) float32, row after row.
        dims: d.
    """

    on: Map
    stamp: tuple[int, ...]
    codes: bytes
    dims: int

    # A hand is drawing: before all maps.
    urgency = 2
    keeps_answer = True

    @classmethod
    def of(cls, run: Run, method: Method, part: Part, codes: NDArray[Any]) -> Self:
        """For codes (m, latent_dim) on a map of `run`.

        Raises:
            DataError: codes of another shape, or what is not finite.
            RunNotFoundError: the run has no encoder.
        """
        dims, stamp = run.config.latent_dim, map_stamp(run.path, method, part)
        return cls(Map.of(run, method, part), stamp, checked(codes, dims=dims).astype("<f4").tobytes(), dims)

    @property
    def name(self) -> str:
        """See `Work`."""
        which = blake2b(self.codes + repr(self.stamp).encode(), digest_size=8).hexdigest()
        return f"place-{which}-on-{self.on.name}"

    @property
    def noun(self) -> str:
        """See `Work`."""
        return f"the place of a code on {self.on.noun}"

    def do(self, root: Path, channel: Channel[None]) -> NDArray[np.float32]:
        """(m, 2). Raises as `Placer` does, or DataError for no map or other weights."""
        run = root / self.on.key
        path = run / map_file(self.on.method, self.on.part)
        at = (self.on, path, map_stamp(run, self.on.method, self.on.part))
        with _opening:
            placer = _placers.setdefault(at, Once(partial(_open, self.on, root, path)))
            _placers.move_to_end(at)
            while len(_placers) > MOST_PLACERS:
                _placers.popitem(last=False)
        return placer().place(np.frombuffer(self.codes, "<f4").reshape(-1, self.dims))


def _open(on: Map, root: Path, path: Path) -> Placer:
    return Placer(on.codes(root), Projection.load(path))
