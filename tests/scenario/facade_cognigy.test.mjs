// facade_cognigy.test.mjs - web chats built for Cognigy (real socket.io-client 2.5.0) talk to our sessions.
import assert from "node:assert/strict";
import http from "node:http";
import { createRequire } from "node:module";
import { after, before, test } from "node:test";
import { Table } from "./support/compatibility.mjs";
import { echo } from "./support/echo.mjs";
import { Line } from "./support/line.mjs";
import { Peer } from "./support/peer.mjs";
import { finish, take } from "./support/story.mjs";
import { eventually, Server, sleep, within } from "./support/server.mjs";

const io = createRequire(new URL("../clients/package.json", import.meta.url))("socket.io-client");

process.env.TEST_URL_TOKEN = "url-token-of-the-endpoint";
process.env.TEST_PING_TOKEN = "url-token-with-pings-as-outputs";
process.env.TEST_HOOK_TOKEN = "url-token-of-the-webhook";

const table = new Table("cognigy-server", {
  title: "Cognigy endpoint, as a server", client: "`socket.io-client` 2.5.0, which plays the web chat" });

let server, supervisor, bot, hook;
const posted = []; // what the webhook was told
let hookAnswers = 200;

const CENTRE = () => `
centre: cognigy-server
listen: 127.0.0.1:0
tokens:
  - { role: bot,        token: test-bot-cognigy-token, subject: cognigy }
  - { role: agent,      token: test-agent-anna-token, subject: anna }
  - { role: supervisor, token: test-supervisor-token, name: supervisor }
queues: [{ id: support, wrapUpTime: 600 }]
agents: [{ id: anna, name: Anna, capacity: { chat: 100 } }]
rates: { bot: 0, agent: 0 }
bots: [{ id: cognigy }]
entryPoints:
  - { id: chat, bot: cognigy, fallback: support, idleTimeout: 1, customerGrace: 60 }
  - { id: brief, bot: cognigy, fallback: support, idleTimeout: 1, customerGrace: 0 }
facades:
  - { id: web,  type: cognigy, token: env:TEST_URL_TOKEN,  entryPoint: chat }
  - { id: ping, type: cognigy, token: env:TEST_PING_TOKEN, entryPoint: brief, finalPing: output }
  - { id: hook, type: cognigy, token: env:TEST_HOOK_TOKEN, entryPoint: chat, webhook: "http://127.0.0.1:${hook.address().port}/in" }
`;

before(async () => {
  hook = http.createServer((request, answer) => {
    const parts = [];
    request.on("data", (part) => parts.push(part));
    request.on("end", () => {
      if (hookAnswers === 200) posted.push(JSON.parse(Buffer.concat(parts)));
      answer.writeHead(hookAnswers).end();
    });
  });
  await new Promise((resolve) => hook.listen(0, "127.0.0.1", resolve));
  server = await Server.start(CENTRE());
  supervisor = server.as("supervisor");
  await comeBot();
});
after(async () => {
  for (const chat of Chat.all) chat.close();
  await server?.remove();
  hook?.closeAllConnections();
  hook?.close();
});
after(() => table.check());

async function comeBot() {
  bot = await echo(server);
}

let chats = 0;
class Chat {
  static all = [];
  heard = []; // outputs
  events = []; // all events by name
  static open({ session = `chat-${++chats}-${process.pid}`, token = process.env.TEST_URL_TOKEN, transports = ["websocket"],
    port = server.port, ack = true, user = `user-${chats}` } = {}) {
    const chat = new Chat();
    Chat.all.push(chat);
    chat.session = session;
    chat.user = user;
    chat.socket = io(`http://127.0.0.1:${port}`, { transports, forceNew: true, reconnection: true, reconnectionDelay: 50,
      reconnectionDelayMax: 300, timeout: 10000,
      query: { sessionId: session, urlToken: token, userId: user, testMode: "false", emitWithAck: String(ack) } });
    chat.socket.on("endpoint-ready", () => (chat.ready = (chat.ready ?? 0) + 1));
    chat.socket.on("typingStatus", (f) => chat.events.push(f.status));
    chat.socket.on("finalPing", () => chat.events.push("finalPing"));
    chat.socket.on("exception", (f) => chat.events.push(f));
    chat.socket.on("output", (reply, acknowledge) => {
      if (reply.type === "output") chat.heard.push(reply.data);
      else chat.events.push(`output ${reply.type}`);
      if (!chat.deaf) acknowledge?.();
      if (chat.twice) acknowledge?.();
    });
    return chat;
  }
  say(text, data) {
    this.socket.emit("processInput", { URLToken: "", userId: this.user, sessionId: this.session, channel: "webchat",
      source: "device", passthroughIP: null, resetFlow: false, text, data });
  }
  hears(text) {
    return eventually(`hearing ${text}`, () => this.heard.find((d) => d.text === text));
  }
  has(event) {
    return eventually(`event ${JSON.stringify(event)}`, () => this.events.find((e) => e === event || e?.error?.match?.(event)));
  }
  count(text) {
    return this.heard.filter((d) => d.text === text).length;
  }
  // The session of ours.
  async id() {
    const found = await eventually("the session", async () => (await supervisor("GET", "/sessions")).body.sessions
      .find((s) => s.customer?.address?.endsWith(`:${this.session}`) && s.status !== "completed" && s.status !== "wrapup"));
    return found.id;
  }
  close() {
    this.socket.close();
  }
}

