// crowd.test.mjs - many sessions at once over each connector, lines cut at random: each ends where it must, no word
// twice, none lost between us and a peer that acknowledges. Forty each; a thousand with BATON_LONG=1.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { createRequire } from "node:module";
import path from "node:path";
import { after, before, test } from "node:test";
import { Endpoint } from "./support/cognigy.mjs";
import { echo } from "./support/echo.mjs";
import { Line } from "./support/line.mjs";
import { Peer } from "./support/peer.mjs";
import { flow, OUTCOME, reply, SPEAK } from "./support/speak.mjs";
import { BATON, Server, sleep } from "./support/server.mjs";
import { HttpBot } from "./support/turns.mjs";

const LONG = process.env.BATON_LONG === "1";
const MANY = LONG ? 1000 : 40;
const PATIENCE_MS = LONG ? 240_000 : 60_000;
const clients = createRequire(new URL("../clients/package.json", import.meta.url));
const io = clients("socket.io-client");
const { DirectLine } = clients("botframework-directlinejs");
const ChatwootClient = clients("@figuro/chatwoot-sdk").default;
globalThis.WebSocket = clients("ws");
process.env.TEST_URL_TOKEN = "url-token-of-the-crowd";
process.env.TEST_DL_SECRET = "secret-of-the-crowd";
process.env.TEST_CW_TOKEN = "token-of-the-crowd";

let server, supervisor, endpoint, hook, hookLine;
const CALLED = ["cognigy", "webhook", "exchange", "genesys", "rasa", "cognigy-rest"];
const bots = {}; // by connector: {bot, line}
const CENTRE = (to) => `
centre: crowd
listen: 127.0.0.1:0
tokens:
  - { role: visitor,    token: test-visitor-token, name: web }
  - { role: bot,        token: test-bot-second-token, subject: second }
  - { role: bot,        token: test-bot-socket-token, subject: socket }
  - { role: supervisor, token: test-supervisor-token, name: supervisor }
queues: [{ id: support, wrapUpTime: 600 }]
agents: [{ id: anna, name: Anna }]
rates: { visitor: 0, customer: 0, bot: 0, supervisor: 0 }
bots:
  - { id: second }
  - { id: socket }
  - { id: robot, type: chatwoot }
  - { id: cognigy, type: cognigy, url: "http://127.0.0.1:${to.cognigy}/bots", urlToken: env:TEST_URL_TOKEN, answerWithin: 10, attempts: 20 }
  - { id: webhook, type: webhook, url: "http://127.0.0.1:${to.webhook}/w", attempts: 10, failures: 0, timeout: 30 }
  - { id: exchange, type: exchange, url: "http://127.0.0.1:${to.exchange}/x", attempts: 10, failures: 0, timeout: 30 }
  - { id: genesys, type: genesys, url: "http://127.0.0.1:${to.genesys}/g", attempts: 10, failures: 0, timeout: 30, ends: [bye] }
  - { id: rasa, type: rasa, url: "http://127.0.0.1:${to.rasa}/r", attempts: 10, failures: 0, timeout: 30 }
  - { id: cognigy-rest, type: cognigy-rest, url: "http://127.0.0.1:${to["cognigy-rest"]}/c", urlToken: env:TEST_URL_TOKEN, attempts: 10, failures: 0, timeout: 30 }
entryPoints:
${["second", "socket", "robot", ...CALLED].map((bot) =>
  `  - { id: ${bot}, bot: ${bot}, fallback: support, idleTimeout: 1, customerGrace: 600, silenceTimeout: 3600, inviteTimeout: 600 }`).join("\n")}
facades:
  - { id: web, type: cognigy, token: env:TEST_URL_TOKEN, entryPoint: second }
  - { id: dl, type: directline, token: env:TEST_DL_SECRET, entryPoint: second }
  - { id: cw, type: chatwoot, token: env:TEST_CW_TOKEN, entryPoint: robot, webhook: "http://127.0.0.1:${hookLine.port}/cw" }
`;

