#!/usr/bin/env python3
"""sim.py - runs the simulator and looks at what it prints.

usage: sim.py run BATON-SIM [--hours N] [--wires frames|bytes]
                                          every check holds; the same seed, the same hash; no libuv but the played one
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


def run(program, *options):
    named = dict(zip(options[::2], options[1::2]))
    wires = named.get("--wires", "bytes")
    with open(program, "rb") as binary:
        if b"libuv.so" in binary.read():
            print("the program asks for the system's libuv")
            return 1
    code, said = sim(program, "--hours", named.get("--hours", "8"), "--wires", wires)
    print(said, end="")
    if code != 0:
        return 1
    first, second = (hash_of(sim(program, "--hours", "4", "--jobs", jobs, "--wires", wires)[1]) for jobs in ("1", "2"))
    print(f"hash of seed 1, twice: {first} {second}")
    return 0 if first == second and first is not None else 1


def plants_of():
    """Name, wires and check of each, as plant.def and check.def have them."""
    with open(os.path.join(HERE, "plant.def"), encoding="utf-8") as table:
        rows = re.findall(r'^PLANT\((\w+),\s*"([\w-]+)",\s*(\w+),\s*(\w+),', table.read(), re.M)
    return [(name, wires, check.lower()) for _, name, at, check in rows
            for wires in (("frames", "bytes") if at == "ANY" else (at.lower(),))]


def plants(program):
    wrong = 0
    with tempfile.TemporaryDirectory(prefix="baton_sim.") as folder:
        for name, wires, check in plants_of():
            code, said = sim(program, "--plant", name, "--wires", wires, "--hours", HOURS if name == "none" else MOST_HOURS, "--shrink", "0", folder=folder)
            found = FOUND.search(said)
            by = None if not found else found.group(1) or "the program"
            good = code == 0 if name == "none" else by in (check, "the program")
            print(f"{'ok' if good else 'WRONG'}  {name}, {wires}: {'noticed by ' + by if by else 'not noticed'}")
            wrong += not good
    print(f"{wrong} wrong")
    return 1 if wrong else 0


def shrinks_over(program, baton, wires, folder):
    code, said = sim(program, "--plant", "place-lost", "--wires", wires, "--hours", "4", "--scenario", "found", folder=folder)
    print(said, end="")
    left = re.search(r"^made short: (\d+) of (\d+)", said, re.M)
    played = subprocess.run([baton, "test", "found.yaml"], cwd=folder, check=False)
    return code == 1 and left and int(left.group(1)) <= SHORT and played.returncode == 0


def shrinks(program, baton):
    with tempfile.TemporaryDirectory(prefix="baton_sim.") as folder:
        wrong = sum(not shrinks_over(program, baton, wires, folder) for wires in ("frames", "bytes"))
    return 1 if wrong else 0


def main(words):
    what, *rest = words
    rest = [os.path.abspath(r) if os.path.sep in r else r for r in rest]
    if what == "run":
        return run(*rest)
    return {"plants": plants, "shrinks": shrinks}[what](*rest)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
