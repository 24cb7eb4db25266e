// failures.test.mjs - the failures that are seen in the field, over every connector that they can happen on.
import assert from "node:assert/strict";
import http from "node:http";
import { createRequire } from "node:module";
import { after, before, describe, test } from "node:test";
import { Table } from "./support/compatibility.mjs";
import { Endpoint } from "./support/cognigy.mjs";
import { echo } from "./support/echo.mjs";
import { Peer } from "./support/peer.mjs";
import { CARD, flow, OUTCOME, reply, SPEAK, wordsOf } from "./support/speak.mjs";
import { finish, take } from "./support/story.mjs";
import { eventually, Server } from "./support/server.mjs";
import { HttpBot, never, Talk } from "./support/turns.mjs";

const io = createRequire(new URL("../clients/package.json", import.meta.url))("socket.io-client");
Object.assign(process.env, { TEST_URL_TOKEN: "url-token-of-the-failures", TEST_BRIEF_TOKEN: "url-token-of-the-brief",
  TEST_DL_SECRET: "secret-of-the-line", TEST_CW_TOKEN: "token-of-chatwoot", TEST_CB_TOKEN: "token-of-the-agent-bot",
  TEST_CS_TOKEN: "token-of-the-silent-bot", TEST_GN_SECRET: "secret-of-the-client" });
const table = new Table("failures", { title: "Failures seen in the field",
  client: "each channel and bot of the row; the rest of the list is in the rows of the connectors themselves" });

let server, supervisor, anna, bert, endpoint, hook, token;
const httpBots = {};
const posted = []; // {url, body}: what the webhooks took
const deaf = new Set(); // the webhooks that answer 503
const FACADES = ["cognigy", "directline", "open messaging", "chatwoot", "socket"];
const BOTS = ["webhook", "exchange", "genesys", "rasa", "cognigy", "cognigy-rest", "socket", "chatwoot"];

const bot = (name) => `  - { id: ${name}, type: ${name}, url: "http://127.0.0.1:${httpBots[name].port}/", timeout: 2, attempts: 1, failures: 0${
  { genesys: ", ends: [bye]", "cognigy-rest": ", urlToken: env:TEST_URL_TOKEN" }[name] ?? ""} }`;
const CENTRE = () => `
centre: failures
listen: 127.0.0.1:0
tokens:
  - { role: visitor,    token: test-visitor-token, name: web }
  - { role: bot,        token: test-bot-second-token, subject: second }
  - { role: bot,        token: test-bot-socket-token, subject: socket }
  - { role: agent,      token: test-agent-anna-token, subject: anna }
  - { role: agent,      token: test-agent-bert-token, subject: bert }
  - { role: supervisor, token: test-supervisor-token, name: supervisor }
queues: [{ id: support, wrapUpTime: 600 }, { id: billing, wrapUpTime: 600 }]
agents:
  - { id: anna, name: Anna, capacity: { chat: 100, message: 100 } }
  - { id: bert, name: Bert, capacity: { chat: 100, message: 100 } }
rest: { allow: ["127.0.0.1/32"] }
rates: { visitor: 0, customer: 0, bot: 0, supervisor: 0, agent: 0 }
bots:
  - { id: second }
  - { id: socket }
  - { id: chatwoot, type: chatwoot }
  - { id: cognigy, type: cognigy, url: "${endpoint.url}", urlToken: env:TEST_URL_TOKEN, answerWithin: 2 }
${Object.keys(SPEAK).map(bot).join("\n")}
entryPoints:
${["second", ...BOTS].map((id) => `  - { id: ${id}, bot: ${id}, fallback: support, idleTimeout: 1, customerGrace: 600, inviteTimeout: 60 }`).join("\n")}
  - { id: brief, bot: second, fallback: support, idleTimeout: 1, customerGrace: 0 }
${["socket", "chatwoot"].map((id) => `  - { id: ${id}-silent, bot: ${id}, fallback: support, idleTimeout: 1, customerGrace: 600, silenceTimeout: 2 }`).join("\n")}
facades:
  - { id: web, type: cognigy, token: env:TEST_URL_TOKEN, entryPoint: second }
  - { id: short, type: cognigy, token: env:TEST_BRIEF_TOKEN, entryPoint: brief }
  - { id: dl, type: directline, token: env:TEST_DL_SECRET, entryPoint: second }
  - { id: cw, type: chatwoot, token: env:TEST_CW_TOKEN, entryPoint: second, webhook: "http://127.0.0.1:${hook.address().port}/cw" }
  - { id: cb, type: chatwoot, token: env:TEST_CB_TOKEN, entryPoint: chatwoot, webhook: "http://127.0.0.1:${hook.address().port}/cb" }
  - { id: cs, type: chatwoot, token: env:TEST_CS_TOKEN, entryPoint: chatwoot-silent, webhook: "http://127.0.0.1:${hook.address().port}/cs" }
genesys:
  clients: [{ id: app, secret: "env:TEST_GN_SECRET", role: admin }]
  entryPoint: second
  retrySeconds: 1
  integrations: [{ id: om, entryPoint: second, webhook: "http://127.0.0.1:${hook.address().port}/om", secret: "env:TEST_GN_SECRET" }]
`;

