"""Images beyond MNIST: Fashion-MNIST from the internet, and the visitor's own."""

from __future__ import annotations

from contextlib import suppress

import streamlit as st
from streamlit.runtime.uploaded_file_manager import UploadedFile

from ae_core.config.hyperparameters import MOST_CLASSES
from ae_core.datasets.catalogue import OWN_NAME, list_datasets
from ae_core.datasets.uploads import add_images, remove_images
from ae_core.errors import BottleneckError, JobError
from ae_core.workers.downloads import FashionMnist
from ui.shell.fragment import fragment, rerun_page
from ui.shell.server import jobs, store

FILES, TITLE = "image_files", "image_title"
_PROBLEM = "image_problem"
POLL_SECONDS = 1.0


def image_sources(dataset_key: str) -> None:
    """Ways to more images, under the list of datasets; what is added is chosen at once.

    Args:
        dataset_key: where the session keeps the chosen dataset's name.
    """
    folder = store().root / "datasets"
    known = {info.name: info for info in list_datasets(folder)}
    # The list below keeps its place, and stays open, when some of this comes or goes.
    with st.container():
        if not known["fashion_mnist"].available:
            # Workers that cannot be reached are spoken of beside the training; without them nothing can be fetched.
            with suppress(JobError):
                _fetch_fashion()
        for info in known.values():
            if not info.available and info.name != "fashion_mnist":
                st.warning(f"{info.title}: {info.note}")
                st.button("Remove it", key=f"remove_{info.name}", on_click=_remove, args=(info.name, dataset_key))
    with st.expander("Your own images", key="own_images"):
        st.markdown(
            "Grey images of 28 x 28 pixels: one `.npz` file as Keras has it (`x_train`; if you like `y_train`, "
            "`x_test`, `y_test`), or IDX files, plain or `.gz`. Up to 100 MB. Labels are whole numbers from 0 to "
            f"{MOST_CLASSES - 1}. Everybody on this server can then train on them."
        )
        # A form, or to leave the name would draw the page anew just as the button is pressed, and the press be lost.
        with st.form("own_images_form", border=False):
            st.file_uploader("Files", accept_multiple_files=True, key=FILES)
            st.text_input("Name", key=TITLE, max_chars=80, placeholder="What the images show")
            st.form_submit_button(
                "Add these images", key="add_images", type="primary", on_click=_add, args=(dataset_key,)
            )
        if problem := st.session_state.pop(_PROBLEM, ""):
            st.error(problem)
        chosen = st.session_state[dataset_key]
        if OWN_NAME.fullmatch(chosen) and chosen in known:
            label = f"Remove “{known[chosen].title}” for everybody"
            st.button(label, key="remove_images", on_click=_remove, args=(chosen, dataset_key))


def _add(dataset_key: str) -> None:
    files: list[UploadedFile] = st.session_state[FILES] or []
    try:
        info = add_images(
            [(file.name, file.getvalue()) for file in files],
            title=st.session_state[TITLE] or (files[0].name if files else "no files"),
            folder=store().root / "datasets",
        )
    except BottleneckError as error:
        # Callbacks run before the page is drawn: the message waits for its place.
        st.session_state[_PROBLEM] = str(error)
        return
    st.session_state[dataset_key] = info.name
    st.toast(f"Added “{info.title}”: {info.train_count:,} images to train with. They are chosen now.")


def _remove(name: str, dataset_key: str) -> None:
    try:
        remove_images(name, store().root / "datasets")
    except BottleneckError as error:
        st.session_state[_PROBLEM] = str(error)
        return
    if st.session_state[dataset_key] == name:
        st.session_state[dataset_key] = "mnist"


def _fetch_fashion() -> None:
    if jobs().view(FashionMnist()):
        fragment(_wait_for_fashion, run_every=POLL_SECONDS)()
        return
    ask = jobs().ask
    st.button("Fetch Fashion-MNIST (30 MB)", key="fetch_fashion", on_click=ask, args=(FashionMnist(),), width="stretch")
    if problem := jobs().error(FashionMnist()):
        st.error(problem)


def _wait_for_fashion() -> None:
    if not jobs().view(FashionMnist()):
        rerun_page()
    st.info("Fetching Fashion-MNIST; the page goes on working meanwhile.")
