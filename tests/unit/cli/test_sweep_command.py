"""`python -m ae_core sweep`: one value after the other, figures as a table or as JSON."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from ae_core.runs.sweep import Sweep
from ae_core.runs.sweep_store import SweepStore
from tests.unit.cli.test_commands import TINY, Shell
from tests.unit.tiny import DENSE


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    return Shell(tmp_path)


def test_a_sweep_trains_every_value_and_is_kept_for_the_page(shell: Shell) -> None:
    sweep = Sweep.read(replace(DENSE, steps=3), "latent_dim", ["1", "2"])
    arguments = ("sweep", *TINY, "--set", "steps=3", "--field", "latent_dim", "--values", "2,1")
    code, out, err = shell.run(*arguments, "--json")
    assert code == 0, err
    figures = json.loads(out)
    assert (figures["key"], figures["field"]) == (sweep.key, "latent_dim")
    assert [(row["value"], row["key"], row["state"]) for row in figures["runs"]] == [
        ("1", sweep.configs[0].key, "finished"),
        ("2", sweep.configs[1].key, "finished"),
    ]
    assert [one.sweep.key for one in SweepStore(shell.store.root).listed() if one.sweep] == [sweep.key]
    code, out, err = shell.run(*arguments)
    assert [line.split()[:2] for line in out.splitlines()] == [["1", "finished"], ["2", "finished"]]
    assert err.count("was trained before; nothing to do.") == 2


def test_a_value_that_diverges_is_said_and_the_others_are_trained(shell: Shell) -> None:
    wild = {"loss": "mse", "hidden_activation": "linear", "output_activation": "linear", "optimizer": "sgd"}
    settings = [text for name, value in wild.items() for text in ("--set", f"{name}={value}")]
    code, out, err = shell.run("sweep", "--json", *TINY, *settings, "--field", "learning_rate", "--values", "10,0.001")
    assert code == 0, err
    assert [row["state"] for row in json.loads(out)["runs"]] == ["finished", "diverged"]
    assert "Lower the learning rate (now 10; try 1)" in err


def test_values_that_make_no_sweep_end_with_code_2_and_one_line(shell: Shell) -> None:
    for values, words in (("1", "must have 2 to 8 values"), ("0,1", "from 1 to 256. Received: 0.")):
        code, out, err = shell.run("sweep", "--json", *TINY, "--field", "latent_dim", "--values", values)
        assert (code, out, err.count("\n")) == (2, "", 1), err
        assert words in err
    assert shell.store.listed() == []
