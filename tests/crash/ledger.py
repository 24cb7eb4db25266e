"""ledger.py - what the server answered or showed, and whether it is still so.

A command is written down before it is sent. After a crash three things must
hold: what was answered or pushed to anybody is there; what was sent and not
answered happened once or not at all; no session has two holders.
"""
import asyncio
import collections
import json

import wire

SUPERVISOR = "crash-supervisor-token"
PAGE, READINGS, LINES = 200, 4, 8


class Command:
    """A request with an idempotency key, and its first answer."""

    def __init__(self, key, token, method, path, body, session):
        self.key, self.token, self.method, self.path, self.body = key, token, method, path, body
        self.session, self.answer = session, None

    async def send(self, http):
        answer = await http.request(self.method, self.path, self.token, self.body, self.key)
        if self.answer is None and answer.done():
            self.answer = answer
            self.session = self.session or answer.json()["id"]  # it was opened
        return answer


class Ledger:
    def __init__(self):
        self.commands = []
        self.looked = 0  # that opened sessions and were sent again since; the last check sends all again
        self.facts = collections.defaultdict(list)  # session: what its timeline must hold
        self.said = collections.defaultdict(list)  # session: texts that may stand there once
        self.fresh = set()  # sessions touched since the last check
        self.failures = []

    # --- writing down ---------------------------------------------------------

    def command(self, key, token, method, path, body, session=None):
        command = Command(key, token, method, path, body, session)
        self.commands.append(command)
        return command

    def touch(self, session):
        self.fresh.add(session)

    def may_say(self, session, text):
        """It is about to be said: from now on it may be there, once."""
        self.said[session].append(text)
        self.touch(session)

    def fact(self, session, type, **members):
        """The server answered or showed it: from now on it must be there."""
        self.facts[session].append((type, members))
        self.touch(session)

    def counts(self):
        answered = sum(c.answer is not None for c in self.commands)
        return answered, len(self.commands), sum(map(len, self.facts.values()))

    # --- checking -------------------------------------------------------------

    def fail(self, text):
        self.failures.append(text)

    async def check(self, port, everything=False):
        """Failures found by this check, which asks over several connections."""
        before = len(self.failures)
        sessions = set(self.facts) | set(self.said) if everything else set(self.fresh)
        commands = collections.defaultdict(list)  # of one session one after the other
        for number, command in enumerate(self.commands):
            if everything or command.session in sessions or (command.session is None and number >= self.looked):
                commands[command.session or command.key].append(command)
        self.looked = len(self.commands)
        lines = [wire.Http(port) for _ in range(LINES)]
        await self._share(lines, self._check_commands, list(commands.values()))
        await self._share(lines, self._check_session, sorted(sessions))
        await self._check_holders(lines[0])
        for http in lines:
            http.close()
        self.fresh.clear()
        return self.failures[before:]

    @staticmethod
    async def _share(lines, check, what):
        async def work(http, part):
            for one in part:
                await check(http, one)
        await asyncio.gather(*[work(http, what[i::len(lines)]) for i, http in enumerate(lines)])

    async def _check_commands(self, http, commands):
        for command in commands:
            await self._check_command(http, command)

    async def _check_command(self, http, command):
        """A repeat gives the first answer, byte for byte. One that was never
        answered is sent again, as a client would do that heard nothing."""
        first = command.answer
        again = await command.send(http)
        if first is None:
            return
        if again.status != first.status or again.body != first.body:
            self.fail(f"{command.method} {command.path} ({command.key}) was answered {first.status} "
                      f"{first.body[:120]!r}, and its repeat {again.status} {again.body[:120]!r}")
        elif again.headers.get("idempotency-replayed") != "true":
            self.fail(f"{command.method} {command.path} ({command.key}) was carried out a second time")

    async def _check_session(self, http, session):
        answer = await http.request("GET", f"/api/v1/sessions/{session}/timeline", SUPERVISOR)
        if answer.status != 200:
            self.fail(f"session {session}: its timeline is answered {answer.status}")
            return
        events = answer.json()["events"]
        for type, members in self.facts[session]:
            if not any(self._matches(event, type, members) for event in events):
                self.fail(f"session {session}: {type} {members} was shown and is not there")
        for text in self.said[session]:
            times = sum(event["type"] == "message" and event.get("text") == text for event in events)
            if times > 1:
                self.fail(f"session {session}: '{text}' was said once and is there {times} times")
        self._check_epochs(session, events)

    @staticmethod
    def _matches(event, type, members):
        return event["type"] == type and all(event.get(name) == value for name, value in members.items())

    def _check_epochs(self, session, events):
        """One holder an epoch, and no epoch comes back."""
        holders, last, version = {}, 0, 0
        for event in events:
            epoch = event.get("epoch")
            if "holder" not in event or epoch is None:
                continue
            holder = json.dumps(event["holder"])
            if epoch < last:
                self.fail(f"session {session}: epoch {epoch} after {last}")
            if event.get("version", version) < version:
                self.fail(f"session {session}: version {event['version']} after {version}")
            if holders.setdefault(epoch, holder) != holder:
                self.fail(f"session {session}: epoch {epoch} has two holders, {holders[epoch]} and {holder}")
            last, version = epoch, event.get("version", version)

    async def _check_holders(self, http):
        """Each agent's list and each session's holder say the same. They are two
        readings and a timer may run out between them: what is wrong is wrong in
        each of several."""
        wrong = await self._disagreements(http)
        for _ in range(READINGS - 1):
            if wrong:
                wrong &= await self._disagreements(http)
        for text in sorted(wrong):
            self.fail(text)

    async def _disagreements(self, http):
        found, holds = set(), {}
        for agent in (await http.request("GET", "/api/v1/agents", SUPERVISOR)).json()["agents"]:
            for session in self._ids(agent["sessions"]):
                if session in holds:
                    found.add(f"session {session} is held by {holds[session]} and by {agent['id']}")
                holds[session] = agent["id"]
        for session in await self._all_sessions(http):
            id, holder, listed = session["id"], session["holder"], holds.get(session["id"])
            if holder["kind"] == "agent" and listed != holder["id"]:
                found.add(f"session {id} is held by {holder['id']}, and {listed or 'nobody'} lists it")
            if holder["kind"] != "agent" and listed and not session.get("offer"):
                found.add(f"session {id} is held by {holder['kind']} {holder['id']}, and {listed} lists it")
        return found

    @staticmethod
    def _ids(sessions):
        return [s["id"] if isinstance(s, dict) else s for s in sessions]

    async def _all_sessions(self, http):
        sessions, after = [], ""
        while True:
            page = (await http.request("GET", f"/api/v1/sessions?limit={PAGE}{after}", SUPERVISOR)).json()
            sessions += page["sessions"]
            if not page.get("next"):
                return sessions
            after = f"&after={page['next']}"
