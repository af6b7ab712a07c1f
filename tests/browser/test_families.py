"""An autoencoder and a variational one of two dimensions each, trained from the page and compared with PCA."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from playwright.sync_api import Page, expect

from ae_core.codecs.codec import Codec, open_codec
from ae_core.codecs.pca import PcaBasis, baseline_path
from ae_core.config.config import Config
from ae_core.datasets.catalogue import dataset_for
from ae_core.datasets.images import preview_indices
from ae_core.evaluation.metrics import evaluate_each
from tests.browser.served import Server, visit
from tests.browser.train_page import button, message, train_address

PLAIN = Config(train_size=2000, encoder_widths=(64,), latent_dim=2, batch_size=64, steps=300)
VARIATIONAL = replace(PLAIN, family="variational")
CONFIGS = (PLAIN, VARIATIONAL)


def train(page: Page, server: Server, config: Config) -> None:
    visit(page, train_address(server, config))
    button(page, "Train").click()
    expect(message(page, "300 steps in")).to_be_visible(timeout=90_000)


def test_both_are_trained_and_rebuild_the_same_digits_beside_pca_with_errors_as_evaluate_has_them(
    chromium_page: Page, app: Server
) -> None:
    page = chromium_page
    train(page, app, PLAIN)
    expect(page.get_by_text("dimensions are used")).to_have_count(0)
    train(page, app, VARIATIONAL)
    expect(message(page, "300 steps in")).to_contain_text("Negative ELBO")
    expect(page.get_by_text("dimensions are used")).to_be_visible()
    expect(page.get_by_test_id("stVegaLiteChart").locator("visible=true")).to_have_count(2)

    runs = [app.store.open(config.key) for config in CONFIGS]
    visit(page, f"{app.address}/runs?compare={runs[0].key},{runs[1].key},pca")
    strips = page.locator(".strips").first.locator(".strip")
    expect(strips).to_have_count(4, timeout=60_000)
    data = dataset_for(PLAIN, folder=app.store.root / "datasets")
    shown = preview_indices(data.test_labels, data.test.count)
    pca = PcaBasis.load(baseline_path(app.store, PLAIN)).codec(2)
    codecs: dict[str, Codec] = {run.title: open_codec(run) for run in runs} | {"PCA, 2 dimensions": pca}
    errors = {}
    for name, codec in codecs.items():
        figures, errors[name] = evaluate_each(codec, data.test_images)
        row = strips.filter(has=page.get_by_text(name, exact=True))
        expect(row.locator(".caption")).to_have_text([f"{error:.4f}" for error in errors[name][shown]])
        assert figures.mse == pytest.approx(np.mean(errors[name]))
    assert len({tuple(row) for row in errors.values()}) == 3
