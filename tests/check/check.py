#!/usr/bin/env python3
"""Compares what `baton check` finds with what the scripts say themselves.

    check.py BATON DIRECTORY

A comment at the end of a line names the findings of that line; one that cannot
stand there names the line first:

    result = Transfer(session.id, "A") // finds transfer-refused
    // finds 7 bad-text

A script without such a comment must be without a finding, notes included.
"""
import json
import pathlib
import re
import subprocess
import sys

FINDS = re.compile(r"// finds ((?:\d+ )?[a-z][a-z, -]*)$")


def expected(path):
    """{(line, finding)} as the comments say."""
    found = set()
    for number, line in enumerate(path.read_text().splitlines(), 1):
        match = FINDS.search(line.rstrip())
        if not match:
            continue
        words = match.group(1).replace(",", " ").split()
        if words[0].isdigit():
            number = int(words.pop(0))
        found |= {(number, word) for word in words}
    return found


def reported(baton, paths):
    """{file: {(line, finding)}}."""
    done = subprocess.run([baton, "check", "--json", *map(str, paths)],
                          capture_output=True, check=False, timeout=50)
    if done.stderr or done.returncode not in (0, 1):
        sys.exit(f"exit {done.returncode}: {done.stderr.decode()}")
    found = {str(path): set() for path in paths}
    for item in json.loads(done.stdout):
        found[item["file"]].add((item["line"], item["code"]))
    return found


def main():
    baton, directory = sys.argv[1:]
    paths = sorted(pathlib.Path(directory).glob("*.studio"))
    bad = 0 if paths else 1
    for name, found in reported(baton, paths).items():
        wanted = expected(pathlib.Path(name))
        for line, finding in sorted(wanted - found):
            bad += 1
            print(f"{name}:{line}: expected {finding}, and nothing of it is found")
        for line, finding in sorted(found - wanted):
            bad += 1
            print(f"{name}:{line}: found {finding}, which nobody expects")
    print(f"{len(paths)} scripts, {bad} differences")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
