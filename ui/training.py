"""A training as visitors see it: what can be done with it, its curve, and sixteen digits becoming recognisable."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from ae_core.config import FIELDS, Config
from ae_core.errors import BottleneckError
from ae_core.fields import Choice
from ae_core.layers import IMAGE_SHAPE
from ae_core.lock import is_held
from ae_core.progress import History, Progress, Request, preview_indices
from ae_core.store import Run, State, Status
from ui import form
from ui.chart import Measure, loss_chart
from ui.live import digit_rows
from ui.runs import RUN, damage_mendable, longer, showable
from ui.server import baseline_mse, data_for, jobs, store, visitor

if TYPE_CHECKING:
    from ae_core.datasets import Dataset
    from ae_core.jobs import Job

PACES = ((60.0, 2.0), (20.0, 1.0), (0.0, 0.5))
"""Seconds left at least, and the seconds between two looks then. Each look costs the watching browser about 0.1 seconds
of a processor, on a laptop the one that trains: a short training shall move smoothly, a long one be done soon."""
REST_SECONDS = 5.0
"""Between two glances at a training that rests: somebody else may start it."""

_FAILED, _WATCHED = "submit_failed", "watched_keys"
RESUMABLE: tuple[State, ...] = ("paused", "stopped", "failed", "queued", "training")
"""States from which a run that no worker has goes on; the last two mean that its process ended without a word."""


@dataclass(frozen=True)
class _View:
    """A training at one moment, whichever process it is in."""

    config: Config
    run: Run | None
    job: Job | None
    elsewhere: bool

    @property
    def active(self) -> bool:
        return self.job is not None or self.elsewhere

    @property
    def pace(self) -> float | None:
        """Seconds until the next look; None when nothing moves."""
        return look_every(self.progress.seconds_left if self.progress else None) if self.active else None

    @property
    def at_rest(self) -> tuple[State, int] | None:
        """What another visitor may change in a training that does not move; None when there is no such run."""
        return (self.run.status.state, self.run.status.step) if self.run else None

    @property
    def progress(self) -> Progress | None:
        return self.job.progress if self.job else None

    @property
    def step(self) -> int:
        if self.progress:
            return self.progress.step
        return self.run.status.step if self.run else 0

    def history(self) -> History:
        """The rows so far, and the last batches as a row of its own, so that the curve moves between rows."""
        if self.progress is None:
            return self.run.history() if self.run else History()
        history, latest = self.progress.history.copy(), self.progress
        if history.step and latest.step > history.step[-1]:
            history.append(
                step=latest.step,
                loss=latest.loss,
                mse=latest.mse,
                held_out_loss=latest.held_out_loss,
                held_out_mse=latest.held_out_mse,
            )
        return history


@dataclass(frozen=True)
class _Curve:
    """How the visitor wants to see the curve."""

    measure: Measure
    logarithmic: bool


def show_training(config: Config) -> None:
    """Buttons, curve and digits of the training of `config`, updated in place while it runs."""
    # Whatever is wrong with this run, the settings below it and the list of runs are still of use.
    with damage_mendable(config.key):
        view = _look(config)
        with st.container(horizontal=True, horizontal_alignment="distribute", key="training_controls"):
            _buttons(view)
            curve = _curve_choice(config)
        # Only a training that moves is polled, and of it only what moves.
        st.fragment(_panel, run_every=view.pace)(config, view.pace, curve)
        if not view.active:
            st.fragment(_wake, run_every=REST_SECONDS)(config, view.at_rest)
        st.caption(
            f"PCA: what principal component analysis with {config.latent_dim} dimensions loses on held-out images. "
            "In the chart, drag to pan, Shift and wheel to zoom, double-click to see all of it again."
        )


def _look(config: Config) -> _View:
    job, run = jobs().view(config.key), store().find(config)
    return _View(config, run, job, elsewhere=job is None and run is not None and is_held(run.path))


def _wake(config: Config, at_rest: tuple[State, int] | None) -> None:
    """Draw the page anew when somebody else has started, ended or deleted this training."""
    with damage_mendable(config.key):
        view = _look(config)
        if view.active or view.at_rest != at_rest:
            st.rerun()


def look_every(seconds_left: float | None) -> float:
    """Seconds between two looks at a training that goes on for about `seconds_left`; None as long as nobody knows."""
    return next(pace for least, pace in PACES if (seconds_left or 0.0) >= least)


def _panel(config: Config, pace: float | None, curve: _Curve) -> None:
    with damage_mendable(config.key):
        view = _look(config)
        if view.pace != pace:
            st.rerun()
        _status(view)
        _show_curve(view, curve)
        _digits(view)


def _buttons(view: _View) -> None:
    state = view.run.status.state if view.run else None
    with st.container(horizontal=True, vertical_alignment="center", width="content", key="training_buttons"):
        if view.job:
            asked = view.job.state in ("pausing", "stopping")
            st.button("Pause", key="pause", on_click=_request, args=(view.config.key, "pause"), disabled=asked)
            st.button("Stop", key="stop", on_click=_request, args=(view.config.key, "stop"), disabled=asked)
        elif view.elsewhere:
            st.button("Pause", key="pause", disabled=True, help="It runs in another process: pause it there.")
        elif state in RESUMABLE:
            st.button("Resume", type="primary", key="resume", on_click=_submit, args=(view.config,))
        elif state is None:
            st.button("Train", type="primary", key="train", on_click=_submit, args=(view.config,))
        else:
            label = f"Train longer: {view.config.steps:,} more steps"
            st.button(label, key="longer", on_click=_train_longer, args=(view.config,))
        if view.run and showable(view.run) and not view.active:
            st.page_link(
                "pages/start.py", label="Look inside", icon=":material/arrow_forward:", query_params={RUN: view.run.key}
            )


def _submit(config: Config) -> None:
    try:
        jobs().submit(config, owner=visitor())
        st.session_state.pop(_FAILED, None)
    except BottleneckError as error:
        # Callbacks run before the page is drawn: the message waits for its place.
        st.session_state[_FAILED] = str(error)


def _request(key: str, request: Request) -> None:
    jobs().request(key, request)


def _train_longer(config: Config) -> None:
    more = longer(config, config.steps)
    form.fill(more)
    _submit(more)


def _status(view: _View) -> None:
    """One line under the buttons: how far it is, how fast, how long still; or how it ended."""
    problem = st.session_state.pop(_FAILED, "") or ("" if view.active else jobs().error(view.config.key))
    if problem:
        st.error(problem)
    elif view.job:
        st.session_state.setdefault(_WATCHED, set()).add(view.config.key)
        st.progress(view.step / view.config.steps, text=_job_words(view.job, view.config.steps))
    elif view.elsewhere:
        st.progress(view.step / view.config.steps, text=f"Step {view.step:,}: another process is training it.")
    elif view.run is None:
        st.info(f"Not trained yet. {view.config.steps:,} steps of {view.config.batch_size} images each.")
    else:
        _end_words(view, view.run)


def _job_words(job: Job, steps: int) -> str:
    if job.state in ("pausing", "stopping"):
        return f"{job.state.capitalize()} ..."
    if job.state == "queued":
        if not job.place:
            return "Starting ..."
        trainings = "one training is" if job.place == 1 else f"{job.place} trainings are"
        return f"Waiting: {trainings} before this one, about {_duration(job.wait_seconds)}."
    progress = job.progress
    if progress is None or progress.seconds_left is None:
        return "Starting: the network is being compiled, which takes a few seconds."
    return (
        f"Step {progress.step:,} of {steps:,}, {progress.steps_per_second:,.0f} steps a second, "
        f"{_duration(progress.seconds_left)} left. Held-out error {progress.held_out_mse:.4f}"
    )


def _end_words(view: _View, run: Run) -> None:
    status = run.status
    if status.state == "finished":
        known = run.key not in st.session_state.get(_WATCHED, set())
        before = "These settings were trained before: this is that run. Change one to train another. " if known else ""
        average = baseline_mse(view.config, 0)
        if average is not None and status.test_mse is not None and status.test_mse > average:
            st.warning(
                f"{before}{_figures(view.config, status)} To show the average image whatever comes in would be better "
                f"({average:.4f}): this network learned nothing. Try a lower learning rate, or the optimizer Adam."
            )
        else:
            st.success(before + _figures(view.config, status))
    elif status.state == "stopped":
        st.info(f"Stopped at step {status.step:,} and kept. {_figures(view.config, status)} Resume to go on.")
    elif status.state in ("diverged", "failed"):
        st.error(status.message)
    elif status.state == "paused":
        st.info(f"Paused at step {status.step:,} of {status.steps:,}. Nothing is lost: resume when you like.")
    else:
        st.info(f"Interrupted at step {status.step:,} of {status.steps:,}. Resume to go on from its last checkpoint.")


def _figures(config: Config, status: Status) -> str:
    if status.test_mse is None:
        return ""
    baseline = baseline_mse(config, config.latent_dim)
    against = "" if baseline is None else f" (PCA with {config.latent_dim} dimensions: {baseline:.4f})"
    words = (
        f"{status.step:,} steps in {_duration(status.seconds)}. "
        f"Mean squared error on all held-out images: **{status.test_mse:.4f}**{against}."
    )
    if config.latent_dim == 30 and config.dataset == "mnist" and not config.classes:
        summed = status.test_mse * IMAGE_SHAPE[0] * IMAGE_SHAPE[1]
        words += f" Summed over an image: **{summed:.2f}**; Hinton and Salakhutdinov (2006) report 3.00, PCA 13.87."
    return words


def _curve_choice(config: Config) -> _Curve:
    measures: dict[Measure, str] = {"mse": "Squared error"}
    if config.loss != "mse":
        measures["loss"] = _loss_title(config)
    with st.container(horizontal=True, width="content", key="curve_choices"):
        measure = st.segmented_control(
            "Measure", list(measures), format_func=lambda name: measures[name], default="mse", required=True,
            key="measure", label_visibility="collapsed",
        )  # fmt: skip
        scale = st.segmented_control(
            "Scale", ["Linear", "Log"], default="Linear", required=True, key="scale", label_visibility="collapsed"
        )
    return _Curve(measure if measure in measures else "mse", logarithmic=scale == "Log")


def _show_curve(view: _View, curve: _Curve) -> None:
    loss_chart(
        key=f"curve_{view.config.key}",
        history=view.history(),
        steps=view.config.steps,
        measure=curve.measure,
        loss_title=f"{_loss_title(view.config)} per pixel",
        logarithmic=curve.logarithmic,
        baseline=baseline_mse(view.config, view.config.latent_dim),
    )


def _loss_title(config: Config) -> str:
    loss = FIELDS["loss"]
    assert isinstance(loss, Choice)
    return loss.choices[config.loss]


def _digits(view: _View) -> None:
    data = data_for(view.config)
    indices = preview_indices(data.test_labels, len(data.test_pixels))
    originals = data.test_pixels[indices]
    made = _reconstructions(view)
    # Black, and no error beside it, as long as nothing was reconstructed.
    reconstructions = np.zeros_like(originals) if made is None else made
    labels = [""] * len(indices) if data.test_labels is None else [_label(data, index) for index in indices]
    digit_rows(
        key="preview",
        originals=originals,
        reconstructions=reconstructions,
        labels=labels,
        captions=[("–" if made is None else f"{error:.3f}") for error in _errors(originals, reconstructions)],
    )


def _reconstructions(view: _View) -> NDArray[np.uint8] | None:
    if view.progress:
        return view.progress.reconstructions
    kept = view.run.preview() if view.run else None
    return None if kept is None else kept[1]


def _label(data: Dataset, index: int) -> str:
    assert data.test_labels is not None
    return data.class_names[data.test_labels[index]]


def _errors(originals: NDArray[np.uint8], reconstructions: NDArray[np.uint8]) -> NDArray[np.float64]:
    difference = originals.astype(np.float64) - reconstructions
    return np.asarray(np.mean(np.square(difference / 255), axis=(1, 2)))


def _duration(seconds: float) -> str:
    whole = max(1, round(seconds))
    if whole < 60:
        return f"{whole} s"
    minutes, rest = divmod(whole, 60)
    return f"{minutes} min {rest} s" if minutes < 60 else f"{minutes // 60} h {minutes % 60} min"
