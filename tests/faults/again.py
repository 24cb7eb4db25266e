#!/usr/bin/env python3
"""again.py - a sync fails, and the server starts itself again: how, how soon, and what it says.

usage: again.py BATON FAULTS.so
"""
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unittest
import urllib.error
import urllib.request

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "crash")]
from preload import Faults, FOR_EVER, ONCE  # noqa: E402
import server as servers  # noqa: E402

BATON, PRELOAD = os.path.abspath(sys.argv[1]), os.path.abspath(sys.argv[2])
PATIENCE = 20


class Case(unittest.TestCase):
    """A server whose disk can be told to fail."""

    def write(self):
        """The files; returns the one that is served."""
        self.centre = pathlib.Path(shutil.copy(HERE / "centre.yaml", self.folder))
        return self.centre

    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="baton_again."))
        self.addCleanup(shutil.rmtree, self.folder)
        served = self.write()
        self.faults = Faults(PRELOAD, str(self.folder))
        command = servers.command(BATON, str(served), str(self.folder / "data"))
        self.said = open(self.folder / "log", "w+", encoding="utf-8")
        self.addCleanup(self.said.close)
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=self.said, text=True, env=self.faults.environment())
        self.addCleanup(self.end)
        self.url = servers.address(self.process.stdout.readline())

    def end(self):
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()

    def log(self):
        return (self.folder / "log").read_text(encoding="utf-8")

    def ask(self, method, path, body=None, patience=1, host=None):
        headers = {"Authorization": f"Bearer {(host or 'crash').split('.')[0]}-supervisor-token", "Content-Type": "application/json"}
        headers |= {"Host": host} if host else {}
        request = urllib.request.Request(self.url + path, body, headers, method=method)
        try:
            with urllib.request.urlopen(request, timeout=patience) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()
        except OSError:
            return 0, ""

    def open(self, patience=1, host=None):
        return self.ask("POST", "/api/v1/sessions", b'{"entryPoint":"main"}', patience, host)

    def until(self, true, what):
        end = time.monotonic() + PATIENCE
        while not true():
            self.assertLess(time.monotonic(), end, f"not in {PATIENCE} s: {what}\n{self.log()[-3000:]}")
            self.assertIsNone(self.process.poll(), self.log()[-3000:])
            time.sleep(0.01)


class Again(Case):
    def fail_a_sync(self, how=ONCE):
        failures = self.log().count('"journal.restart"')
        self.faults.arm("sync", 1, how)
        self.open(0.05)  # not answered: nobody knows
        self.until(lambda: self.log().count('"journal.restart"') > failures, "the journal is given up")

    def restarts(self):
        found = re.search(r"^baton_restarts_total (\d+)", self.ask("GET", "/metrics")[1], re.M)
        return int(found[1]) if found else None

    def test_it_refuses_and_is_back_as_the_same_process_on_the_same_port(self):
        status, body = self.open()
        self.assertEqual(status, 201, body)
        session = json.loads(body)["id"]
        self.assertEqual(self.restarts(), 0)
        for count in (1, 2):
            began = time.monotonic()
            self.fail_a_sync()
            status, body = self.open()
            self.assertEqual((status, '"unavailable"' in body), (503, True), body)
            self.assertIn("must be opened anew", self.ask("GET", "/readyz")[1])
            self.until(lambda: self.restarts() == count, "it serves again")
            self.assertGreater(time.monotonic() - began, count)  # 1 s, 2 s …
            self.assertEqual(self.ask("GET", f"/api/v1/sessions/{session}")[0], 200)
        name = pathlib.Path(f"/proc/{self.process.pid}/comm").read_text(encoding="ascii").strip()
        self.assertEqual(name, "baton")
        self.assertIn("restart 2 in a row", self.log())

    def test_a_start_that_fails_is_tried_again(self):
        self.fail_a_sync(FOR_EVER)
        self.until(lambda: '"server.waiting"' in self.log(), "a start that fails")
        self.faults.disarm()
        self.until(lambda: self.ask("GET", "/readyz")[0] == 200, "it serves again")
        self.assertGreaterEqual(self.restarts(), 2)

    def test_a_file_that_became_wrong_meanwhile_is_waited_for(self):
        good = self.centre.read_text(encoding="utf-8")
        self.centre.write_text("centre: faults\nqueus: []\n", encoding="utf-8")
        self.fail_a_sync()
        self.until(lambda: '"server.waiting"' in self.log(), "a start that fails")
        self.assertIn("queus", self.log())
        self.centre.write_text(good, encoding="utf-8")
        self.until(lambda: self.ask("GET", "/readyz")[0] == 200, "it serves again")

    def test_whoever_ends_it_before_it_is_back_has_ended_it(self):
        self.fail_a_sync()
        self.process.send_signal(signal.SIGTERM)
        self.assertEqual(self.process.wait(PATIENCE), 0)
        self.assertNotIn('"server.restarting"', self.log())

    def test_whoever_ends_it_while_it_begins_again_has_ended_it(self):
        self.fail_a_sync()
        self.until(lambda: '"server.restarting"' in self.log(), "its end")
        self.process.send_signal(signal.SIGTERM)
        self.assertEqual(self.process.wait(PATIENCE), 0)

    def test_what_servers_tell_each_other_is_not_for_people(self):
        for told in ("", "1", "1:2", "1:2:70000", "-1:0:0", "1:2:3:4", "x:1:2"):
            done = subprocess.run(servers.command(BATON, str(self.centre), str(self.folder / "other")), text=True, check=False,
                                  stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=dict(os.environ, BATON_RESTARTED=told))
            self.assertEqual(done.returncode, 2, told)
            self.assertIn("Start without it", done.stderr)


