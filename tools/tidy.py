#!/usr/bin/env python3
"""tidy.py - clang-tidy over every file of a build that it has not passed yet.

usage: tidy.py --build DIR [--stamps DIR] [--all] [FILE...]

A file that passes leaves a stamp in build/tidy named by the hash of all that
clang-tidy saw of this project: the file, the headers it includes, its flags and
.clang-tidy. So an unchanged file costs a preprocessor run.

The analyzer gives up on a function after so many steps; here after a fifth of
its own limit, which takes a quarter of the time. --all looks at every file anew
and goes to the end.
"""
import argparse
import concurrent.futures
import hashlib
import json
import os
import pathlib
import re
import shlex
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
TIDY = "clang-tidy-14"
FEWER_STEPS = [f"--extra-arg={word}" for word in ("-Xclang", "-analyzer-config", "-Xclang", "max-nodes=45000")]


def headers_of(entry):
    """The file and what it includes, without the system's headers."""
    command = shlex.split(entry["command"])
    if "-o" in command:
        at = command.index("-o")
        del command[at : at + 2]
    command = [word for word in command if word not in ("-c", "-MD")] + ["-MM"]
    run = subprocess.run(command, cwd=entry["directory"], stdout=subprocess.PIPE, text=True)
    if run.returncode != 0:
        return None
    words = run.stdout.replace("\\\n", " ").split(":", 1)[1].split()
    return sorted({os.path.realpath(os.path.join(entry["directory"], word)) for word in words})


def stamp_of(entry, stamps):
    paths = headers_of(entry)
    if paths is None:
        return None
    seen = hashlib.sha256((ROOT / ".clang-tidy").read_bytes())
    seen.update(entry["command"].encode())
    for path in paths:
        seen.update(pathlib.Path(path).read_bytes())
    return stamps / seen.hexdigest()[:32]


def check(entry, args):
    """(file, seconds or None if it was clean already, findings or None)."""
    stamp = stamp_of(entry, args.stamps)
    if stamp and stamp.exists() and not args.all:
        return entry["file"], None, None
    start = time.monotonic()
    command = [TIDY, "-p", args.build, f"--config-file={ROOT}/.clang-tidy", "--quiet", entry["file"]]
    command += [] if args.all else FEWER_STEPS
    run = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    if run.returncode == 0 and stamp:
        stamp.touch()
        return entry["file"], time.monotonic() - start, None
    return entry["file"], time.monotonic() - start, run.stdout + run.stderr


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", required=True)
    parser.add_argument("--stamps", default=ROOT / "build/tidy", type=pathlib.Path)
    parser.add_argument("--all", action="store_true")
    parser.add_argument("files", nargs="*")
    args = parser.parse_args()
    args.stamps.mkdir(parents=True, exist_ok=True)
    entries = json.loads((pathlib.Path(args.build) / "compile_commands.json").read_text())
    wanted = [os.path.realpath(name) for name in args.files]
    # The header sets' generated one-line files are in the build directory.
    entries = [e for e in entries if not e["file"].startswith(str(ROOT / "build"))
               and (not wanted or os.path.realpath(e["file"]) in wanted)]
    if not entries:
        sys.exit("tidy: no such file in the build")
    looked, findings, failed = 0, [], 0
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        for name, seconds, said in pool.map(lambda e: check(e, args), entries):
            looked += seconds is not None
            failed += said is not None
            if said is not None:
                print(said, end="")
                findings += re.findall(r"^.*: (?:error|warning): .*$", said, re.M)
            elif seconds is not None:
                print(f"{seconds:5.1f} s  {os.path.relpath(name, ROOT)}")
    print("\n".join(["", *sorted(set(findings))]).replace(f"{ROOT}/", ""))
    print(f"tidy: {len(entries)} files, {looked} looked at, {failed} with findings")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
