"""The least that a page can do with 10,000 points: what the map is measured against. Streamlit runs this script."""

import numpy as np
import plotly.express as px
import streamlit as st

points = np.random.default_rng(0).normal(size=(10_000, 2))
labels = np.arange(10_000) % 10
st.plotly_chart(px.scatter(x=points[:, 0], y=points[:, 1], color=labels.astype(str)))
