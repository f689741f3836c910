"""Tests of the site find its scripts."""

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
if (ROOT / "website").is_dir():
    sys.path[:0] = [str(ROOT / "website")]
