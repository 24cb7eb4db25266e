#!/usr/bin/python3
"""test_backup.py - a copy that is made while the server works holds all that was answered before."""
import concurrent.futures
import json
import os
import pathlib
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import threading
import unittest
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests/crash"))
from server import Serving  # noqa: E402

BATON = os.path.abspath(os.environ["BATON"])
CENTRE = ROOT / "tests" / "crash" / "centre.yaml"
TOKEN = "crash-supervisor-token"
WAIT_S = 60


class Server(Serving):
    """With sessions that can be asked for."""

    def __init__(self, data):
        super().__init__(BATON, CENTRE, data, f"{data}.log")

    def open(self):
        return self.ask(body={"entryPoint": "main", "attributes": {"order": "A-4711"}})["id"]

    def open_until(self, enough):
        opened = [self.open()]
        while not enough.is_set():
            opened.append(self.open())
        return opened

    def ask(self, path="", body=None):
        headers = {"Authorization": f"Bearer {TOKEN}", "Content-Type": "application/json"}
        request = urllib.request.Request(f"{self.url}/api/v1/sessions{path}", None if body is None else json.dumps(body).encode(), headers)
        with urllib.request.urlopen(request, timeout=WAIT_S) as answer:
            return json.load(answer)


class Backup(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="baton-backup-"))
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)

    def copy(self):
        (self.folder / "copy" / "journal").mkdir(parents=True)
        with sqlite3.connect(self.folder / "data/journal/journal.db") as source, \
                sqlite3.connect(self.folder / "copy/journal/journal.db") as target:
            source.backup(target)
        shutil.copy(self.folder / "data/keys", self.folder / "copy/keys")

    def test_it_is_made_under_load_and_loses_nothing_that_was_answered(self):
        enough = threading.Event()
        with Server(self.folder / "data") as server, concurrent.futures.ThreadPoolExecutor() as people:
            before = [server.open() for _ in range(50)]
            load = [people.submit(server.open_until, enough) for _ in range(2)]
            self.copy()
            enough.set()
            self.assertTrue(all(one.result(WAIT_S) for one in load))
        replay = subprocess.run([BATON, "replay", self.folder / "copy/journal"], text=True, check=True,
                                stdout=subprocess.PIPE).stdout
        self.assertIn("every batch verifies, from the first", replay)
        with Server(self.folder / "copy") as restored:
            for session in before:
                self.assertEqual(restored.ask("/" + session)["attributes"]["order"], "A-4711")


if __name__ == "__main__":
    unittest.main(verbosity=2)
