"""The old paths of modules and of their names: each still answers, with a warning that names the new path."""

import pickle
import sys
import warnings
from importlib import import_module, reload
from importlib.util import find_spec

import pytest

import learning_diagrams as ld
from learning_diagrams.moved import _FOLDERS, MOVED, ROOT, _place

NEEDS_TORCH = "backends.torch"


def public_names(module):
    return [name for name, value in vars(module).items() if getattr(value, "__module__", "") == module.__name__]


@pytest.fixture(autouse=True, scope="module")
def folders_found_by_the_finder():
    """pytest loads a folder by its path where it collects doctests, past `sys.meta_path`."""
    for old in _FOLDERS:
        if not old.startswith(NEEDS_TORCH) or find_spec("torch"):
            reload(import_module(ROOT + old))


@pytest.mark.parametrize("old", MOVED)
def test_an_old_path_answers_with_the_new_objects_and_warns(old):
    if old.startswith(NEEDS_TORCH):
        pytest.importorskip("torch")
    new = import_module(ROOT + MOVED[old])
    name = next(name for name in public_names(new) if not name.startswith("__"))
    place = _place(old, name)
    if old not in _FOLDERS:
        sys.modules.pop(ROOT + old, None)
    else:
        vars(import_module(ROOT + old)).pop(name, None)
    with pytest.warns(DeprecationWarning, match=f"{ROOT}{old}.* is now {ROOT}({MOVED[old]}|{place})") as caught:
        namespace = {}
        exec(f"from {ROOT}{old} import {name}", namespace)
    file, _, now = place.rpartition(".")
    assert namespace[name] is getattr(import_module(ROOT + file), now)
    assert len(caught) == 1


@pytest.mark.parametrize(
    ("old", "value"),
    [
        ("box.Copy", ld.Copy),
        ("box.Discard", ld.Discard),
        ("box.Swap", ld.Swap),
        ("equation.Constraint", ld.Constraint),
        ("equality.equal", ld.equal),
        ("files.load", ld.load),
    ],
)
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_a_name_that_left_its_module_is_found_under_the_old_path(old, value):
    file, _, name = old.rpartition(".")
    assert getattr(import_module(ROOT + file), name) is value


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_a_pickle_of_an_old_version_is_read():
    box = ld.Box("f", ld.Ty("x"), ld.Ty("y"))
    old = pickle.dumps(box, protocol=0).replace(b"clearning_diagrams.diagrams.box", b"clearning_diagrams.box")
    assert old != pickle.dumps(box, protocol=0)
    assert pickle.loads(old) == box


def test_an_unknown_name_is_an_error_and_a_new_path_warns_nothing():
    with warnings.catch_warnings(action="error"):
        import_module("learning_diagrams.files.load_save")
        from learning_diagrams.files import load_save

        assert load_save.load is ld.load
        with pytest.raises(ImportError, match="studnet"):
            from learning_diagrams.files import studnet  # noqa: F401
    with pytest.raises(ModuleNotFoundError):
        import_module("learning_diagrams.studnet")
