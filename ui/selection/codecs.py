"""Which codecs a page shows side by side: chosen in a list, kept in the address."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import streamlit as st

from ae_core.config.config import Config
from ae_core.config.hyperparameters import FIELDS, read_field
from ae_core.config.presets import setting_words
from ae_core.datasets.catalogue import describe
from ae_core.errors import ConfigError
from ae_core.runs.run import Run
from ui.selection import address
from ui.selection.run import FIRST, RUN, chosen_run, newly_trained, showable, told_apart, why_not_shown
from ui.shell.server import store
from ui.shell.session import settle_control

PCA = "pca"


@dataclass(frozen=True)
class Linear:
    """PCA with so many dimensions, of the images that `images` learns from."""

    images: Config
    latent_dim: int

    @property
    def title(self) -> str:
        """All that tells it from another: PCA, 32 dimensions, MNIST."""
        return f"{pca_title(self.latent_dim)}, {images_title(self.images)}"


@dataclass(frozen=True)
class Choice:
    """A list in which codecs are chosen.

    Attributes:
        name: its name in the address.
        label: its title on the page.
        most: how many can be chosen, and in `words` the same.
        with_pca: whether PCA stands beside a run at first.
        each_pca: whether there is a PCA for each number of dimensions that a chosen run has, else one for the first.
    """

    name: str
    label: str
    most: int
    words: str
    with_pca: bool = False
    each_pca: bool = False

    @property
    def key(self) -> str:
        """Where the list keeps what is chosen, as long as its page is shown: keys of runs, `PCA`, or `pca-32`."""
        return f"{self.name}_choice"

    @property
    def refused(self) -> str:
        """Where the session keeps what could not be shown, until the visitor chooses something."""
        return f"_{self.name}_refused"


DRAWN = Choice("codecs", "Networks", 3, "three")


def codec_choice(choice: Choice = DRAWN) -> list[Run | Linear | None]:
    """The list; returns what is chosen: runs, and PCA, which is None where it takes after the first run.

    Says so when the address names a run that cannot be shown, and when one that was chosen is there no more.
    """
    if address.is_news(choice.name) or choice.key not in st.session_state:
        st.session_state[choice.key] = _at_first(choice, _showable_runs())
    # Looked up anew: one that was found there may have ended a moment ago.
    runs = _showable_runs()
    titles = told_apart(runs.values())
    named = _with_own_pca(choice, st.session_state[choice.key], runs)
    linear = _each_pca(named, runs) if choice.each_pca else {}
    pca = {name: one.title for name, one in linear.items()} or {PCA: "PCA, same number of dimensions"}
    names = {**titles, **pca}
    for name in named:
        if name not in names:
            st.session_state.setdefault(choice.refused, []).append(why_not_shown(name))
        elif name in runs:
            # So that it is still known what it was called when somebody deletes it.
            why_not_shown(name)
    for problem in st.session_state.get(choice.refused, ()):
        st.warning(problem)
    shown = [name for name in named if name in names]
    settle_control(choice.key, shown, [names[name] for name in shown])
    chosen: list[str] = st.multiselect(
        choice.label,
        list(names),
        key=choice.key,
        max_selections=choice.most,
        format_func=lambda name: names.get(name, name),
        placeholder=f"Choose up to {choice.words}",
        on_change=lambda: choose_codecs(choice, st.session_state[choice.key]),
        # It would choose more than there is room for.
        select_all=False,
    )
    address.settle({choice.name: ",".join(chosen) or None})
    return [runs.get(name, linear.get(name)) for name in chosen]


def choose_codecs(choice: Choice, names: Sequence[str]) -> None:
    """The visitor has chosen these: what could not be shown is no matter any more. A callback."""
    st.session_state.pop(choice.refused, None)
    address.change({choice.name: ",".join(names) or None})


def pca_title(latent_dim: int) -> str:
    """PCA with so many dimensions."""
    return f"PCA, {latent_dim} dimension{'' if latent_dim == 1 else 's'}"


def images_title(images: Config) -> str:
    """Which images these settings learn from: MNIST, 3, 8, 512 images."""
    info = describe(images.dataset, store().root / "datasets")
    names = [info.class_names[label] for label in images.classes if label < len(info.class_names)]
    size = [] if images.train_size is None else [setting_words(images, "train_size")]
    return ", ".join([info.title, *names, *size])


def _showable_runs() -> dict[str, Run]:
    return {run.key: run for run in store().runs() if showable(run)}


def _at_first(choice: Choice, runs: Mapping[str, Run]) -> list[str]:
    """What the address names, or what was left here, after what was trained since.

    Else the run that was chosen elsewhere, or that a newcomer is shown.
    """
    beside = [PCA] if choice.with_pca else []
    asked = [name for name in dict.fromkeys((address.said(choice.name) or "").split(",")) if name]
    if new := newly_trained(choice.name):
        asked = _led_by(new, asked or beside, choice)
    run = address.said(RUN) or ""
    # What is wrong with it is said below, and not by `chosen_run` once more.
    address.settle({RUN: None})
    wrong = [name for name in asked or [run] if name and name not in runs and not _is_pca(choice, name)]
    st.session_state[choice.refused] = [
        f"{why} Choose another one in the list." for why in map(why_not_shown, wrong) if why and address.is_spoken()
    ]
    for wanted in (asked, [run, *beside] if run in runs else []):
        known = [name for name in wanted if name in runs or _is_pca(choice, name)][: choice.most]
        if known:
            return known
    newcomers = chosen_run()
    return [newcomers.key, *beside] if newcomers else [PCA]


def _led_by(new: str, names: Sequence[str], choice: Choice) -> list[str]:
    """`names` after `new`; where these are too many, without the run that stands last."""
    led = [new, *(name for name in names if name != new)]
    while len(led) > choice.most:
        led.remove(next((name for name in reversed(led[1:]) if not _is_pca(choice, name)), led[-1]))
    return led


def _with_own_pca(choice: Choice, chosen: Sequence[str], runs: Mapping[str, Run]) -> list[str]:
    """`chosen`, where "pca" alone means as many dimensions as the first run has."""
    if not choice.each_pca:
        return list(chosen)
    own = f"{PCA}-{_first(chosen, runs).latent_dim}"
    return list(dict.fromkeys(own if name == PCA else name for name in chosen))


def _each_pca(chosen: Sequence[str], runs: Mapping[str, Run]) -> dict[str, Linear]:
    """PCA with as many dimensions as each chosen run, and those that are chosen; of that run's images, or the first's.

    Returns them by name: pca-32.
    """
    first = _first(chosen, runs)
    found = {run.config.latent_dim: run.config for name in reversed(chosen) if (run := runs.get(name))}
    for name in chosen:
        if (dims := _dimensions(name)) is not None:
            found.setdefault(dims, first)
    found.setdefault(first.latent_dim, first)
    return {f"{PCA}-{dims}": Linear(found[dims], dims) for dims in sorted(found)}


def _first(chosen: Sequence[str], runs: Mapping[str, Run]) -> Config:
    return next((runs[name].config for name in chosen if name in runs), FIRST)


def _is_pca(choice: Choice, name: str) -> bool:
    return name == PCA or (choice.each_pca and _dimensions(name) is not None)


def _dimensions(name: str) -> int | None:
    """32 for pca-32; None for what is no such name."""
    match = re.fullmatch(rf"{PCA}-([1-9]\d*)", name)
    try:
        dims: int | None = read_field("latent_dim", FIELDS["latent_dim"], match[1]) if match else None
    except ConfigError:
        return None
    return dims
