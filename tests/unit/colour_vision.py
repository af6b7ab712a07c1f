"""How different two colours look, to usual eyes and to those of people with a colour vision deficiency."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

EYES: dict[str, Floats] = {
    "usual": np.eye(3),
    "protanopia": np.array(
        [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]]
    ),
    "deuteranopia": np.array(
        [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]]
    ),
    "tritanopia": np.array(
        [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]]
    ),
}
"""Of linear red, green and blue, what such eyes see; of severity 1.

Machado, Oliveira and Fernandes, A physiologically-based model for simulation of color vision deficiency, 2009.
"""
XYZ = np.array(
    [[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750], [0.0193339, 0.1191920, 0.9503041]]
)
WHITE = np.array([0.95047, 1.0, 1.08883])
"""Of sRGB: to XYZ, and its white (D65)."""


def linear(colours: Sequence[str]) -> Floats:
    """`#rrggbb` as linear red, green and blue in [0, 1], (n, 3)."""
    values = np.array([[int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)] for colour in colours])
    return np.where(values <= 0.04045, values / 12.92, ((values + 0.055) / 1.055) ** 2.4)


def contrast(colours: Sequence[str], page: str) -> Floats:
    """The contrast of each colour to a page, 1 to 21 (WCAG 2), (n,)."""
    high, low = linear(colours) @ XYZ[1], float((linear([page]) @ XYZ[1])[0])
    return (np.maximum(high, low) + 0.05) / (np.minimum(high, low) + 0.05)


def lab(colours: Sequence[str], eyes: str = "usual") -> Floats:
    """CIELAB of what such eyes see of `#rrggbb`, (n, 3)."""
    parts = np.clip(linear(colours) @ EYES[eyes].T, 0, 1) @ XYZ.T / WHITE
    roots = np.where(parts > 216 / 24389, np.cbrt(parts), (24389 / 27 * parts + 16) / 116)
    x, y, z = roots.T
    return np.stack([116 * y - 16, 500 * (x - y), 200 * (y - z)], axis=1)


def differences(one: Floats, other: Floats) -> Floats:
    """CIEDE2000 between colours in CIELAB, (n, 3) and (m, 3): (n, m). Above about 2 it is seen side by side.

    Sharma, Wu and Dalal, The CIEDE2000 color-difference formula, 2005; their names for its terms.
    """
    a, b = one[:, None], other[None]
    grey = (np.hypot(a[..., 1], a[..., 2]) + np.hypot(b[..., 1], b[..., 2])) / 2
    stretch = 1 + 0.5 * (1 - np.sqrt(grey**7 / (grey**7 + 25.0**7)))
    chroma_a, chroma_b = (np.hypot(stretch * lab[..., 1], lab[..., 2]) for lab in (a, b))
    hue_a, hue_b = (np.degrees(np.arctan2(lab[..., 2], stretch * lab[..., 1])) % 360 for lab in (a, b))
    turn = (hue_b - hue_a + 180) % 360 - 180
    d_l, d_c = b[..., 0] - a[..., 0], chroma_b - chroma_a
    d_h = 2 * np.sqrt(chroma_a * chroma_b) * np.sin(np.radians(turn / 2))
    light, c, h = (a[..., 0] + b[..., 0]) / 2, (chroma_a + chroma_b) / 2, hue_a + turn / 2
    t = 1 - 0.17 * _cos(h - 30) + 0.24 * _cos(2 * h) + 0.32 * _cos(3 * h + 6) - 0.2 * _cos(4 * h - 63)
    s_l, s_c, s_h = 1 + 0.015 * (light - 50) ** 2 / np.sqrt(20 + (light - 50) ** 2), 1 + 0.045 * c, 1 + 0.015 * c * t
    bend = np.sin(np.radians(60 * np.exp(-(((h % 360 - 275) / 25) ** 2))))
    r_t = -2 * np.sqrt(c**7 / (c**7 + 25.0**7)) * bend
    lightness, chroma, hue = d_l / s_l, d_c / s_c, d_h / s_h
    return np.sqrt(lightness**2 + chroma**2 + hue**2 + r_t * chroma * hue)


def _cos(degrees: Floats) -> Floats:
    return np.cos(np.radians(degrees))
