#!/usr/bin/env python3
"""slow.py - thousands who only hold connections, and somebody who wants to be served.

usage: slow.py BATON [--idle N] [--slow N] [--patient]

Three kinds that are slow with a request's head, with its body and with reading
the answer, and many who say nothing; slowhttptest's own four kinds afterwards.
Somebody asks for /readyz all the time. Printed: the longest that this one
waited, when the last of the slow was cut, memory. --patient is the control:
the server's limits on time are ten minutes.
"""
import argparse
import asyncio
import multiprocessing
import re
import resource
import socket
import subprocess
import sys
import tempfile
import time

from house import MIB, House

SERVED_MOST_S, CUT_MOST_S, MEMORY_MORE, GIVE_UP_S = 1.0, 30.0, 128 * MIB, 40
DRIP_S, READERS, ESTABLISHED = 1.0, 30, 1
PATIENT = "limits: { header_us: 600000000, body_us: 600000000, idle_us: 600000000, write_us: 600000000 }\n"
HEAD = b"POST /api/v1/sessions HTTP/1.1\r\nHost: localhost\r\n"
BODY = HEAD + b"Content-Type: application/json\r\nContent-Length: 10000\r\n\r\n{"
PAGE = b"GET /readyz HTTP/1.1\r\nHost: localhost\r\n\r\n"
READER_WANTS, READER_HOLDS = 40000, 4096  # answers, and bytes: more than the sockets hold


async def drip(writer, letter):
    while True:
        await asyncio.sleep(DRIP_S)
        writer.write(letter)
        await writer.drain()


async def connect(port, kind):
    line = socket.socket()
    line.setblocking(False)
    if kind == "reader":
        line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, READER_HOLDS)
    await asyncio.get_running_loop().sock_connect(line, ("127.0.0.1", port))
    return await asyncio.open_connection(sock=line, limit=1)


async def one(port, kind):
    """Seconds until the server cut this one, or would not have it; None if it never did."""
    try:
        reader, writer = await connect(port, kind)
    except OSError:
        return 0
    began = time.monotonic()
    first, letter = {"head": (HEAD, b"x"), "body": (BODY, b" "), "reader": (PAGE * READER_WANTS, None), "idle": (b"", None)}[kind]
    task = asyncio.ensure_future(drip(writer, letter)) if letter else None
    try:
        writer.write(first)
        await asyncio.wait_for(until_cut(reader, writer, kind), GIVE_UP_S)
        return time.monotonic() - began
    except asyncio.TimeoutError:
        return None
    except OSError:
        return time.monotonic() - began
    finally:
        if task:
            task.cancel()
        writer.transport.abort()


async def until_cut(reader, writer, kind):
    """One that does not read is not told: the state of its connection says it."""
    if kind != "reader":
        while await reader.read(4096):
            pass
    line = writer.get_extra_info("socket")
    while kind == "reader" and line.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 1)[0] == ESTABLISHED:
        await asyncio.sleep(DRIP_S)


def ask(port, stop, longest):
    """A process of its own: what it waits for is the server, not those beside it."""
    while not stop.is_set():
        began = time.monotonic()
        try:
            with socket.create_connection(("127.0.0.1", port), timeout=GIVE_UP_S) as line:
                line.sendall(PAGE)
                line.recv(1)
        except OSError:
            longest.value = GIVE_UP_S
        longest.value = max(longest.value, time.monotonic() - began)
        time.sleep(0.1)


async def attack(port, idle, slow):
    kinds = ["idle"] * idle + ["head", "body"] * (slow // 2) + ["reader"] * READERS
    return await asyncio.gather(*[one(port, kind) for kind in kinds])


def attack_beside(port, idle, slow):
    stop, longest = multiprocessing.Event(), multiprocessing.Value("d", 0)
    somebody = multiprocessing.Process(target=ask, args=(port, stop, longest), daemon=True)
    somebody.start()
    cut = asyncio.run(attack(port, idle, slow))
    stop.set()
    somebody.join()
    return longest.value, cut


def others(port, kinds):
    """slowhttptest says whether its probe was served; the kinds for which it was not."""
    failed = []
    for kind in kinds:
        done = subprocess.run(["slowhttptest", kind, "-c", "1000", "-r", "200", "-i", "5", "-l", "25", "-p", "1",
                               "-u", f"http://127.0.0.1:{port}/readyz"], text=True, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, check=False)
        if "YES" not in done.stdout or re.search(r"service available:\S*\s+\S*NO", done.stdout):
            failed.append(kind)
    return failed


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("program")
    parser.add_argument("--idle", type=int, default=5000)
    parser.add_argument("--slow", type=int, default=900)
    parser.add_argument("--patient", action="store_true")
    options = parser.parse_args()
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    with tempfile.TemporaryDirectory(prefix="baton_slow.") as folder, \
            House(options.program, folder, more=PATIENT if options.patient else "") as house:
        before = house.memory()
        longest, cut = attack_beside(house.port, options.idle, options.slow)
        more = house.memory() - before
        kinds = [] if options.patient else ["-H", "-B", "-R", "-X"]
        failed = others(house.port, kinds)
    never, last = cut.count(None), max((c for c in cut if c is not None), default=0)
    found = [words for words, wrong in ((f"waited {longest:.2f} s", longest > SERVED_MOST_S), (f"{never} were never cut", never),
                                        (f"cut after {last:.1f} s", last > CUT_MOST_S), (f"{more / MIB:.0f} MiB more", more > MEMORY_MORE),
                                        (f"slowhttptest {' '.join(failed)} kept others out", failed)) if wrong]
    print(f"{len(cut)} slow and idle connections: others waited {longest * 1000:.0f} ms at most, the last was cut after {last:.1f} s, "
          f"{never} never, {more / MIB:+.1f} MiB; slowhttptest: {len(kinds) - len(failed)} of {len(kinds)} kinds kept nobody out; "
          + ("; ".join(found) or "holds"))
    if options.patient:
        print("with a server that waits for ever: " + ("noticed" if found else "NOT noticed"))
        return 0 if found else 1
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
