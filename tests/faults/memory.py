#!/usr/bin/env python3
"""memory.py - a person is erased, and the memory of the running server is searched for what was said and known.

usage: memory.py BATON CLOCK.so [--others N] [--early]

A customer comes with a name and attributes, says something, sends a file's name, is answered, read about by
staff, and found in the history; the session ends, is in memory for its minute, and is erased. Time goes fast
meanwhile (clock.c), and some others come and go, as they do. Then every page that the process has is read:
0 of the person's words. Before, they are there, which is the control.
--early: searched at once instead of after the minute, in which a session that ended can still be read: that
is noticed, too.
"""
import argparse
import json
import mmap
import os
import pathlib
import re
import shutil
import struct
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "crash")]
import server as servers  # noqa: E402

SUPERVISOR, ADMIN = "crash-supervisor-token", "faults-admin-token"
WORDS = {name: f"canary-{name}-7f3a9c" for name in ("id", "name", "attribute", "said", "note", "file", "reason")}
SPEED, MINUTES, PATIENCE = 40, 2, 60


class Clock:
    """The numbers that clock.c reads."""

    def __init__(self, library, folder):
        self.library, self.name = os.path.abspath(library), os.path.join(folder, "clock")
        with open(self.name, "wb+") as file:
            file.truncate(mmap.PAGESIZE)
            self.memory = mmap.mmap(file.fileno(), mmap.PAGESIZE)

    def environment(self):
        return dict(os.environ, LD_PRELOAD=self.library, CLOCK=self.name)

    def run(self, speed):
        struct.pack_into("=q", self.memory, 8, speed)


class Server(servers.Serving):
    def __init__(self, program, centre, data, log, environment):
        with open(log, "w", encoding="utf-8") as said:
            self.process = subprocess.Popen(servers.command(program, centre, data), stdout=subprocess.PIPE, stderr=said, text=True, env=environment)
        self.url = servers.address(self.process.stdout.readline())

    def ask(self, method, path, body=None, token=SUPERVISOR, kind="application/json"):
        """The answer, when it is not 503 any more."""
        content = body if body is None or isinstance(body, bytes) else json.dumps(body).encode()
        headers = {"Authorization": f"Bearer {token}", "Content-Type": kind, "Connection": "close"}
        end = time.monotonic() + PATIENCE
        while True:
            request = urllib.request.Request(f"{self.url}/api/v1{path}", content, headers, method=method)
            try:
                with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
                    content = answer.read()
                    return json.loads(content) if answer.headers["Content-Type"].startswith("application/json") else content
            except urllib.error.HTTPError as error:
                if error.code != 503 or time.monotonic() > end:
                    raise AssertionError(f"{method} {path}: {error.code} {error.read()[:300]!r}") from error
            time.sleep(0.05)

    def search(self):
        """Where which words are: (word, region, what is around it)."""
        found, size = [], 0
        pid = self.process.pid
        with open(f"/proc/{pid}/maps", encoding="utf-8") as maps, open(f"/proc/{pid}/mem", "rb", buffering=0) as memory:
            for line in maps:
                begin, end, rights, name = re.match(r"(\w+)-(\w+) (\S+) \S+ \S+ \S+ *(.*)", line).groups()
                if rights[0] != "r" or name.startswith(("[vvar", "[vsyscall")):
                    continue
                begin, end = int(begin, 16), int(end, 16)
                try:
                    memory.seek(begin)
                    content = memory.read(end - begin)
                except (OSError, OverflowError):
                    continue  # a device's
                size += len(content)
                for word, text in WORDS.items():
                    found += [(word, name or "anonymous", content[max(0, at.start() - 60):at.end() + 40])
                              for at in re.finditer(text.encode(), content)]
        return found, size


def live(server, words):
    """A whole conversation; the session's id."""
    session = server.ask("POST", "/sessions", {"entryPoint": "main", "customer": {"id": words["id"], "name": words["name"]},
                                               "attributes": {"x": words["attribute"]}})
    here = f"/sessions/{session['id']}"
    server.ask("POST", f"{here}/messages", {"text": words["said"]}, session["token"])
    server.ask("POST", f"{here}/files?name={words['file']}.txt", words["file"].encode(), session["token"], "application/octet-stream")
    server.ask("POST", f"{here}/transfer", {"queueId": "support", "release": True})
    server.ask("POST", f"{here}/notes", {"text": words["note"]})
    for path in (here, f"{here}/messages", f"{here}/timeline", f"{here}/explain", f"{here}/transcript?format=json", f"/sessions?q={words['said']}"):
        server.ask("GET", path)
    server.ask("POST", f"{here}/end", {"reason": words["reason"]})
    while not server.ask("GET", f"/history?customer={words['id']}")["sessions"]:
        time.sleep(0.02)
    return session["id"]


def others(server, count):
    for number in range(count):
        live(server, {name: f"other-{name}-{number}" for name in WORDS})


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("program")
    parser.add_argument("preload")
    parser.add_argument("--others", type=int, default=20)
    parser.add_argument("--early", action="store_true")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="baton_memory.") as base:
        clock = Clock(options.preload, base)
        centre = shutil.copy(HERE / "centre.yaml", base)
        with Server(options.program, centre, os.path.join(base, "data"), os.path.join(base, "log"), clock.environment()) as server:
            others(server, 2)
            live(server, WORDS)
            before, _ = server.search()
            print(f"before: {len(before)} times in memory: {', '.join(sorted({word for word, _, _ in before}))}")
            if not options.early:
                clock.run(SPEED)
                time.sleep(MINUTES * 60 / SPEED)
                clock.run(1)
            server.ask("POST", "/erasures", {"customer": WORDS["id"]}, ADMIN)
            if not options.early:
                others(server, options.others)
            after, size = server.search()
    for word, region, around in after[:20]:
        print(f"FOUND {word} in {region}: {around!r}")
    print(f"after: {len(after)} times in {size >> 20} MiB of memory")
    missed = {"id", "name", "said"} - {word for word, _, _ in before}
    if options.early:
        return 0 if after else 1
    return 1 if after or missed else 0


if __name__ == "__main__":
    sys.exit(main())
