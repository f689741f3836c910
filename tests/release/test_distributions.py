"""What `make release` refuses, and that an install has nothing that would replace the reader's torch."""

import sys
import tarfile
import zipfile
from importlib import import_module
from pathlib import Path

import pytest
from packaging.requirements import Requirement

ROOT = Path(__file__).resolve().parents[2]
pytestmark = pytest.mark.skipif(not (ROOT / "release").is_dir(), reason="needs the clone, not the wheel")


@pytest.fixture
def distributions(monkeypatch):
    monkeypatch.syspath_prepend(ROOT / "release")
    yield import_module("distributions")
    for name in ("distributions", "version"):
        sys.modules.pop(name, None)


def archives(folder, package, sources):
    sdist, wheel = folder / "a.tar.gz", folder / "a.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        for name in package:
            archive.writestr(name, "")
    with tarfile.open(sdist, "w:gz") as archive:
        for name in sources:
            archive.addfile(tarfile.TarInfo(f"a-1/{name}"))
    return sdist, wheel


def test_complete_archives_have_no_fault(distributions, tmp_path):
    package = [f"learning_diagrams/{name}" for name in distributions.PACKAGE_FILES]
    assert distributions.faults(*archives(tmp_path, package, distributions.SOURCE_FILES)) == []


def test_missing_and_strange_files_are_named(distributions, tmp_path):
    package = [f"learning_diagrams/{name}" for name in distributions.PACKAGE_FILES if name != "py.typed"]
    package += ["tests/laws.py", "learning_diagrams/regimes/points.npz"]
    assert distributions.faults(*archives(tmp_path, package, distributions.SOURCE_FILES[1:])) == [
        "the wheel lacks py.typed",
        "the sdist lacks CITATION.cff",
        "the wheel holds tests/laws.py",
        "the wheel holds learning_diagrams/regimes/points.npz",
    ]


def test_large_archives_are_named(distributions, tmp_path, monkeypatch):
    monkeypatch.setattr(distributions, "MOST_BYTES", 3)
    package = [f"learning_diagrams/{name}" for name in distributions.PACKAGE_FILES]
    faults = distributions.faults(*archives(tmp_path, package, distributions.SOURCE_FILES))
    assert [fault.split()[0] for fault in faults] == ["a.tar.gz", "a.whl"]


def test_a_command_that_fails_ends_the_program_with_its_last_words(distributions, capsys):
    with pytest.raises(SystemExit, match="release: the build failed"):
        distributions._run(
            sys.executable, "-c", "print('the last words'); raise SystemExit(1)", fault="the build failed"
        )
    assert "the last words" in capsys.readouterr().err


def test_no_requirement_would_replace_the_readers_torch():
    project = import_module("tomllib").loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    stated = [
        *project["dependencies"],
        *(line for lines in project["optional-dependencies"].values() for line in lines),
    ]
    torch = [requirement for requirement in map(Requirement, stated) if requirement.name in ("torch", "torchvision")]
    assert [str(requirement) for requirement in torch] == [
        "torch>=2.11"
    ]  # no upper bound, no exact version, no address
    pinned = next(line for line in (ROOT / "constraints.txt").read_text().splitlines() if line.startswith("torch=="))
    assert torch[0].specifier.contains(pinned.removeprefix("torch=="))
