#!/usr/bin/python3
"""test_sbom.py - the bill of materials names all that the program is made of, in the form that it says."""
import json
import os
import pathlib
import re
import subprocess
import unittest

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
BATON = os.path.abspath(os.environ["BATON"])


def bill():
    return subprocess.run([ROOT / "tools" / "sbom.py", BATON], check=True, text=True, stdout=subprocess.PIPE).stdout


def is_valid(text):
    return subprocess.run(["node", HERE / "sbom_valid.mjs"], input=text, text=True, check=False,
                          stdout=subprocess.PIPE).returncode == 0


class Sbom(unittest.TestCase):
    def test_it_keeps_to_the_schema_of_cyclonedx(self):
        self.assertTrue(is_valid(bill()))
        self.assertFalse(is_valid(bill().replace('"MIT"', '"no such licence"')))

    def test_it_names_every_library_and_what_the_pages_import(self):
        names = {component["name"] for component in json.loads(bill())["components"]}
        needed = subprocess.run(["readelf", "-d", BATON], check=True, text=True, stdout=subprocess.PIPE).stdout
        for library in re.findall(r"Shared library: \[lib([a-z]+)", needed):
            known = {"m": "libc", "crypto": "libssl"}.get(library, f"lib{library}")
            self.assertTrue(any(name.startswith(known) for name in names), library)
        for source in (ROOT / "web" / "src").rglob("*.ts*"):
            for module in re.findall(r'^import [^;]*from "((?:@[\w-]+/)?[\w-]+)', source.read_text(encoding="utf-8"), re.M):
                self.assertIn(module, names, source)

    def test_it_is_the_same_for_the_same_program(self):
        self.assertEqual(bill(), bill())


if __name__ == "__main__":
    unittest.main(verbosity=2)
