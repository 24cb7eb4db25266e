#!/usr/bin/env python3
"""live.py - brings a centre to life: its bot, its agents, and visitors who arrive.

Everything goes over the public API, with the laptop tokens of the centre's file:
a centre whose secrets are hashes, environment variables or files cannot be
driven by it. Ctrl-C ends it; the visitors leave.
"""
import argparse
import asyncio
import json
import math
import os
import pathlib
import random
import re
import sys
import time
import urllib.request

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "clients" / "python"))
import baton_ws  # noqa: E402
import client  # noqa: E402

NAMES = ("Ada", "Ben", "Chen", "Dora", "Emil", "Fatma", "Gita", "Hans", "Ivy", "Jamal", "Kaya", "Liam", "Mona", "Noah",
         "Olga", "Paul", "Quinn", "Rosa", "Sami", "Tara", "Umar", "Vera", "Will", "Xenia", "Yuki", "Zoe")
ASKS = {
    "orders": ("Where is my parcel?", "Can I still change my order?", "The blue one, do you have it in size 42?"),
    "billing": ("I was charged twice.", "Can I pay by invoice?", "My voucher was not taken off."),
    "returns": ("I want to send something back.", "It arrived broken.", "Has my return reached you?"),
}
WORDS = {
    "orders": ("order", "parcel", "size"),
    "billing": ("bill", "charge", "invoice", "voucher", "pay"),
    "returns": ("return", "send something back", "broken"),
}
MORE = ("Yes, that is right.", "One moment, I look it up.", "It was last Tuesday.", "The number is on the label?", "I see.")
REPLIES = ("Let me see …", "Could you give me the order number?", "I have found it.", "That should not have happened, sorry.",
           "I have put it right.", "You will get a mail in a moment.")
BREAKS = ("lunch", "training", "coffee", "team meeting")
ENDINGS = ("solved", "solved", "solved", "call back", "passed on")
WAVE_SECONDS = 240  # from one rush to the next


class Member:
    """Somebody with a connection that comes back, as in the field."""

    def __init__(self, life, path, token):
        self.life, self.path, self.token = life, path, token
        self.socket, self.tasks = None, set()

    async def run(self):
        while True:
            try:
                self.socket = await baton_ws.connect(self.life.ws + self.path, self.token)
                await self.begin()
                async for frame in self.socket:
                    await self.hear(frame)
            except (OSError, baton_ws.Closed, asyncio.TimeoutError):
                pass
            self.drop_tasks()
            await asyncio.sleep(random.uniform(0.5, 2))

    async def begin(self):
        pass

    async def send(self, type, **members):
        try:
            await self.socket.send({"type": type, **members})
        except (OSError, baton_ws.Closed):
            pass  # the reader notices, and comes back

    def later(self, coroutine):
        task = asyncio.ensure_future(coroutine)
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)

    def drop_tasks(self):
        for task in list(self.tasks):
            task.cancel()


class Bot(Member):
    """Greets, finds the topic out, says goodbye, and closes a moment later."""

    def __init__(self, life, name, token):
        super().__init__(life, client.path("bots", name, "socket"), token)

    async def hear(self, frame):
        if frame["type"] == "session.invited" and not frame.get("resumed"):
            session = frame["session"]["id"]
            await self.send("session.accept", session=session)
            await self.send("message", session=session, text="Hello! I am the shop's assistant. What is it about?")
        elif frame["type"] == "customer.message":
            self.later(self.answer(frame["session"], frame["text"]))

    async def answer(self, session, text):
        topic = next((topic for topic, words in WORDS.items() if any(word in text.lower() for word in words)), None)
        await asyncio.sleep(random.uniform(0.5, 1.5))
        if topic is None:
            await self.send("message", session=session, text="Is it about an order, a bill or a return?")
            return
        await self.send("session.goodbye", session=session, outcome="escalate", reason=text, attributes={"topic": topic},
                        text="I get you a colleague who knows about that.")
        await asyncio.sleep(random.uniform(0.2, 1.2))
        await self.send("session.close", session=session)


class Agent(Member):
    """Takes most offers, talks, documents, and has a break now and then."""

    def __init__(self, life, name, token):
        super().__init__(life, client.path("agents", name, "socket"), token)
        self.left = {}  # session: answers that it still needs

    async def begin(self):
        self.left.clear()
        await self.send("state", state="available")
        self.later(self.take_breaks())

    async def take_breaks(self):
        while True:
            await asyncio.sleep(random.expovariate(1 / 150))
            await self.send("state", state="away", reason=random.choice(BREAKS))
            await asyncio.sleep(random.uniform(15, 40))
            await self.send("state", state="available")

    async def hear(self, frame):
        session = frame.get("session")
        if frame["type"] == "offer":
            self.later(self.consider(session["id"], frame["offer"]))
        elif frame["type"] == "session.assigned":
            self.left[session["id"]] = random.randint(2, 5)
            self.later(self.say(session["id"], "Hello, I have read what you wrote. Let me help."))
        elif frame["type"] == "message" and frame["from"] == "customer" and session in self.left:
            self.later(self.reply(session))
        elif frame["type"] in ("session.ended", "session.left"):
            self.left.pop(session, None)
            if frame.get("status") == "wrapup":
                self.later(self.document(session))

    async def consider(self, session, offer):
        chance = random.random()
        await asyncio.sleep(random.uniform(1, 5))
        if chance < 0.92:
            await self.send("offer.accept", session=session, offer=offer)
        elif chance < 0.97:
            await self.send("offer.decline", session=session, offer=offer)

    async def say(self, session, text):
        await self.send("typing", session=session, on=True)
        await asyncio.sleep(random.uniform(1, 5))
        await self.send("message", session=session, text=text)

    async def reply(self, session):
        self.left[session] -= 1
        if self.left[session] > 0:
            await self.say(session, random.choice(REPLIES))
            return
        await self.say(session, "You are welcome. Goodbye!")
        await self.send("end", session=session, reason="solved")

    async def document(self, session):
        await asyncio.sleep(random.uniform(3, 12))
        await self.send("disposition", session=session, disposition=random.choice(ENDINGS))
        await self.send("complete", session=session)


