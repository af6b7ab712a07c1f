"""Networks of which pages say what one should see, trained for a few hundred steps, and means to look at them."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ae_core.codecs.codec import Codec, open_codec
from ae_core.config.config import Config
from ae_core.config.presets import CATALOGUE, PRESETS
from ae_core.runs.run import Run
from ae_core.runs.store import RunStore

Floats = NDArray[np.float32]
ROOT = Path(__file__).parents[2]

STEPS = {
    "quick-start": 500, "two-dimensions": 600, "denoising": 300, "variational": 1000, "beta-4": 500, "linear": 500,
    "article": 200, "article-mended": 200, "sparse": 200, "variational-two-dimensions": 600,
    "plain-20": 1000,
}  # fmt: skip
"""As few as show what is claimed, in batches of `BATCH`: a preset takes 1,000 or more, in batches of 256."""
BATCH = 64
FEW = {"variational": 8000, "two-dimensions": 8000}
"""Training images of the networks with which contests are held: so few that the neighbours of all are found in
seconds."""


@dataclass
class Networks:
    """Trains each network when it is first asked for.

    Args:
        store: where the runs are kept.
    """

    store: RunStore
    _runs: dict[str, Run] = field(default_factory=dict)

    def run(self, preset: str, **changes: Any) -> Run:
        """The preset's network after `STEPS` steps, with these settings changed."""
        config = self.config(preset, **changes)
        if config.key not in self._runs:
            from ae_core.training.train import train

            self._runs[config.key] = train(config, store=self.store)
        return self._runs[config.key]

    def codec(self, preset: str, **changes: Any) -> Codec:
        """The same, opened."""
        return open_codec(self.run(preset, **changes))

    @staticmethod
    def config(preset: str, **changes: Any) -> Config:
        """Its settings."""
        return replace(
            PRESETS[preset], **{"batch_size": BATCH, "steps": STEPS[preset], "train_size": FEW.get(preset), **changes}
        )


def rebuilt(codec: Codec, images: Floats) -> Floats:
    """What it makes of `images` (n, 28, 28), in [0, 1]."""
    return decoded(codec, codec.encode(images))


def decoded(codec: Codec, codes: NDArray[Any]) -> Floats:
    """The images (n, 28, 28), in [0, 1], of `codes` (n, d)."""
    images: Floats = np.clip(codec.decode(codes.astype(np.float32)), 0, 1)
    return images


def lines_drawn(*lines: tuple[tuple[float, float], tuple[float, float]], width: float = 2.2) -> NDArray[np.uint8]:
    """A canvas (280, 280, 4) with white lines, each from a (row, column) to another, in pixels of the image."""
    rows, columns = np.mgrid[:280, :280] / 10 + 0.05
    nearest = np.full((280, 280), np.inf)
    for (top, left), (bottom, right) in lines:
        for share in np.linspace(0, 1, 60):
            away = np.hypot(rows - top - share * (bottom - top), columns - left - share * (right - left))
            nearest = np.minimum(nearest, away)
    canvas = np.full((280, 280, 4), 255, np.uint8)
    canvas[..., 3] = np.round(np.clip((width / 2 - nearest) * 10 + 0.5, 0, 1) * 255)
    return canvas


def texts() -> Iterator[tuple[str, str]]:
    """All that pages say one should see, each with where it stands, and all that is said of a preset."""
    for path in sorted([*(ROOT / "pages").glob("*.py"), *(ROOT / "ui").rglob("*.py")]):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        for text in _strings(tree):
            # A list is one text, of which each point claims something of its own.
            for point in text.split("\n- "):
                words = " ".join(point.split())
                if " should " in f" {words} ":
                    yield str(path.relative_to(ROOT)), words
    for name, preset in CATALOGUE.items():
        yield f"the preset {name}", preset.text


def _strings(tree: ast.AST) -> Iterator[str]:
    """Texts in a module, those with names in them included, without its docstrings."""
    docs = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    inside = {id(part) for node in ast.walk(tree) if isinstance(node, ast.JoinedStr) for part in ast.walk(node)}
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            yield "".join(part.value if isinstance(part, ast.Constant) else "…" for part in node.values)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and not {id(node)} & (inside | docs):
            yield node.value


CLAIMED: list[str] = []
"""Words of each claim that a test holds."""


def holds(*words: str) -> Callable[[Any], Any]:
    """Marks a test as that of the claims in which `words` stand."""

    def keep(test: Any) -> Any:
        CLAIMED.extend(words)
        return test

    return keep
