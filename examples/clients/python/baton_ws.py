"""baton_ws.py - a small WebSocket client after RFC 6455, for asyncio.

    socket = await baton_ws.connect("ws://127.0.0.1:8080/api/v1/chat?entryPoint=forum")
    await socket.send({"type": "message", "text": "hello"})
    async for frame in socket:          # until the server closes
        print(frame)
    await socket.close()

Frames are JSON objects, as Baton speaks them. Standard library only. Somebody
must be receiving: it is there that pings are answered.
"""
import asyncio
import base64
import hashlib
import json
import os
import ssl
import struct
import urllib.parse

GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"  # RFC 6455, section 1.3
MESSAGE_MAX = 1 << 20  # bytes of one message from the server
HEAD_MAX = 16 << 10
CLOSE_SECONDS = 5  # the server's time to answer our close frame

CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG = 0x0, 0x1, 0x2, 0x8, 0x9, 0xA
NORMAL, PROTOCOL_ERROR, NOT_TEXT, NOT_UTF8, TOO_BIG = 1000, 1002, 1003, 1007, 1009
NO_CODE, NO_CLOSE_FRAME = 1005, 1006  # never sent: what we say of a silent end


class Refused(Exception):
    """The server answered the handshake with HTTP instead of a WebSocket."""

    def __init__(self, status, body):
        self.status = status
        try:
            self.problem = json.loads(body)
            reason = self.problem.get("detail") or self.problem.get("message")
        except (ValueError, AttributeError):
            self.problem, reason = None, body.decode("utf-8", "replace").strip()
        super().__init__(f"the server answered {status}: {reason or 'no reason given'}")


class Closed(Exception):
    """The connection is over; code and reason are those of the close frame."""

    def __init__(self, code, reason=""):
        self.code, self.reason = code, reason
        super().__init__(f"the connection was closed with {code}" + (f": {reason}" if reason else ""))


# --- handshake ---------------------------------------------------------------

async def connect(url, token=None, timeout=10):
    """Opens a WebSocket. Raises Refused, OSError or asyncio.TimeoutError."""
    return await asyncio.wait_for(_connect(url, token), timeout)


async def _connect(url, token):
    parts, port, tls = _address(url)
    reader, writer = await asyncio.open_connection(parts.hostname, port, ssl=tls, limit=HEAD_MAX)
    key = base64.b64encode(os.urandom(16)).decode()
    try:
        writer.write(_request(parts, key, token))
        await writer.drain()
        status, headers = await _read_head(reader)
        if status != 101:
            raise Refused(status, await _read_body(reader, headers))
        expected = base64.b64encode(hashlib.sha1((key + GUID).encode()).digest()).decode()
        if headers.get("sec-websocket-accept") != expected:
            raise ConnectionError("the server does not speak WebSocket: its key is wrong")
    except BaseException:
        writer.close()
        raise
    return WebSocket(reader, writer)


def _address(url):
    parts = urllib.parse.urlsplit(url)
    wrong = ConnectionError(f"'{url}' is not an address such as ws://127.0.0.1:8080/…")
    try:
        port = parts.port
    except ValueError:
        raise wrong from None
    if parts.scheme not in ("ws", "wss") or not parts.hostname:
        raise wrong
    secure = parts.scheme == "wss"
    return parts, port or (443 if secure else 80), ssl.create_default_context() if secure else None


def _request(parts, key, token):
    lines = [f"GET {parts.path or '/'}{'?' + parts.query if parts.query else ''} HTTP/1.1",
             f"Host: {parts.netloc.rpartition('@')[2]}",
             "Upgrade: websocket", "Connection: Upgrade",
             f"Sec-WebSocket-Key: {key}", "Sec-WebSocket-Version: 13"]
    if token:
        lines.append(f"Authorization: Bearer {token}")
    return "\r\n".join([*lines, "", ""]).encode()


async def _read_head(reader):
    try:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    except asyncio.IncompleteReadError:
        raise ConnectionError("the server closed the connection without an answer") from None
    except asyncio.LimitOverrunError:
        raise ConnectionError("the head of the server's answer is too long") from None
    first, *lines = head.split("\r\n")
    words = first.split(" ", 2)
    if len(words) < 2 or not words[0].startswith("HTTP/1.") or not words[1].isdigit():
        raise ConnectionError(f"the server does not speak HTTP/1.1: '{first[:40]}'")
    headers = {name.strip().lower(): value.strip()
               for name, colon, value in (line.partition(":") for line in lines) if colon}
    return int(words[1]), headers


async def _read_body(reader, headers):
    length = headers.get("content-length", "")
    if not length.isdigit():
        return b""
    try:
        return await reader.readexactly(min(int(length), MESSAGE_MAX))
    except asyncio.IncompleteReadError as cut:
        return cut.partial


# --- frames ------------------------------------------------------------------

