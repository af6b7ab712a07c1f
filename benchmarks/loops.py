"""Our training loop as a page starts it, for processes of a measurement."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Literal

from ae_core.config.config import Config
from ae_core.config.presets import PRESETS
from ae_core.datasets.catalogue import load_dataset
from ae_core.runs.history import Progress
from ae_core.runs.store import RunStore

SETTLING = 50
"""Steps of warm-up: the loop is compiled, and what the system took from an idle process is back."""

Reports = list[tuple[float, int]]
"""Of each report, when it came and which step it told of."""


def our_rate(config: Config, folder: Path, steps: int) -> float:
    """Steps a second over `steps` steps, going on with the training in `folder` where it was left.

    Reports, the rows of the history with their held-out losses, and at least one checkpoint are within the time: the
    training is paused at its end, which measures the held-out loss, writes a checkpoint and reports once more.
    """

    def measured(reports: Reports) -> Reports:
        return [report for report in reports if report[1] >= reports[0][1] + SETTLING]

    def enough(reports: Reports) -> bool:
        counted = measured(reports)
        return bool(counted) and counted[-1][1] >= counted[0][1] + steps

    reports = measured(_train_until(config, folder, enough))
    ended = time.perf_counter()
    return (reports[-1][1] - reports[0][1]) / (ended - reports[0][0])


def _train_until(config: Config, folder: Path, enough: Callable[[Reports], bool]) -> Reports:
    from ae_core.training.train import train

    reports: Reports = []

    def report(progress: Progress) -> None:
        reports.append((time.perf_counter(), progress.step))

    def should_stop() -> Literal["pause"] | None:
        return "pause" if enough(reports) else None

    train(config, store=RunStore(folder), data=load_dataset("mnist"), report=report, should_stop=should_stop)
    return reports


def train_briefly(presets: list[str], folder: Path) -> list[str]:
    """Train each preset for two steps, which gives runs of full size; returns their keys."""
    from ae_core.training.train import train

    configs: list[Config] = [replace(PRESETS[name], steps=2) for name in presets]
    return [train(config, store=RunStore(folder)).key for config in configs]


def train_whole(preset: str, folder: Path) -> str:
    """Train a preset to its end; returns the run's key."""
    from ae_core.training.train import train

    return train(PRESETS[preset], store=RunStore(folder)).key
