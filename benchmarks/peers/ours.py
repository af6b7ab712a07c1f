"""Our training, with all that the app has it do: reports, rows of the history with held-out losses, checkpoints."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from ae_core.config.config import Config
from ae_core.config.plan import plan_layers
from ae_core.datasets.catalogue import load_dataset
from ae_core.training.loop import Stepper
from benchmarks.loops import our_rate
from benchmarks.peers.trainer import Trainer


def build(config: Config) -> Trainer:
    return _Ours(config)


class _Ours(Trainer):
    def __init__(self, config: Config) -> None:
        self._config = config
        self._stepper = Stepper(config, load_dataset("mnist"))
        self._folder = TemporaryDirectory()
        self.params = plan_layers(config).params

    def advance(self, steps: int) -> Sequence[float]:
        return self._stepper.advance(steps).loss

    def rate(self, steps: int) -> float:
        return our_rate(self._config, Path(self._folder.name), steps)
