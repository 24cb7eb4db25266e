// bots_cognigy_stubs.test.mjs - endpoints that speak Cognigy's socket oddly, or wrongly: what is odd is understood and
// said once, what is wrong loses the bot and never the session.
import assert from "node:assert/strict";
import http from "node:http";
import { createRequire } from "node:module";
import { after, before, test } from "node:test";
import { eventually, Server } from "./support/server.mjs";
import { centre, Talk } from "./support/turns.mjs";

const { WebSocketServer } = createRequire(new URL("../clients/package.json", import.meta.url))("ws");
process.env.TEST_URL_TOKEN = "url-token-of-the-stubs";

const OPEN = '0{"sid":"s-1","upgrades":[],"pingInterval":25000,"pingTimeout":5000}';
const READY = '42["endpoint-ready"]';
const output = (text, id = "") => `42${id}["output",{"type":"output","data":{"text":${JSON.stringify(text)},"data":{},"source":"bot","traceId":"t-${text}"}}]`;
const PING = '42["finalPing",{"type":"regular"}]';

// @open: what is sent at first; @turn: what to a turn. Each a packet, or something else to do with the line.
const ODD = {
  "nothing unusual": { open: [OPEN, "40", READY], turn: [output("yes", 7), PING] },
  "no JSON at the beginning, endpoint-ready twice": { open: ["0{", "40", READY, READY], turn: [output("yes", 7), PING] },
  "the same output twice, under the same number": { open: [OPEN, "40", READY], turn: [output("yes", 7), output("yes", 7), PING] },
  "finalPing with a number, as an output with one, and both": { open: [OPEN, "40", READY],
    turn: [output("yes"), '4212["finalPing",{"type":"regular"}]', '4213["output",{"type":"finalPing","data":{"type":"regular"}}]'] },
  "finalPing before the output, and nothing in it": { open: [OPEN, "40", READY], turn: ['42["finalPing"]', output("yes", 7)] },
  "a number beyond 64 bits, and 0": { open: [OPEN, "40", READY], turn: [output("yes", 0), '4299999999999999999999999["typingStatus",{"status":"typingOn"}]', PING] },
  "events and packets that nobody knows": { open: [OPEN, "6", "40", "40/other", '42["hello",1]', READY],
    turn: ['42["output"]', '42["output",null]', '42["output",{"type":"output"}]', '42["output",{"type":"strange","data":[]}]', "42[]", "42{}", "42", "43", "4377[]", "9", "",
      output("yes", 7), PING] },
  "pings from the server, pongs nobody asked for, the packet of an upgrade": { open: [OPEN, "40", READY], turn: ["2", "2probe", "3", "3probe", "5", output("yes", 7), PING] },
  "bytes among the texts": { open: [OPEN, "40", READY], turn: [(line) => line.send(Buffer.from([4, 1, 2, 3])), output("yes", 7), PING] },
  "text that is a number, data that is a text": { open: [OPEN, "40", READY], turn: ['42["output",{"type":"output","data":{"text":42,"data":"x","traceId":1}}]', output("yes", 7), PING] },
  "one byte a fragment": { open: [OPEN, "40", READY], turn: [(line) => {
    const bytes = [...output("yes", 7)];
    bytes.forEach((byte, i) => line.send(byte, { fin: i === bytes.length - 1, binary: false }));
  }, PING] },
};
const WRONG = {
  "refused by the endpoint (44)": { open: [OPEN, '44"Invalid URL token"'], turn: [] },
  "closed at once": { open: [(line) => line.close()], turn: [] },
  "never ready": { open: [OPEN, "40"], turn: [] },
  "half of the JSON, then silence": { open: [OPEN, "40", READY], turn: [output("yes").slice(0, -9)] },
  "a frame beyond all measure": { open: [OPEN, "40", READY], turn: [(line) => line.send(`42["output",{"x":"${"x".repeat(20_000_000)}"}]`, () => {})] },
  "bytes that are not UTF-8": { open: [OPEN, "40", READY], turn: [(line) => line.send(Buffer.from([0x34, 0x32, 0xff]), { binary: false })] },
};

let server, manner;
const wire = http.createServer((request, answer) => answer.writeHead(200, { "Content-Type": "text/html" }).end("<html>"));
const sockets = new WebSocketServer({ server: wire, verifyClient: (_, answer) => {
  handshakes++;
  return manner.refuse ? answer(false, manner.refuse, "No", manner.headers) : answer(true);
} });
let handshakes = 0;
const play = (line, packets) => packets.forEach((p) => (typeof p === "string" ? line.send(p) : p(line)));
const acks = [];
sockets.on("connection", (line) => {
  const how = manner;
  line.on("error", () => {});
  line.on("message", (bytes) => {
    const text = bytes.toString();
    if (text.startsWith("42[\"processInput\"")) play(line, how.turn);
    else if (text.startsWith("43")) acks.push(text);
    else if (text === "2") line.send("3");
  });
  play(line, how.open);
});