class Tenants(Case):
    """What one tenant's disk does is nothing to another, and needs no end of the process."""

    def write(self):
        text = (HERE / "centre.yaml").read_text(encoding="utf-8")
        for name in ("acme", "bell"):
            text_of = text.replace("crash-", f"{name}-").replace("faults-", f"{name}-").replace("centre: faults", f"centre: {name}")
            (self.folder / f"{name}.yaml").write_text(text_of, encoding="utf-8")
        served = self.folder / "server.yaml"
        served.write_text("tenants: [{name: acme, file: acme.yaml}, {name: bell, file: bell.yaml}]\n", encoding="utf-8")
        return served

    def test_it_is_opened_anew_while_others_are_served(self):
        acme, bell = "acme.localhost", "bell.localhost"
        status, body = self.open(host=acme)
        self.assertEqual(status, 201, body)
        session = json.loads(body)["id"]
        for count in (1, 2):
            self.faults.arm("sync", 1, ONCE)
            self.open(0.05, acme)  # not answered: nobody knows
            self.until(lambda: self.log().count('"journal.restart"') == count, "its journal is given up")
            self.assertEqual(self.open(host=acme)[0], 503)
            served = 0
            while self.log().count('"tenant.opened","tenant":"acme"') <= count:
                self.assertEqual(self.open(host=bell)[0], 201, self.log()[-2000:])
                served += 1
                self.assertLess(served, 100000)
            self.assertGreater(served, 10)
            self.until(lambda: self.ask("GET", "/readyz", host=acme)[0] == 200, "it is served again")
            self.assertEqual(self.ask("GET", f"/api/v1/sessions/{session}", host=acme)[0], 200)
            self.assertEqual(self.open(host=acme)[0], 201)
        self.assertNotIn("server.restarting", self.log())

    def test_one_that_cannot_be_opened_is_tried_again(self):
        self.faults.arm("sync", 1, FOR_EVER)
        self.open(0.05, "acme.localhost")
        self.until(lambda: '"tenant.failed","tenant":"acme"' in self.log(), "an opening that fails")
        self.assertEqual(self.ask("GET", "/readyz", host="acme.localhost")[0], 503)
        self.faults.disarm()
        self.until(lambda: self.ask("GET", "/readyz", host="acme.localhost")[0] == 200, "it is served again")


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1], verbosity=2)
