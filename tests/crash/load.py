"""load.py - customers, a bot and agents who keep the server busy until it dies.

Each writes into the ledger what it is about to do and what it was told. They
end without a word when their connection breaks.
"""
import asyncio
import itertools
import pathlib
import random
import sys

import wire
from ledger import SUPERVISOR
from registers import CLIENTS

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "examples/clients/python"))
import baton_ws  # noqa: E402

CUSTOMERS, AGENTS = 6, ("ann", "ben", "cam")
numbers = itertools.count(1)


class Load:
    def __init__(self, port, ledger, registers, seed):
        self.port, self.ledger, self.registers, self.random = port, ledger, registers, random.Random(seed)

    async def run(self):
        """Until the server is gone."""
        people = [self.bot()] + [self.agent(name) for name in AGENTS]
        people += [self.customer() for _ in range(CUSTOMERS)]
        people += [self.registers.client(self.port, number) for number in range(CLIENTS)]
        await asyncio.gather(*map(self.until_gone, people))

    @staticmethod
    async def until_gone(person):
        try:
            await person
        except (ConnectionError, OSError, EOFError, baton_ws.Closed, asyncio.TimeoutError):
            pass

    # --- customers, over HTTP -------------------------------------------------

    async def customer(self):
        http = wire.Http(self.port)
        try:
            while True:
                await self.one_life(http)
        finally:
            http.close()

    async def one_life(self, http):
        opening = self.ledger.command(f"open-{next(numbers)}", SUPERVISOR, "POST", "/api/v1/sessions",
                                      {"entryPoint": "main"})
        answer = await opening.send(http)
        if not answer.done():
            return
        opened = answer.json()
        session, token = opened["id"], opened["token"]
        self.ledger.fact(session, "session.opened")
        for _ in range(self.random.randint(1, 3)):
            await self.say(http, session, token)
        await self.move(http, session)
        await self.say(http, session, token)
        if self.random.random() < 0.3:
            await self.command(http, SUPERVISOR, session, "end", {"reason": "enough"})

    async def move(self, http, session):
        """Every way in which a session leaves its bot."""
        if self.random.random() < 0.5:
            await self.command(http, SUPERVISOR, session, "transfer", {"queue": "support", "when": "released"})
        if self.random.random() < 0.7:
            await self.command(http, SUPERVISOR, session, "hangup", {})
        answer = await self.command(http, SUPERVISOR, session, "transfer",
                                    {"queue": "support", "priority": self.random.randint(0, 9)})
        if answer.status == 200:
            self.ledger.fact(session, "session.queued")

    async def say(self, http, session, token):
        text = f"customer {next(numbers)}"
        self.ledger.may_say(session, text)
        answer = await self.command(http, token, session, "messages", {"text": text})
        if answer.done():
            self.ledger.fact(session, "message", text=text)

    async def command(self, http, token, session, what, body):
        command = self.ledger.command(f"{what}-{next(numbers)}", token, "POST",
                                      f"/api/v1/sessions/{session}/{what}", body, session)
        return await command.send(http)

    # --- the bot and the agents, over their sockets ---------------------------

    async def connect(self, kind, name):
        return await baton_ws.connect(f"ws://127.0.0.1:{self.port}/api/v1/{kind}/{name}/socket",
                                      f"crash-{kind[:-1]}-{name}-token")

    async def bot(self):
        socket = await self.connect("bots", "bot")
        async for frame in socket:
            session = frame.get("session")
            if frame["type"] == "session.invited":
                await socket.send({"type": "session.accept", "session": session["id"]})
                await self.say_on(socket, session["id"], "bot")
            elif frame["type"] == "customer.message" and self.random.random() < 0.5:
                await socket.send({"type": "session.goodbye", "session": session, "outcome": "escalate"})
                await socket.send({"type": "session.close", "session": session})
            self.hear(frame)

    async def agent(self, name):
        socket = await self.connect("agents", name)
        await socket.send({"type": "state", "state": "available"})
        async for frame in socket:
            session = frame.get("session")
            if frame["type"] == "offer":
                self.ledger.fact(session["id"], "offer.made", agent=name)
                await socket.send({"type": "offer.accept", "session": session["id"], "offer": frame["offer"]})
            elif frame["type"] == "session.assigned":
                self.ledger.fact(session["id"], "session.connected", agent=name)
                await self.say_on(socket, session["id"], name)
                if self.random.random() < 0.6:
                    await socket.send({"type": "end", "session": session["id"]})
            elif frame["type"] == "session.ended" and frame.get("status") == "wrapup":
                await socket.send({"type": "complete", "session": session, "disposition": "solved"})
            self.hear(frame)

    async def say_on(self, socket, session, who):
        """The text is the frame's id too: its answer says what was answered."""
        text = f"{who} {next(numbers)}"
        self.ledger.may_say(session, text)
        await socket.send({"type": "message", "session": session, "text": text, "id": [session, text]})

    def hear(self, frame):
        if frame["type"] == "done" and isinstance(frame["id"], list):
            self.ledger.fact(frame["id"][0], "message", text=frame["id"][1])
        elif frame["type"] == "message" and isinstance(frame.get("session"), str):
            self.ledger.fact(frame["session"], "message", text=frame["text"])
