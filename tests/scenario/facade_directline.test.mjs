// facade_directline.test.mjs - Direct Line 3.0: the real botframework-directlinejs talks to our sessions.
import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { after, before, test } from "node:test";
import { Table } from "./support/compatibility.mjs";
import { echo } from "./support/echo.mjs";
import { Line } from "./support/line.mjs";
import { Peer } from "./support/peer.mjs";
import { finish, take } from "./support/story.mjs";
import { eventually, Server, within } from "./support/server.mjs";

const clients = createRequire(new URL("../clients/package.json", import.meta.url));
const { DirectLine } = clients("botframework-directlinejs");
globalThis.WebSocket = clients("ws");

process.env.TEST_DL_SECRET = "secret-of-the-direct-line";
const table = new Table("directline", { title: "Direct Line 3.0, as a server", client: "`botframework-directlinejs` 0.15.8" });
let server, supervisor, bot;

before(async () => {
  // What the client takes from a browser.
  globalThis.XMLHttpRequest ??= (await import("node:module")).createRequire(clients.resolve("engine.io-client"))("xmlhttprequest-ssl");
  server = await Server.start(`
centre: directline
listen: 127.0.0.1:0
tokens:
  - { role: bot,        token: test-bot-cognigy-token, subject: cognigy }
  - { role: agent,      token: test-agent-anna-token, subject: anna }
  - { role: supervisor, token: test-supervisor-token, name: supervisor }
queues: [{ id: support, wrapUpTime: 600 }]
agents: [{ id: anna, name: Anna, capacity: { chat: 100 } }]
bots: [{ id: cognigy }]
entryPoints: [{ id: chat, bot: cognigy, fallback: support, idleTimeout: 1, files: ["image/*", text/plain], maxFileBytes: 300000 }]
facades: [{ id: dl, type: directline, token: env:TEST_DL_SECRET, entryPoint: chat }]
`);
  supervisor = server.as("supervisor");
  bot = await echo(server);
});
const lines = [];
after(async () => {
  for (const chat of Chat.all) chat.line.end();
  for (const line of lines) line.close();
  await server?.remove();
});
after(() => table.check());

const ask = (method, path, token = process.env.TEST_DL_SECRET, body) =>
  server.ask(method, `/v3/directline/${path}`, { token, body });

class Chat {
  static all = [];
  got = [];
  statuses = [];
  constructor(options = {}) {
    Chat.all.push(this);
    this.line = new DirectLine({ secret: process.env.TEST_DL_SECRET, domain: `http://127.0.0.1:${options.port ?? server.port}/v3/directline`,
      webSocket: true, pollingInterval: 200, timeout: 20000, ...options });
    this.line.connectionStatus$.subscribe((s) => this.statuses.push(s));
    this.line.activity$.subscribe((a) => this.got.push(a), () => {});
  }
  post(activity) {
    return within("posted", new Promise((resolve, reject) => this.line.postActivity(activity).subscribe(resolve, reject)));
  }
  say(text, more) {
    return this.post({ type: "message", from: { id: "user-1" }, text, ...more });
  }
  hears(what, wanted = (a) => a.type === "message" && a.text === what) {
    return eventually(`hearing ${what}: ${JSON.stringify(this.got.map((a) => a.text ?? a.name ?? a.type))}`, () => this.got.find(wanted));
  }
  event(name, state) {
    return this.hears(`${name} ${state}`, (a) => a.name === name && (!state || a.value?.state === state));
  }
  async id() {
    const list = (await supervisor("GET", "/sessions?status=all")).body.sessions;
    return list.find((s) => s.customer?.address === `directline:dl:${this.line.conversationId}`)?.id;
  }
}

