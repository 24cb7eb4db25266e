#!/usr/bin/env python3
"""flood.py - ten times as many customers as are let in, and agents who work.

usage: flood.py BATON [--seconds S] [--open]

Lives of sessions, first alone, then beside a flood of customers with one public
token: many connections, each with one request after the other, ten times and
more what the rate of visitors lets in. Printed: what became of the lives, how
the flood was answered, memory. --open is the control: the token has no rate.
"""
import argparse
import asyncio
import collections
import multiprocessing
import os
import sys
import tempfile
import time

from house import FLOOD_TOKEN, MIB, House
import wire

CLIENTS = 32
LIVES, RATE = 20, 40  # a second; the rate is that of each visitors' token
FLOODERS, LINES = 2, 64
TIMES_MOST, MEMORY_MORE = 2, 64 * MIB
CALM_MS = 10  # what is faster than that is nobody's trouble on a shared machine


async def flooder(port, until, counts):
    http = wire.Http(port)
    while time.monotonic() < until:
        try:
            answer = await http.request("POST", "/api/v1/sessions", FLOOD_TOKEN, {"entryPoint": "aside"})
        except ConnectionError:
            counts["cut"] += 1
            continue
        counts[answer.status] += 1
        counts["without Retry-After"] += answer.status in (429, 503) and "retry-after" not in answer.headers
    http.close()


async def flood(port, seconds):
    counts = collections.Counter()
    until = time.monotonic() + seconds
    await asyncio.gather(*[flooder(port, until, counts) for _ in range(LINES)])
    return counts


def flood_process(port, seconds, results):
    os.nice(10)  # its own work is not the server's
    results.put(asyncio.run(flood(port, seconds)))


def begin_flood(port, seconds):
    results = multiprocessing.Queue()
    processes = [multiprocessing.Process(target=flood_process, args=(port, seconds, results), daemon=True) for _ in range(FLOODERS)]
    for process in processes:
        process.start()
    return processes, results


def end_flood(processes, results):
    counts = sum((results.get() for _ in processes), collections.Counter())
    for process in processes:
        process.join()
    return counts


def judge(alone, beside, counts, seconds, memory):
    """What is not as promised: a list of words."""
    taken = counts[201]
    refused = counts[429] + counts[503]
    found = []
    if beside["failed"]:
        found.append(f"{beside['failed']} lives failed")
    if beside["life_us_p99"] > max(TIMES_MOST * alone["life_us_p99"], CALM_MS * 1000):
        found.append(f"a life takes {beside['life_us_p99'] / alone['life_us_p99']:.1f} times as long")
    if counts["without Retry-After"]:
        found.append(f"{counts['without Retry-After']} refusals without Retry-After")
    if memory > MEMORY_MORE:
        found.append(f"memory grew by {memory / MIB:.0f} MiB")
    if taken > 2 * RATE * seconds or taken + refused < 10 * RATE * seconds:
        found.append(f"{taken} of {taken + refused} were let in")
    return found


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("program")
    parser.add_argument("--seconds", type=int, default=30)
    parser.add_argument("--open", action="store_true")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="baton_flood.") as folder, \
            House(options.program, folder, visitor_rate=0 if options.open else RATE) as house:
        load = ("--rate", LIVES, "--sessions", LIVES * options.seconds, "--clients", CLIENTS)
        alone, memory = house.handovers(*load), house.memory()
        running = begin_flood(house.port, options.seconds)
        beside = house.handovers(*load)
        counts, memory = end_flood(*running), house.memory() - memory
    found = judge(alone, beside, counts, options.seconds, memory)
    print(f"{LIVES} lives/s beside {(counts[201] + counts[429] + counts[503]) / options.seconds:.0f} requests/s, {counts[201]} let in, "
          f"{counts[429] + counts[503]} refused: {beside['failed']} lives failed, a life {alone['life_us_p99'] / 1000:.1f} -> "
          f"{beside['life_us_p99'] / 1000:.1f} ms (p99), {memory / MIB:+.1f} MiB; " + ("; ".join(found) or "holds"))
    if options.open:
        print("without a rate: " + ("noticed" if found else "NOT noticed"))
        return 0 if found else 1
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
