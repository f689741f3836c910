"""Files that are written whole: the old one or the new one, its mode and its links kept, nothing left behind."""

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from learning_diagrams.errors import FileError
from learning_diagrams.storage.atomic_write import write_whole


def test_a_file_is_made_and_replaced(tmp_path):
    path = tmp_path / "a"
    for content in (b"one", b"two" * 100_000, b""):
        write_whole(path, content)
        assert path.read_bytes() == content and os.listdir(tmp_path) == ["a"]


@pytest.mark.parametrize("mode", [0o600, 0o640, 0o666, 0o755])
def test_the_mode_of_a_file_is_kept(tmp_path, mode):
    path = tmp_path / "a"
    path.write_bytes(b"one")
    os.chmod(path, mode)
    write_whole(path, b"two")
    assert stat.S_IMODE(path.stat().st_mode) == mode and path.read_bytes() == b"two"


def test_a_new_file_gets_the_mode_of_any_new_file(tmp_path):
    (tmp_path / "plain").write_bytes(b"")
    write_whole(tmp_path / "a", b"one")
    assert (tmp_path / "a").stat().st_mode == (tmp_path / "plain").stat().st_mode


def test_a_link_is_followed(tmp_path):
    (tmp_path / "there").mkdir()
    (tmp_path / "there" / "file").write_bytes(b"one")
    (tmp_path / "link").symlink_to(Path("there") / "file")
    (tmp_path / "second").symlink_to("link")
    write_whole(tmp_path / "second", b"two")
    assert (tmp_path / "second").is_symlink() and (tmp_path / "link").is_symlink()
    assert (tmp_path / "there" / "file").read_bytes() == b"two"
    (tmp_path / "dangling").symlink_to(Path("there") / "new")
    write_whole(tmp_path / "dangling", b"three")
    assert (tmp_path / "dangling").is_symlink() and (tmp_path / "there" / "new").read_bytes() == b"three"


def test_what_is_no_file_is_refused(tmp_path):
    (tmp_path / "folder").mkdir()
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "round").symlink_to("round")
    for name, message in (("folder", "it is a folder"), ("pipe", "it is not a file"), ("missing/a", "make it, or"),
                          ("a\0", "null"), ("n" * 300, "too long"), ("round", "symbolic links|loop")):  # fmt: skip
        with pytest.raises(FileError, match=message):
            write_whole(tmp_path / name, b"two")
    assert sorted(os.listdir(tmp_path)) == ["folder", "pipe", "round"]


def test_a_long_name_is_no_problem(tmp_path):
    for name in ("n" * 255, "é" * 127):
        write_whole(tmp_path / name, b"one")
        assert (tmp_path / name).read_bytes() == b"one"


@pytest.mark.parametrize("error", [OSError(28, "No space left on device"), KeyboardInterrupt()])
@pytest.mark.parametrize("fails", ["fsync", "replace", "chmod"])
def test_a_failed_write_leaves_the_old_file_and_nothing_else(tmp_path, monkeypatch, fails, error):
    path = tmp_path / "a"
    path.write_bytes(b"one")

    def fail(*_):
        raise error

    monkeypatch.setattr(os, fails, fail)
    with pytest.raises(FileError if isinstance(error, OSError) else KeyboardInterrupt):
        write_whole(path, b"two")
    monkeypatch.undo()
    assert path.read_bytes() == b"one" and os.listdir(tmp_path) == ["a"]


def test_the_next_save_removes_what_a_killed_save_left_and_nothing_else(tmp_path):
    left = tmp_path / f".a.{'0' * 16}.tmp"
    others = [tmp_path / name for name in (f".b.{'0' * 16}.tmp", f".a.{'0' * 15}.tmp", "a.tmp", f".a.{'x' * 16}.tmp")]
    for path in (left, *others):
        path.write_bytes(b"part")
    os.mkfifo(tmp_path / f".a.{'1' * 16}.tmp")
    write_whole(tmp_path / "a", b"whole")
    assert not left.exists() and all(path.exists() for path in others)
    assert (tmp_path / "a").read_bytes() == b"whole"


def test_a_save_that_still_runs_keeps_its_temporary_file(tmp_path, monkeypatch):
    fsync, inner = os.fsync, []

    def save_beside(descriptor):
        fsync(descriptor)
        if not inner:
            inner.append(descriptor)
            write_whole(tmp_path / "a", b"second")

    monkeypatch.setattr(os, "fsync", save_beside)
    write_whole(tmp_path / "a", b"first")
    assert inner and (tmp_path / "a").read_bytes() == b"first" and os.listdir(tmp_path) == ["a"]


def test_a_save_that_is_killed_leaves_a_file_that_the_next_save_removes(tmp_path):
    script = (
        "import os, sys\nfrom pathlib import Path\nfrom learning_diagrams.storage.atomic_write import write_whole\n"
        "os.fsync = lambda descriptor: os._exit(9)\nwrite_whole(Path(sys.argv[1]), b'never')\n"
    )
    assert subprocess.run([sys.executable, "-c", script, str(tmp_path / "a")], check=False).returncode == 9
    assert len(os.listdir(tmp_path)) == 1
    write_whole(tmp_path / "a", b"whole")
    assert os.listdir(tmp_path) == ["a"]