class Visitor(Member):
    """Comes in once, answers, and leaves when it takes too long."""

    def __init__(self, life, entry, token):
        super().__init__(life, None, token)
        self.entry = entry
        self.topic = random.choice(list(ASKS))
        self.asked, self.patience = False, random.uniform(25, 120)

    async def visit(self):
        try:
            opened = await asyncio.get_running_loop().run_in_executor(None, self.open)
            path = client.path("sessions", opened["id"], "socket")
            self.socket = await baton_ws.connect(self.life.ws + path, opened["token"])
            async for frame in self.socket:
                await self.hear(frame)
        except (OSError, ValueError, baton_ws.Refused, baton_ws.Closed, asyncio.TimeoutError):
            pass
        except asyncio.CancelledError:
            await self.send("leave")
        self.drop_tasks()
        if self.socket:
            await self.socket.close()

    def open(self):
        """As a shop's page does that knows who is signed in."""
        body = json.dumps({"entryPoint": self.entry, "customer": {"name": random.choice(NAMES)}}).encode()
        headers = {"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"}
        request = urllib.request.Request(self.life.url + client.path("sessions"), body, headers)
        with urllib.request.urlopen(request, timeout=10) as answer:
            return json.load(answer)

    async def hear(self, frame):
        if frame["type"] == "session.opened":
            for message in frame["session"]["messages"]:
                if message["from"] == "bot":  # it was faster than our line
                    self.later(self.answer("bot"))
        elif frame["type"] == "message" and frame["from"] in ("bot", "agent"):
            self.later(self.answer(frame["from"]))
        elif frame["type"] == "session.status" and frame["status"] == "queued":
            self.later(self.wait_for_so_long())
        elif frame["type"] == "session.status" and frame["status"] == "active":
            self.patience = math.inf

    async def answer(self, who):
        await asyncio.sleep(random.uniform(1, 6))
        if who == "agent":
            await self.send("message", text=random.choice(MORE))
        elif not self.asked:
            self.asked = random.random() < 0.8
            await self.send("message", text=random.choice(ASKS[self.topic]) if self.asked else f"{random.choice(NAMES)} here, I need help.")

    async def wait_for_so_long(self):
        await asyncio.sleep(self.patience)
        if self.patience < math.inf:
            await self.send("leave")


class Life:
    """The centre of a file, on a server."""

    def __init__(self, url, centre, every):
        self.url, self.ws = url, url.replace("http", "ws", 1)
        self.every = every
        text = centre.read_text(encoding="utf-8")
        self.tokens = {role: {} for role in ("bot", "agent", "visitor")}
        for line in re.findall(r"^\s*- \{([^}]*\btoken:[^}]*)\}", text, re.MULTILINE):
            members = dict(re.findall(r"(\w+):\s*([\w.-]+)", line))
            role = self.tokens.setdefault(members["role"], {})
            role[members.get("subject", members.get("name"))] = members["token"]

    async def run(self):
        staff = [Bot(self, *who) for who in self.tokens["bot"].items()]
        staff += [Agent(self, *who) for who in self.tokens["agent"].items()]
        tasks = [asyncio.ensure_future(member.run()) for member in staff]
        visits = set()
        try:
            while True:
                rush = 1 + 0.8 * math.sin(2 * math.pi * time.monotonic() / WAVE_SECONDS)
                await asyncio.sleep(random.expovariate(rush / self.every))
                self.come_in(visits)
                for task in tasks:
                    if task.done():
                        task.result()  # a refusal: the centre does not know somebody
        finally:
            for task in (*tasks, *visits):
                task.cancel()
            await asyncio.gather(*tasks, *visits, return_exceptions=True)

    def come_in(self, visits):
        entry = "old" if random.random() < 0.1 else "main"
        (token,) = self.tokens["visitor"].values()
        visit = asyncio.ensure_future(Visitor(self, entry, token).visit())
        visits.add(visit)
        visit.add_done_callback(visits.discard)


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--url", default=os.environ.get("BATON_URL", "http://127.0.0.1:8080"),
                   help="the server (default: the environment's BATON_URL, or http://127.0.0.1:8080)")
    p.add_argument("--centre", type=pathlib.Path, default=HERE / "centre.yaml", metavar="FILE",
                   help="whose bots, agents and visitors to play (default: centre.yaml beside this program)")
    p.add_argument("--every", type=float, default=3.0, metavar="SECONDS",
                   help="from one visitor to the next, on average (default: 3)")
    options = p.parse_args()
    client.run(Life(options.url, options.centre, options.every).run(), options)


if __name__ == "__main__":
    main()
