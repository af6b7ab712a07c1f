"""The least that a page can do with a drawing: what the Draw page is measured against. Streamlit runs this script.

The canvas is the one of the Draw page: the same size, pen and background.
"""

import streamlit as st
from streamlit_drawable_canvas import st_canvas

result = st_canvas(
    key="draw_canvas",
    width=308,
    height=308,
    stroke_width=26,
    stroke_color="#ffffff",
    background_color="#000000",
    return_image_data=True,
)
image_data = result.image_data
if image_data is not None:
    st.write(int(image_data.sum()))
