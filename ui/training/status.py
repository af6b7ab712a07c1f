"""The line under the buttons: how far a training is, how fast, how long still; or how it ended."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from ae_core.config.config import Config
from ae_core.config.layers import IMAGE_SHAPE
from ae_core.runs.run import Run, Status
from ae_core.workers.trainings import Training
from ui.shell.errors import unmarked
from ui.shell.server import baseline_mse, data_for, jobs
from ui.training.snapshot import View
from ui.training.verdict import Verdict, judged

if TYPE_CHECKING:
    from ae_core.jobs.books import Job

REFUSAL = "submit_failed"
"""Where the session keeps why a training could not be begun, until it is shown."""

NOT_BEGUN = "not begun"
"""The state of a run that was stopped while it waited, before its first step."""
_WATCHED = "watched_keys"


def show_status(view: View) -> None:
    """Show that line for the training in `view`."""
    problem = st.session_state.pop(REFUSAL, "") or ("" if view.active else jobs().error(Training(view.config)))
    if problem:
        st.error(problem)
    elif view.job:
        st.session_state.setdefault(_WATCHED, set()).add(view.config.key)
        st.progress(view.step / view.config.steps, text=_job_words(view.job, view.config.steps))
    elif view.elsewhere:
        st.progress(view.step / view.config.steps, text=f"Step {view.step:,}: another process is training it.")
    elif view.run is None:
        st.info(f"Not trained yet. {_plan_words(view.config, data_for(view.config).train.count)}")
    else:
        _end_words(view, view.run)


def brief_words(view: View) -> str:
    """How far it is, in a word or two; empty for a training that was not begun."""
    status = view.run.status if view.run else None
    if view.active:
        begun = f"Step {view.step:,} of {view.config.steps:,}" if view.step else "Starting ..."
        return "Waiting ..." if view.job and view.job.place else begun
    if status is None or state_words(status) == NOT_BEGUN:
        return ""
    if status.state == "finished":
        return "" if status.test_mse is None else f"Trained. Error {status.test_mse:.4f}"
    return f"{status.state.capitalize()} at step {status.step:,}"


def _job_words(job: Job[Training], steps: int) -> str:
    if job.state in ("pausing", "stopping"):
        return f"{job.state.capitalize()} ..."
    if job.state == "queued":
        if not job.place:
            return "Starting ..."
        trainings = "one training is" if job.place == 1 else f"{job.place} trainings are"
        left = f"At step {job.progress.step:,} of {steps:,}, others have their turn" if job.progress else "Waiting"
        return f"{left}: {trainings} before this one, about {duration(job.wait_seconds)}."
    progress = job.progress
    if progress is None or progress.seconds_left is None:
        return "Starting: the network is being compiled, which takes a few seconds."
    return (
        f"Step {progress.step:,} of {steps:,}, {progress.steps_per_second:,.0f} steps a second, "
        f"{duration(progress.seconds_left)} left. Error on some held-out images: {progress.held_out.mse:.4f}"
    )


def _plan_words(config: Config, images: int) -> str:
    """What a training of so many images will do."""
    times = config.steps * config.batch_size / images
    often = f"{times:,.0f}" if times >= 10 else f"{times:.2g}"
    return (
        f"{config.steps:,} steps of {config.batch_size:,} images each: all {images:,} training images about {often} "
        f"time{'' if often == '1' else 's'}."
    )


def _end_words(view: View, run: Run) -> None:
    status = run.status
    if status.state == "finished":
        verdict = _verdict(view, status)
        known = run.key not in st.session_state.get(_WATCHED, set())
        before = f"{_known_as(run)} was trained before. Change a setting to train another. " if known else ""
        show = st.success if verdict.good else st.warning
        show(f"{before}{_figures(view.config, status)} {verdict.words}".strip())
    elif status.state == "stopped":
        verdict = _verdict(view, status)
        why = "" if verdict.good else f" {verdict.words}"
        figures = _figures(view.config, status)
        st.info(f"Stopped at step {status.step:,} and kept. {figures}{why} Resume to go on.")
    elif status.state in ("diverged", "failed"):
        st.error(status.message)
    elif state_words(status) == NOT_BEGUN:
        st.info(f"Not begun: it was stopped while it waited. {status.steps:,} steps are to do.")
    elif status.state == "paused":
        st.info(f"Paused at step {status.step:,} of {status.steps:,}. Nothing is lost: resume when you like.")
    else:
        st.info(f"Interrupted at step {status.step:,} of {status.steps:,}. Resume to go on from its last checkpoint.")


def _known_as(run: Run) -> str:
    title = unmarked(run.title)
    return f"**{title[0].upper()}{title[1:]}**"


def _verdict(view: View, status: Status) -> Verdict:
    """Raises DamagedRunError."""
    if status.test_mse is None:
        return Verdict("learned")
    return judged(
        view.config,
        view.history(),
        test_mse=status.test_mse,
        average=baseline_mse(view.config, 0),
        kl_by_dimension=view.kl_by_dimension(),
    )


def _figures(config: Config, status: Status) -> str:
    if status.test_mse is None:
        return ""
    baseline = baseline_mse(config, config.latent_dim)
    against = "" if baseline is None else f" (PCA with {config.latent_dim} dimensions: {baseline:.4f})"
    count = data_for(config).test.count
    words = (
        f"{status.step:,} steps in {duration(status.seconds)}. "
        f"Mean squared error on all {count:,} held-out images: **{status.test_mse:.4f}**{against}."
    )
    if status.neg_elbo is not None:
        words += f" Negative ELBO: **{status.neg_elbo:.1f}** nats an image."
    if config.latent_dim == 30 and config.dataset == "mnist" and not config.classes:
        summed = status.test_mse * IMAGE_SHAPE[0] * IMAGE_SHAPE[1]
        words += f" Summed over an image: **{summed:.2f}**; Hinton and Salakhutdinov (2006) report 3.00, PCA 13.87."
    return words


def state_words(status: Status) -> str:
    """The state of a run as lists have it."""
    return NOT_BEGUN if status.state == "paused" and status.step == 0 else status.state


def duration(seconds: float) -> str:
    """Words for so many seconds: "12 s", "3 min 5 s", "2 h 10 min"."""
    whole = max(1, round(seconds))
    if whole < 60:
        return f"{whole} s"
    minutes, rest = divmod(whole, 60)
    return f"{minutes} min {rest} s" if minutes < 60 else f"{minutes // 60} h {minutes % 60} min"
