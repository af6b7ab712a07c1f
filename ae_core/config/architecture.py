"""What an architecture is: how hyperparameters become layers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ae_core.config.layers import Plan

if TYPE_CHECKING:
    from ae_core.config.config import Config


@dataclass(frozen=True)
class Architecture:
    """How hyperparameters become layers.

    Attributes:
        title: as pages write it.
        fields: the hyperparameters that only it reads.
        sizes: of these, the one that says how large the network is.
        size_words: what an error calls that one.
        plan: the layers that a Config asks for.
        ignored: fields that a Config of it ignores beside other architectures' own, with the value they get instead.
        parts: how many parts of a batch go through the layers side by side in a training step. More than one where
            a single operation at a time would leave a core idle.
    """

    title: str
    fields: tuple[str, ...]
    sizes: str
    size_words: str
    plan: Callable[[Config], Plan]
    ignored: Callable[[Config], dict[str, Any]] = lambda _: {}
    parts: int = 1
