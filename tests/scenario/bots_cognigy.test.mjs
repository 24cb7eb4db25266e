// bots_cognigy.test.mjs - Cognigy's Socket endpoint (real socket.io 2.5.1): turns, goodbyes, cuts, polling, TLS.
import assert from "node:assert/strict";
import fs from "node:fs";
import http from "node:http";
import path from "node:path";
import { after, before, test } from "node:test";
import { Table } from "./support/compatibility.mjs";
import { Endpoint } from "./support/cognigy.mjs";
import { Peer } from "./support/peer.mjs";
import { finish, take } from "./support/story.mjs";
import { eventually, Server, sleep } from "./support/server.mjs";

const SUPPORT = new URL("support", import.meta.url).pathname;
const PEM = fs.readFileSync(path.join(SUPPORT, "outside.pem"));
const TOKEN = "url-token-of-the-endpoint";
process.env.TEST_URL_TOKEN = TOKEN;
process.env.TEST_API_KEY = "key-of-the-api";

const table = new Table("cognigy-client", {
  title: "Cognigy Socket endpoint, as its client", client: "`socket.io` 2.5.1, which plays the endpoint" });

let endpoint, secure, server, supervisor, api;
const pushed = []; // what Cognigy's API was told
let apiAnswers = 200;

const CENTRE = () => `
centre: cognigy
listen: 127.0.0.1:0
tokens:
  - { role: visitor,    token: test-visitor-token, name: web }
  - { role: agent,      token: test-agent-anna-token, subject: anna }
  - { role: supervisor, token: test-supervisor-token, name: supervisor }
queues: [{ id: support, wrapUpTime: 600 }]
agents: [{ id: anna, name: Anna, capacity: { chat: 10 } }]
rest: { allow: [], authorities: authority.pem }
bots:
  - { id: flow, type: cognigy, url: "${endpoint.url}", urlToken: env:TEST_URL_TOKEN, answerWithin: 2, attempts: 4 }
  - { id: greets, type: cognigy, url: "${endpoint.url}/", urlToken: env:TEST_URL_TOKEN, greeting: GET_STARTED, user: session }
  - { id: polls, type: cognigy, url: "${endpoint.url}", urlToken: env:TEST_URL_TOKEN, transport: polling }
  - { id: own, type: cognigy, url: "${endpoint.url}", urlToken: env:TEST_URL_TOKEN, goodbye: ["done.at=42 end", live] }
  - { id: tls, type: cognigy, url: "${secure.url}", urlToken: env:TEST_URL_TOKEN }
  - { id: told, type: cognigy, url: "${endpoint.url}", urlToken: env:TEST_URL_TOKEN, greeting: GET_STARTED,
      api: "http://127.0.0.1:${api.address().port}", apiKey: env:TEST_API_KEY, returnText: BACK }
  - { id: nobody, type: cognigy, url: "http://127.0.0.1:1", urlToken: env:TEST_URL_TOKEN, attempts: 2 }
entryPoints:
  - { id: flow,   bot: flow,   fallback: support, idleTimeout: 1, drainTimeout: 2 }
  - { id: greets, bot: greets, fallback: support, idleTimeout: 1 }
  - { id: polls,  bot: polls,  fallback: support, idleTimeout: 1 }
  - { id: own,    bot: own,    fallback: support, idleTimeout: 1, drainTimeout: 1 }
  - { id: tls,    bot: tls,    fallback: support, idleTimeout: 1 }
  - { id: told,   bot: told,   fallback: support, idleTimeout: 5 }
  - { id: nobody, bot: nobody, fallback: support, idleTimeout: 1 }
`;

before(async () => {
  api = http.createServer((request, answer) => {
    const parts = [];
    request.on("data", (part) => parts.push(part));
    request.on("end", () => {
      pushed.push({ url: request.url, key: request.headers["x-api-key"], body: JSON.parse(Buffer.concat(parts)) });
      answer.writeHead(apiAnswers).end();
    });
  });
  await new Promise((resolve) => api.listen(0, "127.0.0.1", resolve));
  endpoint = await Endpoint.start({ ping: 300, pingTimeout: 2000 });
  secure = await Endpoint.start({ tls: { key: PEM, cert: PEM } });
  server = new Server("");
  fs.copyFileSync(path.join(SUPPORT, "outside-authority.pem"), path.join(server.data, "authority.pem"));
  server.write(CENTRE());
  await server.up();
  supervisor = server.as("supervisor");
});
after(async () => {
  await server?.remove();
  endpoint?.stop();
  secure?.stop();
  api?.close();
});
after(() => table.check());

