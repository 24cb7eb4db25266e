#!/usr/bin/env python3
"""bot.py - a bot on Baton's own bot socket: greets, answers once, hands over.

It serves any number of sessions over one connection. A moment after its goodbye
it closes its part of the session, as bots in the field do; the last of
--sessions N it closes together with the connection.
"""
import asyncio

import client


class Bot(client.Client):
    def __init__(self, options):
        super().__init__(options)
        self.held = set()  # sessions in which we talk
        self.done = 0
        self.leaving = {}  # session: the task that will close our part

    async def work(self):
        await self.connect(client.path("bots", self.options.name, "socket"))
        self.say(f"bot '{self.options.name}' is connected and waits for sessions")
        try:
            async for frame in self.frames():
                await self.hear(frame)
        finally:
            for task in self.leaving.values():
                task.cancel()
            await self.close()
        return self.over(self.is_done())

    async def hear(self, frame):
        session = frame.get("session")
        if frame["type"] == "session.invited":
            await self.begin(session["id"])
        elif frame["type"] == "customer.message" and session in self.held:
            await self.goodbye(session)
        elif frame["type"] == "session.released":
            await self.leave(session)

    async def begin(self, session):
        self.say(f"{session}: invited, greeting")
        self.held.add(session)
        await self.send("session.accept", session=session)
        await self.send("message", session=session, text=self.options.greeting)

    async def goodbye(self, session):
        self.say(f"{session}: goodbye, closing in {self.options.close_after:g} s")
        self.held.discard(session)
        await self.send("session.goodbye", session=session, outcome="escalate",
                        reason="the customer asks for a person",
                        attributes={"topic": "billing"}, text=self.options.goodbye)
        self.leaving[session] = asyncio.ensure_future(self.close_later(session))

    async def close_later(self, session):
        await asyncio.sleep(self.options.close_after)
        if self.done + 1 != self.options.sessions:
            await self.send("session.close", session=session)
        await self.leave(session)

    async def leave(self, session):
        """Our part is over: we closed it, or the server took it from us."""
        self.held.discard(session)
        task = self.leaving.pop(session, None)
        if task and task is not asyncio.current_task():
            task.cancel()
        self.done += 1
        self.say(f"{session}: closed")
        if self.is_done():
            await self.close()

    def is_done(self):
        return bool(self.options.sessions) and self.done >= self.options.sessions


def main():
    p = client.parser(__doc__, "BATON_TOKEN=… ./bot.py --name greeter")
    p.add_argument("--name", required=True, help="the bot's id in the centre")
    p.add_argument("--close-after", type=float, default=1.0, metavar="SECONDS",
                   help="from the goodbye to the close (default: 1)")
    p.add_argument("--sessions", type=int, default=0, metavar="N",
                   help="end after so many, by closing the connection (default: serve for ever)")
    p.add_argument("--greeting", default="Hello! I am the bot. What can I do for you?",
                   help="what it says first")
    p.add_argument("--goodbye", default="I will get you a colleague. Goodbye!",
                   help="what it answers to the customer's first message")
    options = client.parse(p)
    client.run(Bot(options).work(), options)


if __name__ == "__main__":
    main()
