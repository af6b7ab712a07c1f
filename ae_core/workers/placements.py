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

from ae_core.datasets.dataset import Once
from ae_core.latent.kept_map import map_file
from ae_core.latent.out_of_sample import Placer
from ae_core.latent.projection import Projection, checked
from ae_core.npz import readable
from ae_core.workers.maps import Map
from ae_core.workers.work import Channel, Work

MOST_PLACERS = 4

_opening = Lock()
_placers: OrderedDict[tuple[Map, Path, int], Once[Placer]] = OrderedDict()
"""By map, its file, and when that was written."""


@dataclass(frozen=True)
class Placement(Work[None]):
    """Some codes to be placed on a map. Its answer: (m, 2) float32.

    Attributes:
        codes: (m, d) float32, row after row.
        dims: d.
    """

    on: Map
    codes: bytes
    dims: int

    # A hand is drawing: before all maps.
    urgency = 2
    keeps_answer = True

    @classmethod
    def of(cls, on: Map, codes: NDArray[Any], *, latent_dim: int) -> Self:
        """For codes (m, latent_dim). Raises DataError for another shape, or what is not finite."""
        return cls(on, checked(codes, dims=latent_dim).astype("<f4").tobytes(), latent_dim)

    @property
    def name(self) -> str:
        """See `Work`."""
        return f"place-{blake2b(self.codes, digest_size=8).hexdigest()}-on-{self.on.name}"

    @property
    def noun(self) -> str:
        """See `Work`."""
        return f"the place of a code on {self.on.noun}"

    def do(self, root: Path, channel: Channel[None]) -> NDArray[np.float32]:
        """(m, 2). Raises as `Placer` does, or DataError for no map or other weights."""
        path = root / self.on.key / map_file(self.on.method, self.on.part)
        with readable(path.name, remedy="Look at the map again."):
            at = (self.on, path, path.stat().st_mtime_ns)
        with _opening:
            placer = _placers.setdefault(at, Once(partial(_open, self.on, root, path)))
            _placers.move_to_end(at)
            while len(_placers) > MOST_PLACERS:
                _placers.popitem(last=False)
        return placer().place(np.frombuffer(self.codes, "<f4").reshape(-1, self.dims))


def _open(on: Map, root: Path, path: Path) -> Placer:
    return Placer(on.codes(root), Projection.load(path))
