"""`python -m ae_core`: figures on stdout, one line for an error, exit codes that scripts can rely on."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from ae_core.cli.commands import main
from ae_core.config.precision import FLOAT32, MIXED
from ae_core.config.presets import PRESETS, title_of
from ae_core.runs.history import History
from ae_core.runs.run import Run, Status
from ae_core.runs.store import RunStore
from tests.forked import call
from tests.unit.tiny import DENSE, assert_same_bits
from tests.unit.waiting import wait_until

ROOT = Path(__file__).parents[3]
TINY = [text for name, value in DENSE.to_text().items() for text in ("--set", f"{name}={value}")]


class Shell:
    """Commands in a folder of their own, with its runs below."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.store = RunStore(folder / "runs")
        self.environment = {**os.environ, "PYTHONPATH": str(ROOT), "AE_RUNS": str(self.store.root)}

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        """As a person starts it, without waiting."""
        command = [sys.executable, "-m", "ae_core", *arguments]
        pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
        return subprocess.Popen(command, cwd=self.folder, env=self.environment, text=True, **pipes)  # type: ignore[call-overload]

    def run(self, *arguments: str) -> tuple[int | None, str, str]:
        """Exit code, figures and words of a command, in a process that need not import TensorFlow first."""
        ended = call(main, list(arguments), folder=self.folder, environment=self.environment)
        return ended.code, ended.out, ended.err


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    return Shell(tmp_path)


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> tuple[Shell, dict[str, Any], str]:
    """A shell in which the tiny config was trained, what it printed, and what it said."""
    shell = Shell(tmp_path_factory.mktemp("shell"))
    process = shell.start("train", "--json", *TINY)
    out, err = process.communicate()
    assert process.returncode == 0, err
    return shell, json.loads(out), err


def test_presets_are_listed_with_their_settings(shell: Shell) -> None:
    code, out, err = shell.run("presets", "--json")
    rows = {row["name"]: row for row in json.loads(out)["presets"]}
    assert (code, err, list(rows)) == (0, "", list(PRESETS))
    assert rows["article"]["params"] == 1_100_320
    assert rows["article"]["settings"] == PRESETS["article"].to_text()


