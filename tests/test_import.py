"""The door: what `import learning_diagrams` loads, and that every public name is found where it is looked for."""

import importlib
import os
import subprocess
import sys
import types
from pathlib import Path

import pytest

import learning_diagrams as ld
from learning_diagrams.lazy_names import names_in_stub

FUNCTIONS = {
    "apply": "diagrams.tracing",
    "colimit": "composition.colimits",
    "coproduct": "composition.colimits",
    "pushout": "composition.colimits",
    "diagram": "diagrams.tracing",
    "digest": "equality.canonical_form",
    "equal": "semantics.reasoning.evidence",
    "formula": "semantics.program.latex.mathematics",
    "isomorphic": "composition.isomorphism",
    "interprets": "semantics.reasoning.interpretation",
    "load": "files.load_save",
    "check": "proof.checker",
    "minimal": "semantics.reasoning.diagnosis",
    "parse": "terms.parser",
    "path_equations": "presentation.path_equation",
    "print_term": "terms.printer",
    "prove": "semantics.reasoning.proving",
    "review": "semantics.reasoning.diagnosis",
    "save": "files.load_save",
}


def in_a_new_process(program):
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, encoding="utf-8")
    assert done.returncode == 0, done.stderr
    return done.stdout.split()


def modules_after(program):
    return set(in_a_new_process(f"import sys; {program}; print(*sys.modules)"))


def submodules():
    """Every file of the library by its dotted name; links are followed."""
    top = Path(ld.__file__).parent
    for folder, _, files in os.walk(top, followlinks=True):
        package = ("learning_diagrams", *Path(folder).relative_to(top).parts)
        yield from (".".join((*package, name[:-3])) for name in files if name.endswith(".py") and name != "__init__.py")


def test_the_import_alone_loads_the_door_and_nothing_but_the_standard_library():
    loaded = modules_after("import warnings; warnings.simplefilter('error'); import learning_diagrams")
    ours = {name for name in loaded if name.partition(".")[0] == "learning_diagrams"}
    assert ours == {"learning_diagrams", "learning_diagrams.lazy_names", "learning_diagrams.moved"}
    others = {name.partition(".")[0] for name in loaded - ours - modules_after("import importlib, typing")}
    assert others <= sys.stdlib_module_names


def test_using_every_name_loads_no_tensor_library_and_nothing_that_discopy_does_not():
    everything = "import learning_diagrams as ld; [getattr(ld, name) for name in ld.__all__]"
    loaded = modules_after(everything) - modules_after("from discopy import markov, monoidal, drawing")
    assert {name.partition(".")[0] for name in loaded} - set(sys.stdlib_module_names) == {"learning_diagrams"}
    assert not {name for name in loaded if ".backends" in name}


def test_every_public_name_resolves_to_what_it_names():
    assert len(ld.__all__) == len(set(ld.__all__))
    modules = {name for name in ld.__all__ if isinstance(getattr(ld, name), types.ModuleType)}
    assert modules == {"schedule"}


def test_star_import_and_dir_show_every_public_name():
    assert set(ld.__all__) <= set(dir(ld))
    namespace = {}
    exec("from learning_diagrams import *", namespace)
    assert set(ld.__all__) <= set(namespace)


def test_dir_shows_every_public_name_before_any_is_used():
    shown = in_a_new_process("import learning_diagrams as ld; print(*dir(ld))")
    assert set(ld.__all__) | {"__version__"} <= set(shown)


def test_the_stub_lists_what_the_door_and_the_regimes_export():
    from learning_diagrams import regimes

    for package in (ld, regimes):
        assert list(package.__all__) == sorted(names_in_stub(package.__file__))
        for name, module in names_in_stub(package.__file__).items():
            assert getattr(package, name) is getattr(importlib.import_module(module), name)


def test_an_unknown_attribute_is_an_attribute_error_that_names_it():
    with pytest.raises(AttributeError, match=r"module 'learning_diagrams' has no attribute 'studnet'"):
        _ = ld.studnet
    assert not hasattr(ld, "__wrapped__")


@pytest.mark.parametrize("first", [pytest.param("nothing", marks=pytest.mark.thorough), "the files"])
def test_a_function_is_itself_even_after_all_files_are_imported(first):
    """A submodule that is imported becomes an attribute of the package, and would hide a function of its name."""
    pytest.importorskip("torch", reason="all files are imported")
    files = sorted(submodules())
    assert {"learning_diagrams.diagrams.tracing", "learning_diagrams.backends.torch.training.training"} <= set(files)
    before = "import learning_diagrams as ld; ld.diagram; " if first == "nothing" else ""
    load = f"import importlib; [importlib.import_module(name) for name in {files!r}]"
    ask = "import learning_diagrams as ld; print(*(type(getattr(ld, name)).__name__ for name in ld.__all__))"
    kinds = dict(zip(ld.__all__, in_a_new_process(f"{before}{load}; {ask}"), strict=True))
    assert {name for name, kind in kinds.items() if kind == "function"} >= set(FUNCTIONS)
    assert {name for name, kind in kinds.items() if kind == "module"} == {"schedule"}


def test_no_file_has_the_name_of_a_public_name():
    files = {name.rpartition(".")[2] for name in submodules() if name.count(".") == 1}
    assert not files & set(ld.__all__)


@pytest.mark.parametrize(("name", "file"), FUNCTIONS.items())
def test_a_public_function_is_the_one_in_its_file(name, file):
    assert getattr(ld, name) is getattr(importlib.import_module(f"learning_diagrams.{file}"), name)


def test_the_decorator_is_reached_through_the_door():
    x = ld.Ty("x")

    @ld.diagram(x, x @ x)
    def twice(a):
        return a, a

    assert twice == ld.Copy(x)
