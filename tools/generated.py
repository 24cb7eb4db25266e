#!/usr/bin/env python3
"""generated.py - a kept file must be what its tool prints.

usage: generated.py [--write] OUTPUT -- COMMAND ARGS...
"""
import difflib
import pathlib
import subprocess
import sys


def main(argv):
    write = argv[:1] == ["--write"]
    output, dashes, *command = argv[1:] if write else argv
    if dashes != "--" or not command:
        sys.exit(__doc__)
    fresh = subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout.decode()
    path = pathlib.Path(output)
    kept = path.read_text() if path.exists() else ""
    if kept == fresh:
        return 0
    if write:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(fresh)
        print(f"wrote {output}")
        return 0
    lines = difflib.unified_diff(kept.splitlines(), fresh.splitlines(), output, "fresh", lineterm="", n=1)
    for line in list(lines)[:40]:
        print(line)
    print(f"{output} is stale: run ./dev gen and commit it")
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