before(async () => {
  hook = http.createServer((request, answer) => {
    const parts = [];
    request.on("data", (part) => parts.push(part));
    request.on("end", () => {
      const body = JSON.parse(Buffer.concat(parts));
      const taken = !deaf.has(request.url);
      if (taken) posted.push({ url: request.url, body });
      answer.writeHead(taken ? 200 : 503).end();
      if (request.url === "/cb" || request.url === "/cs") agentBot(request.url.slice(1), body);
    });
  });
  await new Promise((resolve) => hook.listen(0, "127.0.0.1", resolve));
  endpoint = await Endpoint.start();
  for (const name of Object.keys(SPEAK)) httpBots[name] = await new HttpBot().up();
  server = await Server.start(CENTRE());
  supervisor = server.as("supervisor");
  await echo(server, "second");
  await echo(server, "socket", plugged);
  anna = await Peer.agent(server, "anna");
  bert = await Peer.connect(server, "/agents/bert/socket", "bert");
  const basic = Buffer.from(`app:${process.env.TEST_GN_SECRET}`).toString("base64");
  const login = await server.ask("POST", "/oauth/token", { body: "grant_type=client_credentials",
    headers: { Authorization: `Basic ${basic}`, "Content-Type": "application/x-www-form-urlencoded" } });
  token = login.body.access_token;
});
const closing = [];
after(async () => {
  for (const close of closing) close();
  await server?.remove();
  endpoint?.stop();
  hook?.closeAllConnections();
  hook?.close();
  for (const each of Object.values(httpBots)) await each.down();
  table.check();
});

// ---- customers' channels, all alike: say, heard (each delivery once), over, id, away, back, leave

let count = 0;
const odd = () => `клиент-会话-🎉-${"x".repeat(60)}-${++count}`;

function chat(name, leaves) {
  const heard = new Map();
  const query = { sessionId: name, userId: name, emitWithAck: "true",
    urlToken: leaves ? process.env.TEST_BRIEF_TOKEN : process.env.TEST_URL_TOKEN };
  const socket = io(`http://127.0.0.1:${server.port}`, { transports: ["websocket"], forceNew: true, query });
  closing.push(() => socket.close());
  socket.on("output", (f, done) => (f.type === "output" && heard.set(f.data.traceId, f.data.text), done?.()));
  return { address: `cognigy:${leaves ? "short" : "web"}:${name}`, heard: () => [...heard.values()], over: () => false,
    say: (text, data) => socket.emit("processInput", { text, data, userId: name, sessionId: name }),
    away: () => socket.close(), back: () => socket.open(), leave: () => socket.close() };
}

