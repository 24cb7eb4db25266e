#!/usr/bin/env python3
"""test_baton_ws.py - the examples' WebSocket client against a server that is scripted byte by byte."""
import asyncio
import base64
import hashlib
import json
import pathlib
import struct
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "examples/clients/python"))
import baton_ws  # noqa: E402


def frame(opcode, payload=b"", final=True):
    """A server's frame: not masked."""
    size = len(payload)
    length = struct.pack("!B", size) if size < 126 else struct.pack("!BH", 126, size) if size < 65536 \
        else struct.pack("!BQ", 127, size)
    return bytes([(0x80 if final else 0) | opcode]) + length + payload


class Peer:
    """The server's side: reads what the client sends, unmasked."""

    def __init__(self, reader, writer):
        self.reader, self.writer = reader, writer

    async def handshake(self, answer=None):
        head = (await self.reader.readuntil(b"\r\n\r\n")).decode()
        self.headers = dict(line.split(": ", 1) for line in head.split("\r\n")[1:] if line)
        key = self.headers["Sec-WebSocket-Key"] + baton_ws.GUID
        accept = base64.b64encode(hashlib.sha1(key.encode()).digest()).decode()
        self.writer.write((answer or "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"
                           "Connection: Upgrade\r\nSec-WebSocket-Accept: {}\r\n\r\n").format(accept).encode())

    async def read(self):
        first, second = await self.reader.readexactly(2)
        assert second & 0x80, "a client masks"
        size = second & 0x7F
        if size == 126:
            size, = struct.unpack("!H", await self.reader.readexactly(2))
        elif size == 127:
            size, = struct.unpack("!Q", await self.reader.readexactly(8))
        mask, payload = await self.reader.readexactly(4), await self.reader.readexactly(size)
        return first & 0x0F, bytes(b ^ mask[i % 4] for i, b in enumerate(payload))


class WebSocketClient(unittest.IsolatedAsyncioTestCase):
    async def meet(self, play, answer=None, token=None):
        """Connects to a server that plays; returns the socket. What play() finds wrong fails the test."""
        async def serve(reader, writer):
            try:
                peer = Peer(reader, writer)
                await peer.handshake(answer)
                self.heard = peer.headers
                await play(peer)
                self.played.set_result(None)
            except Exception as wrong:
                self.played.set_exception(wrong)
            finally:
                writer.close()
        self.played = asyncio.get_running_loop().create_future()
        server = await asyncio.start_server(serve, "127.0.0.1", 0)
        self.addCleanup(server.close)
        port = server.sockets[0].getsockname()[1]
        socket = await baton_ws.connect(f"ws://127.0.0.1:{port}/x?y=z", token)
        self.addAsyncCleanup(socket.close)
        return socket

    async def refused_with(self, code, *frames):
        """The client closes with this code when it is sent these bytes."""
        async def play(peer):
            peer.writer.write(b"".join(frames))
            opcode, payload = await peer.read()
            self.assertEqual((opcode, struct.unpack("!H", payload[:2])[0]), (8, code))
        socket = await self.meet(play)
        with self.assertRaises(baton_ws.Closed) as over:
            await socket.receive()
        self.assertEqual(over.exception.code, code)
        await self.played

    async def test_objects_of_every_length_go_both_ways(self):
        async def play(peer):
            for _ in sizes:
                opcode, payload = await peer.read()
                self.assertEqual(opcode, 1)
                peer.writer.write(frame(1, payload))
        sizes = (0, 1, 90, 118, 119, 200, 65529, 70000)
        socket = await self.meet(play, token="secret")
        self.assertEqual(self.heard["Authorization"], "Bearer secret")
        for size in sizes:
            await socket.send({"text": "é" + "x" * size})
            self.assertEqual(await socket.receive(), {"text": "é" + "x" * size})

    async def test_fragments_are_joined_and_a_ping_between_them_is_answered(self):
        async def play(peer):
            text = json.dumps({"text": "häppchen"}, ensure_ascii=False).encode()
            cut = text.index("ä".encode()) + 1  # in the middle of a character
            peer.writer.write(frame(1, text[:cut], final=False) + frame(9, b"are you there")
                              + frame(0, b"", final=False) + frame(0, text[cut:]))
            self.assertEqual(await peer.read(), (10, b"are you there"))
        socket = await self.meet(play)
        self.assertEqual(await socket.receive(), {"text": "häppchen"})
        await self.played

    async def test_the_servers_close_is_answered_and_told(self):
        async def play(peer):
            peer.writer.write(frame(8, struct.pack("!H", 1001) + "müde".encode()))
            self.assertEqual(await peer.read(), (8, struct.pack("!H", 1001)))
        socket = await self.meet(play)
        self.assertEqual([f async for f in socket], [])
        self.assertEqual((socket.closed.code, socket.closed.reason), (1001, "müde"))
        with self.assertRaises(baton_ws.Closed):
            await socket.send({})
        await self.played

    async def test_our_close_waits_for_the_answer_while_another_task_receives(self):
        async def play(peer):
            self.assertEqual((await peer.read())[0], 8)
            peer.writer.write(frame(1, b"{}") + frame(8, struct.pack("!H", 1000)))
        socket = await self.meet(play)
        receiver = asyncio.ensure_future(socket.receive())
        await asyncio.sleep(0)
        await socket.close(1000, "done")
        self.assertEqual(await receiver, {})
        await self.played

    async def test_a_cut_line_is_told_from_a_close(self):
        async def play(peer):
            peer.writer.write(frame(1, b"{}")[:1])
        socket = await self.meet(play)
        with self.assertRaises(baton_ws.Closed) as over:
            await socket.receive()
        self.assertEqual(over.exception.code, 1006)

    async def test_what_a_server_may_not_send(self):
        masked = bytes([0x81, 0x80]) + bytes(4)
        for code, frames in ((1002, [masked]), (1002, [frame(3)]), (1002, [frame(0, b"x")]),
                             (1002, [frame(1, b"{", final=False), frame(1, b"}")]),
                             (1002, [frame(9, b"x" * 126)]), (1002, [frame(9, final=False)]),
                             (1002, [bytes([0xC1, 0])]), (1003, [frame(2, b"{}")]),
                             (1007, [frame(1, b"\xff")]), (1007, [frame(1, b"{")]),
                             (1009, [bytes([0x81, 127]) + struct.pack("!Q", 1 << 40)])):
            with self.subTest(code=code, frames=frames):
                await self.refused_with(code, *frames)

    async def test_a_refused_handshake_carries_the_problem(self):
        async def play(peer):
            del peer
        body = '{{"code":401,"detail":"No token."}}'
        with self.assertRaises(baton_ws.Refused) as refused:
            await self.meet(play, f"HTTP/1.1 401 Unauthorized\r\nContent-Length: {len(body) - 2}\r\n\r\n{body}")
        self.assertEqual(refused.exception.problem["code"], 401)
        self.assertIn("No token.", str(refused.exception))

    async def test_a_wrong_key_and_a_wrong_protocol(self):
        async def play(peer):
            del peer
        for answer in ("HTTP/1.1 101 Fine\r\nSec-WebSocket-Accept: nonsense\r\n\r\n", "SSH-2.0-x\r\n\r\n", "\r\n\r\n"):
            with self.subTest(answer=answer), self.assertRaises(ConnectionError):
                await self.meet(play, answer)
        for url in ("http://127.0.0.1/", "ws://", "ws://a:b/"):
            with self.subTest(url=url), self.assertRaises(ConnectionError):
                await baton_ws.connect(url)


if __name__ == "__main__":
    unittest.main()
