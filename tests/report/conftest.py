"""Tests of reports read the folder of one small run."""

from written_run import written  # noqa: F401  a fixture
