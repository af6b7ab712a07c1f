"""A page with each of the browser's parts, for tests: a small network with random weights, images made of noise."""

from __future__ import annotations

from typing import Any

import numpy as np
import streamlit as st

from ae_core.config.config import Config
from ae_core.config.layers import Layer
from ae_core.config.plan import plan_layers
from ui.components.figure.figure import Digit, start_figure
from ui.components.picture.picture import layer_picture
from ui.components.rows.rows import digit_rows

DIGITS = 6
LATENT_DIM = int(st.query_params.get("latent_dim", "8"))

st.set_page_config(layout="wide")
rng = np.random.default_rng(0)
images = rng.integers(0, 256, (DIGITS, 28, 28), dtype=np.uint8)
codes = rng.normal(size=(DIGITS, LATENT_DIM)).astype(np.float32)
plan = plan_layers(Config(encoder_widths=(64,), latent_dim=LATENT_DIM, hidden_activation="relu"))


def random_network(decoder: tuple[Layer, ...]) -> tuple[dict[str, Any], bytes]:
    """The decoder's spec and weights, as the exporter would write them."""
    specs: list[dict[str, Any]] = []
    parts: list[np.ndarray] = []
    offset, inputs = 0, LATENT_DIM
    for layer in decoder:
        spec: dict[str, Any] = {"kind": layer.kind, "shape": list(layer.shape), "activation": layer.activation}
        if layer.kind == "dense":
            units = layer.shape[0]
            for name, size in (("kernel", inputs * units), ("bias", units)):
                spec[name] = [offset, size]
                parts.append(rng.normal(size=size, scale=0.5).astype("<f4"))
                offset += size
            inputs = units
        specs.append(spec)
    return {"schema": 1, "encoder": [], "decoder": specs}, np.concatenate(parts).tobytes()


network, weights = random_network(plan.decoder)
step = st.session_state.setdefault("step", 0)
if st.button("Next step"):
    step = st.session_state.step = step + 1

if st.query_params.get("mode") == "by turns":
    if step % 3 == 0:
        st.text("Shown again. " * 1000)
    st.stop()

learning = step == 0 and st.query_params.get("mode") == "learning"
reconstructions = np.roll(images, step, axis=2)
start_figure(
    key="figure",
    digits=[
        Digit(image, f"label-{index}", None if learning else code, made)
        for index, (image, code, made) in enumerate(zip(images, codes, reconstructions, strict=True))
    ],
    encoder_layers=plan.encoder,
    decoder_layers=plan.decoder,
    network=None if learning else network,
    weights=None if learning else weights,
    status="Step 300 of 1,000, error 0.021" if learning else None,
)
digit_rows(
    key="rows",
    originals=images,
    reconstructions=reconstructions,
    labels=[str(index) for index in range(DIGITS)],
    captions=[f"step {step}"] * DIGITS,
)
shown = plan_layers(Config(encoder_widths=(512,) * (step + 1), hidden_activation="relu"))
layer_picture(key="picture", encoder_layers=shown.encoder, decoder_layers=shown.decoder)
