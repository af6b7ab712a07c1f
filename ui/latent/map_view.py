"""How the visitor sees the map: its colours, digits, the decoded grid, what is pinned. The address keeps it."""

from __future__ import annotations

from collections.abc import Sequence
from math import isfinite
from typing import Any

import streamlit as st

from ui.components.collection.collection import Collection
from ui.components.map.map import MapView
from ui.selection import address
from ui.selection.address import Parameter, change_together

GRIDS = (15, 20, 25, 30)
"""Pictures along the longer side of the decoded grid, as the map offers them."""
_GIVEN = "_map_given"
"""Where the session keeps what the map began with, and since which visit."""


def view_parameters(collection: Collection, *, labelled: bool) -> list[Parameter[Any]]:
    """What the address keeps of a map of this collection, one for each field of `MapView`, in their order."""
    return [
        _colour(collection.latent_dim, labelled=labelled),
        Parameter.one_of("grid", "_map_grid", {str(side): side for side in GRIDS}, usual=0),
        Parameter.one_of("digits", "_map_digits", {"on": True, "off": False}, usual=False),
        _pin(collection.count),
    ]


def settled_view(parameters: Sequence[Parameter[Any]], key: str) -> MapView:
    """What the map with this key begins with, the same until an address brings something else.

    What the visitor changes in it meanwhile is there already, and the map need not be sent again for that.
    """
    view = MapView(*(parameter.settle() for parameter in parameters))
    visit = address.visits(), key
    given: tuple[tuple[int, str], MapView] = st.session_state.get(_GIVEN, (None, view))
    if given[0] != visit:
        st.session_state[_GIVEN] = given = visit, view
    return given[1]


def take_view(parameters: Sequence[Parameter[Any]], key: str) -> None:
    """What the visitor has settled on in the map with this key; a callback."""
    view = MapView.from_json(st.session_state[key]["view"])
    for parameter, value in zip(parameters, vars(view).values(), strict=True):
        st.session_state[parameter.key] = value
    change_together(*parameters)


def _colour(latent_dim: int, *, labelled: bool) -> Parameter[str]:
    named = ["label", "error"] if labelled else ["error"]

    def read(text: str) -> str:
        if text not in named and text not in {f"dim-{dim + 1}" for dim in range(latent_dim)}:
            raise ValueError(text)
        return text

    expected = f"{', '.join(named)}, or dim- and a number from 1 to {latent_dim}"
    return Parameter("colour", "_map_colour", named[0], read, str, expected)


def _pin(count: int) -> Parameter[str]:
    def read(text: str) -> str:
        first, *place = text.split("~")
        if first == "at":
            if len(place) != 2 or not all(isfinite(float(part)) for part in place):
                raise ValueError(text)
        elif text != "drawing" and not 0 <= int(text) < count:
            raise ValueError(text)
        return text

    expected = f"drawing, the number of an image below {count:,}, or a place such as at~0.5~-1.2"
    return Parameter("pin", "_map_pin", "", read, str, expected)