async function conversation(name) {
  const ask = (method, path, body, by = process.env.TEST_DL_SECRET) => server.ask(method, `/v3/directline/${path}`, { token: by, body });
  const { body: { conversationId: id } } = await ask("POST", "conversations", { user: { id: name } });
  const list = [];
  let present = true, watermark = 0;
  const timer = setInterval(async () => {
    if (!present) return;
    const { body } = await ask("GET", `conversations/${id}/activities?watermark=${watermark}`).catch(() => ({}));
    if (body?.activities && Number(body.watermark) > watermark) {
      watermark = Number(body.watermark);
      list.push(...body.activities);
    }
  }, 200);
  closing.push(() => clearInterval(timer));
  const post = (activity) => ask("POST", `conversations/${id}/activities`, { from: { id: name }, ...activity });
  return { address: `directline:dl:${id}`, over: () => list.some((a) => a.type === "endOfConversation"),
    heard: () => list.filter((a) => a.type === "message" && a.from.role === "bot").map((a) => a.text),
    say: (text, value) => post({ type: "message", text, value }), away: () => (present = false), back: () => (present = true),
    leave: () => post({ type: "endOfConversation" }) };
}

async function messaging(name) {
  const mine = () => posted.filter((p) => p.url === "/om" && p.body.channel.to.id === name);
  const post = (what, body) => server.ask("POST", `/api/v2/conversations/messages/om/inbound/open/${what}`, { token,
    body: { channel: { from: { id: name, idType: "Opaque" }, time: new Date().toISOString(), messageId: `m-${++count}` }, ...body } });
  return { from: name, over: () => mine().some((p) => p.body.type === "Event" && p.body.events?.[0]?.presence?.type === "Disconnect"),
    heard: () => [...new Map(mine().filter((p) => p.body.type === "Text").map((p) => [p.body.id, p.body.text])).values()],
    say: (text, data) => post("message", { text, metadata: data && { customAttributes: data } }), away: () => deaf.add("/om"), back: () => deaf.delete("/om"),
    leave: () => post("event", { events: [{ eventType: "Presence", presence: { type: "Disconnect" } }] }) };
}

const askChatwoot = (facade, path, body) => server.ask("POST", `/api/v1/accounts/1/${path}`,
  { body, headers: { api_access_token: process.env[`TEST_${facade.toUpperCase()}_TOKEN`] } });

// A conversation of that facade's: {id, uuid, ask, mine}, the last what its webhook was told.
async function ticket(facade, name) {
  const ask = (path, body) => askChatwoot(facade, path, body);
  const { body: { payload } } = await ask("contacts", { inbox_id: 1, identifier: name, name });
  const { body: { id, uuid } } = await ask("conversations", { source_id: payload.contact_inbox.source_id });
  const mine = () => posted.filter((p) => p.url === `/${facade}` && (p.body.conversation?.id ?? p.body.id) === id).map((p) => p.body);
  return { id, uuid, ask, mine };
}

async function chatwoot(name) {
  const { id, ask, mine } = await ticket("cw", name);
  return { address: `chatwoot:cw:${id}`, over: () => mine().some((e) => e.event === "conversation_resolved"),
    heard: () => [...new Map(mine().filter((e) => e.message_type === "outgoing").map((e) => [e.id, e.content])).values()],
    say: (content, data) => ask(`conversations/${id}/messages`, { content, message_type: "incoming", content_attributes: data }),
    away: () => deaf.add("/cw"), back: () => deaf.delete("/cw"),
    leave: () => ask(`conversations/${id}/toggle_status`, { status: "resolved" }) };
}

// Our own socket.
async function plain(name, leaves) {
  let peer = await Peer.customer(server, leaves ? "brief" : "second");
  const peers = [peer];
  const { session, token: own } = await peer.hear("session.opened");
  closing.push(() => peer.socket.terminate());
  const messages = () => peers.flatMap((p) => p.all).flatMap((f) => (f.type === "message" ? [f] : f.session?.messages ?? []));
  return { session: session.id, over: () => peer.all.some((f) => f.type === "session.ended"),
    heard: () => [...new Map(messages().filter((m) => m.from !== "customer").map((m) => [m.number, m.text])).values()],
    say: (text, data) => peer.send("message", { text, data }), away: () => peer.cut(), leave: () => peer.cut(),
    back: async () => peers.push(peer = await Peer.connect(server, `/sessions/${session.id}/socket`, own)) };
}

