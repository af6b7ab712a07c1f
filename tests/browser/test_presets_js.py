"""The browser's forward pass with the network of each preset, and with PCA, against what the server computes."""

from __future__ import annotations

from base64 import b64decode, b64encode
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from playwright.sync_api import Page

from ae_core.codecs.codec import LiteRtCodec, read_network
from ae_core.codecs.pca import PcaCodec
from ae_core.config.presets import PRESETS
from ae_core.datasets.catalogue import load_dataset
from ae_core.runs.run import Run
from tests.browser.preset_references import DIGITS, KERAS, different_presets, write_references
from tests.forked import call

Floats = NDArray[np.float32]
FORWARD = """
async ([spec, weights, images]) => {
  const { forward, parseNetwork } = await import("/lib/network/forward.js");
  const floats = async (text) => (await fetch(`data:application/octet-stream;base64,${text}`)).arrayBuffer();
  const { encoder, decoder } = parseNetwork(spec, await floats(weights));
  const digits = new Float32Array(await floats(images));
  const made = new Float32Array(digits.length);
  for (let i = 0; i < digits.length; i += 784) {
    made.set(forward(decoder, forward(encoder, digits.subarray(i, i + 784))), i);
  }
  let text = "";
  for (const byte of new Uint8Array(made.buffer)) text += String.fromCharCode(byte);
  return btoa(text);
}
"""


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of runs that were exported but not trained."""
    root = tmp_path_factory.mktemp("presets")
    ended = call(write_references, root)
    assert ended.code == 0, ended.err
    return root


@pytest.fixture(scope="module")
def digits() -> Floats:
    return load_dataset("mnist").test_images[:DIGITS]


@pytest.mark.parametrize("preset", different_presets())
def test_each_preset_is_reconstructed_in_the_browser_as_by_litert_and_keras(
    script_page: Page, runs: Path, digits: Floats, preset: str
) -> None:
    config = PRESETS[preset]
    run = Run(runs / config.key, config)
    made = in_browser(script_page, *read_network(run), digits)
    codec = LiteRtCodec.load(run.path)
    with np.load(run.path / KERAS) as keras:
        assert np.abs(made - keras["images"]).max() < 1e-5
    assert np.abs(made - codec.decode(codec.encode(digits))).max() < 1e-3
    assert made.std() > 0.01


@pytest.mark.parametrize("latent_dim", [1, 32, 256])
def test_pca_is_the_same_in_the_browser(script_page: Page, digits: Floats, latent_dim: int) -> None:
    pca = PcaCodec.fit(load_dataset("mnist").train_pixels[:2000], latent_dim)
    made = in_browser(script_page, *pca.browser_network(), digits)
    assert np.abs(made - pca.decode(pca.encode(digits))).max() < 1e-5


def in_browser(page: Page, network: dict[str, Any], weights: bytes, digits: Floats) -> Floats:
    """What the forward pass makes of `digits` (n, 28, 28)."""
    sent = [network, *(b64encode(part).decode() for part in (weights, digits.tobytes()))]
    return np.frombuffer(b64decode(page.evaluate(FORWARD, sent)), "<f4").reshape(digits.shape)
