"""Visitors without a browser: they speak to a server as Streamlit's page does, so that thirty of them cost little."""

from __future__ import annotations

import asyncio
import base64
import io
import json
import random
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

import websockets
from PIL import Image, ImageDraw
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

from benchmarks.rows import BenchmarkError

ANSWER_SECONDS = 60.0
CANVAS = "streamlit_drawable_canvas"
PAGES = ("", "train", "draw", "latent", "generate", "classify", "runs")
SIDE = 280
ENDS = (ForwardMsg.FINISHED_SUCCESSFULLY, ForwardMsg.FINISHED_WITH_COMPILE_ERROR)


@dataclass
class Visitor:
    """One browser tab.

    Attributes:
        address: of the server, as in "http://127.0.0.1:8501".
        errors: exceptions that a page showed, as their type and message.
    """

    address: str
    errors: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._socket: Any = None
        self._tasks: list[asyncio.Task[None]] = []

    async def open(self, page: str, **query: object) -> None:
        """Go to a page, "" for the first, and wait until it is there. Raises BenchmarkError."""
        await self.close()
        self._page, self._query, self._hash = page, urlencode(query), ""
        self._elements: dict[str, tuple[str, Any]] = {}
        self._polls: dict[str, asyncio.Task[None]] = {}
        self._alerts: list[str] = []
        self._finished = asyncio.Event()
        stream = self.address.replace("http", "ws", 1) + "/_stcore/stream"
        self._socket = await websockets.connect(
            stream, subprotocols=["streamlit"], origin=self.address, max_size=None, ping_interval=None
        )
        self._tasks = [asyncio.create_task(self._listen())]
        await self._run()

    async def press(self, label: str) -> bool:
        """Press a button that can be pressed, and wait for the answer; whether there was one. Raises BenchmarkError."""
        found = self._find("button", lambda button: button.label.startswith(label) and not button.disabled)
        if found is None:
            return False
        await self._run(found, "trigger_value", True)
        return True

    async def draw(self, dice: random.Random) -> None:
        """Let go of a pen on the canvas, and wait for the answer. Raises BenchmarkError."""
        found = self._find("bidi_component", lambda component: CANVAS in component.component_name)
        if found is None:
            said = "; ".join(self._alerts) or "nothing"
            raise BenchmarkError(f"There was no canvas on the page {self._page}. It said: {said}.")
        drawing = {"raw": {"objects": []}, "data": _picture(dice)}
        await self._run(found, "json_value", json.dumps({"drawing": drawing, "backgroundFit": None}))

    async def close(self) -> None:
        """Close the tab."""
        if self._socket is None:
            return
        for task in (*self._tasks, *self._polls.values()):
            task.cancel()
        await self._socket.close()
        self._socket = None

    def _find(self, kind: str, fits: Any) -> str | None:
        elements = self._elements.items()
        return next((name for name, (its, element) in elements if its == kind and fits(element)), None)

    async def _run(self, widget: str = "", field_name: str = "", value: object = None) -> None:
        self._finished.clear()
        await self._send(widget, field_name, value)
        try:
            await asyncio.wait_for(self._finished.wait(), ANSWER_SECONDS)
        except TimeoutError as error:
            raise BenchmarkError(f"The page {self._page} gave no answer in {ANSWER_SECONDS:.0f} seconds.") from error

    async def _send(self, widget: str = "", field_name: str = "", value: object = None, *, fragment: str = "") -> None:
        message = BackMsg()
        rerun = message.rerun_script
        rerun.query_string, rerun.page_script_hash = self._query, self._hash
        if not self._hash:
            rerun.page_name = self._page
        if fragment:
            rerun.fragment_id, rerun.is_auto_rerun = fragment, True
        if widget:
            state = rerun.widget_states.widgets.add()
            state.id = widget
            setattr(state, field_name, value)
        await self._socket.send(message.SerializeToString())

    async def _listen(self) -> None:
        with suppress(websockets.ConnectionClosed):
            async for raw in self._socket:
                message = ForwardMsg()
                message.ParseFromString(raw)
                self._take(message)

    def _take(self, message: ForwardMsg) -> None:
        match message.WhichOneof("type"):
            case "new_session":
                self._hash = message.new_session.page_script_hash
            case "delta" if message.delta.WhichOneof("type") == "new_element":
                self._take_element(message.delta.new_element)
            case "auto_rerun":
                self._poll(message.auto_rerun.fragment_id, message.auto_rerun.interval)
            # Neither a part that polls, nor a run of the page that another one has cut short.
            case "script_finished" if message.script_finished in ENDS:
                self._finished.set()

    def _take_element(self, element: Any) -> None:
        kind = element.WhichOneof("type")
        if kind == "exception":
            self.errors.append(f"{element.exception.type}: {element.exception.message}")
        if kind == "alert":
            self._alerts.append(element.alert.body)
        content = getattr(element, kind, None) if kind else None
        if name := getattr(content, "id", ""):
            self._elements[name] = (kind, content)

    def _poll(self, fragment: str, seconds: float) -> None:
        async def ask() -> None:
            while True:
                await asyncio.sleep(seconds)
                with suppress(websockets.ConnectionClosed):
                    await self._send(fragment=fragment)

        if fragment in self._polls:
            self._polls[fragment].cancel()
        self._polls[fragment] = asyncio.create_task(ask())


def _picture(dice: random.Random) -> str:
    """Something like a digit, as the canvas sends it."""
    image = Image.new("RGBA", (SIDE, SIDE), (0, 0, 0, 255))
    points = [(dice.randint(60, 220), dice.randint(40, 240)) for _ in range(5)]
    ImageDraw.Draw(image).line(points, fill=(255, 255, 255, 255), width=26, joint="curve")
    content = io.BytesIO()
    image.save(content, "PNG")
    return "data:image/png;base64," + base64.b64encode(content.getvalue()).decode()


async def lesson(address: str, visitors: int, *, seconds: float) -> list[str]:
    """Have visitors go through the pages, train and draw, with pauses, for so long; returns the errors they saw."""
    loop = asyncio.get_running_loop()
    end = loop.time() + seconds
    class_of = [Visitor(address) for _ in range(visitors)]
    await asyncio.gather(*(_attend(visitor, random.Random(seat), end) for seat, visitor in enumerate(class_of)))
    return [error for visitor in class_of for error in visitor.errors]


async def _attend(visitor: Visitor, dice: random.Random, end: float) -> None:
    async def think(least: float, most: float) -> None:
        await asyncio.sleep(dice.uniform(least, most))

    now = asyncio.get_running_loop().time
    await think(0, 8)
    while now() < end:
        settings = {"latent_dim": dice.choice([2, 4, 8, 16, 32]), "seed": dice.randint(1, 12), "steps": 300}
        await visitor.open("")
        await think(3, 8)
        await visitor.open("train", **settings)
        await think(2, 6)
        if await visitor.press("Train"):
            await think(15, 40)
        await visitor.open("draw")
        for _ in range(5):
            await think(1, 4)
            await visitor.draw(dice)
        for page in ("latent", "generate", "classify", "runs"):
            await visitor.open(page)
            await think(4, 10)
    await visitor.close()
