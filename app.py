"""Bottleneck: the list of pages. Start it with `scripts/app`."""

from __future__ import annotations


def main() -> None:
    """Show the page that the address names."""
    # Here, since Dask's workers import this file again under another name: they draw no pages, and what draws them
    # would take 0.4 s and 35 MB of each.
    import streamlit as st

    from ae_core.libraries import spare_memory
    from ui.components.identity.identity import keep_identity
    from ui.components.theme.theme import follow_theme
    from ui.selection import address
    from ui.shell.errors import shown_plainly
    from ui.shell.favicon import favicon
    from ui.shell.frame import app_runs
    from ui.shell.palette import is_light
    from ui.shell.server import start_jobs
    from ui.shell.visitor import COOKIE, visitor

    spare_memory()
    st.set_page_config(page_title="Bottleneck", page_icon=favicon(), layout="wide")
    pages = [
        st.Page("pages/start.py", title="Start", default=True),
        st.Page("pages/train.py", title="Train", url_path="train"),
        st.Page("pages/draw.py", title="Draw", url_path="draw"),
        st.Page("pages/latent.py", title="Latent space", url_path="latent"),
        st.Page("pages/generate.py", title="Generate", url_path="generate"),
        st.Page("pages/classify.py", title="Classify", url_path="classify"),
        st.Page("pages/runs.py", title="Runs", url_path="runs"),
    ]
    page = st.navigation(pages, position="top")
    address.begin(page.url_path)
    # In a container, so that what stands after the page keeps its place, however long the page is.
    with st.container(), shown_plainly(), app_runs():
        page.run()
    address.finish()
    follow_theme(light=is_light())
    keep_identity(cookie=COOKIE, visitor=visitor())
    start_jobs()


if __name__ == "__main__":
    main()
