"""What a process has imported before it trains."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ae_core.datasets.dataset import Dataset
from ae_core.training.imports import import_keras
from ae_core.training.loop import Stepper
from tests.unit.tiny import DENSE


def test_one_network_after_another_says_nothing_in_the_terminal(
    zeros_and_ones: Dataset, caplog: pytest.LogCaptureFixture
) -> None:
    import_keras()
    for dims in range(1, 8):
        Stepper(replace(DENSE, latent_dim=dims), zeros_and_ones).reconstruct()
    assert caplog.text == ""