const OPEN = { cognigy: chat, directline: conversation, "open messaging": messaging, chatwoot, socket: plain };

async function open(kind, leaves) {
  const name = odd();
  const customer = await OPEN[kind](name, leaves);
  customer.hears = (text) => eventually(`${kind} hears ${text}: ${customer.heard()}`, () => customer.heard().includes(text));
  customer.id = async () => customer.session ?? (await eventually(`the session of ${kind}`, async () => (await supervisor("GET", "/sessions?status=all&limit=500")).body.sessions
    .find((s) => customer.from ? s.customer?.id === customer.from || JSON.stringify(s.customer).includes(customer.from) : s.customer?.address === customer.address))).id;
  return customer;
}

const status = (id, wanted) => eventually(`${id} is ${wanted}`, async () => (await supervisor("GET", `/sessions/${id}`)).body?.status === wanted);
const said = async (id) => (await supervisor("GET", `/sessions/${id}?messages=true`)).body.messages;

async function withAnna(kind) {
  const customer = await open(kind);
  await customer.say("human");
  const id = await customer.id();
  await take(anna, id);
  return { customer, id };
}

const CUSTOMER_LINES = {
  "agent message lost on reconnect": async (kind) => {
    const { customer, id } = await withAnna(kind);
    await customer.away();
    anna.send("message", { session: id, text: "while you were away" });
    await eventually("it is said", async () => (await said(id)).some((m) => m.text === "while you were away"));
    await customer.back();
    await customer.hears("while you were away");
    assert.equal(customer.heard().filter((t) => t === "while you were away").length, 1);
    return id;
  },
  "second and third handover in one session": async (kind) => {
    const customer = await open(kind);
    let id;
    for (const round of [1, 2, 3]) {
      await customer.say("human");
      id = await customer.id();
      await take(anna, id);
      anna.send("message", { session: id, text: `Anna ${round}` });
      await customer.hears(`Anna ${round}`);
      assert.equal((await anna.ask("transfer", { session: id, bot: "second" })).type, "done");
      await status(id, "connected");
      await customer.say(`again ${round}`);
      await customer.hears(`You said: again ${round}`);
    }
    assert.equal(customer.over(), false);
    return id;
  },
  "a decline by one agent or a move to another queue taken for the end": async (kind) => {
    const customer = await open(kind);
    await customer.say("human");
    const id = await customer.id();
    const offer = await anna.hear("offer", (f) => f.type === "offer" && f.session.id === id);
    anna.send("offer.decline", { session: id, offer: offer.offer, reason: "busy" });
    await anna.ask("state", { state: "away" });
    await eventually("it is moved", async () => (await supervisor("POST", `/sessions/${id}/move`, { queue: "billing" })).status === 200);
    await customer.say("I am still here");
    await eventually("it is said", async () => (await said(id)).some((m) => m.text === "I am still here"));
    assert.equal(customer.over(), false);
    await bert.ask("state", { state: "available" });
    await take(bert, id);
    await bert.ask("state", { state: "away" });
    await anna.ask("state", { state: "available" });
    bert.send("message", { session: id, text: "Bert here" });
    await customer.hears("Bert here");
    return id;
  },
  "customer leaves the queue and an agent still gets the dead chat; handover with no agent online": async (kind) => {
    await anna.ask("state", { state: "away" });
    const customer = await open(kind, true);
    await customer.say("human");
    const id = await customer.id();
    await status(id, "queued"); // it waits, and says so
    await customer.leave();
    await eventually("it is over", async () => (await supervisor("GET", `/sessions/${id}`)).body?.endReason);
    await anna.ask("state", { state: "available" });
    const second = (await withAnna(kind)).id; // she is offered this one, and was not offered that one
    assert.ok(!anna.all.some((f) => f.type === "offer" && f.session.id === id));
    return second;
  },
  "nested attributes, huge integers, ids over 44 characters and beyond ASCII": async (kind) => {
    const customer = await open(kind);
    const deep = { nested: [{ huge: "123456789012345678901234567890", ключ: { deeper: [[[]]] } }] };
    await customer.say("hello", deep);
    await customer.hears("You said: hello");
    const id = await customer.id();
    const { body } = await supervisor("GET", `/sessions/${id}?messages=true`);
    assert.ok(JSON.stringify(body).includes("123456789012345678901234567890"), JSON.stringify(body));
    return id;
  },
  "agent event with no text and no content": async (kind) => {
    const { customer, id } = await withAnna(kind);
    assert.equal((await anna.ask("message", { session: id, text: "" })).type, "problem");
    anna.send("message", { session: id, text: "a word" });
    await customer.hears("a word");
    assert.ok(!customer.heard().includes(""));
    return id;
  },
};

