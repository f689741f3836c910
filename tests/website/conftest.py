"""Tests of the site find its scripts, and share one build of it."""

import fcntl
import os
import subprocess
import sys
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

ROOT = Path(__file__).resolve().parents[2]
if (ROOT / "website").is_dir():
    sys.path[:0] = [str(ROOT)]


@pytest.fixture(scope="session")
def site(tmp_path_factory):
    """The folder of the built site, which the first process that asks builds for all."""
    pytest.importorskip("mkdocs", reason="the site is built by the extra `docs`")
    if not (ROOT / "website").is_dir():
        pytest.skip("the site is in the clone only")
    shared = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        shared = shared.parent
    folder, failure = shared / "site", shared / "site-failure"
    with open(shared / "site-lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not folder.exists() and not failure.exists():
            build = [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "--site-dir", str(folder)]
            environment = os.environ | {"PYTHONPATH": str(ROOT), "NO_MKDOCS_2_WARNING": "1"}
            process = subprocess.run(build, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=600)
            if process.returncode:
                failure.write_text(process.stdout + process.stderr)
    assert not failure.exists(), failure.read_text()
    return folder


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *words):
        """Nothing is printed."""


@pytest.fixture(scope="module")
def served(site):
    """The address of a server of the site on this machine."""
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(site))) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()
