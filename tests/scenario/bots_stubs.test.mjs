// bots_stubs.test.mjs - servers that speak HTTP oddly, or wrongly: what is odd is understood, what is wrong loses the
// bot and never the session, over every connector that calls.
import assert from "node:assert/strict";
import net from "node:net";
import zlib from "node:zlib";
import { after, before, test } from "node:test";
import { reply, SPEAK } from "./support/speak.mjs";
import { eventually, Server } from "./support/server.mjs";
import { centre, Talk } from "./support/turns.mjs";

process.env.TEST_URL_TOKEN = "url-token-of-the-stubs";
const NAMES = Object.keys(SPEAK);
const head = (...lines) => `${["HTTP/1.1 200 OK", "Content-Type: application/json", ...lines].join("\r\n")}\r\n\r\n`;
const whole = (json, ...lines) => head(`Content-Length: ${Buffer.byteLength(json)}`, ...lines) + json;
const chunk = (text) => `${Buffer.byteLength(text).toString(16)}\r\n${text}\r\n`;

// How the answer @json is written on @line. ODD: it is heard all the same.
const ODD = {
  "HTTP/1.0, ended by the close": (json, line) => line.end(`HTTP/1.0 200 OK\r\n\r\n${json}`),
  "100 Continue, 103 Early Hints before it": (json, line) =>
    line.write(`HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n${whole(json)}`),
  "chunks with extensions and trailers": (json, line) =>
    line.write(`${head("Transfer-Encoding: chunked", "Trailer: X-Sum")}${chunk(json.slice(0, 3)).replace("\r\n", ";a=\"b\"\r\n")}${
      chunk(json.slice(3))}0\r\nX-Sum: 1\r\n\r\n`),
  "another content type, no reason, names in capitals": (json, line) =>
    line.write(`HTTP/1.1 200 \r\nCONTENT-TYPE: text/html; charset=utf-8\r\nCONTENT-LENGTH: ${Buffer.byteLength(json)}\r\n\r\n${json}`),
  "a byte at a time": async (json, line) => {
    for (const byte of Buffer.from(whole(json))) {
      if (!line.write(Buffer.of(byte))) await new Promise((resolve) => line.once("drain", resolve));
      await new Promise(setImmediate);
    }
  },
  "closed right behind it": (json, line) => line.end(whole(json, "Connection: close")),
  "the whole answer twice": (json, line) => line.write(whole(json) + whole(json)),
  "a byte order mark before the JSON": (json, line) => line.write(whole(`\ufeff${json}`)),
  "blanks and line ends around the JSON": (json, line) => line.write(whole(`\n \t${json}\n\n`)),
};

// WRONG: nobody can know what was meant.
const WRONG = {
  "half of the JSON": (json, line) => line.write(whole(json.slice(0, json.length / 2))),
  "cut in the middle": (json, line) => line.write(whole(json).slice(0, -2), () => line.destroy()),
  "closed before the end": (json, line) => line.end(whole(json).slice(0, -2)),
  "closed without a word": (json, line) => line.end(),
  "a chunk that ends too soon": (json, line) => line.end(`${head("Transfer-Encoding: chunked")}ffff\r\n${json}`),
  "a chunk whose length is none": (json, line) => line.end(`${head("Transfer-Encoding: chunked")}0x4\r\n${json}\r\n0\r\n\r\n`),
  "bytes that are not UTF-8": (json, line) => line.end(Buffer.concat([Buffer.from(head("Content-Length: 4")), Buffer.from([0x22, 0xff, 0xfe, 0x22])])),
  "no HTTP": (json, line) => line.end("SSH-2.0-nobody\r\n"),
  "two lengths": (json, line) => line.end(whole(json, "Content-Length: 3")),
  "headers without an end": (json, line) => {
    const more = () => line.writable && line.write(`X-Filler: ${"x".repeat(8000)}\r\n`, (error) => error || setImmediate(more));
    line.write("HTTP/1.1 200 OK\r\n", more);
  },
  "a body without an end": (json, line) => {
    const more = () => line.writable && line.write(chunk("x".repeat(60000)), (error) => error || setImmediate(more));
    line.write(head("Transfer-Encoding: chunked"), more);
  },
  "redirects for ever": (json, line, path) => line.end(`HTTP/1.1 307 Temporary Redirect\r\nLocation: ${path}\r\nContent-Length: 0\r\n\r\n`),
  "304, 429 for a day, 401": (json, line, path) => line.end(`HTTP/1.1 ${["304 Not Modified", "429 Too Many\r\nRetry-After: 86400", "401 No"][path.length % 3]}\r\nContent-Length: 0\r\n\r\n`),
  "100 Continue for ever": (json, line) => {
    const more = () => line.writable && line.write("HTTP/1.1 100 Continue\r\n\r\n".repeat(100), (error) => error || setImmediate(more));
    more();
  },
  "UTF-16": (json, line) => line.end(Buffer.concat([Buffer.from(head("Connection: close")), Buffer.from(`\ufeff${json}`, "utf16le")])),
  "redirected to somewhere else": (json, line) => line.end("HTTP/1.1 302 Found\r\nLocation: http://169.254.169.254/\r\nContent-Length: 0\r\n\r\n"),
  "a drip without an end": (json, line) => {
    line.write(head("Content-Length: 1000000"));
    const timer = setInterval(() => line.write(" "), 100);
    line.on("close", () => clearInterval(timer));
  },
  "packed, though nobody asked for it": (json, line) => {
    const packed = zlib.gzipSync(json);
    line.end(Buffer.concat([Buffer.from(head("Content-Encoding: gzip", `Content-Length: ${packed.length}`)), packed]));
  },
  "a text and no object": (json, line) => line.end(whole('"just words"')),
  "null": (json, line) => line.end(whole("null")),
  "objects where lists belong, and lists where texts do": (json, line) =>
    line.end(whole(`{"text":[1],"messages":{},"outcome":[],"branchName":{},"botState":[],"replyMessages":{},"outputStack":{"a":[]}}`)),
  "nesting without a bottom": (json, line) => line.end(whole("[".repeat(20000))),
};

