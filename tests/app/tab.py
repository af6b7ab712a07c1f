"""One visitor's tab, as Streamlit's own simulation of it has it, and what can be read off its charts and digits."""

from __future__ import annotations

import json
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from unittest.mock import patch
from urllib.parse import parse_qs

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray
from streamlit.testing.v1 import AppTest

import ui.selection.address

APP = Path(__file__).parents[2] / "app.py"
SECONDS = 60


def _with_legends(part: Any) -> Iterator[dict[str, Any]]:
    """The encodings of a chart's specification that have a legend."""
    if isinstance(part, dict):
        if isinstance(part.get("legend"), dict):
            yield part
        part = list(part.values())
    if isinstance(part, list):
        for inside in part:
            yield from _with_legends(inside)


def _places(node: Any, above: tuple[int, ...]) -> Iterator[tuple[str, tuple[int, ...]]]:
    """The components and the lists that open, each with the positions that lead to it."""
    for at, child in getattr(node, "children", {}).items():
        place = (*above, at)
        if child.type == "bidi_component":
            yield child.key, place
        elif child.type == "expandable":
            yield child.proto.expandable.label, place
        yield from _places(child, place)


class Tab(AppTest):
    """A tab in which no page may fail, whatever the visitor does.

    Attributes:
        history: of the browser, as far as it goes back: a page and its address each.
    """

    def __init__(self) -> None:
        super().__init__(APP, default_timeout=SECONDS)
        self.history: list[tuple[str, dict[str, Any]]] = []
        self._places: dict[str, tuple[int, ...]] = {}

    def open(self, page: str, **address: str) -> Tab:
        """Go to a page, such as "train", with these settings in its address; without any, by its name at the top."""
        # A link to the page that is shown would begin a new session; Forward leads to it in the same one.
        through_history = bool(self.history) and self.history[-1][0] == page
        self.history.append((page, dict(address)))
        return self._go(through_history=through_history)

    def back(self) -> Tab:
        """Press the browser's Back."""
        self.history.pop()
        return self._go(through_history=True)

    def _go(self, *, through_history: bool) -> Tab:
        page, address = self.history[-1]
        self._places = {}
        self.switch_page(f"pages/{page}.py")
        self.query_params = dict(address)
        # The simulation knows no history.
        with patch.object(ui.selection.address, "_went_through_history", lambda: through_history):
            self.run()
        return self

    def _run(self, *arguments: Any, **named: Any) -> AppTest:
        # Elements rerun the page through this, too.
        before = dict(self.query_params)
        super()._run(*arguments, **named)
        assert not self.exception
        assert not [words for words in self.words() if "Something went wrong" in words or "Traceback" in words]
        self._take_address(before)
        self._keep_places()
        return self

    def _keep_places(self) -> None:
        """What has a state in the browser stays where it is in the page.

        Else a browser that has heard of a page's first part only takes it away and builds it anew: a list that was
        open is closed, and what is typed or drawn at that moment is lost.
        """
        now = dict(_places(self._tree, ()))
        moved = [
            f"{name} went from {self._places[name]} to {place}"
            for name, place in now.items()
            if self._places.get(name, place) != place
        ]
        assert moved == [], moved
        self._places |= now

    def _take_address(self, before: dict[str, Any]) -> None:
        """What the browser does: Streamlit adds an entry to its history, our script changes the present one."""
        page, _ = self.history.pop() if self.history else ("", {})
        if self.query_params != before:
            self.history.append((page, before))
        (script,) = (one for one in self.get("bidi_component") if one.key == "address")
        told = json.loads(script.proto.json)["query"]
        self.query_params = {name: values[-1] for name, values in parse_qs(told, keep_blank_values=True).items()}
        self.history.append((page, self.query_params))

    def __repr__(self) -> str:
        # A failing test would otherwise print every element of the page.
        return f"Tab({self.words()})"

    def words(self) -> list[str]:
        """All that the page says in messages, captions and texts."""
        kinds = (self.error, self.warning, self.info, self.success, self.markdown, self.caption)
        return [str(element.value) for kind in kinds for element in kind] + [bar.text for bar in self.progress]

    def labels(self) -> list[str]:
        """Of the buttons that can be pressed."""
        return [button.label for button in self.button if not button.disabled]

    def curves(self) -> dict[str, list[tuple[int, float]]]:
        """Points (step, value) of the first chart, by curve."""
        rows = self.charted()[0]
        points: dict[str, list[tuple[int, float]]] = {}
        for row in rows.itertuples():
            points.setdefault(str(row.series), []).append((int(row.step), float(row.value)))
        return points

    def charted(self) -> list[pd.DataFrame]:
        """The rows of each live chart."""
        charts = self.get("vega_lite_chart")
        return [pa.ipc.open_stream(chart.proto.data.data).read_pandas() for chart in charts]

    def unmarked(self) -> list[str]:
        """Entries in the legends of charts for which nothing is drawn."""
        found = []
        for chart, rows in zip(self.get("vega_lite_chart"), self.charted(), strict=True):
            for encoding in _with_legends(json.loads(chart.proto.spec)):
                named = encoding["legend"].get("values", encoding["scale"]["domain"])
                found += [name for name in named if name not in set(rows[encoding["field"]])]
        return found

    def block(self, key: str) -> tuple[dict[str, Any], dict[str, NDArray[np.uint8]]]:
        """Header and byte arrays that a component in the browser was sent."""
        (component,) = (one for one in self.get("bidi_component") if one.key == key)
        content: bytes = component.proto.bytes
        (length,) = struct.unpack("<I", content[:4])
        header = json.loads(content[4 : 4 + length])
        body = content[4 + length :]
        places = header["blobs"].items()
        return header, {name: np.frombuffer(body[at : at + count], np.uint8) for name, (at, count) in places}
