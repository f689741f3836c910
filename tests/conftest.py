"""What all tests share: one Hypothesis profile, the choice of few tests, and skips without the extras."""

import sys
from collections import Counter, defaultdict
from importlib.util import find_spec

import pytest
from hypothesis import HealthCheck, settings

from browser import chromium, visit  # noqa: F401  fixtures

# The same examples on every run and every machine, so that a red run can be run again; and no deadline on a busy one.
for name, examples in (("quick", 10), ("thorough", 100)):
    settings.register_profile(
        name, deadline=None, derandomize=True, max_examples=examples, suppress_health_check=[HealthCheck.too_slow]
    )
settings.load_profile("quick")

A_FOLDER, IN_ALL = 4, 100
# Packages of the extras that tests import: a wheel is tested without the tools, and many a Python without PyTorch.
OF_EXTRAS = "accelerate acsets numpy onnx pydot safetensors sympy torch tqdm tree_sitter tree_sitter_julia"
MISSING = {name for name in OF_EXTRAS.split() if not find_spec(name)}


@pytest.fixture(autouse=True)
def _registered_by_a_test_is_forgotten():
    """The names that plans know are those of the library again."""
    yield
    registry = sys.modules.get("learning_diagrams.backends.torch.plans.names.registry")
    for names in (registry.MODULES, registry.DATA, registry.METRICS, registry.TRACKERS) if registry else ():
        for name, maker in [*names._makers.items()]:
            if not getattr(maker, "func", maker).__module__.startswith("learning_diagrams."):
                del names._makers[name]


def pytest_configure(config):
    """Laws have more examples where the long tests run too."""
    if not config.option.markexpr and not config.option.smoke:
        settings.load_profile("thorough")


def pytest_addoption(parser):
    parser.addoption("--smoke", action="store_true", help=f"only {A_FOLDER} tests a folder, and {IN_ALL} in all")


def pytest_ignore_collect(collection_path, config):
    """With --smoke no other file is read than a folder's first ones."""
    if config.getoption("--smoke") and collection_path.match("test_*.py"):
        return collection_path not in sorted(collection_path.parent.glob("test_*.py"))[:A_FOLDER] or None


@pytest.hookimpl(tryfirst=True)  # before `-m` chooses
def pytest_collection_modifyitems(config, items):
    """Most cases of a sampled test are thorough; --smoke takes the first test of each of a folder's first files."""
    cases = defaultdict(list)
    for item in items:
        if item.get_closest_marker("sampled"):
            cases[item.path, item.originalname].append(item)
    for of_one in cases.values():
        number = of_one[0].get_closest_marker("sampled").args[0]
        # The first, the last, and some between.
        chosen = {i * (len(of_one) - 1) // max(number - 1, 1) for i in range(number)}
        for i, item in enumerate(of_one):
            if i not in chosen:
                item.add_marker("thorough")
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


def _skip_if_an_extra_is_missing(report, error):
    """A file or test that imports a package of an extra that is not installed is skipped; other failures stay."""
    name = error.name if report.failed and isinstance(error, ModuleNotFoundError) else None
    if name and name.partition(".")[0] in MISSING:
        report.outcome, report.longrepr = "skipped", (str(report.nodeid), 0, f"Skipped: no {name}")
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(collector):
    report = yield
    raised = report.call.excinfo and report.call.excinfo.value
    return _skip_if_an_extra_is_missing(report, getattr(raised, "__cause__", None) or raised)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    return _skip_if_an_extra_is_missing((yield), call.excinfo and call.excinfo.value)
