#!/usr/bin/env python3
"""clock.py - the clocks of the running server are moved: steps of an hour, a hundred times the speed, 2038, daylight saving.

usage: clock.py BATON CLOCK.so [--control]

Timers go by the time since boot. So a step of the time of day moves none of
them, and a speed of all clocks moves them all: 0 early or late by more than a
second of that time. Calendars go by the time of day as it was at the start.

--control: the clocks that never step do, as in a system that lies: the same
measurement must notice.
"""
import argparse
import asyncio
import datetime
import mmap
import os
import pathlib
import struct
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "crash"))
import server as servers  # noqa: E402
import wire  # noqa: E402

TOKEN, BOT = "clock-supervisor-token", "clock-bot-token-bot"
CENTRE = """centre: clock
tokens:
  - {{ role: supervisor, token: clock-supervisor-token, name: boss }}
queues: [{{ id: support, maxWait: {seconds}, overflow: other, hours: late }}, {{ id: other }}]
bots: [{{ id: bot }}]
hours: [{{ id: late, timeZone: Europe/Berlin, sun: "{hours}", mon: "00:00-24:00", tue: "00:00-24:00", wed: "00:00-24:00", thu: "00:00-24:00", fri: "00:00-24:00", sat: "00:00-24:00" }}]
entryPoints: [{{ id: absent, bot: bot, fallback: other, inviteTimeout: {seconds} }}, {{ id: nowhere, bot: bot, inviteTimeout: {seconds}, idleTimeout: {seconds} }}]
"""
HOUR_US, SECOND = 3_600_000_000, 1.0
POLL = 0.02
# At a hundred times the speed a hundredth of a second is a second: what the machine itself takes is allowed besides.
MACHINE_SECONDS = 0.06


class Server(servers.Server):
    """In a world whose clocks are the test's."""

    def __init__(self, program, preload, base, **centre):
        path = os.path.join(base, "centre.yaml")
        with open(path, "w", encoding="utf-8") as file:
            file.write(CENTRE.format(**{"seconds": 3, "hours": "00:00-24:00", **centre}))
        super().__init__(program, path, os.path.join(base, "data"))
        self.environment = dict(os.environ, LD_PRELOAD=os.path.abspath(preload), CLOCK=os.path.join(base, "clock"))
        with open(self.environment["CLOCK"], "wb+") as file:
            file.truncate(mmap.PAGESIZE)
            self.memory = mmap.mmap(file.fileno(), mmap.PAGESIZE)
        self.set()

    def set(self, step_us=0, speed=1, also_us=0):
        struct.pack_into("=qqq", self.memory, 0, step_us, speed, also_us)

    def set_time(self, text):
        """The time of day is this one at this moment."""
        wanted = datetime.datetime.fromisoformat(text).timestamp()
        self.set(step_us=round((wanted - time.time()) * 1e6))

    async def spawn(self):
        with open(os.devnull, "wb") as nowhere:
            self.process = await asyncio.create_subprocess_exec(*self.command, stdin=nowhere, stdout=asyncio.subprocess.PIPE,
                                                                stderr=asyncio.subprocess.PIPE, env=self.environment)
        self.said = asyncio.ensure_future(self.process.stderr.read())

    async def ask(self, method, path, body=None):
        http = wire.Http(self.port)
        answer = await http.request(method, path, TOKEN, body)
        http.close()
        if not answer.done():
            raise AssertionError(f"{method} {path}: {answer.status} {answer.body}")
        return answer.json()


class Timers:
    """Sessions whose timers run: when each began and when it was over, by our own clock."""

    def __init__(self, server, seconds, speed=1):
        self.server, self.seconds, self.speed, self.off = server, seconds, speed, []

    async def status(self, session):
        return (await self.server.ask("GET", f"/api/v1/sessions/{session}"))["status"]

    async def one(self, what, session, begins, now):
        """From now on while the status is @begins."""
        while await self.status(session) == begins:
            await asyncio.sleep(POLL / 2)
            if time.monotonic() - now > self.seconds * 4 / self.speed + 5:
                break
        took = (time.monotonic() - now) * self.speed
        self.off.append((what, took - self.seconds))

    async def invitation(self):
        """A bot that never comes."""
        now = time.monotonic()
        opened = await self.server.ask("POST", "/api/v1/sessions", {"entryPoint": "absent"})
        await self.one("the invitation's", opened["id"], opened["status"], now)

    async def patience(self):
        """The longest wait of a queue, whose sessions then go to another one."""
        opened = await self.server.ask("POST", "/api/v1/sessions", {"entryPoint": "absent"})
        now = time.monotonic()
        await self.server.ask("POST", f"/api/v1/sessions/{opened['id']}/transfer", {"queueId": "support", "release": True})
        while (await self.server.ask("GET", f"/api/v1/sessions/{opened['id']}"))["queue"]["id"] == "support":
            await asyncio.sleep(POLL / 2)
            if time.monotonic() - now > self.seconds * 4 / self.speed + 5:
                break
        self.off.append(("the queue's", (time.monotonic() - now) * self.speed - self.seconds))

    async def idle(self):
        """Nobody holds it after the invitation: the second timer begins where the first ends."""
        began = now = time.monotonic()
        opened = await self.server.ask("POST", "/api/v1/sessions", {"entryPoint": "nowhere"})
        while (await self.status(opened["id"])) == opened["status"]:
            began = time.monotonic()  # it had not changed yet
            await asyncio.sleep(POLL / 10)
        self.off.append(("the invitation's", (time.monotonic() - now) * self.speed - self.seconds))
        await self.one("the idle session's", opened["id"], await self.status(opened["id"]), began)

    def allowed(self):
        return SECOND + MACHINE_SECONDS * (self.speed if self.speed > 1 else 0)

    def wrong(self):
        return [f"{what} timer is {off:+.2f} s off" for what, off in self.off if off < -SECOND or off > self.allowed()]


