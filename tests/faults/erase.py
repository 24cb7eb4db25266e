#!/usr/bin/env python3
"""erase.py - an erasure is stopped at each write, sync, open and rename of it; asked again, it is finished.

usage: erase.py BATON FAULTS.so

A person's session ends; the n-th call of a kind fails while it is erased, once,
n = 1 … until an erasure completes without one. Whatever is answered, the same is
asked again: 200 in the end, for the customer and for the session, and no file of
the data directory holds the person any more. Before, one does: the control.
"""
import asyncio
import json
import os
import pathlib
import shutil
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "crash")]
from preload import Faults, ONCE  # noqa: E402
import server as servers  # noqa: E402
import wire  # noqa: E402

SUPERVISOR, ADMIN = "crash-supervisor-token", "faults-admin-token"
PATIENCE = 20


class Server(servers.Server):
    def __init__(self, program, centre, data, faults):
        super().__init__(program, centre, data)
        self.faults = faults

    async def spawn(self):
        with open(os.devnull, "r+b") as nowhere:
            self.process = await asyncio.create_subprocess_exec(
                *self.command, stdin=nowhere, stdout=asyncio.subprocess.PIPE, stderr=nowhere, env=self.faults.environment())
        self.said = asyncio.ensure_future(self.process.wait())

    async def ask(self, method, path, body=None, token=ADMIN):
        """Status and body; 0 if there is no answer."""
        http = wire.Http(self.port)
        try:
            answer = await asyncio.wait_for(http.request(method, f"/api/v1{path}", token, body), 2)
            return answer.status, answer.body
        except (ConnectionError, OSError, EOFError, ValueError, asyncio.TimeoutError):
            return 0, b""
        finally:
            http.close()

    async def surely(self, method, path, body=None, token=ADMIN):
        end = time.monotonic() + PATIENCE
        while True:
            status, answer = await self.ask(method, path, body, token)
            if status not in (0, 503):
                return status, answer
            if time.monotonic() > end:
                raise AssertionError(f"{method} {path}: {status} {answer[:300]!r} after {PATIENCE} s")
            await asyncio.sleep(0.02)


class Run:
    def __init__(self, program, preload, base):
        self.base, self.faults, self.count, self.failures, self.halted = base, Faults(preload, base), 0, [], 0
        self.data = pathlib.Path(base, "data")
        self.server = Server(program, shutil.copy(HERE / "centre.yaml", base), str(self.data), self.faults)

    def files_with(self, word):
        return [str(path.relative_to(self.data)) for path in self.data.rglob("*") if path.is_file() and word.encode() in path.read_bytes()]

    async def visit(self):
        """A session that is over and in the history: its id, and a word that is the person's alone."""
        self.count += 1
        word = f"canary{self.count:06d}"
        ask = self.server.surely
        opening = {"entryPoint": "main", "customer": {"id": word, "name": word}}
        session = json.loads((await ask("POST", "/sessions", opening, SUPERVISOR))[1])
        await self.upload(session, word)
        await ask("POST", f"/sessions/{session['id']}/end", {"reason": word}, SUPERVISOR)
        while json.loads((await ask("GET", f"/history?customer={word}", None, SUPERVISOR))[1])["sessions"] == []:
            await asyncio.sleep(0.01)
        return session["id"], word

    async def upload(self, session, word):
        http = wire.Http(self.server.port)
        http.reader, http.writer = await asyncio.open_connection("127.0.0.1", http.port)
        http.writer.write((f"POST /api/v1/sessions/{session['id']}/files?name=a.txt HTTP/1.1\r\nHost: localhost\r\n"
                           f"Content-Length: {len(word)}\r\nAuthorization: Bearer {session['token']}\r\n"
                           f"Content-Type: application/octet-stream\r\n\r\n{word}").encode())
        answer = await http._answer()
        http.close()
        assert answer.status == 201, answer.body

    async def one(self, kind, at):
        """False once an erasure completes without the fault."""
        session, word = await self.visit()
        what = f"{kind} {at}"
        if not {"history.db-wal", "history.db"} & set(self.files_with(word)):
            self.failures.append(f"{what}: the control does not find the person before")
        body = {"customer": word} if at % 2 else {"session": session}
        await self.server.surely("GET", "/queues")
        self.faults.arm(kind, at, ONCE)
        status, _ = await self.server.ask("POST", "/erasures", body)
        _, failed = self.faults.disarm()
        self.halted += status != 200
        for again in (body, {"session": session}, {"customer": word}):
            status, answer = await self.server.surely("POST", "/erasures", again)
            if status != 200:
                self.failures.append(f"{what}: asked again, {list(again)[0]}: {status} {answer[:300]!r}")
        left = self.files_with(word)
        if left:
            self.failures.append(f"{what}: still in {left}")
        timeline = (await self.server.surely("GET", f"/sessions/{session}/timeline", None, SUPERVISOR))[1]
        if failed == 0 and b"session.opened" not in timeline:
            self.failures.append(f"{what}: what happened is gone, too")
        return failed > 0

    async def all(self):
        self.faults.disarm(pid=0)
        await self.server.start()
        for kind in ("write", "sync", "open", "rename"):
            number = 1
            while await self.one(kind, number):
                number += 1
            print(f"{kind}: {number - 1} calls of an erasure failed", flush=True)
        await self.server.kill()
        for failure in self.failures:
            print(f"FAILED: {failure}")
        print(f"{self.count} erasures, of which {self.halted} were stopped: {len(self.failures)} failures")
        return 1 if self.failures or not self.halted else 0


async def main():
    with tempfile.TemporaryDirectory(prefix="baton_erase.") as base:
        run = Run(sys.argv[1], sys.argv[2], base)
        try:
            return await run.all()
        finally:
            if run.server.process is not None and run.server.process.returncode is None:
                await run.server.kill()


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