const said = async (id) => (await supervisor("GET", `/sessions/${id}?messages=true`)).body.messages;

for (const transports of [["websocket"], ["polling"], undefined]) {
  const name = transports?.[0] ?? "the client's own choice";
  test(`a chat over ${name}`, table.works(`query, endpoint-ready, processInput, output, finalPing: transport ${name}`, async () => {
    const chat = Chat.open(transports ? { transports } : { transports: ["polling", "websocket"] });
    await eventually("ready", () => chat.ready === 1);
    chat.say("Grüße, 世界 🎉");
    const output = await chat.hears("You said: Grüße, 世界 🎉");
    const id = await chat.id();
    assert.deepEqual(output, { text: "You said: Grüße, 世界 🎉", data: {}, source: "bot", traceId: `${id}-2` });
    await chat.has("finalPing");
    const { body } = await supervisor("GET", `/sessions/${id}`);
    assert.deepEqual(body.customer, { id: chat.user, address: `cognigy:web:${chat.session}` });
    chat.say("two");
    await chat.hears("second");
    assert.ok(chat.heard.findIndex((d) => d.text === "first") < chat.heard.findIndex((d) => d.text === "second"));
    chat.close();
    await eventually("gone", async () => !(await supervisor("GET", `/sessions/${id}`)).body.customerConnected);
    await finish(server, id);
  }));
}

test("nothing is opened before the first input", table.works("a page that only connects opens no session", async () => {
  const before = (await supervisor("GET", "/sessions")).body.sessions.length;
  const chat = Chat.open();
  await eventually("ready", () => chat.ready === 1);
  assert.equal((await supervisor("GET", "/sessions")).body.sessions.length, before);
  chat.close();
}));

test("rich output, data both ways, typing, finalPing as an output",
  table.works("`data` both ways, `typingStatus` both ways, `finalPing` as an `output`", async () => {
    const chat = Chat.open({ token: process.env.TEST_PING_TOKEN });
    chat.say("rich");
    const rich = await chat.hears("Which?");
    assert.equal(rich.data._cognigy._default._quickReplies.quickReplies[0].title, "A");
    await chat.has("output finalPing");
    const id = await chat.id();
    chat.say("types");
    await chat.has("typingOn");
    chat.say("silence", { clicked: { big: 1 } });
    await eventually("it is there", async () => (await said(id)).find((m) => m.data?.clicked?.big === 1));
    chat.say("", { only: "data" });
    await eventually("data alone", async () => (await said(id)).find((m) => m.data?.only === "data"));
    const heard = new Promise((resolve) => {
      bot.socket.on("message", (b) => JSON.parse(b).type === "typing" && resolve());
    });
    chat.socket.emit("typingStatus", { status: "typingOn" });
    await within("the bot sees it", heard);
    chat.close();
    await finish(server, id);
  }));

