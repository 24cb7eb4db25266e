#!/usr/bin/env python3
"""crash.py - kill -9 under load, again and again: nothing answered is lost.

usage: crash.py BATON [--rounds N] [--seed N] [--keep DIR] [--history FILE]
           kills and checks; --keep leaves the data directory there, --history
           what clients wrote and read (linear.py looks at it)
       crash.py BATON --control
           loses batches on purpose: the checker must see it

A round: start, check what the last rounds left, load, kill at a random moment.
Every fourth start is killed on its way up, every tenth round stops in order, so
that a snapshot is written. At the end everything is checked once more, and
`baton replay` reads the journal from its first batch, and one order must explain
what the registers' clients were told.
"""
import argparse
import asyncio
import json
import os
import pathlib
import random
import shutil
import subprocess
import sys
import tempfile
import time

from ledger import Ledger
import linear
from load import Load
from registers import Registers
from server import Server, StartFailed

CENTRE = str(pathlib.Path(__file__).resolve().parent / "centre.yaml")
LOAD_SECONDS = (0.03, 0.12)
SHOWN, ENOUGH, PATIENCE_SECONDS = 20, 50, 60


class Story:
    """One data directory, one ledger, many processes."""

    def __init__(self, program, data, seed):
        self.program, self.data, self.seed = program, data, seed
        self.ledger, self.registers, self.random = Ledger(), Registers(), random.Random(seed)
        self.start_seconds = []

    def server(self):
        return Server(self.program, CENTRE, self.data)

    async def start(self):
        server, began = self.server(), time.monotonic()
        await server.start()
        self.start_seconds.append(time.monotonic() - began)
        return server

    async def load(self, server, seconds):
        """Loads until somebody kills the server, here after so many seconds."""
        work = asyncio.ensure_future(Load(server.port, self.ledger, self.registers, self.random.random()).run())
        await asyncio.sleep(seconds)
        return work

    async def killed_on_its_way_up(self):
        server = self.server()
        await server.spawn()
        await asyncio.sleep(self.random.uniform(0, 0.2))
        await server.kill()

    async def round(self, number):
        if number % 4 == 3:
            await self.killed_on_its_way_up()
        server = await self.start()
        await self.ledger.check(server.port)
        work = await self.load(server, self.random.uniform(*LOAD_SECONDS))
        if number % 10 == 9:
            code, said = await server.stop()
            if code != 0:
                self.ledger.fail(f"round {number}: stopped with exit code {code}: {said[-500:]}")
        else:
            await server.kill()
        await work
        return len(self.ledger.failures)


def replay(program, data):
    """What `baton replay` has against the journal; empty if nothing."""
    done = subprocess.run([program, "replay", "--json", data], stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, check=False)
    return "" if done.returncode == 0 else done.stderr.decode(errors="replace").strip()


async def kill_again_and_again(story, rounds, keep_history=None):
    for number in range(rounds):
        if await story.round(number):
            break
    server = await story.start()
    await story.ledger.check(server.port, everything=True)
    await server.stop()
    trouble = replay(story.program, story.data)
    if trouble:
        story.ledger.fail(f"replay: {trouble}")
    history = story.registers.history
    if linear.report(history):
        story.ledger.fail("the history of the registers cannot be explained")
    if keep_history:
        with open(keep_history, "w", encoding="utf-8") as lines:
            lines.writelines(json.dumps(operation) + "\n" for operation in history)
    answered, sent, shown = story.ledger.counts()
    starts = sorted(story.start_seconds)
    print(f"{rounds} rounds, {sent} commands sent, {answered} answered, {shown} facts shown; "
          f"start median {starts[len(starts) // 2]:.2f} s, slowest {starts[-1]:.2f} s")
    return report(story.ledger.failures)


def report(failures):
    for text in failures[:SHOWN]:
        print(f"LOST  {text}")
    print(f"{len(failures)} failures")
    return 1 if failures else 0


# --- the negative control --------------------------------------------------------

async def control(story):
    """Puts an older journal in the place of the newer one, as a backup that was
    restored too early would be; then cuts the newest batches off."""
    old = story.data + ".old"
    await load_until(story, lambda: story.ledger.said)
    shutil.copytree(story.data, old)
    await load_until(story, lambda: find_written_over(story.registers.history))
    shutil.move(story.data, story.data + ".new")
    shutil.move(old, story.data)
    server = await story.start()
    lost = await story.ledger.check(server.port, everything=True)
    await server.kill()
    print(f"an older journal: the checker finds {len(lost)} things lost, for example:\n  {(lost or ['nothing'])[0]}")
    os.remove(os.path.join(story.data, "keys"))
    foreign = await start_refused(story)
    print(f"the keys of another journal: {foreign or 'starts without a word'}")
    shutil.rmtree(story.data)
    shutil.move(story.data + ".new", story.data)
    os.remove(os.path.join(story.data, "journal", "journal.db-wal"))
    refused = await start_refused(story)
    print(f"a journal without its write-ahead log: {refused or 'starts without a word'}")
    forged = forge(story.registers.history)
    print(f"one read of the recorded history changed: {'noticed' if forged else 'not noticed'}")
    return 0 if lost and refused and "file of keys" in foreign and forged and linear.control() == 0 else 1


async def load_until(story, is_enough):
    """Then it is killed. However slow the machine is, there is enough to lose."""
    server, answered = await story.start(), story.ledger.counts()[0]
    work = await story.load(server, 0)
    for _ in range(PATIENCE_SECONDS * 20):
        await asyncio.sleep(0.05)
        if story.ledger.counts()[0] >= answered + ENOUGH and is_enough():
            break
    await server.kill()
    await work


def find_written_over(history):
    """A read, and a value that had been written over by then; None if there is none yet."""
    answered = [o for o in history if o["to"] is not None]
    for read in reversed([o for o in answered if o["kind"] == "read"]):
        before = [o for o in answered if o["object"] == read["object"] and o["kind"] == "write" and o["to"] < read["from"]]
        for old in before:
            if any(old["to"] < newer["from"] for newer in before):
                return read, old["value"]
    return None


def forge(history):
    """Is it noticed if a read had shown such a value?"""
    read, value = find_written_over(history)
    read["value"] = value
    return bool(linear.check(history)[0])


async def start_refused(story):
    """The sentence with which the server refuses to start; empty if it does."""
    try:
        server = await story.start()
    except StartFailed as refused:
        return str(refused)
    await server.kill()
    return ""


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("program")
    parser.add_argument("--rounds", type=int, default=50)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(1 << 32))
    parser.add_argument("--keep", metavar="DIR")
    parser.add_argument("--history", metavar="FILE", help="where what the registers' clients saw is written")
    parser.add_argument("--control", action="store_true")
    options = parser.parse_args()
    print(f"seed {options.seed}")
    with tempfile.TemporaryDirectory(prefix="baton_crash.") as base:
        story = Story(options.program, options.keep or os.path.join(base, "data"), options.seed)
        work = control(story) if options.control else kill_again_and_again(
            story, options.rounds, options.history)
        return asyncio.run(work)


if __name__ == "__main__":
    sys.exit(main())
