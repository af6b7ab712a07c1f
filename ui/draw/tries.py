"""Things to try on the Draw page, each with the networks it needs, and the way to those that are not trained yet."""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st

from ae_core.config.presets import CATALOGUE
from ui.selection.presets import train_links, untrained

QUICK, PLANE, DENOISING = "quick-start", "two-dimensions", "denoising"


@dataclass(frozen=True)
class _Try:
    """One thing to try: what to do, what one should see, and the presets, by name, whose networks the text is about."""

    do: str
    see: str
    needs: tuple[str, ...]


_TRIES = (
    _Try(
        "choose **Quick start** and **Two dimensions** and draw a letter",
        "From 32 numbers the letter should come back, a little ragged; from two numbers something like a digit.",
        (QUICK, PLANE),
    ),
    _Try(
        "with the same two draw a 7, then the bar of a European 7",
        "**Quick start** should keep the bar. **Two dimensions** should let it fade, or turn the 7 into a 9.",
        (QUICK, PLANE),
    ),
    _Try(
        "with the same two take a test digit and erase a patch of 10 pixels from its middle",
        "**Quick start** should copy the hole. **Two dimensions** should close it with a whole digit, not "
        "always the right one.",
        (QUICK, PLANE),
    ),
    _Try(
        "choose **Quick start**, turn **Centre and scale like MNIST** off and draw a small digit in a corner",
        "Hardly more than a smudge should come back: the network has never seen ink there.",
        (QUICK,),
    ),
    _Try(
        "choose **Denoising** and **Quick start** and set the noise to 0.5",
        "**Denoising** should wipe it off, **Quick start** should make a tangle of it. Compare their errors to the "
        "unspoiled picture.",
        (DENOISING, QUICK),
    ),
    _Try(
        "start the contest on **Classify** for **Quick start**, come back and draw",
        "Its head should name most of your digits in mid-stroke. Draw letters: it can only say digits, and should be "
        "sure of some.",
        (QUICK,),
    ),
)


def show_tries() -> None:
    """The list, and links to train what it needs and this server has not got."""
    missing = untrained(QUICK, PLANE, DENOISING)
    st.subheader("Things to try", anchor=False)
    st.markdown("\n".join(_line(one, missing) for one in _TRIES))
    train_links(missing)


def _line(one: _Try, missing: list[str]) -> str:
    first = " and ".join(f"**{CATALOGUE[name].title}**" for name in one.needs if name in missing)
    do = f"Train {first}, then {one.do}" if first else one.do[0].upper() + one.do[1:]
    return f"- {do}. {one.see}"
