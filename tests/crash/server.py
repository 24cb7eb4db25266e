"""server.py - the real `baton serve` as a process that can be killed."""
import asyncio
import os
import signal

START_SECONDS = 60


class StartFailed(Exception):
    """It ended before it served; the text is what it said."""


class Server:
    def __init__(self, program, centre, data):
        self.command = [program, "serve", centre, "--data", data, "--listen", "127.0.0.1:0"]
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
        if b"http://" not in line:
            await self.process.wait()
            raise StartFailed((await self.said).decode(errors="replace").strip())
        self.port = int(line.rsplit(b":", 1)[1])

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
