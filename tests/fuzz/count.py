#!/usr/bin/env python3
"""count.py - every fuzzer for so many seconds, or inputs, and how many inputs each has tried.

usage: count.py BUILD [--seconds S | --runs N] [--max-len BYTES] [--only NAME …]

A long run of what reads slowly, such as the scripts' compiler, is bounded by
--max-len 128: most of what can be wrong with a statement fits in there, and ten
million of them take half an hour. Freed memory waits in a quarantine of 16 MB
instead of 256 (ASAN_OPTIONS), which is that of hundreds of inputs and stays in
the processor's cache.
"""
import argparse
import json
import os
import re
import subprocess
import sys
import time


def fuzzers(build):
    """The commands of the long tests, by name; a program that is not built has none."""
    said = subprocess.run(["ctest", "--test-dir", build, "--show-only=json-v1", "-R", r"^fuzz\.[^.]+\.long$"], check=True, text=True,
                          stdout=subprocess.PIPE)
    return {test["name"].split(".")[1]: test["command"] for test in json.loads(said.stdout)["tests"] if "command" in test}


def run(command, limits):
    """(is it clean?, inputs, what was said)"""
    words = [word for word in command if not word.startswith("-runs=")]
    env = {"ASAN_OPTIONS": "quarantine_size_mb=16", **os.environ}
    done = subprocess.run([words[0], *limits, "-print_final_stats=1", *words[1:]], text=True, errors="replace", env=env,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
    tried = re.search(r"stat::number_of_executed_units:\s+(\d+)", done.stdout)
    return done.returncode == 0 and tried is not None, int(tried.group(1)) if tried else 0, done.stdout


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("build")
    parser.add_argument("--seconds", type=int, default=40)
    parser.add_argument("--runs", type=int)
    parser.add_argument("--max-len", type=int)
    parser.add_argument("--only", nargs="+")
    options = parser.parse_args()
    limits = [f"-max_total_time={options.seconds}" if options.runs is None else f"-runs={options.runs}"]
    if options.max_len is not None:
        limits.append(f"-max_len={options.max_len}")
    counts, bad = {}, 0
    for name, command in sorted(fuzzers(options.build).items()):
        if options.only and name not in options.only:
            continue
        began = time.monotonic()
        clean, counts[name], said = run(command, limits)
        bad += not clean
        print(f"{name}: {counts[name]} inputs in {time.monotonic() - began:.0f} s" + ("" if clean else " and a finding:\n" + said[-3000:]), flush=True)
    if not counts:
        sys.exit(f"{options.build} has no fuzzers: clang builds them")
    each = f"{options.seconds} s" if options.runs is None else f"{options.runs} inputs"
    print(f"{len(counts)} parsers, {each} each, {sum(counts.values())} inputs in all, at least {min(counts.values())}: {bad} findings")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
