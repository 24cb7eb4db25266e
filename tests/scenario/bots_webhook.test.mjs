// bots_webhook.test.mjs - bots that are called over HTTP: said, escalated, ended, down, slow, and asked by scripts.
import assert from "node:assert/strict";
import crypto from "node:crypto";
import fs from "node:fs";
import http from "node:http";
import path from "node:path";
import { after, before, test } from "node:test";
import { Peer } from "./support/peer.mjs";
import { finish, take } from "./support/story.mjs";
import { eventually, Server, sleep } from "./support/server.mjs";

const SECRET = "a-secret-of-the-webhook";
process.env.TEST_WEBHOOK_SECRET = SECRET;

// What a test makes of the requests: (frame) => {code, body} or a promise of it.
let answer;
const asked = [];
const hook = http.createServer((request, reply) => {
  const parts = [];
  request.on("data", (part) => parts.push(part));
  request.on("end", async () => {
    const bytes = Buffer.concat(parts).toString();
    const frame = JSON.parse(bytes);
    asked.push({ frame, bytes, headers: request.headers, url: request.url });
    const { code = 200, body = {} } = (await answer(frame)) ?? {};
    if (code === 0) return request.socket.destroy();
    reply.writeHead(code, { "Content-Type": "application/json" })
      .end(typeof body === "string" ? body : JSON.stringify(body));
  });
});

let server, supervisor;
const CENTRE = (port) => `
centre: webhooks
listen: 127.0.0.1:0
tokens:
  - { role: visitor,    token: test-visitor-token, name: web }
  - { role: agent,      token: test-agent-anna-token, subject: anna }
  - { role: supervisor, token: test-supervisor-token, name: supervisor }
queues: [{ id: support, wrapUpTime: 600 }]
agents: [{ id: anna, name: Anna, capacity: { chat: 10 } }]
bots:
  - id: faq
    type: webhook
    url: http://127.0.0.1:${port}/turn
    secret: env:TEST_WEBHOOK_SECRET
    timeout: 2
    attempts: 2
    failures: 0
    headers: { X-Api-Key: env:TEST_WEBHOOK_SECRET, X-Plain: yes-it-is }
scripts:
  - { name: asks, file: asks.studio }
entryPoints:
  - { id: chat, bot: faq, fallback: support, idleTimeout: 1 }
  - { id: asks, script: asks, fallback: support }
`;
const ASKS = `
DYNAMIC p
p.sku = "T-1"
r = BotExchange("faq", p)
SetAttribute("branch", r.branch)
SetAttribute("price", r.payload.price)
Wait(600)
`;

before(async () => {
  await new Promise((resolve) => hook.listen(0, "127.0.0.1", resolve));
  server = new Server("");
  fs.writeFileSync(path.join(server.data, "asks.studio"), ASKS);
  server.write(CENTRE(hook.address().port));
  await server.up();
  supervisor = server.as("supervisor");
});
after(async () => {
  await server?.remove();
  hook.closeAllConnections();
  hook.close();
});

async function open(entryPoint = "chat") {
  asked.length = 0;
  const customer = await Peer.customer(server, entryPoint);
  const { session } = await customer.hear("session.opened");
  return { customer, id: session.id };
}

const echo = (frame) =>
  frame.type === "session.invited" ? { body: { messages: ["Hello!"] } }
    : frame.type === "customer.message" ? { body: { messages: [`You said: ${frame.text}`] } } : {};
const timeline = async (id) => (await supervisor("GET", `/sessions/${id}/timeline`)).body.events;
const heard = (customer, text) => customer.hear(text, (f) => f.type === "message" && f.text === text);

test("a turn is a signed POST, and its reply is what the bot says", async () => {
  answer = echo;
  const { customer, id } = await open();
  await heard(customer, "Hello!");
  customer.send("message", { text: "Grüße, 世界 🎉" });
  await heard(customer, "You said: Grüße, 世界 🎉");
  const [invited, said] = asked;
  assert.equal(invited.frame.session.id, id);
  assert.equal(invited.frame.session.entryPoint, "chat");
  assert.equal(said.frame.session, id);
  assert.equal(said.frame.bot, "faq");
  assert.equal(said.headers["x-api-key"], SECRET);
  assert.equal(said.headers["x-plain"], "yes-it-is");
  assert.equal(said.headers["baton-delivery"], said.frame.delivery);
  const [, t, v1] = /^t=(\d+),v1=([0-9a-f]{64})$/.exec(said.headers["baton-signature"]);
  assert.equal(v1, crypto.createHmac("sha256", SECRET).update(`${t}.${said.bytes}`).digest("hex"));
  assert.ok(Math.abs(Number(t) - Date.now() / 1000) < 60);
  await finish(server, id);
  await eventually("the bot is told the end", () => asked.some((a) => a.frame.type === "customer.left"));
});

