"""Things to try on the Generate page, each only where it holds for the networks that are chosen."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import streamlit as st

from ui.generate.codes import training_codes
from ui.selection.heads import head_of
from ui.selection.open_codecs import OpenCodec
from ui.selection.presets import train_links
from ui.selection.run import showable
from ui.shell.errors import unmarked
from ui.shell.server import data_for, store

LONG = 16
"""From so many numbers on a code is called long. Shorter ones leave a distribution little room to miss the digits."""
PLANE = 2
SPREADS = (1.5, 4.0)
"""Between these the spread of the codes is worth going to with the slider for the prior."""
VARIATIONAL = "variational"


def show_tries(codecs: Sequence[OpenCodec]) -> None:
    """The list for these codecs, and the way to a variational autoencoder when there is none yet."""
    st.subheader("Things to try", anchor=False)
    st.markdown("\n".join(f"- {line}" for line in _tries(codecs)))
    if any(run.config.family == VARIATIONAL for run in store().runs() if showable(run)):
        return
    train_links([VARIATIONAL])


def _tries(codecs: Sequence[OpenCodec]) -> Iterator[str]:
    """Those that hold, as Markdown."""
    plain = next((codec for codec in codecs if _is_long(codec) and not _is_variational(codec)), None)
    variational = next((codec for codec in codecs if _is_variational(codec)), None)
    if plain:
        yield _prior(plain, variational)
        yield (
            f"Compare **Box** with **Mixture** of {_name(plain)}. The box knows each number of the code but not how "
            "they go together: it should give hardly anything but shapes that are no digit."
        )
        yield from _spread(plain)
        if head_of(plain):
            yield (
                f"Look under **Prior** of {_name(plain)} for a blot that is taken for a digit with 90% or more. "
                "There should be some: the classifier has to choose a class, and never saw anything but digits."
            )
    if variational and _is_long(variational) and variational.config.beta == 1:
        yield (
            "Measure the samples, set **Spread of the prior** to 0.5, and measure those as well. The coverage of "
            f"**Prior** of {_name(variational)} should fall to about half: all samples are near the average digit. At "
            "2 its density should fall: rare codes give rare shapes, and more that are no digit."
        )
    yield (
        "Point at the best digits that you find. Most of their distances to the nearest training image should lie in "
        "the grey range, as those of test images do: they are no copies."
    )
    yield from _way(codecs)


def _prior(plain: OpenCodec, variational: OpenCodec | None) -> str:
    why = "only its codes were trained to be distributed like the prior."
    if variational:
        return (
            f"Compare **Prior** of {_name(plain)} and of {_name(variational)}. The first should draw blots, the second "
            f"mostly digits: {why}"
        )
    return f"Put a variational autoencoder beside {_name(plain)} and compare **Prior**. It should draw digits: {why}"


def _spread(plain: OpenCodec) -> Iterator[str]:
    """For a network whose codes spread farther than the prior, and not out of the slider's reach."""
    spread = float(np.sqrt(training_codes(plain).codes.var(axis=0).mean()))
    if plain.run and SPREADS[0] <= spread <= SPREADS[1]:
        yield (
            f"Raise **Spread of the prior** to {spread:.1f}, that of the codes of {_name(plain)}. Its blots should "
            "break up into strokes, and **One normal** should still do better: it knows where the codes lie and how "
            "their numbers go together."
        )


def _way(codecs: Sequence[OpenCodec]) -> Iterator[str]:
    """What happens between a 1 and a 0, where the images have both."""
    seen = [words for codec in codecs if codec.run and (words := _way_words(codec))]
    data = data_for(codecs[0].config)
    if seen and data.test_labels is not None and {"0", "1"} <= {data.class_names[at] for at in set(data.test_labels)}:
        yield (
            f"Play the way from a 1 to a 0. Through the pixels the one should fade while the other appears; "
            f"{', and '.join(seen)}."
        )


def _way_words(codec: OpenCodec) -> str:
    through = f"through the codes of {_name(codec)}"
    if codec.latent_dim == PLANE:
        return f"{through} it should go by other digits"
    if not _is_long(codec):
        return ""
    if _is_variational(codec):
        return f"{through} the stroke should open into a ring, at times by way of an 8 or a 6"
    return f"{through} the stroke should break up before there is a ring"


def _is_long(codec: OpenCodec) -> bool:
    return codec.latent_dim >= LONG


def _is_variational(codec: OpenCodec) -> bool:
    return codec.config.family == VARIATIONAL


def _name(codec: OpenCodec) -> str:
    return f"**{unmarked(codec.name)}**"
