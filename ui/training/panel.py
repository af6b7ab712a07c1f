"""A training as visitors see it: what can be done with it, its curve, and ten digits becoming recognisable."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import streamlit as st

from ae_core.config.config import Config
from ae_core.config.fields import Integer
from ae_core.config.hyperparameters import FIELDS
from ae_core.errors import BottleneckError
from ae_core.runs.history import HELD_OUT_SAMPLE, Request
from ae_core.runs.run import State
from ae_core.workers.trainings import Training
from ui.selection.run import RUN, damage_mendable, expect_run, longer, showable
from ui.shell.fragment import fragment, rerun_page
from ui.shell.frame import mouse_hint
from ui.shell.server import baseline_mse, data_for, has_baseline, jobs
from ui.shell.visitor import visitor
from ui.training import form
from ui.training.chart import Measure, kl_chart, loss_chart
from ui.training.digits import show_digits
from ui.training.snapshot import View, look
from ui.training.status import REFUSAL, brief_words, show_status
from ui.training.verdict import USED_NATS

if TYPE_CHECKING:
    from streamlit.delta_generator import DeltaGenerator

STYLE = Path(__file__).with_suffix(".css")
REST_SECONDS = 5.0
"""Between two glances at a training that rests: somebody else may start it."""

TELLING_STEPS = 100
"""Before so many steps, or half of a shorter training, no dimension has had the time to be used or to collapse."""
TERMS_WORDS = (
    "Reconstruction: the loss summed over the 784 pixels of an image. KL term: what the code costs, the distance of "
    "its posterior from the prior. Their sum is the negative ELBO, a bound on how surprising an image is to the model. "
    "Training errors are those of codes drawn at random, held-out squared errors those of the mean."
)
ZOOM_WORDS = "Drag to pan, Shift and wheel to zoom, double-click to see all of it again."

STEPS = FIELDS["steps"]
assert isinstance(STEPS, Integer)
MOST_STEPS = STEPS.high
SHARES = (2, 3)
"""Of the width, for the curve and for the digits."""

RESUMABLE: tuple[State, ...] = ("paused", "stopped", "failed", "queued", "training")
"""States from which a run that no worker has goes on; the last two mean that its process ended without a word."""


@dataclass(frozen=True)
class _Curve:
    """How the visitor wants to see the curve."""

    measure: Measure
    logarithmic: bool


def show_training(config: Config, strip: DeltaGenerator) -> None:
    """Curve and digits of the training of `config`, updated in place while it runs.

    Its buttons stand in `strip`, with how far it is: that stays in sight while the settings are changed.
    """
    # Whatever is wrong with this run, the settings below it and the list of runs are still of use.
    with damage_mendable(config.key):
        view = look(config)
        with strip:
            _buttons(view)
            curve = _curve_choice(config)
            brief = st.empty()
        # Only a training that moves is polled, and of it only what moves.
        fragment(_panel, run_every=view.pace)(config, view.pace, curve, brief)
        if not view.active:
            fragment(_wake, run_every=REST_SECONDS)(config, view.at_rest, has_baseline(config))


def _wake(config: Config, at_rest: tuple[State, int] | None, with_baseline: bool) -> None:
    """Draw the page anew when somebody else has started, ended or deleted this training, or its PCA is fitted."""
    with damage_mendable(config.key):
        view = look(config)
        if view.active or view.at_rest != at_rest or has_baseline(config) != with_baseline:
            rerun_page()


def _panel(config: Config, pace: float | None, curve: _Curve, brief: DeltaGenerator) -> None:
    with damage_mendable(config.key):
        view = look(config)
        if view.pace != pace:
            rerun_page()
        show_status(view)
        brief.markdown(brief_words(view), width="content")
        # Side by side, so that both are in sight on a projector; on a phone the digits follow the curve.
        left, right = st.columns(SHARES, gap="medium")
        with left:
            _show_curve(view, curve)
            _show_kl(view)
        with right:
            show_digits(view)


def _buttons(view: View) -> None:
    state = view.run.status.state if view.run else None
    with st.container(horizontal=True, vertical_alignment="center", width="content", key="training_buttons"):
        if view.job:
            asked = view.job.state in ("pausing", "stopping")
            st.button("Pause", key="pause", on_click=_request, args=(view.config, "pause"), disabled=asked)
            st.button("Stop", key="stop", on_click=_request, args=(view.config, "stop"), disabled=asked)
        elif view.elsewhere:
            st.button("Pause", key="pause", disabled=True, help="It runs in another process: pause it there.")
        elif state in RESUMABLE:
            st.button("Resume", type="primary", key="resume", on_click=_submit, args=(view.config,))
        elif state is None:
            st.button("Train", type="primary", key="train", on_click=_submit, args=(view.config,))
        else:
            _longer_button(view.config)
        if view.run and not view.active:
            st.markdown(f"[Change a setting](#{form.ANCHOR})", width="content")
        if view.run and showable(view.run) and not view.active:
            st.page_link(
                "pages/start.py", label="Look inside", icon=":material/arrow_forward:", query_params={RUN: view.run.key}
            )


def _submit(config: Config) -> None:
    try:
        jobs().ask(Training(config), owner=visitor())
        expect_run(config.key)
        st.session_state.pop(REFUSAL, None)
    except BottleneckError as error:
        # Callbacks run before the page is drawn: the message waits for its place.
        st.session_state[REFUSAL] = str(error)


def _request(config: Config, request: Request) -> None:
    jobs().call_off(Training(config), request)


def _longer_button(config: Config) -> None:
    more = min(config.steps, MOST_STEPS - config.steps) if config.schedule == "constant" else config.steps
    if more > 0:
        st.button(f"Train longer: {more:,} more steps", key="longer", on_click=_train_longer, args=(config, more))


def _train_longer(config: Config, more: int) -> None:
    after = longer(config, more)
    form.fill(after)
    _submit(after)


def _curve_choice(config: Config) -> _Curve:
    variational = config.family == "variational"
    measures: dict[Measure, str] = {"terms": "Both terms"} if variational else {}
    measures["mse"] = "Squared error"
    if config.loss != "mse" and not variational:
        measures["loss"] = "Cross-entropy"
    with st.container(horizontal=True, width="content", key="curve_choices"):
        measure = st.segmented_control(
            "Measure", list(measures), format_func=lambda name: measures[name], default=next(iter(measures)),
            required=True, key=f"measure_{config.family}", label_visibility="collapsed",
        )  # fmt: skip
        scale = st.segmented_control(
            "Scale", ["Linear", "Log"], default="Linear", required=True, key="scale", label_visibility="collapsed"
        )
    return _Curve(measure if measure in measures else next(iter(measures)), logarithmic=scale == "Log")


def _show_curve(view: View, curve: _Curve) -> None:
    loss_chart(
        key=f"curve_{view.config.key}",
        history=view.history(),
        steps=view.config.steps,
        measure=curve.measure,
        loss_title=f"{FIELDS['loss'].words(view.config.loss)} per pixel",
        logarithmic=curve.logarithmic,
        baseline=baseline_mse(view.config, view.config.latent_dim),
    )
    held_out = data_for(view.config).test.count
    words = {
        "terms": TERMS_WORDS,
        "mse": f"Held-out: on {min(HELD_OUT_SAMPLE, held_out):,} of the {held_out:,} held-out images. PCA: what "
        f"principal component analysis with {view.config.latent_dim} dimensions loses on all of them.",
    }
    if curve.measure in words:
        st.caption(words[curve.measure])
    mouse_hint("curve", ZOOM_WORDS)


def _show_kl(view: View) -> None:
    """Which dimensions of a variational code are used, and which have collapsed."""
    kl = view.kl_by_dimension()
    if not kl or not view.step:
        return
    kl_chart(key=f"kl_{view.config.key}", kl_by_dimension=kl)
    if view.step < min(TELLING_STEPS, view.config.steps // 2):
        return
    used = sum(value > USED_NATS for value in kl)
    st.caption(
        f"{used} of {len(kl)} dimensions are used: each costs more than {USED_NATS} nats of KL. The others have "
        "collapsed onto the prior, and tell the decoder nothing."
    )
