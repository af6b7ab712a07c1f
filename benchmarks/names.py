"""The one table of benchmarks."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

from benchmarks import classroom, comparing, drawing, families, labels, latent, memory, startup, training
from benchmarks.rows import Row


class Benchmark(Protocol):
    """Something that can be measured. Raises BenchmarkError when it cannot."""

    def __call__(self, *, quick: bool) -> Iterable[Row]:
        """The rows, which may come one by one. With `quick` within a minute on an idle machine of two cores."""
        ...


BENCHMARKS: dict[str, Benchmark] = {
    "training": training.measure,
    "startup": startup.measure,
    "drawing": drawing.measure,
    "latent": latent.measure,
    "compare": comparing.measure,
    "families": families.measure,
    "labels": labels.measure,
    "memory": memory.measure,
    "classroom": classroom.measure,
}