let server, manner; // by connector's path
const stub = net.createServer((line) => {
  let got = "";
  line.on("error", () => {});
  line.on("data", (part) => {
    got += part;
    for (let end; (end = got.indexOf("\r\n\r\n")) >= 0;) { // one request after the other
      const [, path] = got.split(" ", 2);
      const length = Number(/content-length: *(\d+)/i.exec(got.slice(0, end))?.[1] ?? 0);
      const body = Buffer.from(got.slice(end + 4), "latin1").subarray(0, length);
      if (body.length < length) return;
      got = got.slice(end + 4 + length);
      const name = path.split("/")[1];
      manner(JSON.stringify(SPEAK[name](JSON.parse(body))), line, path);
    }
  });
  line.setEncoding("latin1");
});

before(async () => {
  await new Promise((resolve) => stub.listen(0, "127.0.0.1", resolve));
  const url = (name) => `http://127.0.0.1:${stub.address().port}/${name}/`;
  server = await Server.start(centre(NAMES.map((name) => `  - { id: ${name}, type: ${name}, url: "${url(name)}", timeout: 5, attempts: 1, failures: 0${
    name === "cognigy-rest" ? ", urlToken: env:TEST_URL_TOKEN" : ""} }`).join("\n"), NAMES));
});
const lines = new Set();
stub.on("connection", (line) => lines.add(line));
after(async () => {
  await server?.remove();
  for (const line of lines) line.destroy();
  stub.close();
});

for (const [what, write] of Object.entries(ODD)) {
  test(`odd: ${what}`, async () => {
    manner = write;
    await Promise.all(NAMES.map(async (name) => {
      const talk = await Talk.open(server, name);
      talk.say("Grüße 🎉");
      await talk.hears(reply("Grüße 🎉"));
      await talk.finish();
    }));
  });
}

for (const [what, write] of Object.entries(WRONG)) {
  test(`wrong: ${what}`, async () => {
    manner = write;
    await Promise.all(NAMES.map(async (name) => {
      const talk = await Talk.open(server, name);
      talk.say("hello");
      await talk.becomes("queued"); // people take it
      const events = await talk.events();
      assert.ok(events.some((e) => e.type === "bot.lost"), name);
      assert.ok((await talk.note()).length > 0, `${name} says why`);
      assert.deepEqual(await talk.texts(), []);
      await talk.finish();
    }));
    assert.equal((await server.ask("GET", "/readyz")).status, 200);
  });
}

test("nothing of it is left", async () => {
  await eventually("all are over", async () => (await server.as("supervisor")("GET", "/sessions")).body.sessions.every((s) => s.status === "completed"));
  assert.equal(await server.stop("SIGTERM"), 0);
});
