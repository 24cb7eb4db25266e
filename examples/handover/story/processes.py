"""processes.py - the processes of the story: the server, and who talks over it.

Each runs in a process group of its own, so that Ctrl-C reaches the story alone,
which then ends the others in order.
"""
import asyncio
import json
import os
import pathlib
import sys

CLIENTS = pathlib.Path(__file__).resolve().parents[2] / "clients" / "python"
STOP_SECONDS = 10
STORY_SECONDS = 30  # what happens at once may take so long on a busy machine


class StoryError(Exception):
    """Something did not happen as told."""


async def start(arguments, **how):
    return await asyncio.create_subprocess_exec(
        *map(str, arguments), **{"stdin": asyncio.subprocess.DEVNULL, "start_new_session": True, **how})


async def stop(process):
    """Ends one process of ours: asked first, killed if it does not listen."""
    if process is None or process.returncode is not None:
        return
    process.terminate()
    try:
        await asyncio.wait_for(process.wait(), STOP_SECONDS)
    except asyncio.TimeoutError:
        process.kill()
        await process.wait()


class Log:
    """A growing list in which several may wait for an entry."""

    def __init__(self):
        self.entries, self.over = [], False
        self._grown = asyncio.Condition()

    async def add(self, entry):
        async with self._grown:
            self.entries.append(entry)
            self._grown.notify_all()

    async def end(self):
        async with self._grown:
            self.over = True
            self._grown.notify_all()

    async def find(self, wanted, what, seconds):
        """The first entry that is wanted, past or to come. StoryError if it does not come."""
        async def look():
            seen = 0
            async with self._grown:
                while True:
                    for entry in self.entries[seen:]:
                        if wanted(entry):
                            return entry
                    seen = len(self.entries)
                    if self.over:
                        raise StoryError(f"{what}: it ended before that")
                    await self._grown.wait()
        try:
            return await asyncio.wait_for(look(), seconds)
        except asyncio.TimeoutError:
            raise StoryError(f"{what}: that did not happen within {seconds:g} s") from None


def came_in(type, members):
    """Is a printed line a frame of this type, with these members, that was heard?"""
    def wanted(line):
        frame = line["frame"]
        return (line["dir"] == "in" and frame["type"] == type
                and all(frame.get(name) == value for name, value in members.items()))
    return wanted


class Actor:
    """A client of ../clients/python in a process of its own, with what it heard and said."""

    def __init__(self, program, url, token, *arguments):
        self.program = program
        self.arguments = [CLIENTS / f"{program}.py", "--json", "--url", url, *arguments]
        self.environment = {**os.environ, "BATON_TOKEN": token, "PYTHONUNBUFFERED": "1"}
        self.process, self.frames, self._reader = None, Log(), None

    async def __aenter__(self):
        self.process = await start([sys.executable, *self.arguments], env=self.environment,
                                   stdout=asyncio.subprocess.PIPE, limit=1 << 20)
        self._reader = asyncio.ensure_future(self._read())
        return self

    async def __aexit__(self, *_):
        await self.leave()

    async def leave(self):
        """It is told to end, and takes its leave."""
        await stop(self.process)
        await self._reader

    async def done(self, seconds=STOP_SECONDS):
        """Ends by itself, and well."""
        try:
            code = await asyncio.wait_for(self.process.wait(), seconds)
        except asyncio.TimeoutError:
            raise StoryError(f"{self.program}.py did not end within {seconds} s") from None
        if code != 0:
            raise StoryError(f"{self.program}.py ended with exit code {code}")

    async def heard(self, type, what, seconds=STORY_SECONDS, **members):
        """Waits for a frame that came in with this type and these members."""
        wanted = came_in(type, members)
        return (await self.frames.find(wanted, f"{self.program}: {what}", seconds))["frame"]

    def count(self, type, **members):
        return sum(map(came_in(type, members), self.frames.entries))

    async def _read(self):
        async for line in self.process.stdout:
            await self.frames.add(json.loads(line))
        await self.frames.end()