function echo(socket, input) {
  endpoint.output(socket, `You said: ${input.text}`);
  endpoint.finalPing(socket);
}

async function open(entryPoint = "flow", customer) {
  endpoint.onInput = secure.onInput = echo;
  endpoint.ready = true;
  endpoint.inputs.length = secure.inputs.length = 0;
  const visitor = await Peer.customer(server, entryPoint);
  const { session } = await visitor.hear("session.opened");
  return { customer: visitor, id: session.id };
}

const connected = (customer) =>
  customer.hear("connected", (f) => f.type === "session.status" && f.status === "connected");
const queued = (customer) => customer.hear("queued", (f) => f.type === "session.status" && f.status === "queued");
const heard = (customer, text) => customer.hear(text, (f) => f.type === "message" && f.text === text);
const timeline = async (id) => (await supervisor("GET", `/sessions/${id}/timeline`)).body.events;
const notes = async (id) => (await timeline(id)).filter((e) => e.type === "bot.note").map((e) => e.note);
const said = async (id) => (await supervisor("GET", `/sessions/${id}?messages=true`)).body.messages;

test("a turn: the query, processInput, output, finalPing", table.works("query, `endpoint-ready`, `processInput`, `output`, `finalPing`", async () => {
  const { customer, id } = await open();
  await connected(customer);
  customer.send("message", { text: "Grüße, 世界 🎉" });
  await heard(customer, "You said: Grüße, 世界 🎉");
  const query = endpoint.queries.at(-1);
  assert.deepEqual([query.sessionId, query.urlToken, query.testMode, query.emitWithAck, query.EIO, query.transport],
    [id, TOKEN, "false", "true", "3", "websocket"]);
  const [input] = endpoint.inputs;
  const { data, ...rest } = input;
  assert.deepEqual(rest, { URLToken: TOKEN, userId: query.userId, sessionId: id, channel: "baton", source: "device",
    passthroughIP: null, resetFlow: false, text: "Grüße, 世界 🎉" });
  assert.equal(data.session.id, id);
  assert.equal(data.session.entryPoint, "flow");
  customer.send("message", { text: "second" });
  await heard(customer, "You said: second");
  assert.deepEqual(endpoint.inputs[1].data, {});
  await finish(server, id);
  await eventually("the endpoint is left", () => !endpoint.of(id));
}));

test("what the customer says before endpoint-ready is held, and sent after it in order",
  table.works("inputs are held until `endpoint-ready`", async () => {
    endpoint.ready = false;
    const customer = await Peer.customer(server, "flow");
    const { session: { id } } = await customer.hear("session.opened");
    endpoint.inputs.length = 0;
    endpoint.onInput = echo;
    for (const text of ["one", "two", "three"]) customer.send("message", { text });
    const socket = await eventually("connected", () => endpoint.of(id));
    await sleep(200);
    assert.equal(endpoint.inputs.length, 0);
    endpoint.ready = true;
    socket.emit("endpoint-ready");
    await heard(customer, "You said: three");
    assert.deepEqual(endpoint.inputs.map((i) => i.text), ["one", "two", "three"]);
    await finish(server, id);
  }));

test("an output is acknowledged at once", table.works("`output` with an acknowledgement, at once", async () => {
  const { customer, id } = await open();
  await connected(customer);
  const acks = endpoint.acks;
  const began = Date.now();
  await endpoint.output(endpoint.of(id), "Are you there?");
  assert.ok(Date.now() - began < 1500);
  assert.equal(endpoint.acks, acks + 1);
  await heard(customer, "Are you there?");
  await finish(server, id);
}));