test("turns of a session go one after the other, in order", async () => {
  let under = 0, most = 0;
  answer = async (frame) => {
    most = Math.max(most, ++under);
    await new Promise((resolve) => setTimeout(resolve, 20));
    under--;
    return echo(frame);
  };
  const { customer, id } = await open();
  for (let i = 0; i < 10; i++) customer.send("message", { text: `${i}` });
  await heard(customer, "You said: 9");
  assert.equal(most, 1);
  const texts = customer.all.filter((f) => f.type === "message" && f.from === "bot").map((f) => f.text);
  assert.deepEqual(texts, ["Hello!", ...Array.from({ length: 10 }, (_, i) => `You said: ${i}`)]);
  await finish(server, id);
});

test("escalate: attributes go with the session, and an agent takes it", async () => {
  answer = (frame) => frame.type !== "customer.message" ? {} : { body: {
    messages: [{ text: "A colleague comes." }], outcome: "escalate", reason: "asks for a person",
    attributes: { topic: "billing", nested: { order: 9007199254740993n.toString() } } } };
  const agent = await Peer.agent(server);
  const { customer, id } = await open();
  customer.send("message", { text: "A person, please" });
  await heard(customer, "A colleague comes.");
  await take(agent, id); // the fallback: nothing else is configured
  const { body } = await supervisor("GET", `/sessions/${id}`);
  assert.equal(body.attributes.topic, "billing");
  assert.equal(body.attributes.nested.order, "9007199254740993");
  customer.send("message", { text: "To Anna" });
  await agent.hear("message", (f) => f.type === "message" && f.text === "To Anna");
  assert.ok(!asked.some((a) => a.frame.text === "To Anna")); // the bot hears no more
  await finish(server, id);
  await agent.close();
});

test("end: the session is over", async () => {
  answer = (frame) => frame.type === "customer.message" ? { body: { messages: ["Bye!"], outcome: "end" } } : {};
  const { customer } = await open();
  customer.send("message", { text: "that was all" });
  await heard(customer, "Bye!");
  await customer.hear("session.ended");
});

