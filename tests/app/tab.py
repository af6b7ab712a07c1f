"""One visitor's tab, as Streamlit's own simulation of it has it, and what can be read off its charts and digits."""

from __future__ import annotations

import json
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray
from streamlit.testing.v1 import AppTest

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


class Tab(AppTest):
    """A tab in which no page may fail, whatever the visitor does."""

    def __init__(self) -> None:
        super().__init__(APP, default_timeout=SECONDS)

    def open(self, page: str, **address: str) -> Tab:
        """Go to a page, such as "train", with these settings in its address."""
        self.switch_page(f"pages/{page}.py")
        self.query_params = dict(address)
        self.run()
        return self

    def _run(self, *arguments: Any, **named: Any) -> AppTest:
        # Elements rerun the page through this, too.
        super()._run(*arguments, **named)
        assert not self.exception
        assert not [words for words in self.words() if "Something went wrong" in words or "Traceback" in words]
        return self

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
