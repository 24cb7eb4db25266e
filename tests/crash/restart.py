#!/usr/bin/env python3
"""restart.py - how long a killed server takes until it serves again.

usage: restart.py BATON [--sessions N] [--starts N]

Opens the sessions over HTTP, which then wait in a queue; kills the process, and
starts it again and again. A start ends when a request is answered.
"""
import argparse
import asyncio
import os
import sys
import tempfile
import time

from crash import CENTRE
from ledger import SUPERVISOR
from server import Server
import wire

CLIENTS, TARGET_SECONDS = 16, 1.0


async def open_sessions(server, count):
    async def client(share):
        http = wire.Http(server.port)
        done = 0
        while done < share:
            answer = await http.request("POST", "/api/v1/sessions", SUPERVISOR, {"entryPoint": "main"})
            if answer.status == 201:
                done += 1
            elif answer.status in (429, 503):
                await asyncio.sleep(0.05)
            else:
                raise AssertionError(f"{answer.status}: {answer.body[:200]!r}")
        http.close()
    await asyncio.gather(*[client(count // CLIENTS) for _ in range(CLIENTS)])


async def start(program, data):
    """The server, and the seconds until it answered."""
    server, began = Server(program, CENTRE, data), time.monotonic()
    await server.start()
    http = wire.Http(server.port)
    answer = await http.request("GET", "/readyz", SUPERVISOR)
    seconds = time.monotonic() - began
    http.close()
    if answer.status != 200:
        raise AssertionError(f"/readyz is answered {answer.status}")
    return server, seconds


async def play(options, data):
    server, _ = await start(options.program, data)
    await open_sessions(server, options.sessions)
    taken = []
    for _ in range(options.starts):
        await server.kill()
        server, seconds = await start(options.program, data)
        taken.append(seconds)
    await server.kill()
    taken.sort()
    slowest = taken[min(len(taken) - 1, int(len(taken) * 0.99))]
    print(f"{options.sessions} open sessions: {len(taken)} starts, median {taken[len(taken) // 2]:.2f} s, "
          f"p99 {slowest:.2f} s (target {TARGET_SECONDS:.0f} s)")
    return 0 if slowest <= TARGET_SECONDS else 1


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("program")
    parser.add_argument("--sessions", type=int, default=2000)
    parser.add_argument("--starts", type=int, default=20)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="baton_restart.") as base:
        return asyncio.run(play(options, os.path.join(base, "data")))


if __name__ == "__main__":
    sys.exit(main())
