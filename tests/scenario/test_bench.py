#!/usr/bin/env python3
"""The benchmarks measure what they say: every life is lived, and a server that
does not answer is a failure, not a figure."""
import json
import os
import pathlib
import socket
import subprocess
import tempfile
import unittest

BATON = os.environ["BATON"]


def bench(*words, directory):
    return subprocess.run([BATON, "bench", *words], cwd=directory, capture_output=True,
                          text=True, timeout=170, check=False)


class Bench(unittest.TestCase):
    def setUp(self):
        temporary = tempfile.TemporaryDirectory(prefix="baton-bench-test-")
        self.addCleanup(temporary.cleanup)
        self.directory = temporary.name

    def run_json(self, *words):
        done = bench(*words, "--json", directory=self.directory)
        self.assertEqual(done.returncode, 0, done.stderr)
        return json.loads(done.stdout)

    def check_lives(self, count, *words):
        r = self.run_json("handover", "--sessions", str(count), "--clients", "8", *words)
        self.assertEqual(r["failed"], 0)
        for what in ("handovers", "accepted", "messages_to_customers", "messages_to_agents", "ended"):
            self.assertEqual(r[what], count, what)
        self.assertLessEqual(r["release_to_offer_us_p50"], r["release_to_offer_us_p99"])
        self.assertLessEqual(r["release_to_offer_us_p99"], r["release_to_offer_us_max"])
        # Open, attach, transfer, goodbye, close, accept, two lines, end, complete.
        self.assertGreaterEqual(r["journal_batches_per_session"], 9)
        self.assertEqual(list(pathlib.Path(self.directory).iterdir()), [], "nothing is left behind")

    def test_the_bot_asks_for_the_transfer(self):
        self.check_lives(60)

    def test_a_script_asks_for_the_transfer(self):
        self.check_lives(60, "--script")

    def test_sockets_that_say_nothing(self):
        r = self.run_json("connections", "--sockets", "40", "--processes", "2")
        self.assertEqual((r["sockets"], r["heard"]), (80, 80))
        self.assertGreater(r["to_all_s"], 0)
        self.assertEqual(list(pathlib.Path(self.directory).iterdir()), [], "nothing is left behind")

    def test_more_sockets_than_descriptors(self):
        done = bench("connections", "--sockets", "1000000", directory=self.directory)
        self.assertEqual(done.returncode, 2)
        self.assertIn("limit of descriptors", done.stderr)

    def test_a_server_that_is_not_there(self):
        done = bench("handover", "--url", "http://127.0.0.1:9", "--sessions", "5", directory=self.directory)
        self.assertEqual(done.returncode, 1)
        self.assertIn("sockets of bot and agents are open", done.stderr)

    def test_decisions(self):
        rows = self.run_json("routing", "--waiting", "0,200", "--agents", "10", "--steps", "2000")
        self.assertEqual([(row["waiting"], row["agents"]) for row in rows], [(0, 10), (200, 10)])
        for row in rows:
            self.assertGreater(row["decisions_per_s"], 0)
            self.assertLessEqual(row["ns_p50"], row["ns_p99"])
        self.assertGreater(rows[1]["bytes_per_session"], 0)

    def test_the_journal(self):
        rows = self.run_json("journal", "--flight", "1,16", "--seconds", "1")
        self.assertEqual([row["flight"] for row in rows], [1, 16])
        self.assertGreater(rows[1]["batches_per_s"], 0)

    def test_the_door_for_the_peers(self):
        door = subprocess.Popen(
            [BATON, "bench", "peers", "--door", self.directory + "/door"], stdout=subprocess.PIPE, text=True
        )
        port = int(door.stdout.readline().rsplit(":", 1)[1])
        with socket.create_connection(("127.0.0.1", port)) as client, client.makefile("rw", newline="\n") as lines:
            for n in (0, 1):
                lines.write(f"agent {n} 1:{n + 1},2:1 idle\n")
            lines.write("E a 1 5 1\nE b 2 5 1,2\nE c 3 1 2\nE d 4 9 2\n")
            lines.write("R f 0 1\nR g 1 2\nR h 0 4\n")
            lines.flush()
            answers = dict(lines.readline().split() for _ in range(7))
        self.assertEqual(door.wait(timeout=30), 0)
        door.stdout.close()
        # The better of two goes first, then the higher priority.
        self.assertEqual(answers, {"a": "0", "b": "1", "c": "-", "d": "-", "f": "4", "g": "3", "h": "-"})

    def test_candidates(self):
        rows = self.run_json("candidates", "--agents", "50", "--waiting", "20")
        self.assertEqual([row["agents"] for row in rows], [50, 50, 50])
        for row in rows:
            self.assertLessEqual(row["us_p50"], row["us_max"])
            self.assertGreater(row["bytes"], 50 * 20)

    def test_misuse(self):
        done = bench("handover", "--clients", "0", directory=self.directory)
        self.assertEqual(done.returncode, 2)
        done = bench("handovr", directory=self.directory)
        self.assertEqual(done.returncode, 2)
        self.assertIn("handover", done.stderr)


if __name__ == "__main__":
    unittest.main()
