"""story.py - a short life through the real API that touches every file of a server, and what must be there afterwards.

Each step is answered, refused for now (503), or not answered at all, which says
nothing. Every other answer is a false one. What was answered is looked for after
the process was killed and has come back.
"""
import asyncio
import itertools
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "crash"))
from ledger import Ledger, SUPERVISOR  # noqa: E402
import wire  # noqa: E402

ADMIN = "faults-admin-token"
REFUSED, UNANSWERED = "refused", "unanswered"


class Story:
    def __init__(self):
        self.ledger, self.numbers = Ledger(), itertools.count(1)
        self.wrong, self.holds, self.erased, self.files, self.skills = [], {}, set(), {}, set()
        self.answered = self.refused = self.unanswered = 0

    # --- asking ---------------------------------------------------------------

    async def ask(self, what, asking, patience):
        """The answer; REFUSED or UNANSWERED."""
        try:
            answer = await asyncio.wait_for(asking, patience)
        except (ConnectionError, OSError, EOFError, ValueError, asyncio.TimeoutError):
            self.http.close()
            self.unanswered += 1
            return UNANSWERED
        if answer.done():
            self.answered += 1
            return answer
        if answer.status != 503 or b'"unavailable"' not in answer.body:
            self.wrong.append(f"{what} was answered {answer.status} {answer.body[:300]!r}")
        self.refused += 1
        return REFUSED

    def command(self, what, token, path, body, session=None):
        return self.ledger.command(f"{what}-{next(self.numbers)}", token, "POST", path, body, session)

    async def of_session(self, what, token, body):
        command = self.command(what, token, f"/api/v1/sessions/{self.session}/{what}", body, self.session)
        return await self.ask(what, command.send(self.http), self.patience)

    async def plain(self, what, method, path, body=None, token=ADMIN):
        return await self.ask(what, self.http.request(method, path, token, body), self.patience)

    # --- the life -------------------------------------------------------------

    async def play(self, port, patience, hasty=False):
        """True if every step was answered. @hasty: nothing more after the first that was not, but whether it is ready."""
        self.http, self.patience = wire.Http(port), patience
        try:
            for step in (self.open, self.say, self.file, self.hold, self.skill, self.script, self.move, self.end, self.lift, self.erase, self.read):
                if await step() in (REFUSED, UNANSWERED):
                    if hasty:
                        await self.open()
                    return False
            return True
        finally:
            self.http.close()

    async def open(self):
        opening = self.command("open", SUPERVISOR, "/api/v1/sessions", {"entryPoint": "main", "customer": {"id": f"c-{next(self.numbers)}", "name": "Ada"}})
        answer = await self.ask("open", opening.send(self.http), self.patience)
        if answer not in (REFUSED, UNANSWERED):
            self.session, self.token = answer.json()["id"], answer.json()["token"]
            self.ledger.fact(self.session, "session.opened")
        return answer

    async def say(self):
        text = f"said {next(self.numbers)}"
        self.ledger.may_say(self.session, text)
        answer = await self.of_session("messages", self.token, {"text": text})
        if answer not in (REFUSED, UNANSWERED):
            self.ledger.fact(self.session, "message", text=text)
        return answer

    async def file(self):
        content = f"bytes {next(self.numbers)}\n"
        path = f"/api/v1/sessions/{self.session}/files?name=a.txt"
        answer = await self.ask("file", self.send_bytes(path, content), self.patience)
        if answer not in (REFUSED, UNANSWERED):
            self.files[self.session] = self.token
        return answer

    async def send_bytes(self, path, content):
        http = wire.Http(self.http.port)
        try:
            http.reader, http.writer = await asyncio.open_connection("127.0.0.1", http.port)
            http.writer.write((f"POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: {len(content)}\r\n"
                               f"Authorization: Bearer {self.token}\r\nContent-Type: application/octet-stream\r\n\r\n{content}").encode())
            return await http._answer()
        finally:
            http.close()

    async def hold(self):
        answer = await self.plain("hold", "POST", "/api/v1/holds", {"session": self.session, "reason": "a claim"})
        if answer not in (REFUSED, UNANSWERED):
            self.holds[answer.json()["id"]] = self.session
        return answer

    async def skill(self):
        name = f"Skill{next(self.numbers) % 20}"
        answer = await self.plain("skill", "PUT", f"/api/v1/skills/{name}", {})
        if answer not in (REFUSED, UNANSWERED):
            self.skills.add(name)
        return answer

    async def script(self):
        return await self.plain("script", "PUT", "/api/v1/scripts/flow", {"source": f"TRACE \"{next(self.numbers)}\"\n"})

    async def move(self):
        return await self.of_session("transfer", SUPERVISOR, {"queueId": "support", "release": True})

    async def end(self):
        return await self.of_session("end", SUPERVISOR, {"reason": "enough"})

    async def lift(self):
        mine = [hold for hold, session in self.holds.items() if session == self.session]
        for hold in mine:
            answer = await self.plain("lift", "DELETE", f"/api/v1/holds/{hold}")
            self.holds.pop(hold)  # not answered: it is there, or not
            if answer in (REFUSED, UNANSWERED):
                return answer
        return None

    async def erase(self):
        """Every third. What has just ended is on its way into the history: 503, ask again."""
        if next(self.numbers) % 3 != 0:
            return None
        self.erased.add(self.session)  # whatever is answered: it is gone, or may be
        for _ in range(40):
            try:
                answer = await asyncio.wait_for(self.http.request("POST", "/api/v1/erasures", ADMIN, {"session": self.session}), self.patience)
            except (ConnectionError, OSError, EOFError, ValueError, asyncio.TimeoutError):
                self.http.close()
                self.unanswered += 1
                return UNANSWERED
            if answer.status != 503:
                break
            await asyncio.sleep(0.05)
        if answer.status == 503:
            self.refused += 1
            return REFUSED
        if answer.status != 200:  # also one that finishes what a try before it was stopped in
            self.wrong.append(f"erase was answered {answer.status} {answer.body[:300]!r}")
        self.answered += 1
        return answer

    async def read(self):
        for path in ("/api/v1/queues", f"/api/v1/sessions/{self.session}/timeline", "/api/v1/history?limit=5", "/api/v1/audit?limit=5"):
            answer = await self.plain("read", "GET", path, token=SUPERVISOR if "timeline" in path else ADMIN)
            if answer in (REFUSED, UNANSWERED):
                return answer
        return None

    # --- afterwards -----------------------------------------------------------

    async def check(self, port):
        """What was answered is there: failures. Ask a process that has come back."""
        for session in self.erased:  # its content is gone, and so is the ledger's claim to it
            self.ledger.facts.pop(session, None)
            self.ledger.said.pop(session, None)
            self.ledger.fresh.discard(session)
        self.ledger.commands[:] = [c for c in self.ledger.commands if c.session not in self.erased]
        failures, http = list(await self.ledger.check(port)), wire.Http(port)
        holds = {hold["id"] for hold in (await http.request("GET", "/api/v1/holds", ADMIN)).json()["holds"]}
        failures += [f"the hold {hold} was answered and is not there" for hold in self.holds if hold not in holds]
        skills = {skill if isinstance(skill, str) else skill["name"] for skill in (await http.request("GET", "/api/v1/skills", ADMIN)).json()["skills"]}
        failures += [f"the skill {skill} was answered and is not there" for skill in self.skills - skills]
        for session, token in self.files.items():
            failures += await self.check_file(http, session, token)
        self.files.clear()
        self.ledger.commands.clear()
        http.close()
        return failures

    async def check_file(self, http, session, token):
        if session in self.erased:
            return []
        events = (await http.request("GET", f"/api/v1/sessions/{session}/timeline", SUPERVISOR)).json()["events"]
        files = [file["id"] for event in events if isinstance(event.get("data"), dict) for file in event["data"].get("files", [])]
        if not files:
            return [f"session {session}: its file was answered and is not in the timeline"]
        status = (await http.request("GET", f"/api/v1/sessions/{session}/files/{files[0]}", SUPERVISOR)).status
        return [] if status == 200 else [f"session {session}: its file was answered, and is {status} now"]
