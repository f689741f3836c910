"""Where the package of an extra is missing, tests/conftest.py skips what imports it, and nothing else."""

from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import SimpleNamespace

import pytest


@pytest.fixture(scope="module")
def skip():
    where = spec_from_file_location("the_conftest", Path(__file__).resolve().parents[1] / "conftest.py")
    module = module_from_spec(where)
    where.loader.exec_module(module)
    module.MISSING = {"torch"}
    return module._skip_if_an_extra_is_missing


@pytest.mark.parametrize(
    ("error", "outcome"),
    [
        (ModuleNotFoundError("no", name="torch"), "skipped"),
        (ModuleNotFoundError("no", name="torch.nn"), "skipped"),
        (ModuleNotFoundError("no", name="networkx"), "failed"),
        (ModuleNotFoundError("an installed one", name="numpy.none"), "failed"),
        (ImportError("no", name="torch"), "failed"),
        (AttributeError("no", name="torch"), "failed"),
        (AssertionError("torch"), "failed"),
    ],
)
def test_only_a_missing_package_is_skipped(skip, error, outcome):
    report = SimpleNamespace(failed=True, outcome="failed", longrepr="", nodeid="test_x.py")
    assert skip(report, error).outcome == outcome


def test_a_test_that_expects_the_error_stays_passed(skip):
    report = SimpleNamespace(failed=False, outcome="passed", nodeid="test_x.py")
    assert skip(report, None).outcome == "passed"
