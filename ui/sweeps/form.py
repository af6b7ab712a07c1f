"""A new sweep: which network, which hyperparameter, which values, and how long it would take."""

from __future__ import annotations

from dataclasses import replace

import streamlit as st

from ae_core.config.config import Config
from ae_core.config.fields import Choice, Integer
from ae_core.config.hyperparameters import FIELDS
from ae_core.config.presets import CATALOGUE, PRESETS
from ae_core.errors import BottleneckError
from ae_core.runs.run import Run
from ae_core.runs.sweep import MOST_VALUES, Sweep, fields_for, split_values, suggested
from ae_core.runs.sweep_store import SweepStore
from ae_core.workers.trainings import Training
from ui.selection import address
from ui.selection.run import told_apart
from ui.shell.server import has_data, jobs, store
from ui.shell.visitor import visitor
from ui.training.form import with_label
from ui.training.status import duration

SWEEP = "sweep"
"""Names the sweep in the page's address."""
PROBLEM = "sweep_problem"
"""Where the session keeps why a sweep could not be started, until it is shown."""
UNKNOWN = "unknown_sweep"
"""Where the session keeps which sweep an address asked for that is not there, until the visitor chooses one."""
STARTED = "_sweeps_started"
"""Where the session counts the sweeps that this visitor started."""
FIRST_FIELD, STEPS = "latent_dim", "steps"


def sweeps() -> SweepStore:
    """The sweeps of this server."""
    return SweepStore(store().root)


def new_sweep() -> None:
    """Choose base, field and values, read what that would cost, and start it. Raises StoreError or JobError."""
    runs = _runs()
    bases = {**{preset.key: preset for preset in PRESETS.values()}, **{run.key: run.config for run in runs}}
    titles = {**{preset.key: CATALOGUE[name].title for name, preset in PRESETS.items()}, **told_apart(runs)}
    first, second, third = st.columns([2, 2, 1])
    with first:
        key = st.selectbox(
            "Network",
            list(bases),
            key="sweep_base",
            format_func=lambda key: titles.get(key, key),
            help="A preset, or a network of this server. To sweep settings of your own, train them first.",
        )
    base = bases[key]
    fields = fields_for(base)
    if st.session_state.get("sweep_field") not in fields:
        st.session_state["sweep_field"] = FIRST_FIELD
    with second:
        field = st.selectbox("Hyperparameter", fields, key="sweep_field", format_func=lambda name: FIELDS[name].label)
    with third:
        base = replace(base, steps=_steps(base, is_swept=field == STEPS))
    texts = _values(base, field)
    st.caption(f"{FIELDS[field].help} Two to {MOST_VALUES} values; everything else stays as it is in that network.")
    try:
        sweep = Sweep.read(base, field, texts)
        sweep.check(store().root / "datasets")
    except BottleneckError as error:
        st.error(with_label(field, error))
        st.button("Start the sweep", type="primary", key="start_sweep", disabled=True)
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        st.button("Start the sweep", type="primary", key="start_sweep", on_click=start, args=(sweep,))
        st.markdown(_cost(sweep))


def start(sweep: Sweep) -> None:
    """Queue all that is not trained yet and show the sweep; a callback."""
    try:
        for config in sweep.configs:
            jobs().ask(Training(config), owner=visitor())
        # Kept last: from now on a run that is not there was deleted.
        sweeps().save(sweep)
        address.change({SWEEP: sweep.key})
        st.session_state[STARTED] = st.session_state.get(STARTED, 0) + 1
        for done in (PROBLEM, UNKNOWN):
            st.session_state.pop(done, None)
    except BottleneckError as error:
        # Callbacks run before the page is drawn: the message waits for its place.
        st.session_state[PROBLEM] = str(error)


def all_of(count: int) -> str:
    """So many, all of them: Both, All 3."""
    return "Both" if count == 2 else f"All {count}"


def _runs() -> list[Run]:
    """Those of this server that can be swept, beside the presets."""
    # One that starts from another's weights is bound to that network.
    return [run for run in store().runs() if has_data(run.config) and not run.config.continues]


def _steps(base: Config, *, is_swept: bool) -> int:
    """How many steps each training takes, that of the network if nobody wants another number."""
    kind = FIELDS[STEPS]
    assert isinstance(kind, Integer)
    steps = st.number_input(
        kind.label,
        kind.low,
        kind.high,
        base.steps,
        key=f"sweep_steps_{base.key}",
        help="Of each training. Fewer are sooner done.",
        disabled=is_swept,
    )
    return base.steps if is_swept else steps


def _values(base: Config, field: str) -> list[str]:
    kind = FIELDS[field]
    if isinstance(kind, Choice):
        return st.multiselect(
            "Values",
            list(kind.choices),
            default=suggested(base, field),
            key=f"sweep_values_{field}_{base.key}",
            format_func=lambda name: kind.choices[name],
        )
    return split_values(
        st.text_input(
            "Values",
            ", ".join(suggested(base, field)),
            key=f"sweep_values_{field}",
            help=f"Each is {kind.expected()}. Put commas between them.",
        )
    )


def _cost(sweep: Sweep) -> str:
    """How many trainings are left to do, and for how long. Raises JobError."""
    left = [config for config in sweep.configs if not _is_trained(config)]
    count = len(sweep.configs)
    if not left:
        return f"{all_of(count)} are trained already: the curve is there at once."
    trained = f", {count - len(left)} of them trained already" if len(left) < count else ""
    waiting = " when the workers are free" if jobs().active(Training) else ""
    return f"{count} trainings{trained}. About {duration(jobs().estimate(map(Training, left)))}{waiting}."


def _is_trained(config: Config) -> bool:
    try:
        run = store().find(config)
    except BottleneckError:
        return False
    return run is not None and run.status.state == "finished"
