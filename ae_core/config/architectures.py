"""The architectures that there are. Each is a module beside this one, and an entry of the table."""

from __future__ import annotations

from ae_core.config.architecture import Architecture
from ae_core.config.conv import CONV
from ae_core.config.dense import DENSE

ARCHITECTURES: dict[str, Architecture] = {"dense": DENSE, "conv": CONV}
"""By the name that a Config has."""
