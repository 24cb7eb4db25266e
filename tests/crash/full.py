#!/usr/bin/env python3
"""full.py - a disk without room: new work is refused, and it recovers by itself.

usage: full.py BATON

The disk's end is a limit on the size of files, which is moved while the server
runs. What was answered before is there after; what was refused never happened.
"""
import asyncio
import os
import resource
import shutil
import signal
import sys
import tempfile

from crash import CENTRE
from ledger import Ledger, SUPERVISOR
from server import Server
import wire

PATIENCE, SPARE = 20, 40_000


async def eventually(what, condition):
    for _ in range(PATIENCE * 20):
        if await condition():
            return
        await asyncio.sleep(0.05)
    raise AssertionError(f"in {PATIENCE} s: not {what}")


def limit_files(pid, size):
    hard = resource.prlimit(pid, resource.RLIMIT_FSIZE)[1]
    resource.prlimit(pid, resource.RLIMIT_FSIZE, (size, hard))


def journal_bytes(data):
    folder = os.path.join(data, "journal")
    return max(os.path.getsize(os.path.join(folder, name)) for name in os.listdir(folder))


class Story:
    def __init__(self, server, centre, data):
        self.server, self.centre, self.data, self.ledger = server, centre, data, Ledger()
        self.http, self.number = wire.Http(server.port), 0

    async def status(self, path):
        return (await self.http.request("GET", path, SUPERVISOR)).status

    async def open(self):
        """One session; None if it was not answered in time."""
        self.number += 1
        opening = self.ledger.command(f"open-{self.number}", SUPERVISOR, "POST", "/api/v1/sessions",
                                      {"entryPoint": "main", "customer": {"name": "x" * 2000}})
        try:
            answer = await asyncio.wait_for(opening.send(self.http), 1)
        except asyncio.TimeoutError:
            self.http.close()  # it is held back until there is room
            return None
        if answer.status == 201:
            self.ledger.fact(opening.session, "session.opened")
        return answer.status

    async def play(self):
        for _ in range(20):
            assert await self.open() == 201
        limit_files(self.server.process.pid, journal_bytes(self.data) + SPARE)

        async def is_refused():
            return await self.open() == 503
        await eventually("refused", is_refused)
        assert await self.status("/healthz") == 200, "the process must stay"
        assert await self.status("/readyz") == 503, "a full disk is not ready"

        # A reload whose new bot the journal cannot take: refused, and no more.
        with open(self.centre, "r+", encoding="utf-8") as centre:
            text = centre.read().replace("bots: [", 'bots: [{ id: new, type: webhook, url: "http://127.0.0.1:9/" }, ')
            centre.seek(0)
            centre.write(text)
        self.server.process.send_signal(signal.SIGHUP)
        await asyncio.sleep(0.5)
        assert await self.status("/healthz") == 200, "a refused reload must not end the process"

        limit_files(self.server.process.pid, resource.RLIM_INFINITY)

        async def is_ready():
            return await self.status("/readyz") == 200
        await eventually("ready again", is_ready)
        assert await self.open() == 201
        failures = await self.ledger.check(self.server.port, everything=True)
        assert not failures, failures
        self.http.close()


async def main(program):
    with tempfile.TemporaryDirectory(prefix="baton_full.") as base:
        data = os.path.join(base, "data")
        centre = shutil.copy(CENTRE, base)
        server = Server(program, centre, data)
        await server.start()
        story = Story(server, centre, data)
        await story.play()
        code, said = await server.stop()
        assert code == 0, said
        for message in ("journal.full", "configuration.refused", "journal.recovered"):
            assert message in said, f"the log does not say {message}:\n{said}"
    print(f"{story.number} sessions asked for, none that was answered is lost")


if __name__ == "__main__":
    sys.exit(asyncio.run(main(sys.argv[1])))