test("three handovers in one chat: agents' words are outputs of source agent; the end, and a session behind it",
  table.works("handover to an agent and back: `source` is `agent`; a new session after the end", async () => {
    const agent = await Peer.agent(server);
    const chat = Chat.open();
    for (const round of [1, 2, 3]) {
      chat.say("human");
      const id = await chat.id();
      await take(agent, id);
      agent.send("typing", { session: id, on: true });
      await chat.has("typingOn");
      agent.send("message", { session: id, text: `Anna ${round}` });
      assert.equal((await chat.hears(`Anna ${round}`)).source, "agent");
      const back = await agent.ask("transfer", { session: id, bot: "cognigy" });
      assert.equal(back.type, "done", JSON.stringify(back));
      await eventually("with the bot", async () => (await supervisor("GET", `/sessions/${id}`)).body.status === "connected");
      chat.say(`again ${round}`);
      await chat.hears(`You said: again ${round}`);
    }
    const first = await chat.id();
    chat.say("bye");
    await eventually("over", async () => (await supervisor("GET", `/sessions/${first}`)).body?.status !== "connected");
    chat.say("hello again");
    await chat.hears("You said: hello again");
    const second = await chat.id();
    assert.notEqual(first, second);
    chat.close();
    await finish(server, second);
    await agent.close();
  }));

for (const transports of [["websocket"], ["polling"]]) {
  test(`a cut ${transports[0]} line: nothing is lost, nothing comes twice`,
    table.works(`reconnect under the same sessionId: what was not acknowledged comes, once (${transports[0]})`, async () => {
      const line = await Line.to(() => server.port);
      const chat = Chat.open({ transports, port: line.port });
      chat.say("one");
      await chat.hears("You said: one");
      const id = await chat.id();
      chat.deaf = true; // it hears, and its acknowledgement is lost
      bot.send("message", { session: id, text: "unheard" });
      await chat.hears("unheard");
      line.refuse = true;
      line.cut();
      for (const n of [1, 2, 3]) bot.send("message", { session: id, text: `away ${n}` });
      chat.deaf = false;
      await eventually("they are said", async () => (await said(id)).some((m) => m.text === "away 3"));
      line.refuse = false;
      await chat.hears("away 3");
      assert.deepEqual([1, 2, 3].map((n) => chat.count(`away ${n}`)), [1, 1, 1]);
      assert.equal(chat.count("You said: one"), 1);
      const traces = chat.heard.filter((d) => d.text === "unheard").map((d) => d.traceId);
      assert.equal(traces.length, 2); // it was never acknowledged
      assert.equal(new Set(traces).size, 1);
      chat.say("two");
      await chat.hears("second");
      chat.close();
      await finish(server, id);
      line.close();
    }));
}

test("an acknowledgement that comes twice, one of nothing, none at all",
  table.works("acknowledgements: twice, of nothing, `emitWithAck=false`", async () => {
    const chat = Chat.open();
    chat.twice = true;
    chat.say("hello");
    await chat.hears("You said: hello");
    chat.socket.io.engine.write("43999999[]");
    chat.socket.io.engine.write("43[]");
    chat.say("still");
    await chat.hears("You said: still");
    await finish(server, await chat.id());
    chat.close();
    const plain = Chat.open({ ack: false });
    plain.say("hello");
    await plain.hears("You said: hello");
    const id = await plain.id();
    plain.close();
    const again = Chat.open({ ack: false, session: plain.session });
    await eventually("ready", () => again.ready === 1);
    again.say("more");
    await again.hears("You said: more");
    assert.equal(again.heard.length, 1);
    again.close();
    await finish(server, id);
  }));

test("an input with an acknowledgement is answered when it is durable; one that comes again is said once",
  table.works("`processInput` with an acknowledgement; `messageId` against doubles", async () => {
    const chat = Chat.open();
    const input = { userId: chat.user, sessionId: chat.session, text: "once", messageId: "m-1" };
    for (let i = 0; i < 2; i++) {
      await within("acknowledged", new Promise((resolve) => chat.socket.emit("processInput", input, resolve)));
    }
    const id = await chat.id();
    assert.equal((await said(id)).filter((m) => m.from === "customer").length, 1);
    chat.close();
    await finish(server, id);
  }));

test("ids that are long, or of all the world's letters, huge numbers, nested data",
  table.works("sessionId and userId over 44 characters and not ASCII", async () => {
    for (const session of [`s-${"x".repeat(300)}`, "сессия-会话-🎉 %2F&=\"'<>", "9223372036854775808"]) {
      const chat = Chat.open({ session, user: `${session}/user` });
      chat.say("hi", { deep: [[{ n: 9007199254740993n.toString() }]] });
      await chat.hears("You said: hi");
      const { body } = await supervisor("GET", `/sessions/${await chat.id()}`);
      assert.equal(body.customer.id, `${session}/user`);
      assert.equal(body.customer.address, `cognigy:web:${session}`);
      chat.close();
      await finish(server, body.id);
    }
  }));