before(async () => {
  const Xhr = createRequire(clients.resolve("engine.io-client"))("xmlhttprequest-ssl");
  // A request whose line was cut has no response in a browser; here its text would be the error's.
  globalThis.XMLHttpRequest = function () {
    const xhr = new Xhr();
    return Object.defineProperty(xhr, "response", { get: () => (xhr.status ? JSON.parse(xhr.responseText || "null") : null) });
  };
  endpoint = await Endpoint.start();
  endpoint.onInput = flow(endpoint);
  const to = {};
  bots.cognigy = { line: await Line.to(() => endpoint.port) };
  for (const [name, speak] of Object.entries(SPEAK)) {
    const bot = await new HttpBot().up();
    bot.answer = (body) => ({ body: speak(body) });
    bots[name] = { bot, line: await Line.to(() => bot.port) };
  }
  for (const [name, { line }] of Object.entries(bots)) to[name] = line.port;
  hook = await new HttpBot().up();
  hookLine = await Line.to(() => hook.port);
  server = await Server.start(CENTRE(to));
  supervisor = server.as("supervisor");
  await echo(server, "second");
});
const closing = [];
after(async () => {
  for (const close of closing) close();
  await server?.remove();
  endpoint?.stop();
  for (const { bot, line } of [...Object.values(bots), ...(hook ? [{ bot: hook, line: hookLine }] : [])]) {
    line.close();
    await bot?.down();
  }
});

async function wait(what, look) {
  const end = Date.now() + PATIENCE_MS;
  while (!(await look())) {
    if (Date.now() > end) throw new Error(`${typeof what === "string" ? what : what()}: not within ${PATIENCE_MS} ms`);
    await sleep(100);
  }
}

// Lines are cut all the time that run() takes.
async function cutting(line, run) {
  let going = true;
  const cutter = (async () => {
    while (going) {
      line.cutSome(0.02);
      await sleep(50);
    }
  })();
  try {
    return await run();
  } finally {
    going = false;
    await cutter;
  }
}

const LAST = [undefined, "human", "bye"]; // what a session says at the end, by its number
const wordsOf = (n) => ["one", "two", "three", ...(LAST[n % 3] ? [LAST[n % 3]] : [])].map((w) => (OUTCOME[w] ? w : `${w} of ${n}`));
const STATUS = { human: "queued", bye: "completed" };

// A session as its timeline has it, which is there also a minute after its end. @mayBeLost: its peer does not acknowledge, so that its words may be lost with a
// line, and then the session is lost to it.
async function judge(id, n, { mayBeLost = false, quiet = false } = {}) {
  const words = wordsOf(n);
  const read = async () => (await supervisor("GET", `/sessions/${id}/timeline`)).body.events;
  let events = await read();
  const lost = events.some((e) => e.type === "bot.lost");
  assert.ok(mayBeLost || !lost, `${id} was lost: ${JSON.stringify(events.filter((e) => e.type.startsWith("bot.")))}`);
  const wanted = lost ? "queued" : STATUS[words.at(-1)] ?? "connected";
  await wait(() => `${id} is ${wanted}: ${JSON.stringify(events.slice(-3))}`, async () => {
    events = await read();
    return events.findLast((e) => e.status)?.status === wanted;
  });
  const by = (who) => events.filter((e) => e.type === "message" && e.cause.role === who && e.text).map((e) => e.text);
  assert.deepEqual(by("customer"), lost ? words.slice(0, by("customer").length) : words);
  const answers = words.map(reply).filter((text) => !quiet || text !== "Good-bye.");
  const said = by("bot");
  assert.equal(new Set(said).size, said.length, `said twice: ${said}`);
  if (lost || mayBeLost) assert.ok(said.every((text) => answers.includes(text)), `${said}`);
  else assert.deepEqual(said, answers);
  return { lost, said };
}

// ---- our bots' side: customers over our own socket

async function customerTalks(entry, n) {
  const customer = await Peer.customer(server, entry);
  closing.push(() => customer.socket.terminate());
  const { session } = await customer.hear("session.opened");
  const over = () => customer.all.some((f) => f.type === "session.ended" || (f.type === "session.status" && f.status === "queued"));
  const words = wordsOf(n);
  for (const text of words) {
    if (over()) break;
    customer.send("message", { text });
    const answered = () => customer.all.some((f) => f.type === "message" && f.from === "bot" && f.text === reply(text));
    await wait(`an answer to ${text}`, () => over() || (!OUTCOME[text] && answered()));
  }
  return { id: session.id, customer };
}

