"""A map of a run's codes, made by a worker beside a training and kept in the run's folder."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from ae_core.codecs.codec import Part, encode_part, weights_of
from ae_core.errors import DamagedRunError, DataError
from ae_core.latent.kept_map import kept_map, map_file
from ae_core.latent.projection import Method, project
from ae_core.latent.tsne_umap import MapProgress
from ae_core.runs.run import Run
from ae_core.runs.store import RunStore
from ae_core.workers.work import Channel, Work


@dataclass(frozen=True)
class Map(Work[MapProgress]):
    """Which map: of which run and which of its weights, by which method, of which part of its images."""

    key: str
    weights: str
    method: Method
    part: Part

    lighter = "Choose the held-out images only."

    @classmethod
    def of(cls, run: Run, method: Method, part: Part) -> Self:
        """The map of the weights that `run` has now. Raises RunNotFoundError when it has no encoder."""
        return cls(run.key, weights_of(run), method, part)

    @property
    def name(self) -> str:
        """See `Work`."""
        return f"map-{self.key}-{self.weights}-{self.method}-{self.part}"

    @property
    def noun(self) -> str:
        """See `Work`."""
        return f"the map of run {self.key}"

    @property
    def turn(self) -> str:
        """Maps of neighbours, one at a time: several would take as long as they do one after another."""
        return "map" if self.method in ("tsne", "umap") else ""

    def begin(self, root: Path) -> bool:
        """See `Work`. Raises RunNotFoundError, ConfigError or DataError as `kept_map` does."""
        # What is damaged the worker says, as it says whatever else goes wrong.
        with suppress(DamagedRunError):
            return kept_map(RunStore(root).open(self.key), self.method, self.part) is None
        return True

    def do(self, root: Path, channel: Channel[MapProgress]) -> None:
        """Make the map and keep it with its run."""
        channel.report(MapProgress(0.0, "reading the codes"))
        codes = self.codes(root)
        made = project(codes, self.method, report=channel.report, should_stop=channel.asked)
        path = RunStore(root).open(self.key).target(map_file(self.method, self.part))
        replace(made, weights=self.weights).save(path)

    def codes(self, root: Path) -> NDArray[np.float32]:
        """What the map is of, (n, d). Raises DataError when the run has other weights by now."""
        run = RunStore(root).open(self.key)
        if weights_of(run) != self.weights:
            raise DataError(f"Run {self.key} has been trained on meanwhile. Look at its map again.")
        return encode_part(run, self.part, folder=root / "datasets")

    def waiting(self, for_what: str) -> MapProgress:
        """See `Work`."""
        return MapProgress(0.0, f"waiting for {for_what}")

    def pack(self, progress: MapProgress) -> dict[str, Any]:
        """See `Work`; float16 is exact to a screen's pixel."""
        points = progress.points
        return {**vars(progress), "points": None if points is None else points.astype(np.float16).tobytes()}

    def unpack(self, values: Mapping[str, Any]) -> MapProgress:
        """See `Work`."""
        content = values["points"]
        points = None if content is None else np.frombuffer(content, np.float16).reshape(-1, 2).astype(np.float32)
        return MapProgress(values["fraction"], values["phase"], points)
