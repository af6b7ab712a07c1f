"""The setup that every script starts with: Python, `.venv`, packages, port, Chromium."""

import re
import socket
import stat
import subprocess
import sys
from pathlib import Path

import pytest

import bootstrap
import chromium
import serving

PINS = "requirements.txt"


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """An empty project folder, with a space in its name, for the bootstrap to work in."""
    root = tmp_path / "my project"
    root.mkdir()
    (root / PINS).write_text("numpy==1.0\n")
    monkeypatch.setattr(bootstrap, "ROOT", root)
    monkeypatch.setattr(bootstrap, "VENV", root / ".venv")
    return root


@pytest.fixture
def calls(folder, monkeypatch):
    """The installations the bootstrap asks for in that folder; none is carried out."""
    done = []
    monkeypatch.setattr(bootstrap, "python_version", lambda _command: (3, 12))
    monkeypatch.setattr(bootstrap, "make_venv", lambda: (folder / ".venv").mkdir(exist_ok=True))
    monkeypatch.setattr(bootstrap, "install_requirements", done.append)
    return done


def program(path, *, says="", code=0):
    """A shell script that stands for a program."""
    path.write_text(f"#!/bin/sh\necho '{says}'\nexit {code}\n")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return str(path)


def fake_pip(monkeypatch, tmp_path, *, says, code):
    """Have a program that only prints and ends take the place of the `.venv`'s Python."""
    bootstrap.VENV.mkdir()
    path = Path(program(tmp_path / "python", says=says, code=code))
    monkeypatch.setattr(bootstrap, "venv_python", lambda: path)


def test_packages_are_installed_once(calls):
    bootstrap.install((PINS,))
    bootstrap.install((PINS,))
    assert calls == [(PINS,)]


def test_changed_requirements_are_installed_again(folder, calls):
    bootstrap.install((PINS,))
    (folder / PINS).write_text("numpy==2.0\n")
    bootstrap.install((PINS,))
    assert len(calls) == 2


def test_another_python_in_the_venv_installs_again(calls, monkeypatch):
    bootstrap.install((PINS,))
    monkeypatch.setattr(bootstrap, "python_version", lambda _command: (3, 13))
    bootstrap.install((PINS,))
    assert len(calls) == 2


def test_a_failed_installation_leaves_no_stamp(calls, monkeypatch):
    def fail(_lists):
        raise bootstrap.SetupError("no network")

    monkeypatch.setattr(bootstrap, "install_requirements", fail)
    with pytest.raises(bootstrap.SetupError):
        bootstrap.install((PINS,))
    assert not bootstrap.is_current((PINS,))
    assert calls == []


def test_the_app_finds_its_packages_after_the_tests_installed_theirs(folder, calls):
    (folder / "requirements-dev.txt").write_text("pytest==1.0\n")
    bootstrap.install(bootstrap.DEVELOPMENT)
    bootstrap.install(bootstrap.APP)
    assert len(calls) == 1


@pytest.mark.skipif(sys.platform == "win32", reason="uses fcntl to hold the lock")
def test_a_second_installation_waits_for_the_first(calls, monkeypatch, capsys):
    def lose_patience(_seconds):
        raise TimeoutError

    monkeypatch.setattr(bootstrap.time, "sleep", lose_patience)
    with bootstrap.install_lock(), pytest.raises(TimeoutError):
        bootstrap.install((PINS,))
    assert "Waiting for it to finish" in capsys.readouterr().out
    assert calls == []


def test_the_lock_is_free_after_its_holder_failed(folder):
    with pytest.raises(ZeroDivisionError), bootstrap.install_lock():
        raise ZeroDivisionError
    with bootstrap.install_lock():
        assert (folder / ".tools" / "install.lock").exists()


def test_a_half_made_venv_is_made_anew(folder, monkeypatch):
    commands = []
    (folder / ".venv").mkdir()
    monkeypatch.setattr(
        bootstrap, "quiet", lambda command: commands.append(command) or subprocess.CompletedProcess(command, 0, "")
    )
    bootstrap.make_venv()
    assert commands == [[bootstrap.sys._base_executable, "-m", "venv", "--clear", str(folder / ".venv")]]


def test_a_whole_venv_is_kept(folder, monkeypatch):
    (folder / ".venv").mkdir()
    (folder / ".venv" / "mine.txt").touch()
    monkeypatch.setattr(bootstrap, "venv_python", lambda: Path(sys.executable))
    bootstrap.make_venv()
    assert (folder / ".venv" / "mine.txt").exists()


