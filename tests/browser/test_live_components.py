"""The browser's parts in a real Chromium: the forward pass against Keras, and what a visitor can do with them."""

from __future__ import annotations

import base64
import json
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Browser, Locator, Page, expect, sync_playwright

ROOT = Path(__file__).resolve().parents[2]
APP = Path(__file__).parent / "apps" / "live_components.py"
ACTIVATIONS = ("relu", "leaky_relu", "elu", "gelu", "tanh", "sigmoid", "linear")
FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
FORWARD = """
async ([source, network]) => {
  const module = await import(URL.createObjectURL(new Blob([source], { type: "text/javascript" })));
  const floats = (text) => new Float32Array(Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0)).buffer);
  const { encoder, decoder } = module.parseNetwork(network.spec, floats(network.weights).buffer);
  const image = floats(network.image);
  const code = Array.from(module.forward(encoder, image));
  const start = performance.now();
  for (let i = 0; i < 50; i++) module.forward(decoder, module.forward(encoder, image));
  const milliseconds = (performance.now() - start) / 50;
  return { code, image: Array.from(module.forward(decoder, code)), milliseconds };
}
"""
PIXELS = "(canvas) => canvas.getContext('2d').getImageData(0, 0, 28, 28).data.join()"


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    path = os.environ.get("BOTTLENECK_CHROMIUM") or shutil.which("chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def chromium_page(chromium: Browser) -> Iterator[Page]:
    page = chromium.new_page(viewport={"width": 1440, "height": 1000})
    yield page
    page.close()


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    """Address of the test page, served by a Streamlit of its own."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    options = {"server.port": port, "server.headless": "true", "server.fileWatcherType": "none"}
    command = [sys.executable, "-m", "streamlit", "run", str(APP)]
    command += [part for name, value in options.items() for part in (f"--{name}", str(value))]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        wait_until_healthy(f"http://127.0.0.1:{port}/_stcore/health", process)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(timeout=20)


def wait_until_healthy(address: str, process: subprocess.Popen[bytes]) -> None:
    limit = time.monotonic() + 60
    while time.monotonic() < limit and process.poll() is None:
        try:
            urllib.request.urlopen(address, timeout=5).close()
            return
        except OSError:
            time.sleep(0.1)
    raise RuntimeError("The test page's Streamlit did not start within a minute.")


def open_page(page: Page, address: str, *, state: str = "ready") -> None:
    page.goto(address)
    page.wait_for_selector('[data-testid="stApp"][data-test-script-state="notRunning"]', timeout=60_000)
    expect(page.locator(f'.figure[data-state="{state}"]')).to_be_visible()
    expect(page.locator(".rows .pair")).to_have_count(6)
    expect(page.locator(".picture .total")).not_to_be_empty()


def pixels(canvas: Locator) -> str:
    return str(canvas.evaluate(PIXELS))


def original(page: Page) -> Locator:
    return page.locator("canvas.digit.at-original")


def reconstruction(page: Page) -> Locator:
    return page.locator("canvas.digit.at-reconstruction")


def bar(page: Page, index: int) -> Locator:
    return page.get_by_role("slider", name=f"Dimension {index + 1} of", exact=False)


def sent_frames(page: Page) -> list[Any]:
    """Every WebSocket message that the page sends from now on; call it before the page is opened."""
    frames: list[Any] = []
    # Playwright marks the functions it is given, which it cannot do to a list's own append.
    page.on("websocket", lambda web_socket: web_socket.on("framesent", lambda frame: frames.append(frame)))
    return frames


def drag(page: Page, target: Locator, *, to: float) -> None:
    """Drag from the middle of `target` to the share `to` of its height, counted from its top."""
    box = target.bounding_box()
    assert box is not None
    x = box["x"] + box["width"] / 2
    page.mouse.move(x, box["y"] + box["height"] / 2)
    page.mouse.down()
    page.mouse.move(x, box["y"] + box["height"] * to, steps=5)
    page.mouse.up()


@pytest.fixture(scope="module")
def references(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Networks by name, each with spec, weights and an image as the page gets them, and what Keras makes of it."""
    path = tmp_path_factory.mktemp("keras") / "references.json"
    subprocess.run([sys.executable, __file__, str(path)], check=True, env={**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"})
    return dict(json.loads(path.read_text(encoding="utf-8")))


@pytest.mark.parametrize("activation", ACTIVATIONS)
@pytest.mark.parametrize("architecture", ["dense", "conv"])
def test_the_forward_pass_agrees_with_keras(
    chromium_page: Page, references: dict[str, Any], architecture: str, activation: str
) -> None:
    network = references[f"{architecture} {activation}"]
    source = (ROOT / "ui" / "live" / "forward.js").read_text(encoding="utf-8")
    result = chromium_page.evaluate(FORWARD, [source, network])
    assert np.abs(np.subtract(result["code"], network["code"])).max() < 1e-5
    assert np.abs(np.subtract(result["image"], network["reconstruction"])).max() < 1e-5


def test_dragging_a_bar_changes_the_reconstruction_and_sends_nothing(chromium_page: Page, server: str) -> None:
    frames = sent_frames(chromium_page)
    open_page(chromium_page, server)
    before, count = pixels(reconstruction(chromium_page)), len(frames)
    drag(chromium_page, bar(chromium_page, 2), to=0.1)
    assert float(bar(chromium_page, 2).get_attribute("aria-valuenow") or 0) > 1
    assert pixels(reconstruction(chromium_page)) != before
    assert len(frames) == count


def test_a_tap_chooses_a_dimension_and_the_slider_below_sets_it(chromium_page: Page, server: str) -> None:
    open_page(chromium_page, server)
    before = bar(chromium_page, 5).get_attribute("aria-valuenow")
    bar(chromium_page, 5).click()
    expect(chromium_page.locator(".dimension")).to_have_text("Dimension 6")
    assert bar(chromium_page, 5).get_attribute("aria-valuenow") == before
    image = pixels(reconstruction(chromium_page))
    chromium_page.get_by_role("slider", name="Value of dimension 6").press("End")
    assert pixels(reconstruction(chromium_page)) != image
    assert bar(chromium_page, 5).get_attribute("aria-valuenow") == bar(chromium_page, 5).get_attribute("aria-valuemax")


def test_the_keyboard_sets_a_bar_and_reset_takes_it_back(chromium_page: Page, server: str) -> None:
    open_page(chromium_page, server)
    before = pixels(reconstruction(chromium_page))
    value = float(bar(chromium_page, 0).get_attribute("aria-valuenow") or 0)
    bar(chromium_page, 0).focus()
    for key in ("ArrowUp", "PageUp", "ArrowDown"):
        chromium_page.keyboard.press(key)
    assert float(bar(chromium_page, 0).get_attribute("aria-valuenow") or 0) > value
    assert pixels(reconstruction(chromium_page)) != before
    chromium_page.keyboard.press("ArrowRight")
    expect(bar(chromium_page, 1)).to_be_focused()
    chromium_page.get_by_role("button", name="Reset the code").click()
    expect(bar(chromium_page, 0)).to_have_attribute("aria-valuenow", f"{value:.2f}")
    chromium_page.wait_for_function(
        "([canvas, before]) => canvas.getContext('2d').getImageData(0, 0, 28, 28).data.join() === before",
        arg=[reconstruction(chromium_page).element_handle(), before],
    )


def test_another_digit_shows_another_digit_and_sends_nothing(chromium_page: Page, server: str) -> None:
    frames = sent_frames(chromium_page)
    open_page(chromium_page, server)
    first, code, count = pixels(original(chromium_page)), bar(chromium_page, 0), len(frames)
    value = str(code.get_attribute("aria-valuenow"))
    chromium_page.get_by_role("button", name="Another digit").click()
    expect(chromium_page.locator(".figure .label")).to_have_text("test image, label label-1")
    assert pixels(original(chromium_page)) != first
    expect(code).not_to_have_attribute("aria-valuenow", value)
    assert len(frames) == count


def test_a_rerun_keeps_the_digit_and_the_code_that_the_visitor_made(chromium_page: Page, server: str) -> None:
    open_page(chromium_page, server)
    chromium_page.emulate_media(reduced_motion="reduce")
    chromium_page.get_by_role("button", name="Another digit").click()
    drag(chromium_page, bar(chromium_page, 1), to=0.2)
    value = str(bar(chromium_page, 1).get_attribute("aria-valuenow"))
    chromium_page.get_by_role("button", name="Next step").click()
    expect(chromium_page.locator(".rows .caption").first).to_have_text("step 1")
    expect(chromium_page.locator(".figure .label")).to_have_text("test image, label label-1")
    expect(bar(chromium_page, 1)).to_have_attribute("aria-valuenow", value)


def test_the_figure_learns_in_place(chromium_page: Page, server: str) -> None:
    open_page(chromium_page, f"{server}/?mode=learning", state="learning")
    expect(chromium_page.locator(".figure .status")).to_have_text("Step 300 of 1,000, error 0.021")
    expect(chromium_page.locator(".figure [role=slider]")).to_have_count(0)
    assert pixels(reconstruction(chromium_page)) == pixels(original(chromium_page))
    height = chromium_page.locator(".figure").bounding_box()
    chromium_page.get_by_role("button", name="Another digit").click()
    chromium_page.get_by_role("button", name="Next step").click()
    expect(chromium_page.locator('.figure[data-state="ready"]')).to_be_visible()
    expect(chromium_page.locator(".figure .label")).to_have_text("test image, label label-1")
    expect(chromium_page.locator(".figure [role=slider]")).to_have_count(8)
    assert chromium_page.locator(".figure").bounding_box() == height


def test_rows_are_painted_in_place(chromium_page: Page, server: str) -> None:
    open_page(chromium_page, server)
    canvas = chromium_page.locator(".rows canvas.reconstruction").first
    handle, before = canvas.element_handle(), pixels(canvas)
    place = canvas.bounding_box()
    chromium_page.get_by_role("button", name="Next step").click()
    expect(chromium_page.locator(".rows .caption").first).to_have_text("step 1")
    assert canvas.evaluate("(canvas, old) => canvas === old", handle)
    assert pixels(canvas) != before
    assert canvas.bounding_box() == place


def test_the_picture_follows_the_layers(chromium_page: Page, server: str) -> None:
    open_page(chromium_page, server)
    expect(chromium_page.locator(".picture .bar.encoder:not(.image)")).to_have_count(1)
    chromium_page.get_by_role("button", name="Next step").click()
    expect(chromium_page.locator(".picture .bar.encoder:not(.image)")).to_have_count(2)
    expect(chromium_page.locator(".picture .bar.encoder").last).to_have_attribute(
        "aria-label", "Dense layer, 512 units, ReLU, 262,656 parameters"
    )


def test_a_layer_says_what_it_is_when_pointed_at_or_focused(chromium_page: Page, server: str) -> None:
    open_page(chromium_page, server)
    tip = chromium_page.locator(".figure [role=tooltip]")
    expect(tip).to_be_hidden()
    chromium_page.locator(".figure .net.at-encoder .bar").first.hover()
    expect(tip).to_have_text("Dense layer64 unitsReLU50,240 parameters")
    chromium_page.locator(".figure .net.at-decoder .bar.decoder").first.focus()
    expect(tip).to_contain_text("576 parameters")
    chromium_page.keyboard.press("Escape")
    expect(tip).to_be_hidden()


@pytest.mark.parametrize("latent_dim", [1, 2, 48, 256])
def test_every_number_of_dimensions_has_its_bars_inside_the_card(
    chromium_page: Page, server: str, latent_dim: int
) -> None:
    chromium_page.set_viewport_size({"width": 390, "height": 844})
    open_page(chromium_page, f"{server}/?latent_dim={latent_dim}")
    expect(chromium_page.locator(".dim[role=slider]")).to_have_count(latent_dim)
    card = chromium_page.locator(".card").bounding_box()
    last = bar(chromium_page, latent_dim - 1).bounding_box()
    assert card is not None
    assert last is not None
    assert last["width"] >= 4
    assert last["x"] + last["width"] <= card["x"] + card["width"]
    assert last["y"] + last["height"] <= card["y"] + card["height"]


@pytest.mark.parametrize("width", [360, 390, 600, 820, 1024, 1440])
def test_nothing_is_wider_than_the_page(chromium_page: Page, server: str, width: int) -> None:
    chromium_page.set_viewport_size({"width": width, "height": 844})
    open_page(chromium_page, server)
    assert chromium_page.evaluate("document.documentElement.scrollWidth") <= width
    parts = ".figure button, .figure canvas, .figure .card, .figure .head span, .rows canvas, .picture text"
    for box in (part.bounding_box() for part in chromium_page.locator(parts).all() if part.is_visible()):
        assert box is not None
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= width


def write_references(path: Path) -> None:
    """Run by itself, for TensorFlow has no place in the process of the tests: a network for each activation."""
    import keras

    from ae_core.config import Config
    from ae_core.layers import Layer, plan_layers

    keras.utils.set_random_seed(1)
    image = np.random.default_rng(1).random((1, 28, 28), dtype=np.float32)
    image[image < 0.4] = 0

    def made(layer: Layer) -> Any:
        convolution = {"kernel_size": 3, "strides": layer.strides, "padding": "same", "activation": layer.activation}
        makers = {
            "flatten": lambda: keras.layers.Flatten(),
            "reshape": lambda: keras.layers.Reshape(layer.shape),
            "dense": lambda: keras.layers.Dense(layer.shape[0], activation=layer.activation),
            "conv": lambda: keras.layers.Conv2D(layer.shape[2], **convolution),
            "conv_transpose": lambda: keras.layers.Conv2DTranspose(layer.shape[2], **convolution),
        }
        return makers[layer.kind]()

    def exported(layers: tuple[Layer, ...], values: Any, weights: list[Any]) -> tuple[list[dict[str, Any]], Any]:
        """Specs of the layers, and what they make of `values`; their weights are appended to `weights`."""
        specs = []
        for layer in layers:
            kept = made(layer)
            kept.build(values.shape)
            spec: dict[str, Any] = {"kind": layer.kind, "shape": layer.shape, "activation": layer.activation}
            spec["strides"] = layer.strides
            if kept.weights:
                # Keras starts biases at zero, which would hide a bias that is not added.
                kept.bias.assign(np.random.default_rng(2).normal(size=kept.bias.shape, scale=0.1))
                for name, weight in zip(("kernel", "bias"), kept.get_weights(), strict=True):
                    spec[name] = [sum(one.size for one in weights), weight.size]
                    weights.append(weight.ravel())
            values = kept(values)
            specs.append(spec)
        return specs, values

    def encoded(array: Any) -> str:
        return base64.b64encode(np.asarray(array, dtype="<f4").tobytes()).decode()

    references = {}
    for architecture in ("dense", "conv"):
        for activation in ACTIVATIONS:
            plan = plan_layers(
                Config(
                    architecture=architecture, encoder_widths=(96, 40), filters=(6, 10, 4), latent_dim=5, loss="mse",
                    hidden_activation=activation, code_activation=activation, output_activation="linear",
                )
            )  # fmt: skip
            weights: list[Any] = []
            encoder, code = exported(plan.encoder, image, weights)
            decoder, result = exported(plan.decoder, code, weights)
            references[f"{architecture} {activation}"] = {
                "spec": {"schema": 1, "encoder": encoder, "decoder": decoder},
                "weights": encoded(np.concatenate(weights)),
                "image": encoded(image),
                "code": np.asarray(code).ravel().tolist(),
                "reconstruction": np.asarray(result).ravel().tolist(),
            }
    path.write_text(json.dumps(references), encoding="utf-8")


if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))
    write_references(Path(sys.argv[1]))