test("both forms of finalPing end a turn; typing alone is no answer and says nothing",
  table.works("`finalPing` as an event and as an `output`; `typingStatus`", async () => {
    const { customer, id } = await open();
    await connected(customer);
    endpoint.onInput = (socket, input) => {
      socket.emit("typingStatus", { status: "typingOn" });
      endpoint.finalPing(socket, input.text === "b");
    };
    customer.send("message", { text: "a" });
    await customer.hear("typing", (f) => f.type === "typing" && f.on);
    await customer.hear("typing ends", (f) => f.type === "typing" && !f.on);
    customer.send("message", { text: "b" });
    await eventually("asked", () => endpoint.inputs.length === 2);
    await sleep(2300); // longer than answerWithin: the turns were ended
    const { body } = await supervisor("GET", `/sessions/${id}`);
    assert.equal(body.status, "connected");
    assert.equal((await said(id)).filter((m) => m.from === "bot").length, 0);
    await finish(server, id);
  }));

test("rich output goes to the customer as it came; data alone is a message without text",
  table.works("`_cognigy`, `_webchat3` and own data are passed through", async () => {
    const { customer, id } = await open();
    await connected(customer);
    const rich = { _cognigy: { _default: { _quickReplies: { text: "Which?", quickReplies: [{ title: "A", payload: "a" }] } } } };
    endpoint.output(endpoint.of(id), "Which?", rich);
    assert.deepEqual((await heard(customer, "Which?")).data, rich);
    const alone = { _webchat3: { queueUpdate: { position: 3, big: 9007199254740993 } } };
    endpoint.output(endpoint.of(id), "", alone);
    const message = await customer.hear("data alone", (f) => f.type === "message" && f.data?._webchat3);
    assert.equal(message.text, "");
    endpoint.of(id).emit("output", { type: "output", data: { text: null, data: null, source: "bot" } });
    endpoint.of(id).emit("output", { type: "output" });
    endpoint.of(id).emit("output");
    await endpoint.output(endpoint.of(id), "still here");
    await heard(customer, "still here");
    assert.equal((await said(id)).filter((m) => m.from === "bot").length, 3);
    await finish(server, id);
  }));

for (const [name, data, status] of [
  ["data.handover", { handover: { skill: "billing", nested: { a: [1, { b: 2 }] } }, orderId: "9007199254740993" }, "queued"],
  ["data.action escalate", { action: "escalate", skill: "billing", nested: { a: [1, { b: 2 }] }, orderId: "9007199254740993" }, "queued"],
]) {
  test(`goodbye by ${name}: releasing until the connection closes, then an agent, with what the bot knew`, async () => {
    const agent = await Peer.agent(server);
    const { customer, id } = await open();
    await connected(customer);
    endpoint.output(endpoint.of(id), "A colleague comes.", data);
    await customer.hear("releasing", (f) => f.type === "session.status" && f.status === "releasing");
    const refused = await supervisor("POST", `/sessions/${id}/transfer`, { queueId: "support" });
    assert.equal(refused.body.refusal, "release_in_progress");
    endpoint.output(endpoint.of(id), "late words"); // still the bot's part
    endpoint.of(id).disconnect(true);
    await customer.hear(status, (f) => f.type === "session.status" && f.status === status);
    await take(agent, id);
    const { body } = await supervisor("GET", `/sessions/${id}`);
    assert.equal(body.attributes.skill, "billing");
    assert.deepEqual(body.attributes.nested, { a: [1, { b: 2 }] });
    assert.equal(body.attributes.orderId, "9007199254740993");
    await finish(server, id);
    await agent.close();
  });
}

test("a bot that says goodbye and never closes is closed by us",
  table.works("goodbye and no close: `41` from us after `drainTimeout`", async () => {
    const { customer, id } = await open();
    await connected(customer);
    const socket = endpoint.of(id);
    let why;
    socket.on("disconnect", (reason) => (why = reason));
    endpoint.output(socket, "", { action: "AGENT_TRANSFER" });
    await queued(customer);
    await eventually("left", () => why);
    assert.equal(why, "client namespace disconnect");
    assert.ok((await timeline(id)).some((e) => e.type === "bot.drained"));
    await finish(server, id);
  }));

test("END_CONVERSATION ends; rules of one's own replace the defaults", async () => {
  const ended = await open();
  await connected(ended.customer);
  endpoint.output(endpoint.of(ended.id), "Bye!", { action: "END_CONVERSATION" });
  await ended.customer.hear("session.ended");
  const { customer, id } = await open("own");
  await connected(customer);
  await endpoint.output(endpoint.of(id), "not a goodbye here", { action: "handover", handover: true });
  await heard(customer, "not a goodbye here");
  endpoint.output(endpoint.of(id), "this is", { done: { at: 42 } });
  await customer.hear("session.ended");
});

