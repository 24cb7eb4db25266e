#!/usr/bin/env python3
"""Runs the commands of a session file and compares what they print.

A session file reads like a terminal: a line "$ baton …" is a command, what
follows is what it prints (standard output, then standard error), and "[exit N]"
ends it. Paths are relative to the project's root. Real time, which is another
each time, reads "… ms".

    tests/golden/cli.py BATON FILE...            compare
    tests/golden/cli.py --write BATON FILE...    write the files anew
"""
import difflib
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def play(baton, command):
    """What the terminal shows for one command."""
    words = shlex.split(command)
    assert words[0] == "baton", command
    env = {**os.environ, "NO_COLOR": "1", "BATON_TOKEN": ""}
    done = subprocess.run([baton, *words[1:]], cwd=ROOT, env=env, timeout=60,
                          stdin=subprocess.DEVNULL, capture_output=True)
    text = re.sub(r"\d+\.\d ms", "… ms", done.stdout.decode() + done.stderr.decode())
    if text and not text.endswith("\n"):
        text += "\n"
    return f"$ {command}\n{text}[exit {done.returncode}]\n"


def main():
    args = sys.argv[1:]
    write = args[:1] == ["--write"]
    baton, *files = args[write:]
    bad = 0
    for name in files:
        path = Path(name)
        expected = path.read_text()
        commands = [line[2:] for line in expected.splitlines() if line.startswith("$ ")]
        found = "\n".join(play(os.path.abspath(baton), c) for c in commands)
        if write:
            path.write_text(found)
        elif found != expected:
            bad += 1
            sys.stdout.writelines(difflib.unified_diff(
                expected.splitlines(True), found.splitlines(True), "expected", "found"))
        if not commands:
            print(f"{name}: no command in it")
            bad += 1
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
