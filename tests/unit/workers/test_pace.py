"""How long trainings are expected to take."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ae_core.config.config import Config
from ae_core.workers.pace import Pace

TINY = Config(encoder_widths=(16,), latent_dim=2, steps=3000)


def test_a_tiny_network_takes_its_time_for_pixels_and_steps() -> None:
    # Measured: 17 s for the steps alone, while other work ran beside it.
    assert 9 < Pace().seconds(TINY) < 17


def test_however_small_a_step_is_more_of_them_take_longer() -> None:
    one = replace(TINY, batch_size=1)
    assert Pace().seconds(replace(one, steps=100_000)) > Pace().seconds(replace(one, steps=1)) + 30


def test_a_network_that_is_large_enough_tells_how_fast_the_workers_are() -> None:
    pace, large = Pace(), Config()
    pace.learn(large, steps_per_second=100.0)
    assert pace.seconds(large) == pytest.approx(3 + 10, abs=0.5)
    before = pace.seconds(large)
    for config, rate in ((TINY, 1.0), (large, 0.0)):
        pace.learn(config, steps_per_second=rate)
    assert pace.seconds(large) == before
