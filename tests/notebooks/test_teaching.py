"""The material for lecturers: the lecture keeps to its sizes, and every block of the problem sheets runs."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.laws.browser import chromium, visit  # noqa: F401