// Most of a line is waiting: all connectors play it at once, unless an agent goes away in it, whom the others need.
const AWAY = ["a decline by one agent or a move to another queue taken for the end",
  "customer leaves the queue and an agent still gets the dead chat; handover with no agent online",
  "bot message delivered twice while the session is queued"];
const pace = (line) => ({ concurrency: !AWAY.includes(line) });

for (const [line, play] of Object.entries(CUSTOMER_LINES)) {
  describe(line, pace(line), () => {
    for (const kind of FACADES) {
      test(kind, table.works(`${line} · customers over ${kind}`, async () => finish(server, await play(kind))));
    }
  });
}

// ---- bots, all alike: customers over our own socket

// The bot behind our own socket: what it was asked, what it does instead of its echo.
const plug = { asked: [], answer: () => {} };
async function plugged(words) {
  plug.asked.push(words);
  return (await plug.answer(words)) !== undefined;
}

// Chatwoot's agent bot, told by the webhook of @facade.
const agent = { asked: [], answer: () => {} };
async function agentBot(facade, e) {
  if (e.event !== "message_created" || e.message_type !== "incoming" || e.conversation.status !== "pending") return;
  agent.asked.push(e.content);
  if ((await agent.answer(e.content)) !== undefined) return;
  const path = `conversations/${e.conversation.id}`;
  if (OUTCOME[e.content]) await askChatwoot(facade, `${path}/toggle_status`, { status: e.content === "bye" ? "resolved" : "open" });
  else if (e.content === "data") await askChatwoot(facade, `${path}/messages`, { content: "", content_attributes: CARD });
  else await askChatwoot(facade, `${path}/messages`, { content: reply(e.content) });
}

// Its customers come over the same facade.
async function agentTalk(facade) {
  const { id, uuid, ask, mine } = await ticket(facade, odd());
  const out = () => mine().filter((e) => e.message_type === "outgoing");
  const hear = (what, wanted) => eventually(what, () => out().map((e) => ({ type: "message", text: e.content, data: e.content_attributes })).find(wanted));
  return Object.assign(new Talk(), { server, id: uuid, customer: { hear }, say: (content) => ask(`conversations/${id}/messages`, { content, message_type: "incoming" }),
    hears: (text) => hear(text, (m) => m.text === text), becomes: (wanted) => status(uuid, wanted) });
}

// @answer: (words) => what is done instead, or undefined. @silent: whoever says nothing for two seconds is lost.
async function withBot(name, answer = () => {}, silent = false) {
  const own = { socket: plug, chatwoot: agent }[name];
  if (own) {
    Object.assign(own, { answer, asked: [] });
    return own === plug ? Talk.open(server, silent ? "socket-silent" : "socket") : agentTalk(silent ? "cs" : "cb");
  }
  const speaks = SPEAK[name];
  if (speaks) httpBots[name].answer = async (body) => (await answer(wordsOf(body))) ?? { body: speaks(body) };
  else endpoint.onInput = async (socket, input) => (await answer(input.text)) ?? flow(endpoint)(socket, input);
  (speaks ? httpBots[name].asked : endpoint.inputs).length = 0;
  return Talk.open(server, name);
}

