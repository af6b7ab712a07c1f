"""Brings a network's weights to the visitor's tab, where they stay."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ui.components.payload import check_network, fingerprint, pack
from ui.components.scripts import register

_CARRIER = register("network_carrier")


@dataclass(frozen=True)
class Cargo:
    """A network on its way to the browser.

    Attributes:
        model: a name by which other components ask for it.
        block: what is sent, once for as long as the page shows it.
    """

    model: str
    block: bytes

    @classmethod
    def of(cls, network: Mapping[str, Any], weights: bytes) -> Cargo:
        """A network as `export.browser_network` gives it. Raises ValueError, KeyError or TypeError for a broken one."""
        check_network(network, weights)
        model = fingerprint(json.dumps(network).encode(), weights)
        return cls(model, pack({"model": model, "network": network}, {"weights": weights}))


def carry(*cargos: Cargo) -> None:
    """Send networks to the browser, each once. It shows nothing; other components name `cargo.model`."""
    # Two runs may have come out the same.
    for model, block in {cargo.model: cargo.block for cargo in cargos}.items():
        _CARRIER(key=f"carrier_{model}", data=block)
