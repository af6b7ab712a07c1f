"""The hyperparameter form. Its values live in the session, come from the page's address, and go back into it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import streamlit as st

from ae_core.config.architectures import ARCHITECTURES
from ae_core.config.config import Config
from ae_core.config.fields import Choice, Classes, Field, Integer
from ae_core.config.hyperparameters import FIELDS, read_field
from ae_core.config.plan import plan_layers
from ae_core.config.precision import PRECISIONS, precision_note
from ae_core.config.presets import CATALOGUE, PRESETS
from ae_core.datasets.catalogue import describe, list_datasets
from ae_core.datasets.dataset import DatasetInfo
from ae_core.errors import BottleneckError, ConfigError, RunNotFoundError
from ui.selection import address
from ui.selection.run import RUN, why_not_shown
from ui.shell.errors import unmarked
from ui.shell.server import data_for, has_data, store
from ui.shell.session import settle_control
from ui.training.own_images import image_sources

GROUPS = ("Network", "Optimizer", "Loss", "Regularisation", "Data")
CUSTOM = "custom"
PRESET = "preset"
ANCHOR = "settings"
"""Where the settings begin: what comes after the # of an address that leads there."""
ACROSS = 4
"""Settings beside each other."""
PRESET_WIDTH = 250
"""In pixels."""
_PROBLEMS, _ASKED = "link_problems", "_link_config"
"""Where the session keeps what was wrong with the address, and the settings that came of it."""
_WRITTEN = "_written_config"
"""Where it keeps the settings that the address names by now, and since which visit."""
WITHOUT_WIDGET = {"continues"}
"""It is set by "Train longer"."""


def start_from_address() -> None:
    """Take over the settings that the address names, whenever it comes from outside.

    What it names wrongly is said and left out.
    """
    news = [address.is_news(name) for name in (PRESET, RUN)]
    if not any(news) or (_PROBLEMS in st.session_state and not address.is_spoken()):
        # Who comes back finds the form as it was left, with what is to be mended in it.
        return
    asked = {name: address.said(name) or "" for name in address.names()}
    base, problems = _base(asked.pop(PRESET, ""), asked.pop(RUN, ""))
    values = vars(base).copy()
    if not has_data(base):
        asked = {"dataset": base.dataset, **asked}
    for name, text in asked.items():
        try:
            if name not in FIELDS:
                raise ConfigError(name, f"There is no setting “{unmarked(name[:40])}”; it is left out.")
            values[name] = read_field(name, FIELDS[name], text)
            if name == "dataset" and not (info := describe(text, store().root / "datasets")).available:
                raise ConfigError(name, info.note)
        except BottleneckError as error:
            problems.append(with_label(name, error) if name in FIELDS else str(error))
            values |= {"dataset": "mnist"} if name == "dataset" else {}
    _fill(values)
    st.session_state[_PROBLEMS] = problems
    st.session_state.pop(_ASKED, None)


def _base(preset: str, key: str) -> tuple[Config, list[str]]:
    """The settings of the run `key`, or else of a preset, or else usual ones; and what is wrong with these names."""
    instead = f"{CATALOGUE['quick-start'].title} is chosen instead"
    try:
        if key:
            return store().open(key).config, []
    except RunNotFoundError:
        return Config(), [f"{why_not_shown(key)} {instead}."]
    except BottleneckError as error:
        return Config(), [f"{error} {instead}."]
    if preset and preset not in PRESETS:
        return Config(), [f"There is no preset “{unmarked(preset[:40])}”. {instead}: choose another one in the list."]
    return PRESETS.get(preset, Config()), []


def link_problems(config: Config | None) -> list[str]:
    """What was wrong with the address, until the visitor chooses something else than `config`, as it was at first."""
    if st.session_state.setdefault(_ASKED, config) != config:
        st.session_state[_PROBLEMS] = []
    problems: list[str] = st.session_state[_PROBLEMS]
    return problems


def fill(config: Config) -> None:
    """Put a config's values into the form; for callbacks, which run before the form is drawn."""
    _fill(vars(config))


def read() -> tuple[Config | None, dict[str, str]]:
    """The config that the form holds, or None and what to mend, by field."""
    values, problems = {}, {}
    known = len(_class_names())
    # Another dataset may have fewer classes, or none.
    st.session_state[_key("classes")] = [label for label in st.session_state[_key("classes")] if label < known]
    for name, field in FIELDS.items():
        try:
            values[name] = read_field(name, field, st.session_state[_key(name)])
        except ConfigError as error:
            problems[name] = with_label(name, error)
    if problems:
        return None, problems
    try:
        config = Config(**values)
        plan_layers(config)
        data_for(config)
    except ConfigError as error:
        return None, {error.field: with_label(error.field, error)}
    except BottleneckError as error:
        return None, {"dataset": str(error)}
    return config, {}


def with_label(name: str, error: BottleneckError) -> str:
    """The message with the field `name` called what the form calls it."""
    words = str(error)
    return f"{FIELDS[name].label}{words.removeprefix(name)}" if words.startswith(f"{name} ") else words


