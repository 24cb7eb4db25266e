#!/usr/bin/env python3
"""test_up.py - ./dev up as a newcomer sees it: the story, the stay, the end."""
import itertools
import json
import os
import pathlib
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time
import unittest
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parents[2]
UP = ROOT / "examples" / "handover" / "up"
BATON = os.environ["BATON"]


def start(data, *arguments, listen="127.0.0.1:0", **environment):
    return subprocess.Popen(
        [sys.executable, UP, BATON, "--data", data, "--listen", listen, *arguments],
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, encoding="utf-8",
        env={**os.environ, **environment})


class Up(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="baton-up-")
        self.addCleanup(folder.cleanup)
        self.data = folder.name

    def test_the_story_is_played_once_and_ends_well(self):
        up = start(self.data, "--once")
        text, _ = up.communicate(timeout=150)
        self.assertEqual(up.returncode, 0, text)
        for told in (r"409 Conflict", r'"refusal": "release_in_progress"', r'"code": 409', r'"remedies": \[',
                     r'"allowedFrom": \["idle", "queued"\]', r"Transfer failed: Resource conflict",
                     r"baton explain [0-9a-f-]{36}", r"Why: "):
            self.assertRegex(text, told)
        for script in ("cure-released", "cure-end", "cure-wait", "cure-hangup"):
            _, _, scene = text.partition(f"{script}.studio ─")
            self.assertRegex(scene, r"agent +accepts: active\n(.*\n)*?.*agent +“.*\n(.*\n)*?.*customer +“", script)
        self.assertEqual(text.count("✓"), 4)
        self.assertNotIn("\033", text)  # not a terminal: no colour
        self.assertLessEqual(max(map(len, text.splitlines())), 100)

    def test_the_centre_lives_while_it_stays(self):
        up = start(self.data, "--no-play")
        head = "".join(itertools.takewhile(lambda line: "Ctrl-C stops" not in line, up.stdout))
        url, token = re.search(r"http://127\.0\.0\.1:\d+", head).group(0), re.search(r"supervisor +(\S+)", head).group(1)
        for page in ("demo", "desk", "wall"):
            self.assertIn(f"{url}/{page}", head)

        def look(resource):
            request = urllib.request.Request(f"{url}/api/v1/{resource}", headers={"Authorization": f"Bearer {token}"})
            with urllib.request.urlopen(request, timeout=10) as answer:
                return json.load(answer)[resource]

        deadline = time.monotonic() + 60
        while not any(agent["contacts"] for agent in look("agents")):
            self.assertLess(time.monotonic(), deadline, "no agent has anything to do")
            time.sleep(0.3)
        self.assertGreaterEqual(sum(agent["state"] != "offline" for agent in look("agents")), 10)
        up.send_signal(signal.SIGINT)
        text, _ = up.communicate(timeout=30)
        self.assertEqual(up.returncode, 0, text)

    def test_it_stays_until_ctrl_c_and_takes_everything_with_it(self):
        up = start(self.data, "--no-play", "--quiet")
        head = []
        for line in up.stdout:
            head.append(line)
            if "Ctrl-C stops" in line:
                break
        url = re.search(r"http://127\.0\.0\.1:\d+", "".join(head)).group(0)
        with urllib.request.urlopen(f"{url}/readyz", timeout=10) as answer:
            self.assertEqual(answer.status, 200)
        up.send_signal(signal.SIGINT)
        text, _ = up.communicate(timeout=30)
        self.assertEqual(up.returncode, 0, text)
        with self.assertRaises(OSError):
            urllib.request.urlopen(f"{url}/readyz", timeout=10)

    def test_a_port_that_is_taken_is_told_with_the_cure(self):
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            taken.listen()
            up = start(self.data, "--once", listen=f"127.0.0.1:{taken.getsockname()[1]}")
            text, _ = up.communicate(timeout=30)
        self.assertEqual(up.returncode, 1)
        self.assertRegex(text, r"PORT=\d+ \./dev up")

    def test_a_script_that_is_not_cured_fails_loudly(self):
        copy = pathlib.Path(self.data) / "examples"
        subprocess.run(["cp", "-r", ROOT / "examples", copy], check=True)
        handover = copy / "handover"
        (handover / "cure-released.studio").write_bytes((handover / "forum.studio").read_bytes())
        up = subprocess.run([sys.executable, handover / "up", BATON, "--once", "--data", f"{self.data}/d",
                             "--listen", "127.0.0.1:0"], capture_output=True, text=True, timeout=120, check=False)
        self.assertEqual(up.returncode, 1, up.stdout)
        self.assertRegex(up.stderr, r"cure-released\.studio: its transfer was refused")


if __name__ == "__main__":
    unittest.main()
