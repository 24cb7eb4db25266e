#!/usr/bin/env python3
"""faults.py - the n-th open, rename, write, sync, allocation of the whole running server fails.

usage: faults.py BATON FAULTS.so [--seconds S] [--kind KIND] [--control] [--stay]

For each kind the life of story.py is played with the n-th call failing, n = 1 …
until a life completes without one: once, and from there on for ever. The process
must stay; what it answers must be true, which is asked of the next process after
a kill; new work is refused with 503; and when the fault is over the server is
itself again, with nobody's help: where a sync failed it starts itself anew, as
the same process on the same port. The same for its start, which may fail, with a sentence. At last it
gets less memory than it wants. With --seconds a kind takes no longer: then some
n are left out, evenly, and said.

--control: the disk lies (a write says that it went well): the check must notice.
--stay: the server is told not to start itself again: that must be noticed, too.
"""
import argparse
import asyncio
import os
import pathlib
import resource
import shutil
import signal
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "crash")]
from preload import Faults, FOR_EVER, KINDS, LIES, ONCE  # noqa: E402
import server as servers  # noqa: E402
from story import Story, SUPERVISOR  # noqa: E402
import wire  # noqa: E402

PATIENCE, HASTE, RECOVERY, CHECK_EVERY = 1.5, 0.5, 15, 60
HEADROOM = 24 << 20


class Server(servers.Server):
    """The server under the preload; what it says is kept in a file."""

    def __init__(self, program, centre, data, faults, log, stays):
        super().__init__(program, centre, data)
        self.faults, self.log = faults, log
        self.command += ["--no-restart"] * stays

    async def spawn(self):
        with open(os.devnull, "rb") as nowhere, open(self.log, "wb") as said:
            self.process = await asyncio.create_subprocess_exec(
                *self.command, stdin=nowhere, stdout=asyncio.subprocess.PIPE, stderr=said, env=self.faults.environment())
        self.said = asyncio.ensure_future(self._read())

    async def _read(self):
        await self.process.wait()
        return pathlib.Path(self.log).read_bytes()

    def last_words(self):
        return pathlib.Path(self.log).read_text(errors="replace")[-1500:]

    def ended(self):
        return self.process.returncode is not None