def report(title, timers):
    worst = max(abs(off) for _, off in timers.off)
    wrong = timers.wrong()
    print(f"{title}: {len(timers.off)} timers, {len(wrong)} early or late, the worst by {worst:.2f} s")
    for text in wrong:
        print(f"FAILED: {title}: {text}")
    return len(wrong)


async def stepped(options, base, move, title):
    """@move: how far by the n-th step; every fifth of a second."""
    server = Server(options.program, options.preload, base)
    await server.start()
    timers = Timers(server, 3)

    async def steps():
        for number in range(1000):
            await asyncio.sleep(0.2)
            server.set(**move(number))
    moving = asyncio.ensure_future(steps())
    await asyncio.sleep(0.5)
    await asyncio.gather(*[person() for person in (timers.invitation, timers.patience, timers.idle) for _ in range(3)])
    moving.cancel()
    await server.stop()
    return report(title, timers)


async def fast(options, base):
    server = Server(options.program, options.preload, base, seconds=300)
    server.set(speed=100)
    await server.start()
    timers = Timers(server, 300, 100)
    await timers.invitation()
    await timers.patience()
    await timers.idle()
    await server.stop()
    return report("a hundred times the speed", timers)


async def year_2038(options, base):
    """Over the second in which 32 bits are full, and through a restart behind it, with the time of day an hour back."""
    server = Server(options.program, options.preload, base)
    server.set_time("2038-01-19T03:14:06+00:00")
    await server.start()
    timers = Timers(server, 3)
    session = (await server.ask("POST", "/api/v1/sessions", {"entryPoint": "absent"}))["id"]
    await asyncio.gather(timers.invitation(), timers.patience(), timers.idle())
    before = (await server.ask("GET", f"/api/v1/sessions/{session}/timeline"))["events"]
    await server.stop()
    server.set_time("2038-01-19T02:14:10+00:00")
    await server.start()
    again = Timers(server, 3)
    later = (await server.ask("POST", "/api/v1/sessions", {"entryPoint": "absent"}))["id"]
    await asyncio.gather(again.invitation(), again.idle())
    after = (await server.ask("GET", f"/api/v1/sessions/{later}/timeline"))["events"]
    await server.stop()
    times = [event["at"] for event in before + after]
    wrong = report("the year 2038", timers) + report("a start with the clock an hour back", again)
    if times != sorted(times) or not times[0].startswith("2038-01-19T03:14:0") or not any(t > "2038-01-19T03:14:08" for t in times):
        print(f"FAILED: the year 2038: the times of events are {times}")
        wrong += 1
    return wrong


# The time of day a moment before the change, in a zone where 02:00 … 03:00 is left out or comes twice; the hours of Sunday; is it open then, and after?
CHANGES = [("forward, to its beginning", "2026-03-29T00:59:57+00:00", "03:00-24:00", False, True),
           ("forward, in what is left out, as if it were not", "2026-03-29T01:29:57+00:00", "00:00-02:30", True, False),
           ("back, in what comes twice", "2026-10-25T00:59:57+00:00", "00:00-03:00", True, True),
           ("back, to its end", "2026-10-25T01:59:57+00:00", "00:00-03:00", True, False)]


async def change(options, base, case):
    title, when, hours, opens, stays = case
    server = Server(options.program, options.preload, base, hours=hours)
    server.set_time(when)
    begin = time.monotonic()
    await server.start()

    async def is_open():
        return (await server.ask("GET", "/api/v1/hours/late"))["open"]
    seen = [await is_open()]
    await asyncio.sleep(max(0.0, 3 + SECOND - (time.monotonic() - begin)))
    seen.append(await is_open())
    await server.stop()
    if seen != [opens, stays]:
        print(f"FAILED: daylight saving {title}: open is {seen}, and should be {[opens, stays]}")
        return 1
    print(f"daylight saving {title}: open {seen[0]}, then {seen[1]}, as it should be")
    return 0


async def everything(options):
    def place(name):
        path = os.path.join(options.base, name)
        os.mkdir(path)
        return path
    wrong = await stepped(options, place("steps"), lambda n: {"step_us": HOUR_US * (n % 2 * 2 - 1)}, "steps of an hour, forward and back")
    wrong += await fast(options, place("fast"))
    wrong += await year_2038(options, place("2038"))
    wrong += sum(await asyncio.gather(*[change(options, place(f"change{i}"), case) for i, case in enumerate(CHANGES)]))
    print(f"{wrong} timers or calendars early or late")
    return 1 if wrong else 0


async def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("program")
    parser.add_argument("preload")
    parser.add_argument("--control", action="store_true")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="baton_clock.") as options.base:
        if not options.control:
            return await everything(options)
        wrong = await stepped(options, options.base, lambda n: {"also_us": 2_000_000 * (n // 4)}, "clocks that must not step, and do")
        print(f"the measurement finds {wrong} timers early")
        return 0 if wrong else 1


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
