#!/usr/bin/env python3
"""soak.py - a server at half of what it can do, for long: does anything grow?

usage: soak.py BATON [--minutes M] [--slices N] [--rate R] [--leak]

Whole lives of sessions, begun at half the rate that a first run reaches, or at
R a second on a machine that has other things to do. After each slice: memory,
descriptors, latency. The first slices fill caches and what is kept for a while;
from the middle to the end nothing may grow. --leak is the control: customers
come and never go.
"""
import argparse
import asyncio
import statistics
import sys
import tempfile
import threading

from house import MIB, House
import wire

# So many lives fill the caches, and the memory in which snapshots are made.
WARM_SESSIONS, CLIENTS = 24000, 32
# The noise of a machine that has other things to do.
MEMORY_MORE, FILES_MORE, LATENCY_TIMES = 16 * MIB, 8, 3
LEAKS_A_SECOND = 400


class Leak(threading.Thread):
    """Opens sessions that nobody ends, until it is stopped."""

    def __init__(self, port):
        super().__init__(daemon=True)
        self.port, self.opened, self.stopped = port, 0, False

    def run(self):
        asyncio.run(self.open())

    async def open(self):
        http = wire.Http(self.port)
        while not self.stopped:
            answer = await http.request("POST", "/api/v1/sessions", None, {"entryPoint": "aside", "attributes": {"note": "x" * 40000}})
            self.opened += answer.done()
            await asyncio.sleep(1 / LEAKS_A_SECOND)
        http.close()


def grown(slices):
    """What is more at the end than in the middle: a list of words, empty if all is flat."""
    half = len(slices) // 2
    middle, end = slices[half // 2:half + 1], slices[-(half // 2 + 1):]

    def both(name):
        return (statistics.median(s[name] for s in part) for part in (middle, end))
    found = []
    for name, limit in (("memory", lambda was: was + MEMORY_MORE), ("files", lambda was: was + FILES_MORE),
                        ("p99_us", lambda was: was * LATENCY_TIMES)):
        was, now = both(name)
        if now > limit(was):
            found.append(f"{name} {was:.0f} -> {now:.0f}")
    return found


def soak(house, minutes, count, rate):
    reached = house.handovers("--sessions", WARM_SESSIONS, "--clients", CLIENTS)["handovers_per_s"]
    rate = rate or max(1, int(reached / 2))
    slices = []
    for number in range(count):
        seconds = minutes * 60 / count
        said = house.handovers("--rate", rate, "--sessions", max(1, int(rate * seconds)), "--clients", CLIENTS)
        slices.append({"memory": house.memory(), "files": house.files(), "p99_us": said["life_us_p99"], "failed": said["failed"],
                       "ended": said["ended"]})
        last = slices[-1]
        print(f"{number + 1:3} of {count}: {last['ended']} lives at {rate}/s, {last['failed']} failed, "
              f"{last['memory'] / MIB:.1f} MiB, {last['files']} descriptors, a life {last['p99_us'] / 1000:.1f} ms (p99)", flush=True)
    return rate, slices


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("program")
    parser.add_argument("--minutes", type=float, default=60)
    parser.add_argument("--slices", type=int, default=12)
    parser.add_argument("--rate", type=int, help="lives a second; default half of what is reached")
    parser.add_argument("--leak", action="store_true")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="baton_soak.") as folder, House(options.program, folder) as house:
        leak = Leak(house.port) if options.leak else None
        if leak:
            leak.start()
        rate, slices = soak(house, options.minutes, options.slices, options.rate)
        if leak:
            leak.stopped = True
            leak.join()
    lives, failed, found = sum(s["ended"] for s in slices), sum(s["failed"] for s in slices), grown(slices)
    print(f"{options.minutes:g} minutes at {rate}/s: {lives} lives, {failed} failed, memory {slices[0]['memory'] / MIB:.1f} -> "
          f"{slices[-1]['memory'] / MIB:.1f} MiB, descriptors {slices[0]['files']} -> {slices[-1]['files']}; "
          + ("grew: " + ", ".join(found) if found else "flat"))
    if options.leak:
        print(f"{leak.opened} sessions that nobody ends: " + ("noticed" if found else "NOT noticed"))
        return 0 if found else 1
    return 1 if found or failed else 0


if __name__ == "__main__":
    sys.exit(main())