class Run:
    def __init__(self, options, base):
        self.options, self.story, self.failures, self.restarts, self.tried, self.longest = options, Story(), [], 0, 0, 0
        self.faults = Faults(options.preload, base)
        centre = shutil.copy(HERE / "centre.yaml", base)
        self.server = Server(options.program, centre, os.path.join(base, "data"), self.faults, os.path.join(base, "log"), options.stay)

    def fail(self, text):
        self.failures.append(text)
        print(f"FAILED: {text}", flush=True)

    async def begin(self):
        self.faults.disarm(pid=0)
        await self.server.start()

    async def status(self, path):
        http = wire.Http(self.server.port)
        try:
            answer = await asyncio.wait_for(http.request("GET", path, SUPERVISOR), PATIENCE)
            return answer.status, answer.body
        except (ConnectionError, asyncio.TimeoutError):
            return 0, b""
        finally:
            http.close()

    async def again(self):
        """Killed, and there again: what was answered is looked for."""
        await self.server.kill()
        await self.begin()
        for failure in await self.story.check(self.server.port):
            self.fail(failure)

    # --- one fault ------------------------------------------------------------

    async def recovers(self, what):
        """By itself, also where the journal was given up: that it was must be said."""
        began, given_up = time.monotonic(), False
        while time.monotonic() < began + RECOVERY and not self.server.ended():
            status, body = await self.status("/readyz")
            given_up = given_up or b"must be opened anew" in body
            if status == 200:
                if given_up or self.restarted():
                    await self.came_back(what, time.monotonic() - began)
                return
            await asyncio.sleep(0.02)
        if self.server.ended():
            self.fail(f"{what}: the process ended with {self.server.process.returncode}: {self.server.last_words()}")
            await self.begin()
        else:
            self.fail(f"{what}: not ready {RECOVERY} s after it was over: {self.server.last_words()}")
            await self.again()

    def restarted(self):
        return b'"server.restarting"' in pathlib.Path(self.server.log).read_bytes()

    async def came_back(self, what, seconds):
        """The same process, which knows what was answered; then one that has no restarts behind it."""
        if not self.restarted():
            self.fail(f"{what}: it was away and does not say why: {self.server.last_words()}")
        self.restarts, self.longest = self.restarts + 1, max(self.longest, seconds)
        for failure in await self.story.check(self.server.port):
            self.fail(f"{what}: after it had started itself again: {failure}")
        await self.again()

    async def one(self, kind, at, how):
        """False once the life completes without the fault."""
        what = f"{kind} {at} {'for ever' if how == FOR_EVER else 'once'}"
        before = len(self.story.wrong)
        self.faults.arm(kind, at, how)
        await self.story.play(self.server.port, HASTE if how == FOR_EVER else PATIENCE, hasty=how == FOR_EVER)
        _, failed = self.faults.disarm()
        for wrong in self.story.wrong[before:]:
            self.fail(f"{what}: {wrong}")
        if failed == 0:
            return False
        self.tried += 1
        await self.recovers(what)
        if self.tried % CHECK_EVERY == 0:
            await self.again()
        return True

    async def count(self, kind):
        """The calls of a life without faults."""
        self.faults.arm(kind, 0)
        if not await self.story.play(self.server.port, PATIENCE):
            self.fail(f"a life without faults was not answered whole: {self.story.wrong[-1:]} {self.server.last_words()}")
        calls = self.faults.disarm()[0]
        if calls == 0:
            self.fail(f"no {kind} is counted: the preload is not there, or not in the way")
        return calls

    async def kind(self, kind, seconds):
        calls = max([await self.count(kind) for _ in range(3)])  # one in three erases, too
        for how in (ONCE, FOR_EVER):
            tried, end, number = self.tried, time.monotonic() + seconds / 2, 1
            while await self.one(kind, number, how):
                left, done = max(end - time.monotonic(), 0.001), self.tried - tried
                pace = (seconds / 2 - left) / done
                number += max(1, round((calls - number) * pace / left)) if calls > number else 1
                if left <= 0.001 and number > calls:
                    break
            print(f"{kind}, {'once' if how == ONCE else 'for ever'}: {self.tried - tried} of about {calls} calls of a life failed", flush=True)
        await self.again()

    # --- the start ------------------------------------------------------------

    async def start_with(self, kind, at):
        """False once it starts without the fault."""
        await self.server.kill()
        self.faults.arm(kind, at, ONCE, pid=0)
        try:
            await self.server.start()
        except servers.StartFailed as failure:
            if self.server.process.returncode < 0:
                self.fail(f"the start with {kind} {at}: signal {-self.server.process.returncode}: {failure}")
            elif not str(failure):
                self.fail(f"the start with {kind} {at} failed without a word")
        except asyncio.TimeoutError:
            self.fail(f"the start with {kind} {at} neither fails nor serves: {self.server.last_words()}")
        return self.faults.disarm()[1] > 0

    async def starts(self, kind, seconds):
        await self.server.kill()
        self.faults.arm(kind, 0, pid=0)
        await self.server.start()
        calls, done, number, began = self.faults.disarm()[0], 0, 1, time.monotonic()
        while await self.start_with(kind, number):
            done += 1
            spent = time.monotonic() - began
            number += max(1, round((calls - number) * (spent / done) / max(seconds - spent, 0.001)))
            if number > calls and spent > seconds:
                break
        self.tried += done
        print(f"{kind}, at the start: {done} of {calls} calls failed", flush=True)
        await self.again()

    # --- less memory than it wants --------------------------------------------

    async def memory(self):
        pid, hard = self.server.process.pid, resource.RLIM_INFINITY
        with open(f"/proc/{pid}/statm", encoding="ascii") as statm:
            size = int(statm.read().split()[0]) * resource.getpagesize()
        resource.prlimit(pid, resource.RLIMIT_AS, (size + HEADROOM, hard))
        before = len(self.story.wrong)
        refused = await self.hoard()
        resource.prlimit(pid, resource.RLIMIT_AS, (hard, hard))
        await self.recovers("too little memory")
        for wrong in self.story.wrong[before:]:
            self.fail(f"too little memory: {wrong}")
        if refused == 0:
            self.fail("too little memory: nothing was refused, so nothing was shown")
        await self.again()
        print(f"memory limit of {(size + HEADROOM) >> 20} MiB: {refused} of the requests were refused or cut", flush=True)

    async def hoard(self):
        """Sessions with long messages, until some are refused."""
        story, port = self.story, self.server.port
        story.http, story.patience, refused = wire.Http(port), PATIENCE, 0
        for _ in range(400):
            opening = story.command("open", SUPERVISOR, "/api/v1/sessions", {"entryPoint": "main", "attributes": {"x": "y" * 60000}})
            answer = await story.ask("open", opening.send(story.http), PATIENCE)
            if isinstance(answer, str):
                refused += 1
            else:
                story.ledger.fact(answer.json()["id"], "session.opened")
            if refused >= 20 or self.server.ended():
                break
        story.http.close()
        return refused

    async def all(self):
        options = self.options
        await self.begin()
        for kind in [options.kind] if options.kind else KINDS:
            share = 8 if kind == "allocate" else 1  # of which there are the most by far
            await self.kind(kind, options.seconds * share)
            await self.starts(kind, options.seconds * share / 2)
        if not options.kind:
            await self.memory()
        await self.server.kill()
        story = self.story
        print(f"{self.tried} faults: {story.answered} steps answered, {story.refused} refused with 503, {story.unanswered} not answered, "
              f"{self.restarts} disks given up, each served again after {self.longest:.1f} s at most: {len(self.failures)} failures")
        return 1 if self.failures else 0

    async def stays(self):
        """One sync fails, once: without restarts it must not be ready again, and this must be noticed."""
        await self.begin()
        await self.one("sync", 1, ONCE)
        await self.server.kill()
        print(f"a server that does not start itself again: {len(self.failures)} failures noticed")
        return 0 if self.failures else 1

    async def control(self):
        """Each write after the first few lies: what was answered is lost with the process, and must be missed."""
        await self.begin()
        await self.story.play(self.server.port, PATIENCE)
        self.faults.arm("write", 1, LIES)
        await self.story.play(self.server.port, PATIENCE)
        calls, lies = self.faults.disarm()
        await self.server.kill()
        try:
            await self.begin()
            lost = await self.story.check(self.server.port)
        except servers.StartFailed as failure:
            lost = [str(failure)]
        await self.server.kill()
        print(f"a disk that lies ({lies} of {calls} writes): the check finds {len(lost)} things lost")
        return 0 if lost and lies else 1


async def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("program")
    parser.add_argument("preload")
    parser.add_argument("--seconds", type=float, default=1e9)
    parser.add_argument("--kind", choices=list(KINDS))
    parser.add_argument("--control", action="store_true")
    parser.add_argument("--stay", action="store_true")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="baton_faults.") as base:
        run = Run(options, base)
        try:
            return await (run.control() if options.control else run.stays() if options.stay else run.all())
        finally:
            if run.server.process is not None and not run.server.ended():
                run.server.process.send_signal(signal.SIGKILL)
                await run.server.process.wait()


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
