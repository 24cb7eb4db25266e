"""The scoreboard says plainly what is not measured."""
import pathlib
import re
import sys
import unittest

TOOLS = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(TOOLS))

import prove
from prove_rows import ROWS, Row, Step

NAMES = {"gcc": "gcc", "clang": "clang", "python": sys.executable, "tmp": "."}
GOOD, BAD = Step("echo 3 lost", r"\d+ lost"), Step("false", r".*")


def verdict(measure, control, missing=""):
    return prove.prove(Row(1, "x", "y", measure, control, missing), NAMES, None)["verdict"]


class Verdicts(unittest.TestCase):
    def test_a_row_holds_with_its_control_seen_red(self):
        self.assertEqual(verdict([GOOD], [GOOD]), "holds")
        self.assertEqual(verdict([GOOD], [GOOD], "the rest"), "holds in part")

    def test_without_a_control_it_is_not_measured(self):
        self.assertEqual(verdict([GOOD], []), "not measured: it has no control")
        self.assertEqual(verdict([GOOD], [Step("echo nothing", r"\d+ lost")]),
                         "not measured: its control was not seen red")

    def test_what_fails_or_says_nothing_fails(self):
        self.assertEqual(verdict([BAD], [GOOD]), "FAILS")
        self.assertEqual(verdict([Step("echo nothing", r"\d+ lost")], [GOOD]), "FAILS")
        self.assertEqual(verdict([], []), "not measured")

    def test_a_page_names_every_row(self):
        page = prove.page([prove.not_run(row) for row in ROWS], "a machine")
        for row in ROWS:
            self.assertRegex(page, rf"\| {row.number} \| {re.escape(row.title)} \|")

    def test_a_row_that_is_not_run_keeps_what_was_measured(self):
        row = Row(7, "x", "y", [GOOD], [Step("echo a || 3 lost", r".*lost")], "")
        ran = prove.prove(row, NAMES, None)
        was = prove.page([ran], "a machine")
        self.assertEqual(prove.kept(row, was), ran)
        self.assertEqual(prove.kept(row._replace(missing="the rest"), was)["verdict"], "holds in part")

    def test_what_other_commands_measured_is_not_kept(self):
        row = Row(7, "x", "y", [GOOD], [GOOD], "")
        was = prove.page([prove.prove(row, NAMES, None)], "a machine")
        self.assertEqual(prove.kept(row._replace(measure=[BAD]), was), prove.not_run(row._replace(measure=[BAD])))
        self.assertEqual(prove.kept(row, ""), prove.not_run(row))


if __name__ == "__main__":
    unittest.main()
