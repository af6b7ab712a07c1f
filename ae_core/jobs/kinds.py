"""Every kind of work that pages ask for."""

from __future__ import annotations

from typing import Any

from ae_core.workers.contests import Contests
from ae_core.workers.downloads import FashionMnist
from ae_core.workers.maps import Map
from ae_core.workers.pca_fits import PcaFit
from ae_core.workers.placements import Placement
from ae_core.workers.trainings import Training
from ae_core.workers.work import Work

KINDS: tuple[type[Work[Any]], ...] = (Training, Map, Placement, Contests, PcaFit, FashionMnist)
"""In the order in which what was interrupted is taken up."""
