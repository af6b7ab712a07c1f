"""A page with a map, for tests: three classes of made-up images, a small network with random weights.

Variants by the address: count, dims, inverse (direct, linear, neighbours), labels (yes, no, one), mode (collapsed,
uneven: two classes are fifty times as dense as the third, forming, late: the network comes at a press), stars.
"""

from __future__ import annotations

import numpy as np
import streamlit as st

from tests.browser.made_up import CLASSES, made_up, plane, random_decoder, uneven
from ui.components.collection.collection import Collection, carry_collection
from ui.components.map.map import Inverse, LinearInverse, Star, latent_map
from ui.components.network_carrier.network_carrier import Cargo, carry

COUNT = int(st.query_params.get("count", "600"))
DIMS = int(st.query_params.get("dims", "2"))
INVERSE = st.query_params.get("inverse", "direct")
LABELS = st.query_params.get("labels", "yes")
MODE = st.query_params.get("mode", "")

st.set_page_config(layout="wide")
data = made_up(COUNT, DIMS)
codes, places = data.codes, data.places
if MODE == "collapsed":
    codes = np.ones_like(codes)
    places = np.ones_like(places)
if MODE == "uneven":
    codes = places = uneven(codes, data.labels)
errors = np.linspace(0.01, 0.05, COUNT).astype(np.float32)
labels = {"yes": data.labels, "one": np.zeros(COUNT, np.int64)}.get(LABELS)
collection = Collection.of(data.images, codes, labels, [str(label) for label in range(CLASSES)], errors)
cargo = Cargo.of(*random_decoder(DIMS))

step = st.session_state.setdefault("step", 0)
if st.button("Next step"):
    step = st.session_state.step = step + 1
if MODE != "late" or step:
    carry(cargo)
carry_collection(collection)

inverse: Inverse = "neighbours" if INVERSE == "neighbours" else "direct"
if INVERSE == "linear":
    mean, components = plane(codes)
    places = (codes - mean) @ components.T
    inverse = LinearInverse(mean, components)
if MODE == "forming":
    turn = np.array([[np.cos(step), np.sin(step)], [-np.sin(step), np.cos(step)]], np.float32)
    places = places @ turn * (1 + step)
stars = [Star(0.5, 0.5, "your drawing", codes[0] + np.float32(0.01), data.images[0])]

latent_map(
    key="map",
    collection=collection,
    model=cargo.model,
    points=places.astype(np.float32),
    inverse=inverse,
    stars=stars if "stars" in st.query_params else [],
    caption=f"Step {step}",
    forming=MODE == "forming",
    axes=None if inverse == "neighbours" else ("Dimension 1", "Dimension 2"),
)
st.markdown("Below the map. " * 800)
