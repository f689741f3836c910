"""The command `draw`, and `print` as tikz-cd and quiver: right files, or one line of text and exit code 2."""

import errno
import os
from pathlib import Path

import pytest
from typer.testing import CliRunner

import learning_diagrams as ld
from learning_diagrams import regimes
from learning_diagrams.cli import app


@pytest.fixture
def run(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    ld.save(regimes.lens_laws(), "lens.yaml")
    return lambda *args: CliRunner().invoke(app, args)


def test_each_ending_is_a_format(run):
    starts = {"svg": b"<svg", "tikz": b"% lens laws", "tex": rb"\documentclass"}
    try:
        import cairosvg  # noqa: F401
    except (ImportError, OSError):
        pass
    else:
        starts |= {"png": b"\x89PNG", "pdf": b"%PDF-"}
    for ending, start in starts.items():
        done = run("draw", "lens.yaml", "-o", f"a.{ending}")
        assert done.exit_code == 0 and done.stdout.startswith(f"written to a.{ending}: 1000 × ")
        assert Path(f"a.{ending}").read_bytes().startswith(start)
    assert sorted(path.name for path in Path().iterdir()) == sorted(
        ["lens.yaml", *(f"a.{ending}" for ending in starts)]
    )


def test_direction_theme_and_width_are_those_of_draw(run):
    options = {"direction": "down", "theme": "dark", "width": 500}
    assert run("draw", "lens.yaml", "-o", "a.svg", *(f"--{k}={v}" for k, v in options.items())).exit_code == 0
    assert Path("a.svg").read_text(encoding="utf-8") == regimes.lens_laws().draw(**options).svg


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (["-o", "a.txt"], "must end in"), (["-o", "missing/a.tikz"], "there is no folder 'missing'"),
        (["-o", "a.svg", "--width=-3"], "a number of pixels > 0, got -3"), (["-o", "folder.svg"], "it is a folder"),
    ],
)  # fmt: skip
def test_bad_arguments_are_one_line(run, arguments, text):
    Path("folder.svg").mkdir()
    done = run("draw", "lens.yaml", *arguments)
    assert done.exit_code == 2 and text in done.stderr and done.stderr.count("\n") == 1 and not done.stdout


@pytest.mark.parametrize("ending", ["svg", "tikz", "tex"])
def test_a_full_disk_leaves_the_old_file(run, ending, monkeypatch):
    Path(f"a.{ending}").write_text("old")

    def full(*_):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    done = run("draw", "lens.yaml", "-o", f"a.{ending}")
    assert done.exit_code == 2 and done.stderr == f"cannot write 'a.{ending}': No space left on device\n"
    assert Path(f"a.{ending}").read_text() == "old" and len(list(Path().iterdir())) == 2


def test_a_plain_diagram_and_an_equation_are_drawn(tmp_path):
    x = ld.Ty("x")
    f = ld.Box("f", x, x)
    down = ld.draw(f >> f, tmp_path / "a.svg", direction="down", theme="light", width=300)
    assert down.scene.height > down.scene.width and 'width="300"' in (tmp_path / "a.svg").read_text(encoding="utf-8")
    law = ld.draw(ld.Equation(f >> f, f, "idempotent")).svg
    assert law.count('data-box="f"') == 3 and ">idempotent<" in law and ">=<" in law
    assert "“”" not in ld.draw(ld.Equation(f >> f, f)).svg
    for value in (3, "f", None, x):
        with pytest.raises(ld.TypeMismatch):
            ld.draw(value)


def test_a_picture_that_a_format_cannot_hold_is_refused(tmp_path):
    f = ld.Box("f", ld.Ty("x"), ld.Ty("x"))
    tall = ld.draw(ld.Id(ld.Ty("x")).then(*[f] * 2500))
    for ending in ("png", "tikz"):
        if ending == "png":
            pytest.importorskip("cairosvg", exc_type=(ImportError, OSError))
        with pytest.raises(ld.FileError, match=r"take \.svg"):
            tall.save(tmp_path / f"a.{ending}")


def test_print_writes_tikz_cd_and_a_link(run):
    assert run("print", "lens.yaml", "--format", "quiver").stdout == f"{regimes.lens_laws().to_quiver()}\n"
    assert run("print", "lens.yaml", "--format", "tikz-cd").stdout == regimes.lens_laws().to_tikz_cd(standalone=True)
