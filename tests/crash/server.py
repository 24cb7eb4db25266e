"""server.py - the real `baton serve`: as a process that can be killed, and as one that is there for a while."""
import asyncio
import os
import signal
import subprocess

START_SECONDS = 60


class StartFailed(Exception):
    """It ended before it served; the text is what it said."""


def command(program, centre, data):
    return [os.path.abspath(program), "serve", centre, "--data", data, "--listen", "127.0.0.1:0"]


def address(line):
    """Where it serves, out of the line that says so; None if it is another one."""
    return next((word for word in line.split() if word.startswith(("http://", "https://"))), None)


class Serving:
    """In a with-block; what it says on standard error goes to the file @log."""

    def __init__(self, program, centre, data, log):
        with open(log, "w", encoding="utf-8") as said:
            self.process = subprocess.Popen(command(program, centre, data), stdout=subprocess.PIPE, stderr=said, text=True)
        self.url = address(self.process.stdout.readline())
        if self.url is None:
            with open(log, encoding="utf-8") as said:
                raise StartFailed(said.read())
        self.port = int(self.url.rsplit(":", 1)[1])

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait(START_SECONDS)
        self.process.stdout.close()


class Server:
    def __init__(self, program, centre, data):
        self.command = command(program, centre, data)
        self.process, self.port = None, None

    async def spawn(self):
        """Starts the process and does not wait until it serves."""
        with open(os.devnull, "wb") as nowhere:
            self.process = await asyncio.create_subprocess_exec(
                *self.command, stdin=nowhere, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE)
        self.said = asyncio.ensure_future(self.process.stderr.read())

    async def start(self):
        await self.spawn()
        line = await asyncio.wait_for(self.process.stdout.readline(), START_SECONDS)
        url = address(line.decode())
        if url is None:
            await self.process.wait()
            raise StartFailed((await self.said).decode(errors="replace").strip())
        self.port = int(url.rsplit(":", 1)[1])

    async def kill(self):
        """As a loss of power to the process: nothing of it runs any more."""
        if self.process.returncode is None:
            self.process.kill()
        await self.process.wait()
        await self.said

    async def stop(self):
        """In order; its exit code and what it said on standard error."""
        self.process.send_signal(signal.SIGTERM)
        code = await asyncio.wait_for(self.process.wait(), START_SECONDS)
        return code, (await self.said).decode(errors="replace")
