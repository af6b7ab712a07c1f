"""What is left of a training when the app is killed."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import psutil
from playwright.sync_api import Page, expect

from ae_core.runs.store import RunStore
from tests.browser.served import Server, serving, visit
from tests.browser.train_page import LONG, button, message, start_training, train_address, wait_for_step
from tests.small import trained
from tests.unit.tiny import assert_same_bits
from tests.unit.waiting import wait_until

CONFIG = replace(LONG, steps=1000)
"""Seconds of training: time enough to pause it once and to kill it later."""


def test_a_training_survives_the_death_of_the_app_and_ends_as_if_nothing_had_happened(
    chromium_page: Page, tmp_path: Path
) -> None:
    with serving(tmp_path / "app") as server:
        paused = train_pause_and_go_on(chromium_page, server)
        app = psutil.Process(server.process.pid)
        family = [app, *app.children(recursive=True)]
        server.kill()
        wait_until(lambda: not any(map(is_alive, family)), "all processes of the app are gone")
    run = server.store.open(CONFIG.key)
    assert run.status.state == "training"
    assert run.status.step < CONFIG.steps

    with serving(tmp_path / "app") as server:
        visit(chromium_page, train_address(server, CONFIG))
        assert wait_for_step(chromium_page, 1) >= paused
        expect(message(chromium_page, "1,000 steps in")).to_be_visible()

    assert_same_bits(run, trained(RunStore(tmp_path / "undisturbed"), **CONFIG.to_text()))


def train_pause_and_go_on(page: Page, server: Server) -> int:
    """Train past a checkpoint; returns its step."""
    start_training(page, server, CONFIG)
    button(page, "Pause").click()
    button(page, "Resume").click()
    paused = server.store.open(CONFIG.key).status.step
    wait_for_step(page, paused + 1)
    return paused


def is_alive(process: psutil.Process) -> bool:
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False
