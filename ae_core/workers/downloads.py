"""Datasets from the internet, fetched by a worker while pages go on."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from ae_core.datasets.fashion_mnist import fetch_fashion_mnist
from ae_core.workers.work import Channel, Work


@dataclass(frozen=True)
class FashionMnist(Work[None]):
    """Fashion-MNIST, to be put into the datasets folder."""

    remedy = "Try again."

    @property
    def name(self) -> str:
        """See `Work`."""
        return "fetch-fashion-mnist"

    @property
    def noun(self) -> str:
        """See `Work`."""
        return "Fashion-MNIST"

    @property
    def doing(self) -> str:
        """See `Work`."""
        return "fetched Fashion-MNIST"

    def do(self, root: Path, channel: Channel[None]) -> None:
        """Fetch it."""
        fetch_fashion_mnist(root / "datasets")
