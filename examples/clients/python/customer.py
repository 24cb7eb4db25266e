#!/usr/bin/env python3
"""customer.py - a customer's chat at an entry point.

Prints what it hears. What it says comes from --to-bot and --to-agent, one line
for each message of theirs; without both, from the keyboard. It leaves at the
end of the input, when the session ends, or with Ctrl-C.
"""
import asyncio
import sys

import client


class Customer(client.Client):
    def __init__(self, options):
        super().__init__(options)
        self.lines = {"bot": list(options.to_bot), "agent": list(options.to_agent)}
        self.ended = False

    async def work(self):
        await self.connect(client.path("chat", entryPoint=self.options.entry_point))
        typist = None
        if not (self.options.to_bot or self.options.to_agent):
            typist = asyncio.ensure_future(self.read_keyboard())
        try:
            async for frame in self.frames():
                await self.hear(frame)
        finally:
            if typist:
                typist.cancel()
            await self.leave()
        return self.over(self.ended)

    async def hear(self, frame):
        if frame["type"] == "session.opened":
            self.say(f"session {frame['session']['id']} is open")
        elif frame["type"] == "message" and frame["from"] != "customer":
            self.say(f"{frame['from']} {frame['author']}: {frame['text']}")
            await self.answer(frame["from"])
        elif frame["type"] == "session.status":
            self.say(f"({frame['status']})")
        elif frame["type"] == "session.ended":
            self.say("the session is over")
            self.ended = True

    async def answer(self, who):
        lines = self.lines.get(who)
        if lines:
            await asyncio.sleep(self.options.pause)
            self.say(f"customer: {lines[0]}")
            await self.send("message", text=lines.pop(0))

    async def read_keyboard(self):
        """Lines of standard input, until its end: then the customer leaves."""
        reader = asyncio.StreamReader()
        loop = asyncio.get_running_loop()
        await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
        while True:
            line = (await reader.readline()).decode("utf-8", "replace")
            if not line:
                break
            if line.strip():
                await self.send("message", text=line.strip())
        await self.send("leave")

    async def leave(self):
        """Interrupted or not: the session shall not wait for somebody who is gone."""
        if self.socket and not self.socket.closed and not self.ended:
            await self.send("leave")
        await self.close()


def main():
    p = client.parser(__doc__, "./customer.py --entry-point chat", token_needed=False)
    p.add_argument("--entry-point", required=True, help="where the customer comes in")
    p.add_argument("--to-bot", action="append", default=[], metavar="TEXT",
                   help="answer to a message of the bot; may be given again for the next")
    p.add_argument("--to-agent", action="append", default=[], metavar="TEXT",
                   help="answer to a message of the agent; may be given again")
    p.add_argument("--pause", type=float, default=0.3, metavar="SECONDS",
                   help="before each answer (default: 0.3)")
    options = client.parse(p)
    client.run(Customer(options).work(), options)


if __name__ == "__main__":
    main()