for (const name of CALLED) {
  test(`${MANY} sessions with bots of ${name}`, { timeout: 2 * PATIENCE_MS }, async () => {
    const { line, bot } = bots[name];
    const all = await cutting(line, () => Promise.all(Array.from({ length: MANY }, (_, n) => customerTalks(name, n))));
    const inputs = (name === "cognigy" ? endpoint.inputs : bot.asked).length;
    let lost = 0;
    for (const [n, { id, customer }] of all.entries()) {
      const found = await judge(id, n, { mayBeLost: name !== "webhook" });
      lost += found.lost;
      const heard = customer.all.filter((f) => f.type === "message" && f.from === "bot" && f.text).map((f) => f.text);
      assert.deepEqual(heard, found.said, "the customer hears what was said, once");
    }
    assert.ok(inputs >= MANY && lost < MANY / 2, `${lost} of ${MANY} were lost to the bot`);
    if (name === "cognigy") { // what may have arrived is not sent again
      const seen = endpoint.inputs.map((i) => `${i.sessionId} ${i.text}`);
      assert.equal(new Set(seen).size, seen.length);
    }
  });
}

// ---- bots that come to us: over our own socket. Who shares a line that is cut is lost to the bot together.

test(`${MANY} sessions with bots of socket`, { timeout: 2 * PATIENCE_MS }, async () => {
  const line = await Line.to(() => server.port);
  let here = true;
  const come = async () => {
    const bot = await echo(line, "socket").catch(() => null);
    if (bot) await bot.over;
    else await sleep(100);
    if (here) come();
  };
  closing.push(() => ((here = false), line.close()));
  const lines = 8;
  for (let i = 0; i < lines; i++) come();
  const all = await cutting(line, () => Promise.all(Array.from({ length: MANY }, (_, n) => customerTalks("socket", n))));
  for (const [n, { id, customer }] of all.entries()) {
    const { said } = await judge(id, n, { mayBeLost: true, quiet: true });
    assert.deepEqual(customer.all.filter((f) => f.type === "message" && f.from === "bot").map((f) => f.text), said);
  }
});

// ---- facades: their customers' real clients

// Until it is acknowledged it is said again, under the same name.
function insist(socket, input) {
  return new Promise((resolve) => {
    const ask = () => socket.connected && socket.emit("processInput", input, done);
    const timer = setInterval(ask, 2000).unref();
    const done = () => (clearInterval(timer), socket.off("connect", ask), resolve());
    socket.on("connect", ask);
    ask();
  });
}

function chat(line, n) {
  const heard = new Map(); // by traceId, in order
  const session = `crowd-${n}`, userId = `user-${n}`;
  const socket = io(`http://127.0.0.1:${line.port}`, { transports: [n % 10 === 9 ? "polling" : "websocket"], forceNew: true,
    reconnectionDelay: 50, reconnectionDelayMax: 1000, timeout: PATIENCE_MS,
    query: { sessionId: session, urlToken: process.env.TEST_URL_TOKEN, userId, emitWithAck: "true" } });
  closing.push(() => socket.close());
  socket.on("output", (f, acknowledge) => {
    if (f.type === "output") heard.set(f.data.traceId, f.data.text);
    acknowledge?.();
  });
  return { address: () => `cognigy:web:${session}`, heard: () => [...heard.values()],
    say: (text) => insist(socket, { userId, sessionId: session, text, messageId: `${n} ${text}` }) };
}

function conversation(line, n) {
  const heard = [];
  const direct = new DirectLine({ secret: process.env.TEST_DL_SECRET, domain: `http://127.0.0.1:${line.port}/v3/directline`,
    webSocket: true, timeout: 5000, random: () => 0 }); // while it polls, this client gives up at the first cut
  closing.push(() => direct.end());
  direct.activity$.subscribe((a) => a.type === "message" && a.from.role === "bot" && heard.push(a.text), () => {});
  // The client says "retry" when the line was cut. An activity that is refused, or never answered, is named.
  const post = (activity) => new Promise((resolve, reject) => {
    const what = () => `${activity.text} in ${direct.conversationId}`;
    const late = setTimeout(() => reject(new Error(`no answer to ${what()} within ${PATIENCE_MS} ms`)), PATIENCE_MS);
    const done = (end, value) => (clearTimeout(late), end(value));
    const ask = () => direct.postActivity(activity).subscribe((id) => (id === "retry" ? again() : done(resolve, id)),
      (error) => (error.status ? done(reject, new Error(`${what()}: ${error.status}`)) : again()));
    const again = () => setTimeout(ask, 200).unref();
    ask();
  });
  return { address: () => `directline:dl:${direct.conversationId}`, heard: () => heard,
    say: (text) => post({ type: "message", from: { id: `user-${n}` }, text, channelData: { clientActivityID: `${n} ${text}` } }) };
}