@pytest.mark.parametrize("output", ["because ensurepip is not available", "No module named venv"])
def test_a_python_without_its_venv_module_is_told_how_to_get_it(output):
    assert "sudo apt install python3-venv" in bootstrap.explain_venv_failure(output)


def test_an_unsuitable_python_says_what_it_is_and_what_is_needed(monkeypatch):
    monkeypatch.setattr(sys, "version_info", (3, 8, 1))
    monkeypatch.setenv("PATH", "")
    with pytest.raises(bootstrap.SetupError, match=r"needs Python 3\.11, 3\.12 or 3\.13(.|\n)*This is Python 3\.8"):
        bootstrap.ensure_python()


@pytest.mark.skipif(sys.platform == "win32", reason="the stand-ins are shell scripts")
def test_a_suitable_python_on_the_path_takes_over(tmp_path, monkeypatch):
    program(tmp_path / "python3.13", says="not installed", code=127)
    suitable = program(tmp_path / "python3.11", says="3 11")
    monkeypatch.setattr(sys, "version_info", (3, 14, 0))
    monkeypatch.setattr(sys, "argv", ["scripts/app", "--help"])
    monkeypatch.setenv("PATH", str(tmp_path))
    started = []
    monkeypatch.setattr(bootstrap, "replace_process", lambda command: started.append(command) or sys.exit(0))
    with pytest.raises(SystemExit):
        bootstrap.ensure_python()
    assert started == [[suitable, "scripts/app", "--help"]]


@pytest.mark.parametrize(
    ("log", "words"),
    [
        ("WARNING: Retrying after connection broken by 'NewConnectionError(...)'", "index does not answer"),
        ("ERROR: Could not find a version (from versions: none)", "index does not answer"),
        ("ERROR: Could not install packages: [Errno 28] No space left on device", "disk is full"),
        ("Collecting numpy\nERROR: No matching distribution found for tensorflow==2.21.0", "no tensorflow==2.21.0 for"),
        ("Downloading\nERROR: something new", "last words(.|\n)*something new"),
    ],
)
def test_a_failure_of_pip_is_put_in_plain_words(log, words):
    assert re.search(words, bootstrap.explain_pip_failure(log, Path("install.log")))


@pytest.mark.skipif(sys.platform == "win32", reason="the stand-in is a shell script")
def test_pips_own_output_goes_to_a_log_that_the_message_names(folder, tmp_path, monkeypatch, capfd):
    fake_pip(monkeypatch, tmp_path, says="Temporary failure in name resolution", code=1)
    with pytest.raises(bootstrap.SetupError, match=r"install\.log"):
        bootstrap.install_requirements((PINS,))
    assert "name resolution" not in capfd.readouterr().out
    assert "name resolution" in (folder / ".venv" / "install.log").read_text()


def test_packages_are_compiled_but_not_their_tests_and_what_is_no_python_is_left_alone(folder, monkeypatch):
    monkeypatch.setattr(bootstrap, "venv_python", lambda: sys.executable)
    for name, text in {"good.py": "", "template.py": "{{ name }} =", "tests/test_good.py": ""}.items():
        path = folder / ".venv" / "lib" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    bootstrap.compile_packages()
    assert [path.name.split(".")[0] for path in (folder / ".venv").rglob("*.pyc")] == ["good"]


def test_plain_words_and_no_traceback_end_a_failed_script(capsys):
    def main(_arguments):
        raise bootstrap.SetupError("Free some space.")

    with pytest.raises(SystemExit) as stopped:
        bootstrap.run(main)
    assert stopped.value.code == 1
    assert capsys.readouterr().err == "\nFree some space.\n"


@pytest.fixture
def busy_port():
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        yield server.getsockname()[1]


def test_a_busy_port_gives_way_to_the_next_free_one(busy_port, monkeypatch, capsys):
    monkeypatch.setattr(serving, "FIRST_PORT", busy_port)
    monkeypatch.setattr(serving, "LAST_PORT", busy_port + 50)
    assert serving.choose_port([]) > busy_port
    assert f"Port {busy_port} is in use" in capsys.readouterr().out


@pytest.mark.parametrize("form", ["--server.port={}", "--server.port {}"])
def test_a_busy_port_that_the_user_named_is_refused_with_the_option_to_change(busy_port, form):
    with pytest.raises(bootstrap.SetupError, match=r"cannot be used(.|\n)*--server\.port"):
        serving.choose_port(form.format(busy_port).split())


