"""What all tests share: one Hypothesis profile, the choice of few tests, and what is skipped without PyTorch."""

from collections import Counter
from importlib.util import find_spec

import pytest
from hypothesis import HealthCheck, settings

from browser import chromium, visit  # noqa: F401  fixtures

# The same examples on every run and every machine, so that a red run can be run again; and no deadline on a busy one.
settings.register_profile(
    "house", deadline=None, derandomize=True, max_examples=60, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("house")

A_FOLDER, IN_ALL = 4, 100
WITH_TORCH = ("torch", "safetensors", "numpy", "tqdm")  # the extra `torch`


def pytest_addoption(parser):
    parser.addoption("--smoke", action="store_true", help=f"only {A_FOLDER} tests a folder, and {IN_ALL} in all")


def pytest_collection_modifyitems(config, items):
    """With --smoke: the first test of each of a folder's first files."""
    if not config.getoption("--smoke"):
        return
    files, folders, chosen = set(), Counter(), []
    for item in items:
        if item.path not in files and folders[item.path.parent] < A_FOLDER and len(chosen) < IN_ALL:
            files.add(item.path)
            folders[item.path.parent] += 1
            chosen.append(item)
    config.hook.pytest_deselected(items=[item for item in items if item not in set(chosen)])
    items[:] = chosen


def _skip_if_torch_is_missing(report, excinfo):
    """Without PyTorch a file or test that imports it is skipped; every other failure stays one."""
    missing = getattr(getattr(excinfo, "value", None), "name", None) if report.failed else None
    if missing and excinfo.errisinstance(ModuleNotFoundError) and missing.partition(".")[0] in WITH_TORCH:
        report.outcome, report.longrepr = "skipped", (str(report.nodeid), 0, f"Skipped: no {missing}")
    return report


if not find_spec("torch"):

    @pytest.hookimpl(wrapper=True)
    def pytest_make_collect_report(collector):
        report = yield
        return _skip_if_torch_is_missing(report, report.call.excinfo)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(item, call):
        return _skip_if_torch_is_missing((yield), call.excinfo)