test("what cannot be taken is an exception, and the chat goes on",
  table.works("`exception` for inputs without text and data, of wrong types, too long", async () => {
    const chat = Chat.open();
    chat.say("");
    await chat.has(/neither a text nor data/);
    chat.socket.emit("processInput", { text: 17 });
    await chat.has(/whose text is a text/);
    chat.socket.emit("processInput");
    chat.say("x".repeat(20000));
    await chat.has(/longer than 16384/);
    chat.socket.emit("somethingElse", {});
    await chat.has(/processInput and typingStatus/);
    chat.say("fine");
    await chat.hears("You said: fine");
    await finish(server, await chat.id());
    chat.close();
  }));

for (const transports of [["websocket"], ["polling"]]) {
  test(`bytes in an input are refused, and the chat goes on: ${transports}`, async () => {
    const chat = Chat.open({ transports });
    await eventually("ready", () => chat.ready);
    chat.say("with bytes", { raw: Buffer.from("abc") });
    await chat.has(/no binary data/);
    chat.say("fine");
    await chat.hears("You said: fine");
    assert.equal(chat.ready, 1);
    await finish(server, await chat.id());
    chat.close();
  });
}

test("another namespace, another protocol: told at once", async () => {
  const query = { sessionId: "elsewhere", urlToken: process.env.TEST_URL_TOKEN };
  const other = io(`http://127.0.0.1:${server.port}/other`, { forceNew: true, query });
  assert.equal(await within("refused", new Promise((resolve) => other.on("error", resolve))), "Invalid namespace");
  other.close();
  const newer = await server.ask("GET", `/socket.io/?EIO=4&transport=polling&sessionId=a&urlToken=${process.env.TEST_URL_TOKEN}`);
  assert.deepEqual([newer.status, newer.body.message], [400, "Unsupported protocol version"]);
});

test("who shows a wrong token is refused, in the vendor's shape",
  table.works("a wrong URL token: 403 (polling), closed (WebSocket); an unknown sid: 400", async () => {
    const path = "/socket.io/?EIO=3&sessionId=a&emitWithAck=true";
    const wrong = await server.ask("GET", `${path}&transport=polling&urlToken=wrong`);
    assert.deepEqual([wrong.status, wrong.body], [403, { code: 4, message: "Forbidden" }]);
    const gone = await server.ask("GET", `${path}&transport=polling&sid=nobody`);
    assert.deepEqual([gone.status, gone.body], [400, { code: 1, message: "Session ID unknown" }]);
    const other = await server.ask("GET", `${path}&transport=pigeon&urlToken=${process.env.TEST_URL_TOKEN}`);
    assert.deepEqual([other.status, other.body], [400, { code: 0, message: "Transport unknown" }]);
    for (const transports of [["websocket"], ["polling"]]) {
      const chat = Chat.open({ token: "wrong", transports });
      await eventually("refused", () => !chat.socket.connected);
      await sleep(100);
      assert.equal(chat.ready, undefined);
      chat.close();
    }
  }));

test("two pages of one chat hear the same", table.works("two connections with the same sessionId", async () => {
  const one = Chat.open();
  const two = Chat.open({ session: one.session });
  await eventually("both", () => one.ready && two.ready);
  one.say("hello");
  await one.hears("You said: hello");
  await two.hears("You said: hello");
  const id = await one.id();
  one.close();
  two.say("still here");
  await two.hears("You said: still here");
  assert.equal((await supervisor("GET", `/sessions/${id}`)).body.customerConnected, true);
  two.close();
  await finish(server, id);
}));

test("a page that leaves for good: its session ends, and no agent gets the dead chat", async () => {
  const agent = await Peer.agent(server);
  const chat = Chat.open({ token: process.env.TEST_PING_TOKEN });
  agent.send("state", { state: "away" });
  chat.say("human");
  const id = await chat.id();
  await eventually("queued", async () => (await supervisor("GET", `/sessions/${id}`)).body.status === "queued");
  chat.close();
  await eventually("over", async () => (await supervisor("GET", `/sessions/${id}`)).body?.endReason);
  await agent.ask("state", { state: "available" });
  await sleep(300);
  assert.ok(!agent.all.some((f) => f.type === "offer" && f.session.id === id));
  await agent.close();
});