def test_a_port_named_in_the_environment_counts_as_named(busy_port, monkeypatch):
    monkeypatch.setenv("STREAMLIT_SERVER_PORT", str(busy_port))
    with pytest.raises(bootstrap.SetupError, match=f"Port {busy_port} cannot be used"):
        serving.choose_port([])


@pytest.mark.parametrize("port", ["abc", "0", "70000", ""])
def test_a_port_that_is_no_port_is_refused(port):
    with pytest.raises(bootstrap.SetupError, match=f"from 1 to 65535. Received: {port or 'nothing'}"):
        serving.choose_port([f"--server.port={port}"])


def test_an_open_server_names_its_address_on_the_network(monkeypatch):
    monkeypatch.setattr(serving, "network_address", lambda: "10.0.0.7")
    words = serving.addresses(["--server.address", "0.0.0.0"], 8600)
    assert "http://127.0.0.1:8600 " in words
    assert "http://10.0.0.7:8600 " in words


@pytest.mark.parametrize(
    ("arguments", "needed"),
    [
        ([], True),
        (["-k", "config"], True),
        (["tests"], True),
        (["tests/unit", "tests/browser/test_draw.py"], True),
        (["tests/unit/config/test_config.py::test_a_key", "-x"], False),
        (["tests/app"], False),
    ],
)
def test_only_tests_that_may_use_a_browser_ask_for_one(arguments, needed):
    assert chromium.is_needed(arguments) == needed


@pytest.mark.skipif(sys.platform == "win32", reason="the stand-ins are shell scripts")
class TestChromium:
    @pytest.fixture(autouse=True)
    def only_this_path(self, tmp_path, monkeypatch):
        monkeypatch.setenv("PATH", str(tmp_path))
        monkeypatch.delenv(chromium.VARIABLE, raising=False)
        monkeypatch.setattr(chromium, "MAC_APPS", ())
        monkeypatch.setattr(chromium, "ASK_PLAYWRIGHT", "print()")
        monkeypatch.setattr(chromium, "venv_python", lambda: sys.executable)

    def test_a_chromium_on_the_path_is_found(self, tmp_path):
        path = program(tmp_path / "google-chrome")
        assert chromium.find() == path

    def test_a_stub_that_does_not_start_is_passed_over(self, tmp_path):
        program(tmp_path / "chromium-browser", says="install the snap", code=1)
        path = program(tmp_path / "msedge")
        assert chromium.find() == path

    def test_the_one_without_a_window_comes_before_others(self, tmp_path):
        program(tmp_path / "chromium")
        path = program(tmp_path / "chromium-headless-shell")
        assert chromium.find() == path

    def test_the_named_chromium_comes_first(self, tmp_path, monkeypatch):
        program(tmp_path / "chromium")
        monkeypatch.setenv(chromium.VARIABLE, program(tmp_path / "mine"))
        assert chromium.find() == str(tmp_path / "mine")

    def test_a_named_chromium_that_is_not_there_is_refused(self, monkeypatch):
        monkeypatch.setenv(chromium.VARIABLE, "/nowhere/chromium")
        with pytest.raises(bootstrap.SetupError, match="Received: /nowhere/chromium"):
            chromium.find()

    def test_a_found_chromium_installs_nothing(self, tmp_path, monkeypatch):
        path = program(tmp_path / "chromium")
        monkeypatch.setattr(chromium, "attempts", lambda: pytest.fail("tried to install"))
        assert chromium.find_or_install() == path

    def test_a_missing_chromium_is_installed_and_used(self, tmp_path, monkeypatch):
        installer = tmp_path / "installer"
        program(installer)
        installer.write_text(f"#!/bin/sh\n/bin/ln -s /bin/true '{tmp_path}/chromium'\n")
        monkeypatch.setattr(chromium, "attempts", lambda: [([str(installer)], 10)])
        assert chromium.find_or_install() == str(tmp_path / "chromium")

    def test_when_nothing_can_be_installed_the_message_says_what_to_do(self, monkeypatch):
        monkeypatch.setattr(chromium, "attempts", lambda: [(["no-such-installer"], 10)])
        with pytest.raises(bootstrap.SetupError, match="BOTTLENECK_CHROMIUM="):
            chromium.find_or_install()

    def test_an_installer_that_hangs_is_ended_at_its_time_limit(self, tmp_path):
        hanging = tmp_path / "hanging"
        program(hanging)
        hanging.write_text("#!/bin/sh\n/bin/sleep 60\n")
        assert not chromium.attempt([str(hanging)], seconds=0.2)
