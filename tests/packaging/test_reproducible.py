#!/usr/bin/python3
"""test_reproducible.py - two builds of one commit, in two places, are equal to the byte."""
import hashlib
import pathlib
import shutil
import subprocess
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]


def build(where):
    """What `./dev build` does, in a clone of its own."""
    subprocess.run(["git", "clone", "-q", ROOT, where], check=True)
    subprocess.run(["./dev", "build"], cwd=where, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return hashlib.sha256((where / "build" / "release" / "baton").read_bytes()).hexdigest()


class Reproducible(unittest.TestCase):
    def test_where_it_is_built_makes_no_difference(self):
        folder = pathlib.Path(tempfile.mkdtemp(prefix="baton-built-"))
        self.addCleanup(shutil.rmtree, folder, ignore_errors=True)
        self.assertEqual(build(folder / "here"), build(folder / "a" / "longer" / "way" / "off"))


if __name__ == "__main__":
    unittest.main(verbosity=2)
