"""What the program says and does before there is a show: its lists, its doctor, an early Ctrl-C."""

import importlib
import signal
import subprocess
import sys
from pathlib import Path

import pytest

import run_live
from realtime import doctor
from realtime.doctor import Finding

ROOT = Path(__file__).parent.parent


def test_the_doctor_speaks_without_markup(
    capsys: pytest.CaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    findings = [
        Finding("light", "well", "a lamp [left]"),
        Finding("pose", "stop", "nobody [here]", "step in"),
    ]
    monkeypatch.setattr(doctor, "CHECKS", (lambda config: iter(findings),))
    assert run_live.main(["--doctor"]) == 1
    assert capsys.readouterr().err == (
        "well  light      a lamp [left]\nSTOP  pose       nobody [here]\n            -> step in\n"
        "1 to put right before the show.\n"
    )


def test_a_machine_without_any_sound_card_says_so(
    capsys: pytest.CaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run_live, "list_devices", list)
    assert run_live.main(["--list-devices"]) == 0
    said = "There is no sound card here that can play: the music goes to shows/show.wav.\n"
    assert capsys.readouterr().out == said


@pytest.mark.parametrize(
    "url", ["foo", "ftp://127.0.0.1/whip", "http://", "http://[", "http://127.0.0.1:99999"]
)
def test_an_address_that_is_none_is_refused_before_anything_opens(
    capsys: pytest.CaptureFixture, monkeypatch: pytest.MonkeyPatch, url: str
) -> None:
    monkeypatch.delattr(run_live, "open_show")
    assert run_live.main(["--publish", url]) == 2
    said = " ".join(capsys.readouterr().err.split())
    assert f"--publish {url!r} is no web address" in said


def test_ctrl_c_while_the_program_is_imported_ends_it_quietly() -> None:
    struck = """
import os, runpy, signal, sys

class Striker:
    def find_spec(self, name, path=None, target=None):
        if name == "realtime.doctor":
            os.kill(os.getpid(), signal.SIGINT)

sys.meta_path.insert(0, Striker())
runpy.run_path("run_live.py", run_name="__main__")
"""
    done = subprocess.run([sys.executable, "-c", struck], cwd=ROOT, capture_output=True, text=True)
    assert (done.returncode, done.stdout, done.stderr) == (130, "", "")


def test_who_merely_imports_the_program_keeps_ctrl_c() -> None:
    before = signal.getsignal(signal.SIGINT)
    importlib.reload(run_live)
    assert signal.getsignal(signal.SIGINT) is before
