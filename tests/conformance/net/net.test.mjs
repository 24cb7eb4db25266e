// net.test.mjs - node's HTTP client and the ws package against net's server; with
// BATON_TEST_IDENTITY (a certificate and its key in PEM) all of it over TLS.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createRequire } from "node:module";
import http from "node:http";
import https from "node:https";
import net from "node:net";
import { after, before, test } from "node:test";
import tls from "node:tls";

const WebSocket = createRequire(new URL("../../clients/", import.meta.url))("ws");

const IDENTITY = process.env.BATON_TEST_IDENTITY;
const client = IDENTITY ? https : http;
const scheme = (name) => (IDENTITY ? `${name}s` : name);
// The certificate is for one of them.
const HOSTS = IDENTITY ? ["127.0.0.1"] : ["127.0.0.1", "[::1]"];

let server;
let port;

before(async () => {
  server = spawn(process.env.BATON_TEST_SERVER, IDENTITY ? [IDENTITY] : [], { stdio: ["ignore", "pipe", "inherit"] });
  process.on("exit", () => server.kill("SIGKILL"));
  port = Number((await once(server.stdout, "data")).toString());
});

// The last client is still there when the server is told to stop.
after(async () => {
  const socket = new WebSocket(`${scheme("ws")}://127.0.0.1:${port}/ws`);
  await once(socket, "open");
  const closed = once(socket, "close");
  server.kill("SIGTERM");
  assert.equal((await closed)[0], 1001);
  assert.equal((await once(server, "exit"))[0], 0);
});

function url(path, host = "127.0.0.1") {
  return `${scheme("http")}://${host}:${port}${path}`;
}

function request(options, body) {
  return new Promise((resolve, reject) => {
    const req = client.request({ port, method: "POST", ...options }, (res) => {
      const parts = [];
      res.on("data", (part) => parts.push(part));
      res.on("end", () => resolve({ res, body: Buffer.concat(parts).toString() }));
    });
    req.on("error", reject);
    req.end(body);
  });
}

test("fetch gets its body back, over the families of addresses", async () => {
  for (const host of HOSTS) {
    const answer = await fetch(url("/echo", host), { method: "POST", body: "héllo" });
    assert.equal(answer.status, 200);
    assert.equal(await answer.text(), "héllo");
    assert.ok(Math.abs(Date.parse(answer.headers.get("date")) - Date.now()) < 5000);
  }
});

test("a thousand requests over a few kept connections, answered late and at once", async () => {
  const agent = new client.Agent({ keepAlive: true, maxSockets: 20 });
  const answers = await Promise.all(
    Array.from({ length: 1000 }, (_, i) =>
      request({ agent, path: i % 2 ? "/late" : "/echo" }, `request ${i}`)));
  answers.forEach(({ body }, i) => assert.equal(body, `request ${i}`));
  agent.destroy();
});

test("a body of unknown length goes in chunks", async () => {
  const body = new ReadableStream({
    start(controller) {
      for (let i = 0; i < 200; i++) controller.enqueue(new TextEncoder().encode("x".repeat(i)));
      controller.close();
    },
  });
  const answer = await fetch(url("/echo"), { method: "PUT", body, duplex: "half" });
  assert.equal((await answer.text()).length, 199 * 100);
});

test("HEAD has headers only, and the connection goes on", async () => {
  const agent = new client.Agent({ keepAlive: true, maxSockets: 1 });
  const head = await request({ agent, method: "HEAD", path: "/missing" });
  assert.equal(head.res.statusCode, 404);
  assert.equal(head.res.headers["content-length"], "12");
  const next = await request({ agent, path: "/echo" }, "next");
  assert.equal(next.body, "next");
  agent.destroy();
});

test("Expect: 100-continue", async () => {
  const req = client.request({ port, method: "POST", path: "/echo",
    headers: { Expect: "100-continue", "Content-Length": 4 } });
  req.flushHeaders();
  await once(req, "continue");
  req.end("body");
  const [res] = await once(req, "response");
  assert.equal((await once(res, "data")).toString(), "body");
});

test("events of a stream", async () => {
  const answer = await fetch(url("/stream"));
  assert.equal(answer.headers.get("content-type"), "text/event-stream");
  assert.equal(await answer.text(), "data: 1\n\ndata: 2\n\ndata: 3\n\n");
});

test("too large a body is refused and read no further", async () => {
  const { res } = await request({ path: "/echo" }, "x".repeat(300000));
  assert.equal(res.statusCode, 413);
});

test("pipelined requests are answered in order", async () => {
  const socket = (IDENTITY ? tls : net).connect(port, "127.0.0.1");
  for (const body of ["1", "2", "3"]) {
    const path = body === "1" ? "/late" : "/echo";
    socket.write(`POST ${path} HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\n${body}`);
  }
  socket.end(); // and still wants its answers
  let all = "";
  for await (const part of socket) all += part;
  assert.deepEqual(all.match(/\r\n\r\n\d/g).map((t) => t.at(-1)), ["1", "2", "3"]);
});

async function open(protocols) {
  const socket = new WebSocket(`${scheme("ws")}://127.0.0.1:${port}/ws`, protocols);
  await once(socket, "open");
  return socket;
}

test("a WebSocket echoes text of every length, and closes as asked", async () => {
  const socket = await open();
  for (const text of ["", "a", "é€😀", "x".repeat(125), "x".repeat(126), "y".repeat(16384)]) {
    socket.send(text);
    assert.equal(String((await once(socket, "message"))[0]), text);
  }
  socket.close(4001, "bye 😀");
  const [code, reason] = await once(socket, "close");
  assert.equal(code, 4001);
  assert.equal(String(reason), "bye 😀");
});

test("a subprotocol is agreed on", async () => {
  const socket = await open(["other", "chat"]);
  assert.equal(socket.protocol, "chat");
  socket.close();
  await once(socket, "close");
});

test("a binary message and one too long are refused with their codes", async () => {
  for (const [data, code] of [[new Uint8Array(3), 1003], ["x".repeat(65_537), 1009]]) {
    const socket = await open();
    socket.send(data);
    assert.equal((await once(socket, "close"))[0], code);
  }
});

test("a hundred WebSockets hear only their own words", async () => {
  const sockets = await Promise.all(Array.from({ length: 100 }, () => open()));
  const heard = sockets.map((socket) => once(socket, "message"));
  sockets.forEach((socket, i) => socket.send(`I am ${i}`));
  (await Promise.all(heard)).forEach(([data], i) => assert.equal(String(data), `I am ${i}`));
  await Promise.all(sockets.map((socket) => (socket.close(), once(socket, "close"))));
});
