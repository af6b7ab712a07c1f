"""The classifier in whose features made images are judged, trained once for a dataset."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from ae_core.datasets.dataset import load_dataset
from ae_core.evaluation.precision_recall import Judge, judge_path
from ae_core.runs.store import RunStore
from ae_core.workers.work import Channel, Work


@dataclass(frozen=True)
class JudgeFit(Work[None]):
    """The judge of images like those of `dataset`, which has labels."""

    dataset: str

    @property
    def name(self) -> str:
        """See `Work`."""
        return f"judge-{self.dataset}"

    @property
    def noun(self) -> str:
        """See `Work`."""
        return "the classifier that judges samples"

    def begin(self, root: Path) -> bool:
        """See `Work`."""
        return not judge_path(RunStore(root), self.dataset).exists()

    def do(self, root: Path, channel: Channel[None]) -> None:
        """Train it and keep it at `judge_path`."""
        images = load_dataset(self.dataset, folder=root / "datasets")
        assert images.train_labels is not None
        Judge.fit(images.train_pixels, images.train_labels).save(judge_path(RunStore(root), self.dataset))
