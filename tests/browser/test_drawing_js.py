"""The browser's preprocessing of drawings against `digit_from_canvas`, which defines it."""

from __future__ import annotations

from base64 import b64decode, b64encode
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Page

from ae_core.preprocessing.drawing import digit_from_canvas
from tests.browser.served import BASE64
from tests.drawings import Canvas, drawings

DRAWINGS = drawings()
CALL = f"""
async (drawings) => {{
  const {{ digitFromCanvas }} = await import("/draw/drawing.js");
  const bytes = (text) => Uint8ClampedArray.from(atob(text), (letter) => letter.charCodeAt(0));
  return drawings.map(({{ rgba, width, height, centre }}) =>
    {BASE64}(new Uint8Array(digitFromCanvas(bytes(rgba), width, height, centre).buffer)));
}}
"""


@pytest.mark.parametrize("centre", [True, False], ids=["centred", "as it is"])
def test_drawings_become_the_same_images_in_the_browser(script_page: Page, centre: bool) -> None:
    # One after the other in one module, large before small: nothing may be left of the drawing before.
    made = dict(zip(DRAWINGS, in_browser(script_page, list(DRAWINGS.values()), centre=centre), strict=True))
    differences = {
        name: float(np.abs(made[name] - digit_from_canvas(rgba, centre=centre)).max())
        for name, rgba in DRAWINGS.items()
    }
    assert {name: size for name, size in differences.items() if not size < 1e-6} == {}


def in_browser(page: Page, canvases: list[Canvas], *, centre: bool) -> np.ndarray[Any, Any]:
    """What the browser's module makes of them, (n, 28, 28)."""
    sent = [
        {
            "rgba": b64encode(rgba.tobytes()).decode(),
            "width": rgba.shape[1],
            "height": rgba.shape[0],
            "centre": centre,
        }
        for rgba in canvases
    ]
    made = page.evaluate(CALL, sent)
    return np.stack([np.frombuffer(b64decode(image), "<f4").reshape(28, 28) for image in made])


def test_a_canvas_that_has_not_changed_is_read_as_the_same_and_any_change_of_it_is_seen(script_page: Page) -> None:
    seen = script_page.evaluate(
        """
        async () => {
          const { CanvasReader } = await import("/lib/page/canvas.js");
          document.body.innerHTML = `<div class="st-key-hand"><canvas class="dc-canvas" width="40" height="30"></canvas>
            <canvas class="upper-canvas" width="40" height="30"></canvas></div>`;
          const [drawn, unfinished] = [...document.querySelectorAll("canvas")].map((layer) => layer.getContext("2d"));
          const reader = new CanvasReader("hand");
          const reads = [reader.read(), reader.read()];
          drawn.fillRect(39, 29, 1, 1);
          reads.push(reader.read(), reader.read());
          unfinished.fillRect(0, 0, 1, 1);
          reads.push(reader.read());
          unfinished.clearRect(0, 0, 1, 1);
          reads.push(reader.read());
          const last = ({ rgba }) => [rgba[3], rgba.at(-1)];
          return [reads.slice(1).map((read, index) => read === reads[index]), last(reads[4]), last(reads[5])];
        }
        """
    )
    assert seen == [[True, False, True, False, False], [255, 255], [0, 255]]