// A browser's XMLHttpRequest as far as uploads need one: the other one knows no forms.
class FormRequest {
  #headers = {};
  open(method, url) {
    Object.assign(this, { method, url });
  }
  setRequestHeader(name, value) {
    this.#headers[name] = value;
  }
  async send(body) {
    try {
      const answer = await fetch(this.url, { method: this.method, headers: this.#headers, body });
      const bytes = await answer.arrayBuffer();
      this.status = answer.status;
      this.response = this.responseType === "arraybuffer" ? bytes : JSON.parse(Buffer.from(bytes).toString() || "null");
    } catch (error) {
      this.status = 0;
    }
    this.readyState = 4;
    this.onreadystatechange?.call(this);
    this.onload?.call(this);
  }
  abort() {}
}

test("attachments are uploaded, kept and linked", table.works("postActivity with attachments: `…/upload`, a form with the activity and its files", async () => {
  const chat = new Chat();
  await chat.say("one");
  await chat.hears("You said: one");
  const file = (name, contentType, text) => ({ name, contentType, contentUrl: `data:${contentType};base64,${Buffer.from(text).toString("base64")}` });
  const Xhr = globalThis.XMLHttpRequest;
  globalThis.XMLHttpRequest = FormRequest;
  try {
    const id = await chat.say("my receipts", { channelData: { clientActivityID: "up-1" }, attachments: [file("receipt 1.txt", "text/plain", "Grüße, 12 €"), file("two.txt", "text/plain", "second")] });
    assert.match(id, /^[0-9a-f]{32}\|\d{7}$/);
    const echo = await chat.hears("my receipts");
    assert.equal(echo.id, id);
    assert.deepEqual(echo.attachments.map((a) => [a.name, a.contentType]), [["receipt 1.txt", "text/plain"], ["two.txt", "text/plain"]]);
    const fetched = await fetch(new URL(echo.attachments[0].contentUrl, `http://127.0.0.1:${server.port}`));
    assert.equal(await fetched.text(), "Grüße, 12 €");
    await chat.say(undefined, { attachments: [file("only.txt", "text/plain", "no words")] });
    await chat.hears("only.txt"); // named by its file
    await assert.rejects(chat.say("a program", { attachments: [file("x.bin", "text/plain", "\u0000\u0001\u0002MZ\u0000")] }), (e) => e.status === 415);
    assert.ok(!chat.got.some((a) => a.text === "a program"), "what came with a file that is not taken is not said");
  } finally {
    globalThis.XMLHttpRequest = Xhr;
  }
  const path = `conversations/${chat.line.conversationId}/upload?userId=u`;
  const send = async (body, headers = {}, token = process.env.TEST_DL_SECRET) =>
    fetch(`http://127.0.0.1:${server.port}/v3/directline/${path}`, { method: "POST", headers: { authorization: `Bearer ${token}`, ...headers }, body });
  assert.equal((await send("{}", { "content-type": "application/json" })).status, 400);
  assert.equal((await send(new FormData())).status, 400);
  const broken = new FormData();
  broken.append("activity", new Blob(["{"], { type: "application/vnd.microsoft.activity" }));
  broken.append("file", new Blob(["x"], { type: "text/plain" }), "x.txt");
  assert.equal((await send(broken)).status, 400);
  const big = new FormData();
  big.append("file", new Blob(["y".repeat(300001)], { type: "text/plain" }), "big.txt");
  assert.equal((await send(big)).status, 413);
  const small = new FormData();
  small.append("file", new Blob(["z"], { type: "text/plain" }), "z.txt");
  assert.equal((await send(small, {}, "nobody")).status, 403);
  await chat.post({ type: "endOfConversation", from: { id: "user-1" } });
}));

test("what web chats send of themselves breaks nothing", table.works("conversationUpdate, `event` webchat/join from the client", async () => {
  const chat = new Chat();
  await chat.post({ type: "conversationUpdate", from: { id: "user-1" }, membersAdded: [{ id: "user-1" }] });
  await chat.post({ type: "event", name: "webchat/join", value: { language: "de-DE" }, from: { id: "user-1" } });
  await chat.say("one");
  await chat.hears("You said: one");
  assert.ok(!chat.statuses.includes(4)); // FailedToConnect
  await chat.post({ type: "endOfConversation", from: { id: "user-1" } });
}));

for (const webSocket of [true, false]) {
  const how = webSocket ? "streaming over WebSocket" : "polling with watermark";
  test(`a conversation, ${how}`, table.works(`conversations, activities both ways: ${how}`, async () => {
    const chat = new Chat({ webSocket });
    const id = await chat.say("Grüße 🎉", { channelData: { clientActivityID: "c-1" } });
    assert.match(id, /^[0-9a-f]{32}\|\d{7}$/);
    const mine = await chat.hears("Grüße 🎉");
    assert.deepEqual([mine.id, mine.from.role, mine.channelData.clientActivityID], [id, "user", "c-1"]);
    const reply = await chat.hears("You said: Grüße 🎉");
    assert.equal(reply.from.role, "bot");
    await chat.say("rich");
    assert.ok((await chat.hears("Which?")).channelData._cognigy);
    await chat.say("two");
    await chat.hears("second");
    assert.equal(new Set(chat.got.map((a) => a.id)).size, chat.got.length);
    await finish(server, await chat.id());
    await chat.hears("the end", (a) => a.type === "endOfConversation");
    chat.line.end();
  }));
}

test("handover to an agent, and its end", table.works("events `handoff.initiate`, `handoff.status` accepted and completed, `endOfConversation`", async () => {
  const agent = await Peer.agent(server);
  const chat = new Chat();
  await chat.say("human");
  await chat.event("handoff.initiate");
  const id = await chat.id();
  await take(agent, id);
  await chat.event("handoff.status", "accepted");
  agent.send("message", { session: id, text: "Anna here" });
  assert.equal((await chat.hears("Anna here")).from.name, "Anna");
  await finish(server, id);
  await chat.event("handoff.status", "completed");
  await chat.hears("the end", (a) => a.type === "endOfConversation");
  assert.equal((await ask("POST", `conversations/${chat.line.conversationId}/activities`, undefined, { type: "message", text: "late" })).status, 404);
  chat.line.end();
  await agent.close();
}));

test("a handover that nobody takes has failed", table.works("event `handoff.status` failed", async () => {
  const chat = new Chat();
  await chat.say("human");
  await chat.event("handoff.initiate");
  await finish(server, await chat.id());
  await chat.event("handoff.status", "failed");
  chat.line.end();
}));

test("tokens: made, bound to their conversation, refreshed, refused", table.works("`tokens/generate`, `tokens/refresh`, errors as `{error:{code,message}}`", async () => {
  const { body: made } = await ask("POST", "tokens/generate");
  assert.equal(made.expires_in, 1800);
  const begun = await ask("POST", "conversations", made.token, { user: { id: "u-9", name: "Zoë" } });
  assert.deepEqual([begun.status, begun.body.conversationId], [201, made.conversationId]);
  const fresh = await ask("POST", "tokens/refresh", made.token);
  assert.equal(fresh.body.conversationId, made.conversationId);
  const list = await ask("GET", `conversations/${made.conversationId}/activities`, fresh.body.token);
  assert.deepEqual([list.status, list.body.activities], [200, []]);
  const other = await ask("POST", "tokens/generate");
  for (const [path, token, status] of [[`conversations/${made.conversationId}/activities`, other.body.token, 403],
    ["conversations/nobody/activities", undefined, 404], [`conversations/${made.conversationId}`, "wrong", 403],
    [`conversations/${made.conversationId}`, `${made.token.slice(0, -1)}x`, 403]]) {
    const answer = await ask("GET", path, token);
    assert.equal(answer.status, status);
    assert.ok(answer.body.error.code && answer.body.error.message);
  }
  for (const body of [{ type: "message" }, { type: "strange" }]) {
    assert.equal((await ask("POST", `conversations/${made.conversationId}/activities`, undefined, body)).status, 400);
  }
  const session = (await supervisor("GET", "/sessions?status=all")).body.sessions.find((s) => s.customer?.id === "u-9");
  assert.equal(session.customer.name, "Zoë");
  await finish(server, session.id);
}));

test("clients know their own activities by whom they are from", async () => {
  const posts = async (token, from, text) => {
    const { body: begun } = await ask("POST", "conversations", token);
    const at = `conversations/${begun.conversationId}/activities`;
    assert.equal((await ask("POST", at, begun.token, { type: "message", from, text })).status, 200);
    const { activities } = (await ask("GET", at, begun.token)).body;
    await finish(server, (await supervisor("GET", "/sessions?status=all")).body.sessions.find((s) => s.customer?.address.endsWith(begun.conversationId)).id);
    return activities[0];
  };
  const { body: made } = await ask("POST", "tokens/generate", undefined, { user: { id: "dl_zoë", name: "Zoë" } });
  const { body: fresh } = await ask("POST", "tokens/refresh", made.token);
  const named = await posts(fresh.token, { id: "dl_zoë" }, "silence");
  assert.deepEqual([named.from.id, named.channelData], ["dl_zoë", undefined]);
  const known = (await supervisor("GET", "/sessions?status=all")).body.sessions.find((s) => s.customer?.id === "dl_zoë");
  assert.equal(known.customer.name, "Zoë");
  const stranger = await posts(undefined, { id: "user1", name: "Uma" }, "silence");
  assert.deepEqual([stranger.from, stranger.channelData], [{ id: "user1", name: "Uma", role: "user" }, undefined]);
  const long = await ask("POST", "tokens/generate", undefined, { user: { id: "x".repeat(600) } });
  assert.deepEqual([long.status, long.body.error.code], [400, "BadArgument"]);
});

test("requests of other programs: a scheme in small letters, a slash at the end, methods that mean nothing", async () => {
  const asks = (method, path) => server.ask(method, `/v3/directline/${path}`, { headers: { Authorization: `bearer  ${process.env.TEST_DL_SECRET}` } });
  const { status, body } = await asks("POST", "conversations/");
  assert.equal(status, 201);
  const at = `conversations/${body.conversationId}`;
  assert.equal((await asks("GET", `${at}/activities/`)).status, 200);
  assert.equal((await asks("DELETE", at)).status, 404);
  assert.equal((await ask("POST", `${at}/activities`, undefined, { type: "message", text: 42 })).body.error.message, "The text of an activity is a text.");
});

test("streamUrl is wss where a proxy before us speaks TLS", async () => {
  const start = (headers) => server.ask("POST", "/v3/directline/conversations", { token: process.env.TEST_DL_SECRET, headers });
  assert.match((await start({})).body.streamUrl, /^ws:/);
  const { body } = await start({ "X-Forwarded-Proto": "https", Host: "chat.example.com" });
  assert.match(body.streamUrl, /^wss:\/\/chat\.example\.com\/v3\/directline\//);
});

test("sessions of cookies are refused", table.lacks("`session/getsessionid`", "404 NotFound", async () => {
  assert.equal((await ask("GET", "session/getsessionid")).body.error.code, "NotFound");
}));

test("an activity whose answer was lost comes again", table.works("an activity posted again under its `clientActivityID`: said once, answered the same, also behind the end", async () => {
  const { body: { conversationId: id, token } } = await ask("POST", "conversations");
  const post = (text) => ask("POST", `conversations/${id}/activities`, token, { type: "message", text, channelData: { clientActivityID: `of ${text}` } });
  const list = async () => (await ask("GET", `conversations/${id}/activities`, token)).body.activities;
  const first = await post("two");
  await eventually("the bot has answered twice", async () => (await list()).some((a) => a.text === "second"));
  const again = await post("two");
  assert.deepEqual([again.status, again.body], [200, first.body]);
  const last = await post("bye");
  await eventually("it is over", async () => (await list()).some((a) => a.type === "endOfConversation"));
  const late = await post("bye");
  assert.deepEqual([late.status, late.body], [200, last.body]);
  assert.equal((await post("something else")).status, 404);
  assert.deepEqual((await list()).filter((a) => a.type === "message").map((a) => a.text), ["two", "first", "second", "bye"]);
}));

for (const signal of ["cut", "SIGKILL"]) {
  test(`${signal}: the stream goes on at its watermark, without loss and doubles`, table.works(`reconnect at the watermark after ${signal}`, async () => {
    const line = await Line.to(() => server.port);
    lines.push(line);
    const chat = new Chat({ port: line.port });
    await chat.say("one");
    await chat.hears("You said: one");
    const id = await chat.id();
    if (signal === "cut") {
      line.refuse = true;
      line.cut();
      bot.send("message", { session: id, text: "away 1" });
      bot.send("message", { session: id, text: "away 2" });
      line.refuse = false;
    } else {
      await server.stop(signal);
      await server.up();
      bot = await echo(server);
      await eventually("resumed", () => bot.all.some((f) => f.type === "session.invited" && f.session.id === id));
      bot.send("message", { session: id, text: "away 1" });
      bot.send("message", { session: id, text: "away 2" });
    }
    await chat.hears("away 2");
    for (const text of ["one", "You said: one", "away 1", "away 2"]) {
      assert.equal(chat.got.filter((a) => a.text === text).length, 1, text);
    }
    chat.line.end();
    await finish(server, id);
  }));
}
