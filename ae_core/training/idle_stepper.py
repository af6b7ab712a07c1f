"""The stepper of the last training, for the next one: what is alike need not be built and compiled again."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock

from ae_core.config.config import Config
from ae_core.config.plan import plan_layers
from ae_core.datasets.dataset import Dataset
from ae_core.libraries import reused_memory
from ae_core.training.garbage import collect_garbage
from ae_core.training.loop import Stepper
from ae_core.training.pattern import pattern_of

MOST_PARAMS = 2_000_000
"""Of a larger network none is kept: weights, the same as looks take them, and moments are up to 16 bytes for each."""

_idle: list[Stepper] = []
"""At most one, without data: some megabytes, however many trainings there were."""
_access = Lock()


@contextmanager
def stepper_for(config: Config, data: Dataset) -> Iterator[Stepper]:
    """At step 0 of `config`; kept for the next training unless this one ends with an error.

    Raises:
        ConfigError: the network would be too large.
    """
    with _access:
        stepper = _idle.pop() if _idle and _idle[0].pattern == pattern_of(config) else None
    if stepper:
        stepper.begin(config, data)
    else:
        # Its graphs go before others come.
        forget_idle()
        stepper = Stepper(config, data)
    with reused_memory():
        yield stepper
    stepper.rest()
    if plan_layers(config).params <= MOST_PARAMS:
        with _access:
            _idle[:] = [stepper]


def leave_idle_only() -> None:
    """Give back all else that trainings of this process have left behind."""
    with _access:
        kept = bool(_idle)
    # With its kernels an idle stepper would lose what makes it quick.
    collect_garbage(kernels=not kept)


def forget_idle() -> None:
    """Give back the idle one as well."""
    with _access:
        _idle.clear()
    collect_garbage()
