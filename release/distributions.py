"""Sdist and wheel: built, checked, and tried in an empty environment. Nothing is uploaded.

    python release/distributions.py FOLDER

writes FOLDER/dist and FOLDER/venv, where the wheel is installed beside the torch of constraints.txt. What is wrong ends
the program with a sentence and status 1.
"""

import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from pathlib import Path

from version import ROOT, versions

MOST_BYTES = 2_000_000
PACKAGE_FILES = (
    *("__init__.py", "__init__.pyi", "py.typed", "cli.py", "learning-diagram.schema.json"),
    "learning-plan.schema.json",
    *("regimes/__init__.pyi", "regimes/distillation.yaml", "report/report.css", "report/report.js"),
    *("semantics/__init__.py", "backends/__init__.py", "backends/torch/__init__.py"),
)
SOURCE_FILES = ("CITATION.cff", "LICENSE", "README.md", "SECURITY.md", "pyproject.toml")
DATA = (".csv", ".npz", ".npy", ".pt", ".pyc")
TOOLS = ("pytest", "pytest-xdist", "hypothesis", "jsonschema")


def build(folder: Path) -> list[Path]:
    """The sdist, and the wheel that is built from it, in `folder`, which is emptied before."""
    for stale in (folder, ROOT / "build" / "lib", ROOT / "learning_diagrams.egg-info"):
        shutil.rmtree(stale, ignore_errors=True)  # what an older build left there would slip into this one
    _run(sys.executable, "-m", "build", "--outdir", folder, ROOT, fault="the build failed")
    return sorted(folder.iterdir())


def faults(sdist: Path, wheel: Path) -> list[str]:
    """What is wrong with the contents of the two files, a sentence each."""
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
    with tarfile.open(sdist) as archive:
        sources = {name.partition("/")[2] for name in archive.getnames()}
    sizes = {file.name: file.stat().st_size for file in (sdist, wheel)}
    large = [
        f"{name} has {size:,} bytes, and {MOST_BYTES:,} is the most"
        for name, size in sizes.items()
        if size > MOST_BYTES
    ]
    missing = [f"the wheel lacks {name}" for name in PACKAGE_FILES if f"learning_diagrams/{name}" not in names]
    missing += [f"the sdist lacks {name}" for name in SOURCE_FILES if name not in sources]
    strange = [name for name in names if not name.startswith(("learning_diagrams/", "learning_diagrams-"))]
    strange += [name for name in names if name.endswith(DATA)]
    return [*large, *missing, *(f"the wheel holds {name}" for name in strange)]


def install(wheel: Path, folder: Path) -> Path:
    """The Python of a new environment, into which first the torch of constraints.txt went, then the wheel.

    So an install that replaced the reader's torch would be seen.
    """
    _run(sys.executable, "-m", "virtualenv", "--quiet", folder, fault="no environment could be made")
    python = folder / ("Scripts" if os.name == "nt" else "bin") / "python"
    pip = (python, "-m", "pip", "install", "--quiet", "--no-compile")
    _run(*pip, "-c", ROOT / "constraints.txt", "torch", fault="torch cannot be installed")
    before = _torch(python)
    _run(*pip, f"{wheel}[torch]", *TOOLS, fault="the wheel cannot be installed")
    if _torch(python) != before:
        sys.exit(f"release: the install of the wheel replaced torch {before} by {_torch(python)}")
    return python


def _torch(python: Path) -> str:
    program = "from importlib.metadata import version; print(version('torch'))"
    return _run(python, "-c", program, fault="torch cannot be asked for its version").strip()


def _run(*command: object, fault: str, where: Path | None = None) -> str:
    settings = {name: text for name, text in os.environ.items() if name not in ("PIP_CONSTRAINT", "PYTHONPATH")}
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True, cwd=where, env=settings)
    if done.returncode:
        print(*(done.stdout + done.stderr).splitlines()[-40:], sep="\n", file=sys.stderr)
        sys.exit(f"release: {fault}: {' '.join(map(str, command))}")
    return done.stdout


def main(folder: Path) -> None:
    stated = versions()
    if len(set(stated.values())) > 1:
        sys.exit(f"release: the version is not the same everywhere: {stated}")
    sdist, wheel = sorted(build(folder / "dist"), key=lambda file: file.suffix)
    wrong = faults(sdist, wheel)
    if wrong:
        sys.exit("release: " + "; ".join(wrong))
    print(*(f"{file.name}: {file.stat().st_size:,} bytes" for file in (sdist, wheel)), sep="\n")
    _run(sys.executable, "-m", "twine", "check", "--strict", sdist, wheel, fault="an index would refuse the metadata")
    print("twine check --strict: passed")
    python = install(wheel, folder / "venv")
    print(f"installed in an empty environment; its torch {_torch(python)} stayed")
    with tempfile.TemporaryDirectory() as elsewhere:
        smoke = ROOT / "release" / "smoke_run.py"
        print(_run(python, shutil.copy(smoke, elsewhere), where=Path(elsewhere), fault="the smoke run failed"), end="")


if __name__ == "__main__":
    main(Path(sys.argv[1]).absolute())