def write_address(config: Config) -> None:
    """Make the page's address name these settings, so that it can be sent to somebody."""
    settings = {**dict.fromkeys(address.names()), **config.to_text()}
    before = st.session_state.get(_WRITTEN)
    st.session_state[_WRITTEN] = now = address.visits(), config
    # What an address asked for is no change that the visitor has made.
    if before in (None, now) or before[0] != now[0]:
        address.settle(settings)
    else:
        address.change(settings)


def preset_choice(config: Config | None) -> None:
    """The list of presets; choosing one fills the form."""
    chosen = _preset_of(config)
    settle_control(PRESET, chosen)
    options = [*PRESETS] if chosen in PRESETS else [*PRESETS, CUSTOM]
    st.selectbox(
        "Preset", options, key=PRESET, format_func=_preset_title, on_change=_take_preset, width=PRESET_WIDTH,
        label_visibility="collapsed",
    )  # fmt: skip


def preset_note(config: Config | None) -> None:
    """What the chosen preset is, and what to look for."""
    chosen = _preset_of(config)
    if chosen in PRESETS:
        st.caption(CATALOGUE[chosen].text)
    else:
        st.caption("Settings of your own. Choose a preset to go back to known ground.")


def groups(problems: dict[str, str]) -> None:
    """All settings in their groups; a message stands under the field that needs mending."""
    for group in GROUPS:
        names = [name for name, field in FIELDS.items() if field.group == group and _applies(name)]
        # An expander whose label changes is a new one, and would close under the visitor's hands.
        with st.expander(group, expanded=group == "Network", key=f"group_{group}"):
            # Another dataset may have more rows; what is below keeps its place.
            with st.container():
                for row in _rows(names):
                    _row(row, problems)
            if group == "Data":
                image_sources(_key("dataset"))
    if "continues" in problems:
        st.error(problems["continues"])


def _row(names: list[str], problems: dict[str, str]) -> None:
    for name, column in zip(names, st.columns(ACROSS), strict=False):
        with column:
            _widget(name, FIELDS[name])
            if name == "precision" and (note := precision_note(st.session_state[_key(name)])):
                st.caption(note)
            if name in problems:
                st.error(problems[name])


def _rows(names: list[str]) -> list[list[str]]:
    return [names[start : start + ACROSS] for start in range(0, len(names), ACROSS)]


def _preset_of(config: Config | None) -> str:
    if config is None:
        return CUSTOM
    # A preset is the same one in either precision. Its own key is known; a changed one is made at each run of the page.
    keys = {replace(config, precision=precision).key for precision in PRECISIONS}
    return next((name for name, preset in PRESETS.items() if preset.key in keys), CUSTOM)


def _applies(name: str) -> bool:
    architecture = st.session_state[_key("architecture")]
    if any(name in other.fields for key, other in ARCHITECTURES.items() if key != architecture):
        return False
    if name == "classes":
        return bool(_class_names())
    optimizer = st.session_state[_key("optimizer")]
    variational = st.session_state[_key("family")] == "variational"
    return name not in WITHOUT_WIDGET and {
        "code_activation": not variational,
        "code_l1": not variational,
        "beta": variational,
        "momentum": optimizer == "sgd",
        "weight_decay": optimizer == "adamw",
    }.get(name, True)


def _widget(name: str, field: Field) -> None:
    # Streamlit would forget the values on other pages without persist_state.
    common: dict[str, Any] = {"key": _key(name), "help": field.help, "persist_state": "session"}
    if name == "dataset":
        infos = {info.name: info for info in list_datasets(store().root / "datasets") if info.available}
        st.selectbox(field.label, list(infos), format_func=lambda chosen: _dataset_title(infos[chosen]), **common)
    elif isinstance(field, Classes):
        names = _class_names()
        st.multiselect(
            field.label, range(len(names)), format_func=lambda label: names[label], placeholder="All classes", **common
        )
    elif isinstance(field, Choice):
        st.selectbox(field.label, list(field.choices), format_func=lambda chosen: field.choices[chosen], **common)
    elif isinstance(field, Integer) and field.none is None:
        step = 100 if name == "steps" else 1
        # With limits of its own the widget would keep a number outside of them to itself, and the page the old one.
        st.number_input(field.label, step=step, **common)
    else:
        st.text_input(field.label, **common)


def _class_names() -> tuple[str, ...]:
    try:
        return describe(st.session_state[_key("dataset")], store().root / "datasets").class_names
    except BottleneckError:
        return ()


def _dataset_title(info: DatasetInfo) -> str:
    return f"{info.title} ({info.train_count:,} images)"


def _preset_title(name: str) -> str:
    return CATALOGUE[name].title if name in CATALOGUE else "Custom"


def _take_preset() -> None:
    name = st.session_state[PRESET]
    if name in PRESETS:
        fill(PRESETS[name])


def _fill(values: dict[str, Any]) -> None:
    for name, field in FIELDS.items():
        value = values[name]
        if isinstance(field, Classes):
            st.session_state[_key(name)] = list(value)
        elif isinstance(field, Choice) or (isinstance(field, Integer) and field.none is None):
            st.session_state[_key(name)] = value
        else:
            st.session_state[_key(name)] = field.text(value)


def _key(name: str) -> str:
    return f"set_{name}"