test("a close without a goodbye is a lost bot", table.works("disconnect by the endpoint without a goodbye: `bot.lost`", async () => {
  const { customer, id } = await open();
  await connected(customer);
  endpoint.of(id).disconnect(true);
  await queued(customer);
  assert.ok((await timeline(id)).some((e) => e.type === "bot.lost"));
  await finish(server, id);
}));

test("a cut line comes back; what is said meanwhile waits, an output that comes again is said once, the gap is told",
  table.works("reconnect with back-off; the same `output` again on the new connection is said once", async () => {
    const { customer, id } = await open();
    await connected(customer);
    const first = endpoint.of(id);
    const again = { type: "output", data: { text: "said once", data: {}, source: "bot", traceId: "t-1" } };
    first.emit("output", again);
    await heard(customer, "said once");
    endpoint.ready = false;
    first.conn.transport.socket.terminate();
    customer.send("message", { text: "in the gap" });
    const second = await eventually("back", () => endpoint.of(id) !== first && endpoint.of(id));
    endpoint.ready = true;
    second.emit("output", again);
    second.emit("endpoint-ready");
    await heard(customer, "You said: in the gap");
    await endpoint.output(second, "said twice", {}, "t-2");
    await endpoint.output(second, "said twice", {}, "t-2");
    await eventually("both", async () => (await said(id)).filter((m) => m.text === "said twice").length === 2);
    assert.equal((await said(id)).filter((m) => m.text === "said once").length, 1);
    const told = await notes(id);
    assert.match(told[0], /^The connection to the bot is gone: the connection to the endpoint was cut\.$/);
    assert.match(told[1], /^The connection to the bot is back after \d+ ms: what it said meanwhile may be lost\.$/);
    await finish(server, id);
  }));

test("pings keep the line; an endpoint that answers none is left and tried again", table.works("ping by the client, pong by the server", async () => {
  const { customer, id } = await open();
  await connected(customer);
  await sleep(1200); // several pings
  assert.equal((await notes(id)).length, 0);
  const first = endpoint.of(id);
  first.conn.sendPacket = () => {}; // neither pongs nor anything else
  await eventually("another connection", () => { const now = endpoint.of(id); return now && now !== first; });
  await eventually("it is told", async () => (await notes(id)).some((n) => /answered no ping/.test(n)));
  await finish(server, id);
}));

test("errors are noted, and the talk goes on", table.works("`exception` and `output` of type `error`", async () => {
  const { customer, id } = await open();
  await connected(customer);
  endpoint.of(id).emit("exception", { message: "flow not found" });
  endpoint.of(id).emit("output", { type: "error", data: { message: "node failed" } });
  customer.send("message", { text: "go on" });
  await heard(customer, "You said: go on");
  assert.deepEqual(await notes(id), ["The bot reports an error: flow not found", "The bot reports an error: node failed"]);
  await finish(server, id);
}));

test("a bot that is silent loses the session", async () => {
  const { customer, id } = await open();
  await connected(customer);
  endpoint.onInput = () => {};
  customer.send("message", { text: "hello?" });
  await queued(customer);
  assert.deepEqual(await notes(id), ["The bot did not answer in time."]);
  await finish(server, id);
});

test("an answer that went with the line: the bot is back, and is not silent for ever", async () => {
  const { customer, id } = await open();
  endpoint.onInput = (socket) => socket.conn.transport.socket.terminate();
  customer.send("message", { text: "hello?" });
  await queued(customer);
  assert.match((await notes(id)).join("\n"), /is gone[^]*is back[^]*did not answer in time/);
  assert.equal(endpoint.inputs.length, 1); // the flow does not run twice
  await finish(server, id);
});

test("a bot that cannot be reached: the fallback, and a reason", async () => {
  const customer = await Peer.customer(server, "nobody");
  const { session: { id } } = await customer.hear("session.opened");
  await queued(customer);
  assert.match((await notes(id))[0], /^The bot cannot be reached: no connection to the endpoint: refused: /);
  assert.ok(!server.log.includes(TOKEN));
  assert.ok(!JSON.stringify(await timeline(id)).includes(TOKEN));
  await finish(server, id);
});

