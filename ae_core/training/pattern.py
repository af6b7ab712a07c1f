"""What a compiled step depends on, of all that determines a training."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from ae_core.config.config import Config

FREE: dict[str, Any] = {
    field: getattr(Config(), field) for field in ("dataset", "classes", "train_size", "seed", "continues")
}
"""Fields that no compiled step depends on: all that they determine is handed to it."""


def pattern_of(config: Config) -> Config:
    """What all have in common whose trainings can use one `Stepper`."""
    free = FREE
    if config.schedule == "constant":
        # The rate is a variable, and how many steps there are is known to a schedule alone.
        free = {**FREE, "learning_rate": Config().learning_rate, "steps": Config().steps}
    return replace(config, **free)