// A program for Chatwoot that is the customers' channel, and its agent bot behind the webhook. What was cut is asked
// again; a message under its source_id.
let chatwoot;
async function again(ask) {
  for (;;) {
    const answer = await ask().catch((error) => (error.status < 500 ? Promise.reject(error) : null)); // 503: try again
    if (answer) return answer;
    await sleep(200);
  }
}

function agentBot(told) {
  const seen = new Set();
  hook.answer = (e) => {
    const id = e.conversation?.id;
    if (e.event !== "message_created" || seen.has(e.id)) return {};
    seen.add(e.id);
    if (e.message_type === "outgoing") told.set(id, [...(told.get(id) ?? []), e.content]);
    else if (OUTCOME[e.content]) chatwoot.toggle(id, e.content === "bye" ? "resolved" : "open");
    else chatwoot.say(id, reply(e.content), "outgoing", `r-${e.id}`);
    return {};
  };
}

function program(line) {
  const client = new ChatwootClient({ config: { basePath: `http://127.0.0.1:${line.port}`, token: process.env.TEST_CW_TOKEN } });
  const accountId = 1;
  return {
    open: (name) => again(() => client.contacts.create({ accountId, data: { inbox_id: 1, name } })).then(({ payload }) =>
      again(() => client.conversations.create({ accountId, data: { source_id: payload.contact_inbox.source_id } }))),
    say: (conversationId, content, message_type, source_id) => again(() =>
      client.messages.create({ accountId, conversationId, data: { content, message_type, source_id } })),
    toggle: (conversationId, status) => again(() => client.conversations.toggleStatus({ accountId, conversationId, data: { status } })),
  };
}

const told = new Map(); // by conversation
function ticket(line, n) {
  if (!chatwoot) agentBot(told);
  chatwoot ??= program(line);
  let id;
  return { address: () => `chatwoot:cw:${id}`, heard: () => told.get(id) ?? [],
    say: async (text) => {
      id ??= (await chatwoot.open(`person ${n}`)).id;
      await chatwoot.say(id, text, "incoming", `${n} ${text}`);
    } };
}

async function converse(peer, words) {
  for (const text of words) {
    await peer.say(text);
    if (!OUTCOME[text]) await wait(`an answer to ${text}`, () => peer.heard().includes(reply(text)));
  }
}

for (const [name, begin] of [["Cognigy chats", chat], ["Direct Line conversations", conversation],
  ["Chatwoot conversations", ticket]]) {
  test(`${MANY} ${name}`, { timeout: 2 * PATIENCE_MS }, async () => {
    const line = await Line.to(() => server.port);
    closing.push(() => line.close());
    const all = Array.from({ length: MANY }, (_, n) => begin(line, n));
    let ids;
    const both = { cutSome: (share) => (line.cutSome(share), hookLine.cutSome(share)) };
    await cutting(both, async () => {
      await Promise.all(all.map((peer, n) => converse(peer, wordsOf(n).slice(0, 1))));
      ids = await sessionsByAddress(); // all are open
      await Promise.all(all.map((peer, n) => converse(peer, wordsOf(n).slice(1))));
    });
    const now = await sessionsByAddress();
    for (const [n, { address, heard }] of all.entries()) {
      assert.ok([undefined, ids.get(address())].includes(now.get(address())), `${address()} has another session`);
      const { said } = await judge(ids.get(address()), n, { quiet: true });
      await wait("everything is heard", () => heard().length >= said.length);
      assert.deepEqual(heard(), said, `heard by ${address()}`);
    }
  });
}

async function sessionsByAddress() {
  const found = new Map();
  for (let after = ""; after !== undefined;) {
    const { body } = await supervisor("GET", `/sessions?status=all&limit=500${after}`);
    for (const s of body.sessions) if (s.customer?.address) found.set(s.customer.address, s.id);
    after = body.next ? `&after=${encodeURIComponent(body.next)}` : undefined;
  }
  return found;
}

// The last: everything is read again and checked, record by record.
test("the journal of all of them is sound", async () => {
  assert.equal(await server.stop("SIGTERM"), 0);
  execFileSync(BATON, ["replay", "--json", path.join(server.data, "journal")], { stdio: ["ignore", "ignore", "inherit"] });
});
