#!/usr/bin/env python3
"""sim.py - runs the simulator and looks at what it prints.

usage: sim.py run BATON-SIM [--hours N]   every check holds; the same seed, the same hash
       sim.py plants BATON-SIM-PLANTED    each planted fault is noticed, by the check that is there for it
       sim.py shrinks BATON-SIM-PLANTED BATON
                                          a failure becomes a short scenario, which `baton test` plays
"""
import os
import re
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
FOUND = re.compile(r"seed \d+ \(--hours \d+\): (?:(\w+) does not hold|a check inside of the program)")
HOURS, MOST_HOURS = "12", "80"  # without a fault; until one is noticed, which ends it
SHORT = 12  # units that a planted fault may take after shrinking


def sim(program, *options, folder=None):
    done = subprocess.run([program, *options], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          check=False, text=True, cwd=folder)
    return done.returncode, done.stdout


def hash_of(text):
    found = re.search(r"^hash ([0-9a-f]{16})$", text, re.M)
    return found.group(1) if found else None


def run(program, hours="8"):
    code, said = sim(program, "--hours", hours)
    print(said, end="")
    if code != 0:
        return 1
    first, second = (hash_of(sim(program, "--hours", "4", "--jobs", jobs)[1]) for jobs in ("1", "2"))
    print(f"hash of seed 1, twice: {first} {second}")
    return 0 if first == second and first is not None else 1


def plants_of():
    """Name and check of each, as plant.def and check.def have them."""
    with open(os.path.join(HERE, "plant.def"), encoding="utf-8") as table:
        rows = re.findall(r'^PLANT\((\w+),\s*"([\w-]+)",\s*(\w+),', table.read(), re.M)
    return [(wire, check.lower()) for _, wire, check in rows]


def plants(program):
    wrong = 0
    with tempfile.TemporaryDirectory(prefix="baton_sim.") as folder:
        for name, check in plants_of():
            code, said = sim(program, "--plant", name, "--hours", HOURS if name == "none" else MOST_HOURS, "--shrink", "0", folder=folder)
            found = FOUND.search(said)
            by = None if not found else found.group(1) or "the program"
            good = code == 0 if name == "none" else by in (check, "the program")
            print(f"{'ok' if good else 'WRONG'}  {name}: {'noticed by ' + by if by else 'not noticed'}")
            wrong += not good
    print(f"{wrong} wrong")
    return 1 if wrong else 0


def shrinks(program, baton):
    with tempfile.TemporaryDirectory(prefix="baton_sim.") as folder:
        code, said = sim(program, "--plant", "place-lost", "--hours", "4", "--scenario", "found", folder=folder)
        print(said, end="")
        left = re.search(r"^made short: (\d+) of (\d+)", said, re.M)
        played = subprocess.run([baton, "test", "found.yaml"], cwd=folder, check=False)
    good = code == 1 and left and int(left.group(1)) <= SHORT and played.returncode == 0
    return 0 if good else 1


def main(words):
    what, *rest = words
    rest = [os.path.abspath(r) if os.path.sep in r else r for r in rest]
    if what == "run":
        return run(rest[0], *rest[2:])
    return {"plants": plants, "shrinks": shrinks}[what](*rest)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
