"""wire.py - requests over one kept connection, for asyncio."""
import asyncio
import json


class Answer:
    def __init__(self, status, headers, body):
        self.status, self.headers, self.body = status, headers, body

    def json(self):
        return json.loads(self.body)

    def done(self):
        return 200 <= self.status < 300


class Http:
    """One request at a time. A connection that breaks raises ConnectionError,
    and the next request makes a new one."""

    def __init__(self, port):
        self.port, self.reader, self.writer = port, None, None

    async def request(self, method, path, token, body=None, key=None):
        try:
            if self.writer is None:
                self.reader, self.writer = await asyncio.open_connection("127.0.0.1", self.port)
            self.writer.write(self._head_and_body(method, path, token, body, key))
            return await self._answer()
        except (OSError, EOFError) as error:
            self.close()
            raise ConnectionError(str(error)) from None

    def close(self):
        if self.writer is not None:
            self.writer.close()
            self.writer = None

    @staticmethod
    def _head_and_body(method, path, token, body, key):
        payload = b"" if body is None else json.dumps(body).encode()
        lines = [f"{method} {path} HTTP/1.1", "Host: localhost", f"Content-Length: {len(payload)}"]
        lines += [f"Authorization: Bearer {token}"] if token else []
        lines += [f"Idempotency-Key: {key}"] if key else []
        lines += ["Content-Type: application/json"] if payload else []
        return "\r\n".join([*lines, "", ""]).encode() + payload

    async def _answer(self):
        head = (await self.reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in head[1:])}
        body = await self.reader.readexactly(int(headers.get("content-length", 0)))
        return Answer(int(head[0].split(" ")[1]), headers, body)