// ---- REST and webhook

const rest = (token, body, headers) => server.ask("POST", `/${token}`, { body, headers });

test("REST: a whole turn in one answer; an agent's words come with the next one",
  table.works("REST endpoint: POST /{URLToken}, outputStack", async () => {
    const agent = await Peer.agent(server);
    const ask = (text, data) => rest(process.env.TEST_URL_TOKEN, { userId: "u", sessionId: "rest-1", text, data });
    const { status, body } = await ask("two");
    assert.equal(status, 200);
    assert.deepEqual(body.outputStack.map((o) => o.text), ["first", "second"]);
    assert.deepEqual([body.text, body.sessionId], ["second", "rest-1"]);
    const rich = await ask("rich");
    assert.ok(rich.body.data._cognigy);
    const pending = ask("human");
    const list = (await eventually("queued", async () => {
      const { body: all } = await supervisor("GET", "/sessions");
      return all.sessions.find((s) => s.customer?.address === "cognigy:web:rest-1");
    }));
    await take(agent, list.id);
    agent.send("message", { session: list.id, text: "Anna here" });
    assert.deepEqual((await pending).body.outputStack.map((o) => [o.text, o.source]), [["Anna here", "agent"]]);
    agent.send("message", { session: list.id, text: "between" });
    await eventually("said", async () => (await said(list.id)).some((m) => m.text === "between"));
    const next = ask("thanks");
    agent.send("message", { session: list.id, text: "welcome" });
    assert.deepEqual((await next).body.outputStack.map((o) => o.text), ["between", "welcome"]);
    await finish(server, list.id);
    await agent.close();
  }));

test("REST: a slash at the end", async () => {
  const { body } = await server.ask("POST", `/${process.env.TEST_URL_TOKEN}/`, { body: { userId: "u", sessionId: "rest-slash", text: "hello" } });
  assert.equal(body.text, "You said: hello");
  await finish(server, (await supervisor("GET", "/sessions")).body.sessions.find((s) => s.customer?.address?.endsWith(":rest-slash")).id);
});

test("REST: what is wrong is said in the answer", table.works("REST endpoint: errors", async () => {
  for (const [body, wanted] of [["{", /./], ["[]", /object/], [{ text: "a" }, /sessionId/], [{ text: 1, sessionId: "a" }, /text/],
    [{ sessionId: "a" }, /neither/]]) {
    const answer = await rest(process.env.TEST_URL_TOKEN, body, { "Content-Type": "application/json" });
    assert.equal(answer.status, 400);
    assert.match(answer.body.message, wanted);
  }
  assert.equal((await server.ask("GET", `/${process.env.TEST_URL_TOKEN}`)).status, 405);
  assert.equal((await rest("wrong-token-of-nobody", { sessionId: "a", text: "b" })).status, 404);
}));

test("webhook: each output is posted, in order; one that failed comes again",
  table.works("Webhook endpoint: {userId, sessionId, AIOutput}, in order, repeated", async () => {
    const ask = (text) => rest(process.env.TEST_HOOK_TOKEN, { userId: "u-1", sessionId: "hook-1", text });
    hookAnswers = 500;
    const answer = await ask("two");
    assert.deepEqual([answer.status, answer.body], [200, {}]);
    await sleep(100);
    hookAnswers = 200;
    await eventually("both", () => posted.length >= 2);
    assert.deepEqual(posted.map((p) => [p.userId, p.sessionId, p.AIOutput.text, p.AIOutput.source]),
      [["u-1", "hook-1", "first", "bot"], ["u-1", "hook-1", "second", "bot"]]);
    await ask("bye");
  }));

// ---- crashes

for (const signal of ["SIGKILL", "SIGTERM"]) {
  test(`after ${signal} of the server the chat goes on with its session`, async () => {
    const chat = Chat.open();
    chat.say("before");
    await chat.hears("You said: before");
    const id = await chat.id();
    await server.stop(signal);
    await server.up();
    await comeBot();
    await eventually("back", () => chat.socket.connected && chat.ready > 1);
    chat.say("after");
    await chat.hears("You said: after");
    assert.equal(await chat.id(), id);
    assert.equal(new Set(chat.heard.map((d) => d.traceId)).size, 2);
    chat.close();
    await finish(server, id);
  });
}
