#!/usr/bin/env python3
"""prove.py - runs the scoreboard and prints it; each row with its negative control.

usage: prove.py [--build DIR] [--write FILE] [ROW…]

Without rows all that can be measured are run. The table goes to standard output,
and with --write to FILE too (docs/proof.md), with the commands. Rows that are not
run keep what FILE says of them, with its date, as long as their commands are
still the same.
"""
import argparse
import datetime
import os
import platform
import re
import signal
import subprocess
import sys
import tempfile
import time

from prove_rows import ROWS

SECONDS_MOST = 600
HEADS = ["#", "row", "target", "measured", "control seen red", "seconds", "on", "verdict"]
ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))


class Outcome:
    """What came of the steps of one kind: are they good, and what do they say?"""

    def __init__(self):
        self.good, self.figures = True, []

    def text(self):
        return "; ".join(self.figures)


said_before = {}  # two rows may look at different figures of one run


def run_command(command, environment):
    """(good, what was said)"""
    if command not in said_before:
        try:
            said_before[command] = run_to_end(command, environment)
        except (OSError, subprocess.TimeoutExpired) as trouble:
            said_before[command] = False, str(trouble)
    return said_before[command]


def run_to_end(command, environment):
    """One that takes too long ends with all that it started."""
    with subprocess.Popen(command.split(), cwd=ROOT, env=environment, text=True, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, start_new_session=True) as process:
        try:
            said, _ = process.communicate(timeout=SECONDS_MOST)
        except BaseException:
            os.killpg(process.pid, signal.SIGKILL)
            raise
    return process.returncode == 0, said


def run_step(step, names, environment):
    """(good, figures, what was said): the figures are what the pattern finds in it."""
    good, said = run_command(step.command.format(**names), environment)
    return good, [match.group(0).strip() for match in re.finditer(step.figure, said)], said


def is_red(step, good, found):
    """A control is seen red when its pattern is there. A control that is a
    program put wrong on purpose ends with an error: that is what is wanted."""
    return bool(found) and (good or "planted" in step.command)


def run_steps(steps, names, environment, control=False):
    outcome = Outcome()
    for step in steps:
        good, found, said = run_step(step, names, environment)
        good = is_red(step, good, found) if control else good and bool(found)
        outcome.figures += found[-3:] or ["nothing was printed that the row looks for"]
        outcome.good = outcome.good and good
        if not good:
            print(said[-3000:], file=sys.stderr)
    return outcome


def verdict(row, measured, control):
    if not row.measure:
        return "not measured"
    if not measured.good:
        return "FAILS"
    if not row.control:
        return "not measured: it has no control"
    if not control.good:
        return "not measured: its control was not seen red"
    return "holds in part" if row.missing else "holds"


def prove(row, names, environment):
    began = time.monotonic()
    measured = run_steps(row.measure, names, environment)
    control = run_steps(row.control, names, environment, control=True)
    return {"row": row, "measured": measured.text(), "control": control.text(), "verdict": verdict(row, measured, control),
            "seconds": str(round(time.monotonic() - began)), "on": datetime.date.today().isoformat()}


def cell(text):
    return text.replace("|", "\\|").replace("\n", " ")


def table(results):
    lines = ["| " + " | ".join(HEADS) + " |", "|---" * len(HEADS) + "|"]
    for r in results:
        row = r["row"]
        lines.append("| " + " | ".join([str(row.number), row.title, cell(row.target), cell(r["measured"]) or "–",
                                        cell(r["control"]) if row.control else "none", r["seconds"], r["on"], r["verdict"]]) + " |")
    return lines


def not_run(row):
    return {"row": row, "measured": "", "control": "", "seconds": "–", "on": "–",
            "verdict": "not run" if row.measure else "not measured"}


def commands(row):
    """Whoever has these did what the row says today."""
    return f"- Row {row.number}: " + ", ".join(f"`{step.command}`" for step in row.measure + row.control)


def kept(row, was):
    """What the page @was says of a row that is not run now."""
    found = re.search(rf"^\| {row.number} \| .*", was, re.MULTILINE)
    cells = re.split(r"(?<!\\) \| ", found.group(0).strip("| ")) if found else []
    if len(cells) != len(HEADS) or commands(row) not in was.splitlines():
        return not_run(row)
    said = dict(zip(HEADS, (text.replace("\\|", "|") for text in cells)))
    part = "holds in part" if row.missing else "holds"
    return {"row": row, "measured": said["measured"], "control": said["control seen red"], "seconds": said["seconds"],
            "on": said["on"], "verdict": part if said["verdict"].startswith("holds") else said["verdict"]}


def page(results, machine):
    missing = [f"- Row {r['row'].number}, {r['row'].title}: {r['row'].missing}." for r in results if r["row"].missing]
    ran = [commands(r["row"]) for r in results if r["measured"]]
    return "\n".join([
        "# The proof, rerun", "",
        f"Written by `./dev prove` on {machine}. `./dev prove ROW…` runs rows again and keeps the others as they were; a row",
        "has the day on which it ran. `tools/prove_rows.py` is the table of the rows. A row counts as measured only if its",
        "negative control was seen red: a broken build, setting or history that the same measurement must notice.", "",
        *table(results), "", "## What nothing measures yet", "", *(missing or ["Nothing is left out."]), "",
        "## Commands", "", *ran, ""])


def read_page(name):
    if name is None or not os.path.exists(name):
        return ""
    with open(name, encoding="utf-8") as page_of_before:
        return page_of_before.read()


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("rows", nargs="*", type=int, metavar="ROW")
    parser.add_argument("--build", default="build", help="where the presets' folders are")
    parser.add_argument("--write", metavar="FILE")
    options = parser.parse_args()
    wanted = options.rows or [row.number for row in ROWS]
    unknown = set(wanted) - {row.number for row in ROWS}
    if unknown:
        parser.error(f"no such row: {', '.join(map(str, sorted(unknown)))}; there are 1 to {ROWS[-1].number}")
    was = read_page(options.write)
    results = []
    with tempfile.TemporaryDirectory(prefix="baton_prove.") as folder:
        names = {preset: os.path.join(options.build, preset) for preset in ("gcc", "clang")}
        names.update(python=sys.executable + " -B", tmp=folder)
        environment = dict(os.environ, BATON=os.path.abspath(os.path.join(options.build, "gcc", "baton")))
        for row in ROWS:
            if row.number not in wanted:
                results.append(kept(row, was))
                continue
            results.append(prove(row, names, environment))
            print(f"row {row.number}, {row.title}: {results[-1]['verdict']}, {results[-1]['seconds']} s", flush=True)
    print("\n".join(["", *table(results)]))
    if options.write:
        with open(options.write, "w", encoding="utf-8") as out:
            out.write(page(results, f"{platform.system()} {platform.machine()}, {os.cpu_count()} processors"))
    return 1 if any(r["verdict"] == "FAILS" for r in results if r["row"].number in wanted) else 0


if __name__ == "__main__":
    sys.exit(main())