const askedOf = (name) => ({ socket: plug, chatwoot: agent }[name]?.asked
  ?? (name === "cognigy" ? endpoint.inputs.map((i) => i.text) : httpBots[name].asked.map((a) => wordsOf(a.body))));
const asked = (name, words) => eventually(`${name} is asked ${words}`, () => askedOf(name).includes(words));

async function handOver(talk) {
  talk.say("human");
  await take(anna, talk.id);
  anna.send("message", { session: talk.id, text: "Anna here" });
  await talk.hears("Anna here");
}

async function giveBack(talk, name) {
  assert.equal((await anna.ask("transfer", { session: talk.id, bot: name })).type, "done");
  await status(talk.id, "connected");
}

const BOT_LINES = {
  "second and third handover in one session": async (name) => {
    const talk = await withBot(name);
    for (const round of [1, 2, 3]) {
      await handOver(talk);
      await giveBack(talk, name);
      talk.say(`again ${round}`);
      await talk.hears(`You said: again ${round}`);
    }
    return talk;
  },
  "data-only output": async (name) => {
    const talk = await withBot(name);
    talk.say("data");
    const f = await talk.customer.hear("data", (m) => m.type === "message" && m.data);
    assert.ok(f.text === "" && JSON.stringify(f.data).includes(CARD.card.deep[0].id));
    talk.say("more");
    await talk.hears("You said: more");
    return talk;
  },
  "bot answers over the human": async (name) => {
    let late;
    const talk = await withBot(name, (words) => (words === "slow" ? new Promise((resolve) => (late = resolve)) : undefined));
    talk.say("slow");
    await asked(name, "slow");
    assert.equal((await supervisor("POST", `/sessions/${talk.id}/transfer`, { queueId: "support", release: true })).status, 202);
    await take(anna, talk.id);
    late();
    anna.send("message", { session: talk.id, text: "I am a person" });
    await talk.hears("I am a person");
    assert.deepEqual(await talk.texts(), []);
    return talk;
  },
  "bot silent for ever after return": async (name) => {
    const talk = await withBot(name, (words) => (words === "mute" ? never() : undefined), true);
    await handOver(talk);
    await giveBack(talk, name);
    talk.say("mute");
    await take(anna, talk.id); // a person has it again
    return talk;
  },
  "webhooks out of order": async (name) => {
    const talk = await withBot(name);
    const words = ["a", "b", "c", "d"];
    for (const word of words) await talk.say(word);
    await talk.hears("You said: d");
    assert.deepEqual(await talk.texts(), words.map((word) => `You said: ${word}`));
    return talk;
  },
  "bot message delivered twice while the session is queued": async (name) => {
    const talk = await withBot(name);
    await anna.ask("state", { state: "away" });
    talk.say("human");
    await talk.becomes("queued");
    talk.say("is anybody there?"); // it is not the bot's any more
    await anna.ask("state", { state: "available" });
    await take(anna, talk.id);
    const texts = await talk.texts();
    assert.equal(new Set(texts).size, texts.length);
    assert.ok(!texts.some((t) => t.includes("anybody")));
    return talk;
  },
};

const DIFFERS = { "bot answers over the human": { chatwoot: "what its program says later is the facade's, as a supervisor's: agent bots and desks show the same token" } };

for (const [line, play] of Object.entries(BOT_LINES)) {
  describe(line, pace(line), () => {
    for (const name of BOTS) {
      const row = `${line} · a bot of type ${name}`, how = DIFFERS[line]?.[name], run = async () => (await play(name)).finish();
      test(name, how ? table.differs(row, how, run) : table.works(row, run));
    }
  });
}
