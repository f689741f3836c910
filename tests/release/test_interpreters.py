"""`make test-pythons` finds each Python once, and does not take silence for success."""

import os
import sys
from importlib import import_module
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
pytestmark = pytest.mark.skipif(not (ROOT / "release").is_dir(), reason="needs the clone, not the wheel")


@pytest.fixture
def interpreters(monkeypatch):
    monkeypatch.syspath_prepend(ROOT / "release")
    yield import_module("interpreters")
    for name in ("interpreters", "version"):
        sys.modules.pop(name, None)


def interpreter(folder, name, words):
    folder.mkdir(exist_ok=True)
    file = folder / name
    file.write_text(f"#!/bin/sh\necho {words}\n")
    file.chmod(0o755)


@pytest.mark.skipif(os.name == "nt", reason="the stand-ins are shell scripts")
def test_the_newest_release_of_each_minor_version_is_found(interpreters, monkeypatch, tmp_path):
    interpreter(tmp_path / "a", "python3.12", "/a/python3.12 3 12 1 True")
    interpreter(tmp_path / "b", "python3.12", "/b/python3.12 3 12 9 True")
    interpreter(tmp_path / "b", "python3.13", "/b/python3.13 3 13 0 True")
    interpreter(tmp_path / "b", "python3.14", "/b/python3.14 3 14 0 False")
    interpreter(tmp_path / "b", "python3.10", "/b/python3.10 3 10 4 True")
    interpreter(tmp_path / "b", "python3.11", "; exit 1")
    monkeypatch.setenv("PYENV_ROOT", str(tmp_path / "none"))
    monkeypatch.setenv("PATH", os.pathsep.join([str(tmp_path / "a"), str(tmp_path / "b"), "/bin"]))
    monkeypatch.setattr(interpreters.os, "get_exec_path", lambda: [str(tmp_path / "a"), str(tmp_path / "b")])
    assert interpreters.interpreters() == {(3, 12, 9): Path("/b/python3.12"), (3, 13, 0): Path("/b/python3.13")}


@pytest.mark.parametrize(
    ("summary", "passes"),
    [
        ("3000 passed, 40 skipped in 9.1s", True),
        ("1 failed, 3000 passed in 9.1s", False),
        ("3000 passed, 2 errors in 9.1s", False),
        ("30 passed, 3010 skipped in 9.1s", False),
        ("nothing printed", False),
    ],
)
def test_a_run_passes_if_nothing_failed_and_enough_passed(interpreters, summary, passes):
    assert interpreters.judged(summary) is passes