test("a greeting begins; the user is the session where that is wished", async () => {
  const { customer, id } = await open("greets");
  await heard(customer, "You said: GET_STARTED");
  assert.equal(endpoint.inputs[0].userId, id);
  await finish(server, id);
});

test("back to the bot after an agent: the flow is told over the API, a second and a third time, too", async () => {
  const agent = await Peer.agent(server);
  const { customer, id } = await open("told");
  await heard(customer, "You said: GET_STARTED");
  endpoint.inputs.length = 0;
  for (const round of [1, 2, 3]) {
    apiAnswers = round === 3 ? 403 : 200;
    endpoint.output(endpoint.of(id), `to a person ${round}`, { handover: true });
    await heard(customer, `to a person ${round}`);
    endpoint.of(id).disconnect(true);
    await customer.hear("idle", (f) => f.type === "session.status" && f.status === "idle");
    assert.equal((await supervisor("POST", `/sessions/${id}/transfer`, { queueId: "support" })).status, 200);
    await take(agent, id);
    agent.send("message", { session: id, text: `Anna ${round}` });
    await heard(customer, `Anna ${round}`);
    const back = await agent.ask("transfer", { session: id, bot: "told" });
    assert.equal(back.type, "done", JSON.stringify(back));
    await eventually("the flow is told", () => pushed.length === round);
    await customer.hear("with the bot", (f) => f.type === "session.status" && f.status === "connected");
    customer.send("message", { text: `again ${round}` });
    await heard(customer, `You said: again ${round}`);
  }
  const { url, key, body } = pushed[0];
  assert.deepEqual([url, key, body.sessionId, body.URLToken, body.text, body.data],
    ["/v2.0/endpoint/inject", "key-of-the-api", id, TOKEN, "BACK", { baton: "returned" }]);
  assert.deepEqual(endpoint.inputs.map((i) => i.text), ["again 1", "again 2", "again 3"]); // no greeting again
  assert.deepEqual(await notes(id), ["The flow was not told that the session is back: the API answered 403."]);
  await finish(server, id);
  await agent.close();
});

test("polling, where WebSockets are refused and where it is chosen",
  table.works("polling with `b64=1`, lengths in UTF-16 code units", async () => {
    endpoint.refuseWebSockets = true;
    for (const entry of ["flow", "polls"]) {
      const { customer, id } = await open(entry);
      await connected(customer);
      assert.equal(endpoint.of(id).transportName(), "polling");
      for (const text of ["🎉 one", "zwei ü", "三"]) customer.send("message", { text });
      await heard(customer, "You said: 三");
      assert.deepEqual(endpoint.inputs.map((i) => i.text), ["🎉 one", "zwei ü", "三"]);
      await endpoint.output(endpoint.of(id), "🎉🎉", { _cognigy: { emoji: "🎉" } });
      await heard(customer, "🎉🎉");
      await finish(server, id);
      await eventually("left", () => !endpoint.of(id));
    }
    endpoint.refuseWebSockets = false;
  }));

test("TLS: the certificate is verified", table.works("`https://` endpoints: WebSocket over TLS, verified", async () => {
  const { customer, id } = await open("tls");
  await connected(customer);
  customer.send("message", { text: "over TLS" });
  secure.onInput = (socket, input) => secure.output(socket, `secretly: ${input.text}`);
  await heard(customer, "secretly: over TLS");
  await finish(server, id);
}));

for (const signal of ["SIGKILL", "SIGTERM"]) {
  test(`after ${signal} the session goes on with its bot`, async () => {
    const { customer, id } = await open();
    await connected(customer);
    const code = await server.stop(signal);
    if (signal === "SIGTERM") assert.equal(code, 0);
    await server.up();
    const socket = await eventually("connected again", () => endpoint.of(id));
    await eventually("the gap is told", async () => (await notes(id)).length === 1);
    await endpoint.output(socket, "I am back.");
    await eventually("it counts", async () => (await said(id)).some((m) => m.text === "I am back."));
    assert.ok(!(await timeline(id)).some((e) => e.type === "bot.lost"));
    await finish(server, id);
  });
}
