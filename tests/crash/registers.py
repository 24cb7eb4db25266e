"""registers.py - clients who write and read the same few values, for a history.

A register is an attribute of a session. Several clients write to it and read it
at the same time, through the kills; linear.py looks whether one order explains
what they were told.
"""
import asyncio
import itertools
import time

from ledger import SUPERVISOR
import wire

CLIENTS, OBJECTS = 4, 2
OPERATIONS_MOST = 400  # on one object: then another begins


class Registers:
    def __init__(self):
        self.history, self.values = [], itertools.count(1)
        self.sessions, self.counts = [None] * OBJECTS, [0] * OBJECTS

    async def client(self, port, number):
        """Until the server is gone."""
        http = wire.Http(port)
        try:
            while True:
                await self.once(http, number % OBJECTS, number)
        finally:
            http.close()

    async def once(self, http, place, number):
        session = self.sessions[place]
        if session is None:
            answer = await http.request("POST", "/api/v1/sessions", SUPERVISOR, {"entryPoint": "main"})
            if answer.done() and self.sessions[place] is None:
                self.sessions[place], self.counts[place] = answer.json()["id"], 0
            return
        still_there = await (self.write if (number + len(self.history)) % 3 else self.read)(http, session)
        self.counts[place] += 1
        if self.sessions[place] == session and (not still_there or self.counts[place] > OPERATIONS_MOST):
            self.sessions[place] = None
        await asyncio.sleep(0.002)

    def begin(self, kind, session, value):
        operation = {"object": session, "kind": kind, "value": value, "from": time.monotonic(), "to": None}
        self.history.append(operation)
        return operation

    async def write(self, http, session):
        value = next(self.values)
        operation = self.begin("write", session, value)
        answer = await http.request("PATCH", f"/api/v1/sessions/{session}/attributes", SUPERVISOR, {"register": value})
        return self.end(operation, answer)

    async def read(self, http, session):
        operation = self.begin("read", session, None)
        answer = await http.request("GET", f"/api/v1/sessions/{session}", SUPERVISOR)
        if answer.done():
            operation["value"] = answer.json()["attributes"].get("register")
        return self.end(operation, answer)

    def end(self, operation, answer):
        """What was refused did not happen. False: the session is over."""
        operation["to"] = time.monotonic()
        if not answer.done():
            self.history.remove(operation)
        return answer.done() or answer.status >= 500