def _masked(payload, mask):
    """XOR with the mask, repeated (section 5.3), in one go."""
    pattern = (mask * (len(payload) // 4 + 1))[:len(payload)]
    number = int.from_bytes(payload, "big") ^ int.from_bytes(pattern, "big")
    return number.to_bytes(len(payload), "big")


def _frame(opcode, payload):
    """One whole frame; a client's are always masked, with a fresh mask."""
    size, first = len(payload), 0x80 | opcode
    if size < 126:
        head = struct.pack("!BB", first, 0x80 | size)
    elif size < 1 << 16:
        head = struct.pack("!BBH", first, 0x80 | 126, size)
    else:
        head = struct.pack("!BBQ", first, 0x80 | 127, size)
    mask = os.urandom(4)
    return head + mask + _masked(payload, mask)


class WebSocket:
    """One open connection. Any number of tasks may send, receive and close."""

    def __init__(self, reader, writer):
        self._reader, self._writer = reader, writer
        self._close_sent = False
        self._closed = None  # the Closed that every further call raises
        self._reading = asyncio.Lock()

    async def send(self, frame):
        """Sends one JSON object. Raises Closed."""
        if self._closed or self._close_sent:
            raise self._closed or Closed(NORMAL)
        text = json.dumps(frame, ensure_ascii=False, separators=(",", ":"))
        await self._write(TEXT, text.encode())

    async def receive(self):
        """The next frame, as an object. Raises Closed, also when the server only cut the line."""
        async with self._reading:
            if self._closed:
                raise self._closed
            try:
                return json.loads(await self._message())
            except (asyncio.IncompleteReadError, ConnectionError):
                raise self._over(Closed(NO_CLOSE_FRAME, "without a close frame")) from None
            except ValueError as wrong:  # neither UTF-8 nor JSON
                raise await self._fail(NOT_UTF8, f"not understood: {wrong}") from None

    def __aiter__(self):
        return self

    async def __anext__(self):
        try:
            return await self.receive()
        except Closed:
            raise StopAsyncIteration from None

    @property
    def closed(self):
        """The Closed that says how it ended, or None while it is open."""
        return self._closed

    async def close(self, code=NORMAL, reason=""):
        """Says goodbye and waits a moment for the answer; what still comes is dropped."""
        if self._closed:
            return
        try:
            if not self._close_sent:
                self._close_sent = True
                await self._write(CLOSE, struct.pack("!H", code) + reason.encode()[:123])
            await asyncio.wait_for(self._drain(), CLOSE_SECONDS)
        except (Closed, asyncio.TimeoutError):
            pass
        self._over(Closed(code, reason))

    async def _drain(self):
        while True:
            await self.receive()

    async def _write(self, opcode, payload):
        try:
            self._writer.write(_frame(opcode, payload))
            await self._writer.drain()
        except (ConnectionError, RuntimeError):
            raise self._over(Closed(NO_CLOSE_FRAME, "the connection is gone")) from None

    async def _message(self):
        """Joins the fragments of one text message; control frames may come between them."""
        parts, size = [], 0
        while True:
            final, opcode, payload = await self._read_frame()
            if opcode >= CLOSE:
                await self._control(opcode, payload)
                continue
            if (opcode == CONTINUATION) != bool(parts):
                raise await self._fail(PROTOCOL_ERROR, "a fragment without its message")
            if opcode == BINARY:
                raise await self._fail(NOT_TEXT, "only text is understood")
            parts.append(payload)
            size += len(payload)
            if size > MESSAGE_MAX:
                raise await self._fail(TOO_BIG, "too long a message")
            if final:
                return b"".join(parts).decode("utf-8")

    async def _read_frame(self):
        first, second = await self._reader.readexactly(2)
        final, opcode, size = bool(first & 0x80), first & 0x0F, second & 0x7F
        if first & 0x70 or second & 0x80 or opcode not in (CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG):
            raise await self._fail(PROTOCOL_ERROR, "a frame that a server may not send")
        if opcode >= CLOSE and (size > 125 or not final):
            raise await self._fail(PROTOCOL_ERROR, "a control frame of the wrong form")
        if size == 126:
            size, = struct.unpack("!H", await self._reader.readexactly(2))
        elif size == 127:
            size, = struct.unpack("!Q", await self._reader.readexactly(8))
        if size > MESSAGE_MAX:
            raise await self._fail(TOO_BIG, "too long a frame")
        return final, opcode, await self._reader.readexactly(size)

    async def _control(self, opcode, payload):
        if opcode == PING and not self._close_sent:
            await self._write(PONG, payload)
        if opcode != CLOSE:
            return
        code = struct.unpack("!H", payload[:2])[0] if len(payload) >= 2 else NO_CODE
        if not self._close_sent:
            self._close_sent = True
            await self._write(CLOSE, payload[:2])
        raise self._over(Closed(code, payload[2:].decode("utf-8", "replace")))

    async def _fail(self, code, reason):
        """Tells the server what it did wrong and gives the connection up."""
        if not self._close_sent:
            self._close_sent = True
            try:
                await self._write(CLOSE, struct.pack("!H", code) + reason.encode()[:123])
            except Closed:
                pass
        return self._over(Closed(code, reason))

    def _over(self, why):
        if self._closed is None:
            self._closed = why
            self._writer.close()
        return self._closed