before(async () => {
  await new Promise((resolve) => wire.listen(0, "127.0.0.1", resolve));
  server = await Server.start(centre(`  - { id: bot, type: cognigy, url: "http://127.0.0.1:${wire.address().port}/", urlToken: env:TEST_URL_TOKEN, answerWithin: 3, attempts: 2 }`, ["bot"]));
});
after(async () => {
  await server?.remove();
  for (const line of sockets.clients) line.terminate();
  wire.closeAllConnections();
  wire.close();
});

for (const [what, how] of Object.entries(ODD)) {
  test(`odd: ${what}`, async () => {
    manner = how;
    const talk = await Talk.open(server, "bot");
    talk.say("hello");
    await talk.hears("yes");
    await eventually("the turn is over", async () => (await talk.texts()).at(-1) !== undefined);
    assert.equal((await talk.texts()).filter((t) => t === "yes").length, 1);
    assert.ok(!(await talk.events()).some((e) => e.type === "bot.lost"));
    await talk.finish();
  });
}

test("two packets with the same output are meant; each is acknowledged", async () => {
  manner = { open: [OPEN, "40", READY], turn: [output("yes", 7), output("yes", 8), PING] };
  acks.length = 0;
  const talk = await Talk.open(server, "bot");
  talk.say("hello");
  await eventually("both are acknowledged", () => acks.includes("437[]") && acks.includes("438[]"));
  await eventually("both are said", async () => (await talk.texts()).join() === "yes,yes");
  await talk.finish();
});

for (const [what, how] of Object.entries(WRONG)) {
  test(`wrong: ${what}`, async () => {
    manner = how;
    const talk = await Talk.open(server, "bot");
    talk.say("hello");
    await talk.becomes("queued");
    const events = await talk.events();
    assert.ok(events.some((e) => e.type === "bot.note" || e.type === "invite.expired"), `told why: ${events.map((e) => e.type)}`);
    assert.deepEqual(await talk.texts(), []);
    await talk.finish();
  });
}

test("what is said before endpoint-ready waits until then", async () => {
  manner = { open: [OPEN, "40", output("early", 3), '42["typingStatus",{"status":"typingOn"}]', READY], turn: [output("yes", 7), PING] };
  acks.length = 0;
  const talk = await Talk.open(server, "bot");
  await talk.hears("early");
  talk.say("hello");
  await talk.hears("yes");
  assert.deepEqual(await talk.texts(), ["early", "yes"]);
  assert.ok(acks.includes("433[]"));
  await talk.finish();
  manner = { open: [OPEN, "40", '42["output",{"type":"output","data":{"text":"Good-bye","data":{"handover":true}}}]', READY], turn: [] };
  const other = await Talk.open(server, "bot"); // a goodbye, too
  await other.becomes("releasing");
  assert.deepEqual(await other.texts(), ["Good-bye"]);
  await other.finish();
});

// What the timeline says: a reader must know what to mend.
const closes = (code, reason) => ({ open: [OPEN, "40", READY], turn: [(line) => line.close(code, reason)] });
const TOLD = {
  "refused with 401": [{ refuse: 401 }, /the endpoint answered 404, and 401 to the WebSocket/, 2],
  "redirected": [{ refuse: 302, headers: { Location: "/elsewhere" } }, /answered 404, and 302 to the WebSocket/, 2],
  "busy for a second": [{ refuse: 429, headers: { "Retry-After": "1" } }, /the endpoint answered 429/, 2],
  "busy for a day": [{ refuse: 503, headers: { "Retry-After": "86400" } }, /answered 503, and wants to be left alone for 86400 s/, 1],
  "closed with a code of its own": [closes(4001, "kicked: “out”"), /gone: the connection to the endpoint was closed with the code 4001: kicked: “out”\./],
  "closed for policy": [closes(1008), /closed with the code 1008: policy/],
  "a packet beyond all measure": [WRONG["a frame beyond all measure"], /closed with the code 1009: the message is too long/],
  "never ready": [WRONG["never ready"], /The bot was connected and never said endpoint-ready|not ready in time/],
};
wire.removeAllListeners("request");
wire.on("request", (request, answer) => answer.writeHead(manner.refuse ? 404 : 200, { "Content-Type": "text/html" }).end("<html>"));
for (const [what, [how, sentence, tries]] of Object.entries(TOLD)) {
  test(`told: ${what}`, async () => {
    manner = how;
    handshakes = 0;
    const begun = Date.now();
    const talk = await Talk.open(server, "bot");
    talk.say("hello");
    await talk.becomes("queued");
    assert.match((await talk.events()).filter((e) => e.type === "bot.note").map((e) => e.note).join("\n"), sentence);
    if (tries) assert.equal(handshakes, tries);
    if (how.headers?.["Retry-After"] === "1") assert.ok(Date.now() - begun >= 1000, "asked again no earlier");
    await talk.finish();
  });
}

test("the server ends as it should", async () => assert.equal(await server.stop("SIGTERM"), 0));
