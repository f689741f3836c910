"""What all tests share: one Hypothesis profile, and a choice of few tests for an installed wheel."""

from collections import Counter

from hypothesis import HealthCheck, settings

from browser import chromium, visit  # noqa: F401  fixtures

# The same examples on every run and every machine, so that a red run can be run again; and no deadline on a busy one.
settings.register_profile(
    "house", deadline=None, derandomize=True, max_examples=60, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("house")

A_FOLDER, IN_ALL = 4, 100


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
