"""events.py - the server's event stream, told as it comes."""
import asyncio
import sys

from .processes import CLIENTS, STORY_SECONDS, Log, StoryError

sys.path.insert(0, str(CLIENTS))
import baton_ws  # noqa: E402

LOG_LEVELS = ("trace", "log", "information", "warning", "error")


class Events:
    """Follows /api/v1/events/socket; every event of the told session becomes a line."""

    def __init__(self, server, terminal):
        self.server, self.terminal = server, terminal
        self.log, self.session, self.known = Log(), None, set()
        self._socket, self._reader, self._goodbye_us = None, None, 0

    async def __aenter__(self):
        url = self.server.url.replace("http", "ws", 1) + "/api/v1/events/socket"
        self._socket = await baton_ws.connect(url, self.server.tokens["supervisor"])
        self._reader = asyncio.ensure_future(self._read())
        return self

    async def __aexit__(self, *_):
        await self._socket.close()
        await self._reader

    async def _read(self):
        async for frame in self._socket:
            event = frame["event"]
            if event.get("session"):
                if event["type"] == "session.opened":
                    self.session = event["session"]
                if event["session"] == self.session:
                    self._tell(event)
                await self.log.add(event)
        await self.log.end()

    async def happened(self, types, what, seconds=STORY_SECONDS, **members):
        """Waits for an event of the told session, of this type or one of these."""
        types = (types,) if isinstance(types, str) else types
        def wanted(event):
            return (event["session"] == self.session and event["type"] in types
                    and all(event.get(name) == value for name, value in members.items()))
        return await self.log.find(wanted, what, seconds)

    async def opened(self):
        """The next session is the one that is told. It may have been opened before anybody asks."""
        def wanted(event):
            return event["type"] == "session.opened" and event["session"] not in self.known
        session = (await self.log.find(wanted, "a customer opens a session", STORY_SECONDS))["session"]
        self.known.add(session)
        return session

    def _tell(self, event):
        tell = LINES.get(event["type"])
        if event["type"] == "bot.goodbye":
            self._goodbye_us = event["atUs"]
        line = tell and tell(event)
        if line:
            who, text = line
            if event["type"] == "bot.released":
                text += f", {(event['atUs'] - self._goodbye_us) / 1000:.0f} ms after its goodbye"
            self.terminal.said(who, text, event["atUs"])


def _attached(event):
    return "bot", f"'{event['cause']['who']}' takes the session: connected"


def _logged(event):
    return "script", f"line {event['cause']['line']}, {LOG_LEVELS[event['level']]}: {event['text']}"


def _refused(event):
    cause = event["cause"]
    asked = f"Transfer in line {cause['line']}" if "line" in cause else f"POST …/transfer by {cause['who']}"
    return "refused", f"{asked}: {event['refusal']}. {event['detail']}"


# What is not here is not told: it is in the timeline.
LINES = {
    "session.opened": lambda e: ("customer", f"opens a chat at entry point '{e['entryPoint']}': pending"),
    "session.attached": _attached,
    "message": lambda e: (e["cause"]["role"], f"“{e['text']}”"),
    "bot.goodbye": lambda e: ("bot", "said goodbye; its connection is still open: releasing"),
    "bot.dismissed": lambda e: ("server", "tells the bot to end its part"),
    "bot.released": lambda e: ("bot", "closed its connection"),
    "session.hungUp": lambda e: ("server", "ends the bot's part at once: idle"),
    "script.started": lambda e: ("script", f"{e['script']}.studio starts"),
    "script.log": _logged,
    "script.ended": lambda e: ("script", "ends"),
    "script.failed": lambda e: ("failed", f"line {e['cause'].get('line', '?')}: {e['detail']}"),
    "transfer.refused": _refused,
    "transfer.waits": lambda e: ("script", "Transfer: accepted, waits for the bot's release"),
    "session.queued": lambda e: ("server", f"queue '{e['queue']}', priority {e['priority']}: queued"),
    "offer.made": lambda e: ("server", f"offers the session to agent '{e['agent']}': offered"),
    "session.connected": lambda e: ("agent", "accepts: active"),
    "session.wrapping": lambda e: ("agent", "ends the conversation: wrapup"),
    "session.ended": lambda e: ("server", f"the session is over ({e.get('endReason') or 'ended'}): completed"),
}
