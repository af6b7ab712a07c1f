"""From a Config to the layers that it asks for."""

from __future__ import annotations

from dataclasses import replace

from ae_core.config.architectures import ARCHITECTURES
from ae_core.config.config import Config
from ae_core.config.layers import Plan
from ae_core.errors import ConfigError

MOST_PARAMETERS = 20_000_000
"""A limit for a classroom's server: the largest preset has 1.5 million."""


def plan_layers(config: Config) -> Plan:
    """The layers that `config` asks for.

    Raises:
        ConfigError: the network would have more than `MOST_PARAMETERS` parameters.
    """
    config = config.canonical
    architecture = ARCHITECTURES[config.architecture]
    plan = architecture.plan(config)
    if config.family == "variational":
        plan = replace(plan, log_var=plan.encoder[-1])
    if plan.params > MOST_PARAMETERS:
        raise ConfigError(
            architecture.sizes,
            f"A network must have at most {MOST_PARAMETERS:,} parameters. Received: {plan.params:,}. "
            f"Choose smaller {architecture.size_words}.",
        )
    return plan
