"""What the form offers for a setting."""

from __future__ import annotations

from ae_core.config.fields import Choice
from ae_core.config.hyperparameters import FIELDS


def choices(field: str) -> list[str]:
    """The texts that a Config may have for `field`."""
    kind = FIELDS[field]
    assert isinstance(kind, Choice)
    return list(kind.choices)
