"""The tests of a backend are left out where its package is not installed."""

from importlib.util import find_spec

collect_ignore = [] if find_spec("torch") else ["torch"]
