"""What is said of a map of the latent space: what it keeps, how far it can be trusted, how long it still takes."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import streamlit as st

from ae_core.latent.projection import Method
from ui.latent.map_state import TITLES, Look, Wanted
from ui.training.status import duration

if TYPE_CHECKING:
    from ae_core.latent.tsne_umap import MapProgress

WORDS: dict[Method, str] = {
    "direct": "Each image stands where its code says. Nothing is lost on this map.",
    "pca": "The plane through the latent space in which the codes differ most. Straight, so that every place on it is "
    "a code; what differs across the plane is not seen.",
    "tsne": "t-SNE keeps neighbours together and gives up the rest: distances between groups, and their sizes, mean "
    "nothing.",
    "umap": "UMAP keeps neighbours together, and more of how the groups lie to each other than t-SNE does.",
}
TURNED = (
    "The same plane as its own dimensions, turned so that the codes differ most from left to right. Nothing is lost."
)
TRUST = ((0.95, "nearly always"), (0.85, "mostly"), (0.65, "often, but far from always,"), (0.0, "hardly ever"))
"""How often neighbours on a map are true neighbours, by the least trustworthiness for each word."""
LEAST_SECONDS, LEAST_PART = 4.0, 0.04
"""Watched for less, a map's pace says nothing about its end."""
_PACE = "_map_pace"
"""Where the session keeps when it first saw a map's present phase, and at which fraction."""


def caption_of(wanted: Wanted, look: Look, latent_dim: int) -> str:
    """The line below the map."""
    if look.forming:
        return f"{TITLES[wanted.method]} while it forms. {WORDS[wanted.method]}"
    shown = look.shown
    words = TURNED if shown.method == "pca" and latent_dim == 2 else WORDS[shown.method]
    measured = shown.trustworthiness
    if measured is None or (latent_dim <= 2 and shown.linear):
        return words
    often = next(word for least, word in TRUST if measured >= least)
    return (
        f"{words} Images that are side by side here are {often} near each other in the latent space as well "
        f"(trustworthiness {measured:.3f}; 1 is always, 0.5 is chance)."
    )


def note_of(wanted: Wanted, look: Look) -> str:
    """A few words on the map itself, where it is not yet what one waits for; else empty."""
    title = TITLES[wanted.method]
    drawing = " Your drawing is placed at the end." if look.drawing else ""
    if look.forming:
        return f"{title} is still forming.{drawing}"
    if look.job and wanted.method != look.shown.method:
        return f"This is {TITLES[look.shown.method]}, until {title} is there."
    return "Your drawing is being placed." if look.drawing and look.star is None else ""


def progress_words(wanted: Wanted, at: MapProgress) -> str:
    """How far a map is, and how long still where that can be told from its pace."""
    words = f"{TITLES[wanted.method]}: {at.phase}, {round(100 * at.fraction)} %"
    left = _seconds_left(wanted, at, time.monotonic())
    return words if left is None else f"{words}, about {duration(left)} left"


def _seconds_left(wanted: Wanted, at: MapProgress, now: float) -> float | None:
    """From the pace of the present phase, since others have another one; None before that can be told."""
    name = f"{wanted.name} {at.phase}"
    known, begun, first = st.session_state.get(_PACE, ("", 0.0, 0.0))
    if known != name or at.fraction < first:
        st.session_state[_PACE] = (name, now, at.fraction)
        return None
    seconds, part = now - begun, at.fraction - first
    if seconds < LEAST_SECONDS or part < LEAST_PART:
        return None
    return seconds * (1 - at.fraction) / part
