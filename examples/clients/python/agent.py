#!/usr/bin/env python3
"""agent.py - an agent's desk: takes offers, says a line, ends and documents.

Each offer is accepted after a moment. The agent greets the customer, ends the
conversation when the customer has answered, and completes the wrap-up.
"""
import asyncio

import client


class Agent(client.Client):
    def __init__(self, options):
        super().__init__(options)
        self.mine = set()  # sessions in which the customer has not answered yet
        self.done = 0
        self.tasks = set()

    async def work(self):
        await self.connect(client.path("agents", self.options.name, "socket"))
        await self.send("state", state="available")
        self.say(f"agent '{self.options.name}' is available")
        try:
            async for frame in self.frames():
                await self.hear(frame)
                if self.is_done():
                    break
        finally:
            for task in self.tasks:
                task.cancel()
            await self.close()
        return self.over(self.is_done())

    async def hear(self, frame):
        session = frame.get("session")
        if frame["type"] == "offer":
            self.say(f"{session['id']}: offered, accepting in {self.options.accept_after:g} s")
            self.later(self.options.accept_after, "offer.accept", session["id"], offer=frame["offer"])
        elif frame["type"] == "session.assigned":
            await self.begin(session["id"])
        elif frame["type"] == "message" and frame["from"] == "customer" and session in self.mine:
            self.say(f"{session}: customer: {frame['text']}")
            self.mine.discard(session)
            self.later(self.options.end_after, "end", session, reason="solved")
        elif frame["type"] == "session.ended":
            await self.document(session, frame["status"])
        elif frame["type"] == "session.left":
            self.say(f"{session}: is with somebody else now")
            self.mine.discard(session)

    async def begin(self, session):
        self.say(f"{session}: ours")
        self.mine.add(session)
        await self.send("message", session=session, text=self.options.greeting)

    async def document(self, session, status):
        """The conversation is over, whoever ended it; the wrap-up is still ours."""
        self.mine.discard(session)
        if status == "wrapup":
            await self.send("complete", session=session, disposition=self.options.disposition)
        else:
            self.say(f"{session}: {status}")
            self.done += 1

    def later(self, seconds, type, session, **members):
        """Sends a frame in a while."""
        async def wait():
            await asyncio.sleep(seconds)
            await self.send(type, session=session, **members)
        task = asyncio.ensure_future(wait())
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)

    def is_done(self):
        return bool(self.options.sessions) and self.done >= self.options.sessions


def main():
    p = client.parser(__doc__, "BATON_TOKEN=… ./agent.py --name anna")
    p.add_argument("--name", required=True, help="the agent's id in the centre")
    p.add_argument("--accept-after", type=float, default=2.0, metavar="SECONDS",
                   help="how long the agent thinks about an offer (default: 2)")
    p.add_argument("--end-after", type=float, default=0.5, metavar="SECONDS",
                   help="from the customer's answer to the end (default: 0.5)")
    p.add_argument("--sessions", type=int, default=0, metavar="N",
                   help="log out after so many (default: work for ever)")
    p.add_argument("--greeting", default="Hello, I have read what you wrote. Let me help.",
                   help="what the agent says first")
    p.add_argument("--disposition", default="solved", help="the outcome that is recorded")
    options = client.parse(p)
    client.run(Agent(options).work(), options)


if __name__ == "__main__":
    main()
