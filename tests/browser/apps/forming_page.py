"""A page with the replay and the traversal, for tests: a film of noise that falls into classes, a random decoder.

With ?run=<key> it shows a real run of the folder of runs instead.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import streamlit as st

from ae_core.latent.alignment import aligned
from ae_core.latent.frames import Frame, Frames, load_frames
from ui.components.network_carrier.network_carrier import Cargo, carry
from ui.components.replay.replay import replay
from ui.components.traverse.traverse import CodeStats, traverse

CLASSES = 10
IMAGES = 400
LATENT_DIM = int(st.query_params.get("latent_dim", "5"))
STEPS = (0, 1, 2, 3, 4, 6, 11, 18, 29, 40)

st.set_page_config(layout="wide")


def made_up() -> tuple[Frames, np.ndarray, np.ndarray]:
    """Frames, originals (16, 28, 28) and labels: classes part as training goes on."""
    rng = np.random.default_rng(0)
    labels = np.arange(IMAGES) % CLASSES
    middles, noise = rng.normal(size=(CLASSES, 3)) * 4, rng.normal(size=(IMAGES, 3))
    originals = rng.integers(0, 256, (16, 28, 28), dtype=np.uint8)
    frames = []
    for index, step in enumerate(STEPS):
        share = index / (len(STEPS) - 1)
        codes = (0.1 + share) * (noise + share * middles[labels])
        reconstructions = (originals * share).astype(np.uint8)
        frames.append(Frame(step, 0.7 / (1 + index), 0.2 / (1 + index), codes.astype(np.float16), reconstructions))
    return Frames.of(frames, np.arange(IMAGES)), originals, labels


def random_decoder() -> tuple[dict[str, Any], bytes]:
    """The spec and weights of one dense layer; the last dimension does nothing."""
    rng = np.random.default_rng(1)
    kernel = rng.normal(size=(LATENT_DIM, 784))
    kernel[-1] = 0
    layer = {"kind": "dense", "shape": [784], "activation": "sigmoid"}
    layer |= {"kernel": [0, kernel.size], "bias": [kernel.size, 784]}
    reshape = {"kind": "reshape", "shape": [28, 28], "activation": "linear"}
    weights = np.concatenate([kernel.ravel(), np.zeros(784)]).astype("<f4").tobytes()
    return {"schema": 1, "encoder": [], "decoder": [layer, reshape]}, weights


def made_up_codes() -> np.ndarray:
    """Codes whose dimensions vary more and more, but for the last one, which is still: (500, LATENT_DIM)."""
    codes = np.random.default_rng(2).normal(size=(500, LATENT_DIM)) * np.arange(1, LATENT_DIM + 1)
    codes[:, -1] *= 1e-4
    return codes.astype(np.float32)


def show_made_up() -> None:
    frames, originals, labels = made_up()
    if "labels" in st.query_params and st.query_params["labels"] == "no":
        replay(key="replay", frames=frames, formation=aligned(frames.codes), originals=originals)
    else:
        replay(key="replay", frames=frames, formation=aligned(frames.codes), originals=originals, labels=labels)
    network, weights = random_decoder()
    cargo, codes = Cargo.of(network, weights), made_up_codes()
    carry(cargo)
    names = [f"test image {index}" for index in range(3)]
    traverse(key="traverse", model=cargo.model, stats=CodeStats.of(codes), codes=codes[:3], names=names)


def show_run(key: str) -> None:
    import json

    from ae_core.codecs.codec import open_codec
    from ae_core.datasets.catalogue import dataset_for
    from ae_core.runs.store import RunStore

    store = RunStore()
    run = store.open(key)
    data = dataset_for(run.config, folder=store.root / "datasets")
    frames, preview = load_frames(run), run.preview()
    assert frames is not None
    assert preview is not None
    assert data.test_labels is not None
    labels = data.test_labels[frames.indices]
    replay(key="replay", frames=frames, formation=aligned(frames.codes), originals=preview[0], labels=labels)
    network = json.loads((run.path / "network.json").read_text(encoding="utf-8"))
    cargo = Cargo.of(network, (run.path / "network.bin").read_bytes())
    carry(cargo)
    codes = open_codec(run).encode(data.test_images)
    names = [f"test image {index}, a {data.test_labels[index]}" for index in range(30)]
    traverse(key="traverse", model=cargo.model, stats=CodeStats.of(codes), codes=codes[:30], names=names)


if st.button("Once more"):
    st.session_state["again"] = st.session_state.get("again", 0) + 1
st.caption(f"Run {st.session_state.get('again', 0)}")
if "run" in st.query_params:
    show_run(st.query_params["run"])
else:
    show_made_up()
