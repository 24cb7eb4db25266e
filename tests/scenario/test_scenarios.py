#!/usr/bin/env python3
"""Scenarios: the examples hold, shaken too; the same one gives the same result; and
build servers can read it."""
import json
import os
import pathlib
import subprocess
import tempfile
import unittest
import xml.etree.ElementTree as ElementTree

BATON = os.environ["BATON"]
HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
WRONG = "tests/golden/cli/scenarios"


def baton(*words):
    return subprocess.run([BATON, *words], cwd=ROOT, capture_output=True, text=True,
                          timeout=170, check=False)


def results(*words):
    """What the cases came to, without how long they took."""
    cases = json.loads(baton("test", "--json", *words).stdout)["cases"]
    for case in cases:
        del case["realUs"]
    return cases


class Examples(unittest.TestCase):
    def test_they_hold(self):
        done = baton("test", "examples")
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def test_every_flow_has_one(self):
        flows = sorted((ROOT / "examples" / "flows").glob("*.studio"))
        self.assertGreater(len(flows), 0)
        without = [f.name for f in flows if not f.with_suffix(".yaml").exists()]
        self.assertEqual(without, [])

    def test_they_hold_when_they_are_shaken(self):
        done = baton("test", "--faults", "--runs", "20", "examples")
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)


class Results(unittest.TestCase):
    def test_the_same_scenario_gives_the_same_story(self):
        words = ("--faults", "--seed", "7", "examples", f"{WRONG}/failing.yaml")
        self.assertEqual(results(*words), results(*words))
        one = ("run", "--trace=json", "--scenario", "examples/flows/survey.yaml")
        first, second = baton(*one), baton(*one)
        self.assertEqual((first.stdout, first.stderr), (second.stdout, second.stderr))

    def test_another_seed_shakes_otherwise(self):
        words = ("--faults", "examples/flows/survey.yaml")
        took = {seed: [c["virtualUs"] for c in results("--seed", seed, *words)]
                for seed in ("1", "2", "3", "4")}
        self.assertGreater(len({tuple(t) for t in took.values()}), 1)


class JUnit(unittest.TestCase):
    def setUp(self):
        temporary = tempfile.TemporaryDirectory(prefix="baton-junit-")
        self.addCleanup(temporary.cleanup)
        self.path = os.path.join(temporary.name, "results.xml")
        done = baton("test", "--junit", self.path, f"{WRONG}/failing.yaml",
                     f"{WRONG}/broken.yaml", "examples/handover")
        self.assertEqual(done.returncode, 2)

    def test_it_is_what_the_schema_wants(self):
        done = subprocess.run(["xmllint", "--noout", "--schema", HERE / "junit.xsd", self.path],
                              capture_output=True, text=True, check=False)
        self.assertEqual(done.returncode, 0, done.stderr)

    def test_the_schema_refuses_what_is_none(self):
        tree = ElementTree.parse(self.path)
        tree.getroot()[0].attrib.pop("tests")
        tree.write(self.path)
        done = subprocess.run(["xmllint", "--noout", "--schema", HERE / "junit.xsd", self.path],
                              capture_output=True, text=True, check=False)
        self.assertNotEqual(done.returncode, 0)

    def test_a_reader_of_others_understands_it(self):
        import junitparser
        suites = {suite.name: suite for suite in junitparser.JUnitXml.fromfile(self.path)}
        failing = suites[f"{WRONG}/failing.yaml"]
        self.assertEqual((failing.tests, failing.failures, failing.errors), (2, 1, 0))
        bad = next(case for case in failing if case.name == "Nothing is as expected")
        self.assertIsInstance(bad.result[0], junitparser.Failure)
        self.assertIn("transfer.refused", bad.result[0].text)
        self.assertEqual(suites[f"{WRONG}/broken.yaml"].errors, 1)
        self.assertEqual(suites["examples/handover/cures.yaml"].failures, 0)


if __name__ == "__main__":
    unittest.main()
