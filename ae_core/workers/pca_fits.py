"""The PCA that trainings on the same images are compared with, fitted beside the first of them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from ae_core.codecs.pca import baseline_path, make_baseline
from ae_core.config.config import Config
from ae_core.runs.store import RunStore
from ae_core.workers.work import Channel, Work


@dataclass(frozen=True)
class PcaFit(Work[None]):
    """The PCA of the images that `config` learns from; its other hyperparameters are left out."""

    config: Config

    def __post_init__(self) -> None:
        known = Config(dataset=self.config.dataset, classes=self.config.classes, train_size=self.config.train_size)
        object.__setattr__(self, "config", known)

    @property
    def name(self) -> str:
        """See `Work`."""
        return f"pca-{self.config.key}"

    @property
    def noun(self) -> str:
        """See `Work`."""
        return "the PCA of these images"

    def begin(self, root: Path) -> bool:
        """See `Work`."""
        return not baseline_path(RunStore(root), self.config).exists()

    def do(self, root: Path, channel: Channel[None]) -> None:
        """Fit it and keep it at `baseline_path`."""
        make_baseline(self.config, RunStore(root))