@pytest.mark.parametrize(("chosen", "remark"), [(FLOAT32, ""), (MIXED, "float32 is faster")])
def test_it_is_said_where_another_precision_would_be_faster(
    chosen: str, remark: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setattr("ae_core.config.precision.has_bfloat16", lambda: False)
    monkeypatch.setenv("AE_RUNS", str(tmp_path))
    config = replace(PRESETS["quick-start"], precision=chosen)
    run = RunStore().create(config)
    run.write_status(Status(state="finished", test_mse=0.01))
    assert main(["train", "--set", f"precision={chosen}"]) == 0
    first, _, rest = capsys.readouterr().err.partition("\n")
    assert remark in first
    assert ("trained before" in first) is not bool(remark)
    assert ("trained before" in rest) is bool(remark)


def test_presets_can_be_read_by_people(shell: Shell) -> None:
    code, out, _ = shell.run("presets")
    assert code == 0
    assert "The article, 1,100,320 parameters" in out
    assert "all settings at their defaults" in out


def test_training_prints_one_json_object_and_nothing_else(trained: tuple[Shell, dict[str, Any], str]) -> None:
    shell, figures, err = trained
    run = shell.store.open(DENSE.key)
    assert figures == {
        "key": DENSE.key,
        "state": "finished",
        "steps": DENSE.steps,
        "seconds": round(run.status.seconds, 3),
        "steps_per_second": round(run.status.steps_per_second, 2),
        "test_mse": run.status.test_mse,
        "neg_elbo": None,
        "params": run.status.params,
        "path": str(run.path),
    }
    assert set(err.splitlines()) == {err.splitlines()[0]}
    assert f"{DENSE.steps}/{DENSE.steps} steps" in err


def test_a_run_of_the_command_line_has_the_same_bits(trained: tuple[Shell, Any, str], dense_run: Run) -> None:
    assert_same_bits(trained[0].store.open(DENSE.key), dense_run)


def test_a_trained_run_is_not_trained_again(trained: tuple[Shell, dict[str, Any], str]) -> None:
    shell, figures, _ = trained
    code, out, err = shell.run("train", "--json", *TINY)
    assert (code, json.loads(out)) == (0, figures)
    assert err == f"Run {DENSE.key} was trained before; nothing to do.\n"


def test_runs_are_listed_with_the_damaged_ones(trained: tuple[Shell, dict[str, Any], str]) -> None:
    shell, figures, _ = trained
    (shell.store.root / "0123456789ab").mkdir(exist_ok=True)
    code, out, _ = shell.run("runs", "--json")
    rows = {row["key"]: row for row in json.loads(out)["runs"]}
    assert (code, rows["0123456789ab"]["state"]) == (0, "damaged")
    assert (rows[DENSE.key]["test_mse"], rows[DENSE.key]["config"]["steps"]) == (figures["test_mse"], DENSE.steps)
    code, out, _ = shell.run("runs")
    assert [line.split()[1] for line in out.splitlines()] == ["finished", "damaged"]
    assert out.splitlines()[0].endswith(title_of(DENSE))


def test_a_folder_without_runs_says_how_to_make_one(shell: Shell) -> None:
    assert shell.run("runs") == (0, "", "No runs yet. Train one: python -m ae_core train\n")
    assert shell.run("runs", "--json") == (0, '{"runs": []}\n', "")


def test_a_run_is_evaluated_on_all_held_out_images(trained: tuple[Shell, dict[str, Any], str]) -> None:
    code, out, err = trained[0].run("evaluate", DENSE.key, "--json")
    figures = json.loads(out)
    assert (code, err) == (0, "")
    assert figures["key"] == DENSE.key
    assert figures["mse"] == pytest.approx(trained[1]["test_mse"])
    assert figures["images"] == 2115
    assert "neg_elbo" not in figures


def test_of_a_variational_autoencoder_both_terms_are_told(shell: Shell) -> None:
    code, out, err = shell.run("train", "--json", *TINY, "--set", "family=variational")
    assert code == 0, err
    trained = json.loads(out)
    code, out, err = shell.run("evaluate", trained["key"], "--json")
    figures = json.loads(out)
    assert (code, err) == (0, "")
    assert figures["neg_elbo"] == pytest.approx(trained["neg_elbo"])
    assert figures["neg_elbo"] == pytest.approx(figures["reconstruction_nats"] + figures["kl_nats"])
    assert 0 < figures["kl_nats"] < figures["reconstruction_nats"]


def test_a_deleted_run_is_gone(trained: tuple[Shell, Any, str], shell: Shell) -> None:
    doomed = shell.store.create(DENSE)
    doomed.write_history(History())
    assert shell.run("delete", doomed.key, "--json") == (0, f'{{"deleted": "{doomed.key}"}}\n', "")
    assert shell.store.find(DENSE) is None


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--preset", "articel"], "--preset must be one of quick-start, article, "),
        (["--set", "steps"], "--set must be FIELD=VALUE, for example latent_dim=16. Received: steps."),
        (["--set", "stepz=5"], "Received: 'stepz'."),
        (["--set", "steps=0"], "steps must be a whole number from 1 to 200000. Received: 0."),
        (["--set", "loss=bce", "--set", "output_activation=relu"], "Choose sigmoid, or the loss mse"),
        (["--set", "train_size=100000"], "train_size must be at most 60000"),
        (["--set", "encoder_widths=2048-2048-2048-2048-2048-2048"], "Choose smaller layers."),
        (["--set", "dataset=images-0123456789ab"], "Choose another dataset."),
    ],
)
def test_a_wrong_setting_ends_with_code_2_and_one_line(shell: Shell, arguments: list[str], words: str) -> None:
    code, out, err = shell.run("train", "--json", *arguments)
    assert (code, out, err.count("\n")) == (2, "", 1), err
    assert err.startswith("error: ")
    assert words in err
    assert shell.store.listed() == []


@pytest.mark.parametrize("command", ["evaluate", "delete"])
def test_an_unknown_run_ends_with_code_1_and_one_line(shell: Shell, command: str) -> None:
    code, out, err = shell.run(command, "0123456789ab", "--json")
    assert (code, out) == (1, "")
    assert err == "error: A run's key must be one of those that `runs` lists. Received: '0123456789ab'.\n"


def test_an_unknown_command_ends_with_code_2_and_the_usage(shell: Shell) -> None:
    code, out, err = shell.run("trian")
    assert (code, out) == (2, "")
    assert "usage: python -m ae_core" in err


def test_a_diverging_training_ends_with_code_1_and_says_what_to_change(shell: Shell) -> None:
    wild = {"loss": "mse", "hidden_activation": "linear", "output_activation": "linear", "optimizer": "sgd"}
    settings = [text for name, value in wild.items() for text in ("--set", f"{name}={value}")]
    code, out, err = shell.run("train", "--json", *TINY, *settings, "--set", "learning_rate=10")
    assert (code, out) == (1, "")
    assert "Lower the learning rate (now 10; try 1)" in err.splitlines()[-1]
    assert "Traceback" not in err


def test_ctrl_c_pauses_and_the_same_command_goes_on(shell: Shell, dense_run: Run) -> None:
    def in_training() -> bool:
        return any(row.run.status.state == "training" for row in shell.store.listed() if row.run)

    process = shell.start("train", "--json", *TINY)
    wait_until(lambda: in_training() or process.poll() is not None, "it trains")
    process.send_signal(signal.SIGINT)
    out, err = process.communicate()
    assert (process.returncode, out) == (130, ""), err
    paused = shell.store.open(DENSE.key)
    assert paused.status.state == "paused"
    assert f"Paused run {DENSE.key} at step {paused.status.step}. The same command goes on with it." in err
    code, out, err = shell.run("train", "--json", *TINY)
    assert (code, json.loads(out)["state"]) == (0, "finished"), err
    assert_same_bits(shell.store.open(DENSE.key), dense_run)
