#!/usr/bin/python3
"""test_unit.py - the server does its work under what packaging/baton.service takes from it."""
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
sys.path.insert(0, str(ROOT / "tests" / "faults"))
from preload import Faults  # noqa: E402

UNIT = ROOT / "packaging" / "baton.service"
BATON = os.path.abspath(os.environ["BATON"])
SCENARIOS = ["handover", "files", "tls"]  # a whole life; a program that the server starts; OpenSSL and a signal
EXPOSURE_MOST = 15  # tenths; systemd's scale ends at 100
SECONDS_MOST = 240


def run(*command, **options):
    return subprocess.run(command, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False,
                          timeout=SECONDS_MOST, **options)


def confined(writable, *arguments):
    return [sys.executable, "-B", str(HERE / "confined.py"), "--unit", str(UNIT), "--writable", writable, *arguments]


@unittest.skipUnless(run("unshare", "--user", "--mount", "true").returncode == 0,
                     "this machine gives nobody a file system of their own (user namespaces)")
class Confined(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="baton-unit-")
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)

    def test_sessions_live_their_lives_in_it(self):
        wrapper = pathlib.Path(self.folder, "baton")
        words = " ".join(f"'{word}'" for word in confined(self.folder, "--", BATON))
        wrapper.write_text(f'#!/bin/sh\nexec {words} "$@"\n', encoding="utf-8")
        wrapper.chmod(0o755)
        environment = dict(os.environ, BATON=str(wrapper), TMPDIR=self.folder)
        done = run("node", "--test", *(str(ROOT / "tests" / "scenario" / f"{name}.test.mjs") for name in SCENARIOS),
                   env=environment)
        self.assertEqual(done.returncode, 0, done.stdout[-4000:])
        self.assertRegex(done.stdout, r"# pass [1-9]")

    def test_it_starts_itself_again_in_it(self):
        """After a sync that failed: the program is executed anew, in the same process."""
        preload = pathlib.Path(BATON).parent / "tests" / "faults" / "faults.so"
        faults, log = Faults(preload, self.folder), pathlib.Path(self.folder, "log")
        centre = shutil.copy(ROOT / "tests/faults/centre.yaml", self.folder)
        serve = [BATON, "serve", centre, "--data", os.path.join(self.folder, "data"), "--listen", "127.0.0.1:0"]
        preloaded = ["env", f"LD_PRELOAD={preload}", f"FAULTS={faults.name}"]
        with open(log, "w", encoding="utf-8") as said:
            server = subprocess.Popen(confined(self.folder, "--", *preloaded, *serve), stdout=subprocess.PIPE, stderr=said, text=True)
        try:
            line = server.stdout.readline()
            faults.arm("sync", 1)
            subprocess.run(["curl", "-s", "-m", "0.2", "-H", "Authorization: Bearer crash-supervisor-token", "--json",
                            '{"entryPoint":"main"}', line.split(" on ")[1].strip() + "/api/v1/sessions"], check=False)
            self.assertEqual(server.stdout.readline(), line, log.read_text(encoding="utf-8")[-2000:])
        finally:
            server.kill()
            server.wait()
            server.stdout.close()

    def test_it_is_the_unit_that_confines(self):
        serve = [BATON, "serve", "--memory", "--listen", "127.0.0.1:0", str(ROOT / "examples/handover/centre.yaml")]
        done = run(*confined(self.folder, "--without", "@network-io", "--", *serve))
        self.assertNotEqual(done.returncode, 0, done.stdout)
        self.assertIn("Cannot listen", done.stdout)

    def test_nothing_else_can_be_written(self):
        for path in ("/etc/baton-was-here", str(ROOT / "baton-was-here")):
            done = run(*confined(self.folder, "--", "/bin/sh", "-c", f"echo x >{path}"))
            self.assertIn("Read-only file system", done.stdout)
        for words in ("unshare --net true", "mount -t tmpfs none /mnt", "chown 1:1 ."):
            self.assertNotEqual(run(*confined(self.folder, "--", "/bin/sh", "-c", words)).returncode, 0, words)


class Unit(unittest.TestCase):
    def test_systemd_reads_it_and_says_how_open_it_is(self):
        with tempfile.TemporaryDirectory(prefix="baton-unit-") as folder:
            unit = pathlib.Path(folder, "baton.service")
            unit.write_text(re.sub("(?m)^ExecStart=/usr/local/bin/baton", f"ExecStart={BATON}",
                                   UNIT.read_text(encoding="utf-8")), encoding="utf-8")
            done = run("systemd-analyze", "verify", str(unit))
            self.assertEqual((done.returncode, done.stdout), (0, ""))
            done = run("systemd-analyze", "security", "--offline=true", f"--threshold={EXPOSURE_MOST}", str(unit))
            self.assertEqual(done.returncode, 0, done.stdout)


if __name__ == "__main__":
    unittest.main(verbosity=2)
