"""client.py - what the example clients share: options, what they print, how they end."""
import argparse
import asyncio
import json
import os
import signal
import sys
import time
import urllib.parse

import baton_ws

DONE, FAILED = 0, 1
PROGRAM = os.path.basename(sys.argv[0])


def parser(description, example, token_needed=True):
    """An argument parser with the options that every client has."""
    p = argparse.ArgumentParser(
        description=description, epilog=f"example:\n  {example}",
        formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--url", default=os.environ.get("BATON_URL", "http://127.0.0.1:8080"),
                   help="the server (default: the environment's BATON_URL, or http://127.0.0.1:8080)")
    p.add_argument("--token", default=os.environ.get("BATON_TOKEN"),
                   help="a token of the centre (default: the environment's BATON_TOKEN)"
                        + ("" if token_needed else "; visitors need none"))
    p.add_argument("--json", action="store_true", help="print every frame, one JSON object a line")
    p.set_defaults(token_needed=token_needed)
    return p


def parse(p):
    options = p.parse_args()
    if options.token_needed and not options.token:
        p.error("a token is needed: --token or the environment's BATON_TOKEN")
    return options


class Client:
    """One connection whose frames are printed as they come and go."""

    def __init__(self, options):
        self.options, self.socket = options, None

    async def connect(self, path):
        url = urllib.parse.urlsplit(self.options.url)
        scheme = {"http": "ws", "https": "wss"}.get(url.scheme, url.scheme)
        self.socket = await baton_ws.connect(f"{scheme}://{url.netloc}{path}", self.options.token)

    async def send(self, type, **members):
        frame = {"type": type, **members}
        await self.socket.send(frame)
        self._print("out", frame)

    async def frames(self):
        """Every frame until the connection ends, refusals told apart."""
        async for frame in self.socket:
            self._print("in", frame)
            if frame["type"] == "problem":
                self.say(f"refused: {frame['problem']['detail']}")
            yield frame

    async def close(self):
        if self.socket:
            await self.socket.close()

    def over(self, as_planned):
        """The exit code: it is an error if the server ended what was not done."""
        if as_planned:
            return DONE
        print(f"{PROGRAM}: {self.socket.closed}", file=sys.stderr)
        return FAILED

    def say(self, text):
        """A line for people; silent with --json."""
        if not self.options.json:
            print(f"{time.strftime('%H:%M:%S')}  {text}", flush=True)

    def _print(self, direction, frame):
        if self.options.json:
            line = {"at": round(time.time(), 3), "dir": direction, "frame": frame}
            print(json.dumps(line, ensure_ascii=False), flush=True)


def path(*parts, **query):
    """("agents", "ana", "socket") → "/api/v1/agents/ana/socket", percent-encoded."""
    text = "/api/v1/" + "/".join(urllib.parse.quote(part, safe="") for part in parts)
    query = {name: value for name, value in query.items() if value is not None}
    return text + ("?" + urllib.parse.urlencode(query) if query else "")


def run(work, options):
    """Runs a coroutine until it is done or interrupted, and exits."""
    try:
        sys.exit(asyncio.run(_until_stopped(work)))
    except (baton_ws.Refused, baton_ws.Closed) as why:
        fail(str(why))
    except asyncio.TimeoutError:
        fail(f"{options.url} does not answer in time")
    except OSError as why:
        fail(f"cannot reach {options.url}: {why.strerror or why}; is 'baton serve' running there?")


async def _until_stopped(coroutine):
    """Ctrl-C and SIGTERM cancel the work, which may then take its leave."""
    task, loop = asyncio.ensure_future(coroutine), asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, task.cancel)
    try:
        return await task or DONE
    except asyncio.CancelledError:
        return DONE


def fail(text):
    print(f"{PROGRAM}: {text}", file=sys.stderr)
    sys.exit(FAILED)