for (const [what, broken] of Object.entries({
  "answers 500": () => ({ code: 500 }),
  "answers 404": () => ({ code: 404 }),
  "cuts the line": () => ({ code: 0 }),
  "answers no JSON": () => ({ body: "<html>" }),
  "redirects": () => ({ code: 302 }),
  "answers another outcome": (f) => f.type === "customer.message" && { body: { outcome: "explode" } },
  "never answers": () => new Promise(() => {}),
})) {
  test(`a webhook that ${what} leaves nobody in limbo`, async () => {
    answer = broken;
    const { customer, id } = await open();
    customer.send("message", { text: "hello?" });
    await customer.hear("queued", (f) => f.type === "session.status" && f.status === "queued");
    const events = await timeline(id);
    const note = events.find((e) => e.type === "bot.note");
    assert.match(note.note, /^The webhook('s| answered| did not answer)/);
    assert.ok(!JSON.stringify(events).includes(SECRET));
    assert.ok(!server.log.includes(SECRET));
    await finish(server, id);
  });
}

test("one failure is nothing: the request comes again, with the same delivery, and is said once", async () => {
  let failed = false;
  answer = (frame) => {
    if (frame.type !== "customer.message" || failed) return echo(frame);
    failed = true;
    return { code: 503 };
  };
  const { customer, id } = await open();
  customer.send("message", { text: "again?" });
  await heard(customer, "You said: again?");
  const deliveries = asked.filter((a) => a.frame.type === "customer.message").map((a) => a.frame.delivery);
  assert.equal(deliveries.length, 2);
  assert.equal(deliveries[0], deliveries[1]);
  assert.equal(customer.all.filter((f) => f.text === "You said: again?").length, 1);
  await finish(server, id);
});

test("what the bot answers after its part is over is not said", async () => {
  let late;
  answer = (frame) => frame.type === "customer.message" ? new Promise((resolve) => (late = resolve)) : echo(frame);
  const { customer, id } = await open();
  await heard(customer, "Hello!");
  customer.send("message", { text: "slow" });
  await eventually("the bot is asked", () => late);
  assert.equal((await supervisor("POST", `/sessions/${id}/transfer`, { queueId: "support", release: true })).status < 300, true);
  await customer.hear("queued", (f) => f.type === "session.status" && f.status === "queued");
  late(echo({ type: "customer.message", text: "slow" }));
  const { body } = await supervisor("GET", `/sessions/${id}?messages=true`);
  assert.ok(!body.messages.some((m) => m.text === "You said: slow"));
  await finish(server, id);
});

for (const signal of ["SIGKILL", "SIGTERM"]) {
  test(`after ${signal} the bot goes on: what was not answered is asked again`, async () => {
    let hold = true;
    answer = (frame) => frame.type === "customer.message" && hold ? new Promise(() => {}) : echo(frame);
    const { customer, id } = await open();
    await heard(customer, "Hello!");
    customer.send("message", { text: "before the crash" });
    await eventually("the bot is asked", () => asked.some((a) => a.frame.text === "before the crash"));
    const code = await server.stop(signal);
    if (signal === "SIGTERM") assert.equal(code, 0);
    hold = false;
    await server.up();
    await eventually("it is answered once", async () => {
      const { body } = await supervisor("GET", `/sessions/${id}?messages=true`);
      const said = body.messages.filter((m) => m.text === "You said: before the crash");
      return said.length === 1 && body.status === "connected";
    });
    const deliveries = asked.filter((a) => a.frame.text === "before the crash").map((a) => a.frame.delivery);
    assert.equal(new Set(deliveries).size, 1);
    await finish(server, id);
  });
}

test("a script asks for one turn", async () => {
  answer = (frame) => frame.type === "exchange"
    ? { body: { branch: 1, messages: ["It costs 5."], payload: { price: frame.payload.sku === "T-1" ? 5 : 0 } } } : {};
  const { customer, id } = await open("asks");
  await heard(customer, "It costs 5.");
  const { body } = await eventually("the script knows", async () => {
    const seen = await supervisor("GET", `/sessions/${id}`);
    return seen.body.attributes.price && seen;
  });
  assert.equal(body.attributes.branch, "OnPromptAndCollectNextResponse");
  assert.equal(body.attributes.price, 5);
  await finish(server, id);
});

test("a reload: sessions go on as they began, new ones follow the new file; a type may change", async () => {
  answer = echo;
  const old = await open();
  await heard(old.customer, "Hello!");
  const file = CENTRE(hook.address().port);
  server.write(file.replace("/turn", "/other"));
  server.process.kill("SIGHUP");
  await eventually("new sessions go elsewhere", async () => {
    const { customer, id } = await open();
    await heard(customer, "Hello!");
    const { url } = asked.find((a) => a.frame.session.id === id);
    await finish(server, id);
    return url === "/other";
  });
  old.customer.send("message", { text: "still the old one" });
  await heard(old.customer, "You said: still the old one");
  assert.equal(asked.find((a) => a.frame.text === "still the old one").url, "/turn");
  await finish(server, old.id);
  server.write(file.replace(/    type: webhook[^]*?yes-it-is }\n/, "")); // a socket now: nobody is there
  server.process.kill("SIGHUP");
  await eventually("nobody is asked any more", async () => {
    const { customer, id } = await open();
    await sleep(100);
    await finish(server, id);
    await customer.close();
    return asked.length === 0;
  });
  server.write(file);
  server.process.kill("SIGHUP");
  await eventually("it is asked again", async () => {
    const { customer, id } = await open();
    await sleep(100);
    await finish(server, id);
    await customer.close();
    return asked.length > 0;
  });
  assert.equal(await server.stop("SIGTERM"), 0);
  await server.up();
});

test("such a bot has no socket, and the file's mistakes are told with their lines", async () => {
  const other = new Server("");
  fs.writeFileSync(path.join(other.data, "asks.studio"), ASKS);
  other.write(CENTRE(1).replace("type: webhook", "type: webhok"));
  await assert.rejects(other.up(), /centre\.yaml:\d+:\d+: error: there is no type of bot "webhok"; did you mean "webhook"\?/);
  other.write(CENTRE(1).replace("timeout: 2", "timeuot: 2").replace("env:TEST_WEBHOOK_SECRET\n", "plain\n")
    .replace("http://127", "ftp://127"));
  await assert.rejects(other.up(), (error) => {
    assert.match(error.message, /a bot of type webhook has no member "timeuot"; did you mean "timeout"\?/);
    assert.match(error.message, /"secret" is a secret and does not stand in the file: write env:NAME/);
    assert.match(error.message, /"url": a URL begins with https:\/\/ or http:\/\//);
    return true;
  });
  await other.remove();
});
