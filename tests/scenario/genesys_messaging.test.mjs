// genesys_messaging.test.mjs - open messaging in and out: signature, order, repetition, retries, restarts, and many
// sessions at once with lines cut at random.
import assert from "node:assert/strict";
import fs from "node:fs";
import http from "node:http";
import { after, before, test } from "node:test";
import { Table } from "./support/compatibility.mjs";
import { CLIENTS, inbound, login, newServer, party, refused, sdk, Webhook } from "./support/genesys.mjs";
import { eventually, sleep } from "./support/server.mjs";

const LONG = process.env.BATON_LONG === "1";
const table = new Table("genesys-messaging", { title: "Genesys-compatible API: open messaging",
  client: "`purecloud-platform-client-v2` 262.0.0, and a webhook that answers, fails and cuts the line" });
const CENTRE = (port) => `
centre: messaging
listen: 127.0.0.1:0
tokens:
  - { role: supervisor, token: test-supervisor-token, name: supervisor }
  - { role: admin,      token: test-admin-token-x, name: admin }
queues: [{ id: support, name: Support, wrapUpTime: 600, offerTimeout: 300 }]
agents: [{ id: anna, name: Anna, capacity: { message: 100 } }]
scripts: [{ name: greets, file: greets.studio }, { name: echo, file: echo.studio }]
rates: { supervisor: 0, admin: 0 }
rest: { allow: ["127.0.0.1:${port}", "127.0.0.1/32"] }
entryPoints:
  - { id: messages, script: greets, channel: message, fallback: support, customerGrace: 60 }
  - { id: loaded, script: echo, channel: message, fallback: support, customerGrace: 600 }
genesys:
  clients:${CLIENTS}
  entryPoint: messages
  retrySeconds: 1
  integrations:
    - { id: web, name: Web, entryPoint: messages, webhook: "http://127.0.0.1:${port}/hook",
        secret: "env:TEST_GENESYS_HOOK", headers: { X-Tenant: blue } }
    - { id: crowd, entryPoint: loaded, webhook: "http://127.0.0.1:${port}/crowd", secret: "env:TEST_GENESYS_HOOK" }
`;
const GREETS = `Say("Welcome!")\nTransfer(session.id, "support")\n`;
const ECHO = `Say("ready")\nTransfer(session.id, "support")\n`;

let server, supervisor, hook;
const conversations = new sdk.ConversationsApi(), users = new sdk.UsersApi(), connectors = new sdk.IntegrationsApi();
const say = (from, text, more) =>
  conversations.postConversationsMessageInboundOpenMessage("web", inbound(from, text, more), { prefetchConversationId: true });
const read = (id) => conversations.getConversation(id);

before(async () => {
  hook = await new Webhook().up();
  server = newServer();
  fs.writeFileSync(`${server.data}/greets.studio`, GREETS);
  fs.writeFileSync(`${server.data}/echo.studio`, ECHO);
  server.write(CENTRE(hook.port));
  await server.up();
  supervisor = server.as("supervisor");
  await login(server);
  await users.putUserRoutingstatus("anna", { status: "IDLE" });
});
after(async () => {
  await server?.remove();
  await hook?.down();
  table.check();
});

// A conversation that Anna has: {id, agent}.
async function talk(from) {
  const { conversationId: id } = await say(from, "Hello");
  const alerting = await eventually("anna alerts", async () => {
    const c = await read(id);
    return party(c, "agent")?.state === "alerting" ? c : null;
  });
  await conversations.patchConversationsMessageParticipant(id, party(alerting, "agent").id, { body: { state: "connected" } });
  return { id, agent: party(await read(id), "agent") };
}
const agentSays = (t, textBody) =>
  conversations.postConversationsMessageCommunicationMessages(t.id, t.agent.messages[0].id, { textBody });
const finish = async (id) => {
  await supervisor("POST", `/sessions/${id}/end`);
  await supervisor("POST", `/sessions/${id}/complete`);
};
const texts = async (id) => (await supervisor("GET", `/sessions/${id}/messages`)).body.messages.map((m) => m.text);

test("integrations", table.differs("CRUD /conversations/messaging/integrations/open", "the secret is never shown again", async () => {
  const made = await conversations.postConversationsMessagingIntegrationsOpen({ name: "Shop",
    outboundNotificationWebhookUrl: hook.url, outboundNotificationWebhookSignatureSecretToken: "shop-secret",
    webhookHeaders: { "X-Shop": "1" } });
  assert.deepEqual([made.name, made.outboundNotificationWebhookUrl, made.webhookHeaders], ["Shop", hook.url, { "X-Shop": "1" }]);
  assert.ok(!JSON.stringify(made).includes("shop-secret"));
  const changed = await conversations.patchConversationsMessagingIntegrationsOpenIntegrationId(made.id, { name: "Shop 2" });
  assert.deepEqual([changed.name, changed.outboundNotificationWebhookUrl], ["Shop 2", hook.url]);
  const list = await conversations.getConversationsMessagingIntegrationsOpen();
  assert.deepEqual(list.entities.map((i) => i.id).sort(), ["crowd", made.id, "web"].sort());
  await server.stop("SIGKILL");
  await server.up(); // it was on the disk
  await users.putUserRoutingstatus("anna", { status: "IDLE" });
  assert.equal((await conversations.getConversationsMessagingIntegrationsOpenIntegrationId(made.id)).name, "Shop 2");
  const { conversationId } = await conversations.postConversationsMessageInboundOpenMessage(made.id, inbound("buyer", "Hi"));
  const sent = await hook.hears("a welcome", (b) => b.conversationId === conversationId && b.text === "Welcome!");
  assert.ok(Webhook.signed(sent, "shop-secret"));
  assert.equal(sent.headers["x-shop"], "1");
  await finish(conversationId);
  await conversations.deleteConversationsMessagingIntegrationsOpenIntegrationId(made.id);
  assert.equal((await refused(conversations.getConversationsMessagingIntegrationsOpenIntegrationId(made.id))).status, 404);
  assert.equal((await refused(conversations.deleteConversationsMessagingIntegrationsOpenIntegrationId("web"))).code, "general.conflict");
  assert.equal((await refused(conversations.postConversationsMessagingIntegrationsOpen({ name: "x" }))).details[0].fieldName, "outboundNotificationWebhookUrl");
}));

test("in and out", table.works("POST …/inbound/open/message?prefetchConversationId=true; outbound webhook: shape, X-Hub-Signature-256", async () => {
  const message = inbound("cora@shop.example", "Grüße, 世界 🎉", { from: { idType: "Email", firstName: "Cora", lastName: "Ö" },
    body: { metadata: { order: "4711" } } });
  const answer = await conversations.postConversationsMessageInboundOpenMessage("web", message, { prefetchConversationId: true });
  assert.equal(answer.text, message.text);
  assert.deepEqual([answer.channel.platform, answer.channel.type, answer.channel.messageId, answer.channel.to.id],
    ["Open", "Private", message.channel.messageId, "web"]);
  assert.deepEqual(answer.channel.from, message.channel.from);
  const id = answer.conversationId;
  const sent = await hook.hears("the welcome", (b) => b.conversationId === id && b.type === "Text");
  assert.ok(Webhook.signed(sent));
  assert.equal(sent.headers["x-tenant"], "blue");
  assert.deepEqual([sent.body.channel.to.id, sent.body.direction, sent.body.originatingEntity, sent.body.text],
    ["cora@shop.example", "Outbound", "Bot", "Welcome!"]);
  assert.equal(sent.body.id, sent.body.channel.messageId);
  const { body } = await supervisor("GET", `/sessions/${id}`);
  assert.deepEqual([body.customer.id, body.customer.name, body.customer.address, body.attributes.order],
    ["cora@shop.example", "Cora", "cora@shop.example", "4711"]);
  const grant = { to: "admin-client", until: new Date(Date.now() + 3600_000).toISOString(), why: "what was said" };
  assert.equal((await supervisor("POST", "/grants", grant)).status, 201);
  const kept = await conversations.getConversationsMessageMessage(id, answer.id);
  assert.equal(kept.textBody, message.text);
  await finish(id);
  await hook.hears("the end", (b) => b.conversationId === id && b.events?.[0].presence?.type === "Disconnect");
}));

test("a message twice", table.works("(messageId, time) again: answered the same, said once; also after the end and after kill -9", async () => {
  const message = inbound("twice", "Once");
  const post = () => conversations.postConversationsMessageInboundOpenMessage("web", message);
  const [a, b] = await Promise.all([post(), post()]);
  assert.deepEqual(a, b);
  assert.deepEqual((await texts(a.conversationId)).filter((t) => t === "Once"), ["Once"]);
  await server.stop("SIGKILL");
  await server.up();
  await users.putUserRoutingstatus("anna", { status: "IDLE" });
  assert.deepEqual(await post(), a);
  await finish(a.conversationId);
  assert.deepEqual(await post(), a); // and no new conversation
  const other = await conversations.postConversationsMessageInboundOpenMessage("web",
    { ...message, channel: { ...message.channel, time: new Date(Date.now() + 1000).toISOString() } });
  assert.notEqual(other.conversationId, a.conversationId); // the time is another: it is another message
  await finish(other.conversationId);
}));

test("second and third conversation of one customer", table.works("a customer comes back: a new conversation, and an agent again", async () => {
  const ids = new Set();
  for (let i = 0; i < 3; i++) {
    const t = await talk("returns");
    ids.add(t.id);
    await agentSays(t, `Hello ${i}`);
    await hook.hears(`hello ${i}`, (b) => b.conversationId === t.id && b.text === `Hello ${i}`);
    await finish(t.id);
  }
  assert.equal(ids.size, 3);
}));

test("order", table.works("outbound: in order per conversation, retried on 5xx, 429, timeouts and cut lines", async () => {
  const t = await talk("ordered");
  let count = 0;
  hook.answer = (body) => {
    if (body.conversationId !== t.id || body.type !== "Text") return 200;
    return [503, 200, 429, 0, 200][count++ % 5];
  };
  const said = Array.from({ length: 5 }, (_, i) => `line ${i}`);
  for (const text of said) await agentSays(t, text);
  await hook.hears("the last", (b) => b.text === "line 4");
  await eventually("all were taken", () => hook.texts(t.id).length === 6);
  hook.answer = () => 200;
  assert.deepEqual(hook.texts(t.id), ["Welcome!", ...said]);
  const again = hook.heard.filter((h) => h.body.text === "line 0");
  assert.ok(again.length > 1);
  assert.ok(again.every((h) => h.bytes.equals(again[0].bytes))); // the same bytes, the same signature
  await finish(t.id);
}));

test("the webhook refuses", table.works("outbound: other 4xx are not repeated, and stand in the timeline", async () => {
  const t = await talk("refused");
  hook.answer = (body) => (body.text === "no" ? 400 : 200);
  await agentSays(t, "no");
  await agentSays(t, "yes");
  await hook.hears("yes", (b) => b.conversationId === t.id && b.text === "yes");
  hook.answer = () => 200;
  assert.equal(hook.heard.filter((h) => h.body.text === "no").length, 1);
  const { body } = await supervisor("GET", `/sessions/${t.id}/timeline`);
  assert.ok(body.events.some((e) => e.type === "bot.note" && /refused message \d+ with 400/.test(e.note)));
  await finish(t.id);
}));

test("the webhook is down", table.works("outbound: given up after five retries: the customer counts as gone; its next message brings the rest", async () => {
  const t = await talk("deaf");
  hook.answer = (body) => (body.conversationId === t.id ? 500 : 200);
  await agentSays(t, "can you hear me");
  await agentSays(t, "hello?");
  await eventually("the customer counts as gone", async () => !(await supervisor("GET", `/sessions/${t.id}`)).body.customerConnected);
  assert.equal(hook.heard.filter((h) => h.body.text === "can you hear me").length, 6);
  hook.answer = () => 200;
  assert.equal((await say("deaf", "I am back")).conversationId, t.id);
  await eventually("the rest came", () => hook.texts(t.id).length === 3);
  assert.deepEqual(hook.texts(t.id), ["Welcome!", "can you hear me", "hello?"]);
  assert.equal((await supervisor("GET", `/sessions/${t.id}`)).body.customerConnected, true);
  await finish(t.id);
}));

test("kill -9 while messages are on their way", table.works("outbound: a restart goes on behind what was acknowledged", async () => {
  const t = await talk("restart");
  hook.answer = (body) => (body.text === "second" ? 503 : 200);
  await agentSays(t, "first");
  await agentSays(t, "second");
  await agentSays(t, "third");
  await hook.hears("second", (b) => b.conversationId === t.id && b.text === "second");
  const { number } = (await supervisor("GET", `/sessions/${t.id}/messages`)).body.messages.find((m) => m.text === "first");
  await eventually("what was acknowledged is on the disk", async () => (await supervisor("GET", `/sessions/${t.id}/timeline`)).body.events
    .some((e) => e.kept?.["channel:genesys"]?.delivered === number));
  await server.stop("SIGKILL");
  hook.answer = () => 200;
  await server.up();
  await users.putUserRoutingstatus("anna", { status: "IDLE" });
  await hook.hears("third", (b) => b.conversationId === t.id && b.text === "third");
  assert.deepEqual(hook.texts(t.id), ["Welcome!", "first", "second", "third"]);
  await finish(t.id);
}));

test("events and receipts", table.works("POST …/inbound/open/event (Typing, Presence Disconnect), …/inbound/open/receipt", async () => {
  const t = await talk("typist");
  const event = (events) => conversations.postConversationsMessageInboundOpenEvent("web", { ...inbound("typist"), events });
  assert.equal((await event([{ eventType: "Typing", typing: { type: "On" } }])).conversationId, t.id);
  assert.equal((await read(t.id)).endTime, undefined); // typing is no answer, and no message
  const receipt = await conversations.postConversationsMessageInboundOpenReceipt("web", { ...inbound("typist"), status: "Read" });
  assert.deepEqual([receipt.type, receipt.status], ["Receipt", "Read"]);
  await event([{ eventType: "Presence", presence: { type: "Disconnect" } }]);
  assert.ok((await read(t.id)).endTime);
  assert.equal((await refused(event([]))).details[0].fieldName, "events");
  await finish(t.id);
}));

test("the older form", table.works("POST /conversations/messages/inbound/open", async () => {
  const message = inbound("legacy", "Old");
  const answer = await conversations.postConversationsMessagesInboundOpen({ ...message, type: "Text", direction: "Inbound",
    channel: { ...message.channel, platform: "Open", type: "Private", to: { id: "web" } } });
  assert.ok((await texts(answer.conversationId)).includes("Old"));
  await finish(answer.conversationId);
}));

test("what may not be", table.works("inbound errors: invalid.value with the field", async () => {
  const post = (body) => refused(conversations.postConversationsMessageInboundOpenMessage("web", body));
  assert.equal((await post({ text: "x" })).details[0].fieldName, "channel.from.id");
  assert.equal((await post(inbound("a"))).details[0].fieldName, "text"); // neither text nor content
  assert.equal((await post(inbound("a", "x", { from: { idType: "Pigeon" } }))).details[0].fieldName, "channel.from.idType");
  assert.equal((await post(inbound("a", "x", { channel: { time: "yesterday" } }))).details[0].fieldName, "channel.time");
  assert.equal((await refused(conversations.postConversationsMessageInboundOpenMessage("nowhere", inbound("a", "x")))).code, "not.found");
}));

test("odd ids, attachments, nested and huge values", table.works("ids over 44 characters and beyond ASCII; content without text; nested metadata", async () => {
  const from = `Ключ-${"x".repeat(300)}-🎉`;
  const content = [{ contentType: "Attachment", attachment: { id: "9007199254740993", mediaType: "Image", url: "https://x.example/a.png" } }];
  const answer = await say(from, undefined, { body: { content, metadata: { nested: { deep: [1, { n: 1 }] }, big: "123456789012345678901234567890" } } });
  const { body } = await supervisor("GET", `/sessions/${answer.conversationId}?messages=true`);
  assert.equal(body.customer.id, from);
  assert.deepEqual(body.messages.find((m) => m.from === "customer").data, { content });
  assert.deepEqual(body.attributes.nested, { deep: [1, { n: 1 }] });
  const sent = await hook.hears("the welcome", (b) => b.conversationId === answer.conversationId);
  assert.equal(sent.body.channel.to.id, from);
  await finish(answer.conversationId);
}));

test("the customer leaves the queue, and nobody gets the dead chat", table.works("Presence Disconnect while waiting: no agent is offered it", async () => {
  await users.putUserRoutingstatus("anna", { status: "OFF_QUEUE" });
  const { conversationId: id } = await say("impatient", "Hello");
  await eventually("it waits", async () => party(await read(id), "acd"));
  await conversations.postConversationsMessageInboundOpenEvent("web",
    { ...inbound("impatient"), events: [{ eventType: "Presence", presence: { type: "Disconnect" } }] });
  await users.putUserRoutingstatus("anna", { status: "IDLE" });
  assert.equal(party(await read(id), "agent"), undefined);
  assert.ok((await read(id)).endTime);
}));

test("bots of a connector", table.differs("PUT, GET /integrations/botconnector/{i}/bots", "kept and shown again; the bots that talk are those of the centre's file", async () => {
  const list = { chatBots: [{ id: "b-1", name: "Bot", versions: [{ version: "1", supportedLanguages: ["en-us"] }] }] };
  await connectors.putIntegrationsBotconnectorIntegrationIdBots("connector", list);
  assert.deepEqual(await connectors.getIntegrationsBotconnectorIntegrationIdBots("connector"), list);
}));

// Whoever is not answered asks again, with the same messageId and time.
async function insist(call) {
  for (let i = 0; ; i++) {
    try {
      return await call();
    } catch (error) {
      if (i > 20 || error.status === 400) throw error;
      await sleep(20);
    }
  }
}

const MANY = LONG ? 1000 : 50;
test(`${MANY} sessions at once, lines cut at random`, { timeout: LONG ? 900_000 : 120_000 }, async () => {
  const random = Math.random;
  const taken = new Map(); // conversation → texts that the peer has acknowledged, each delivery once
  const seen = new Set();
  hook.answer = (body) => {
    if (body.type === "Text" && random() < 0.05) return random() < 0.5 ? 0 : 503; // not taken
    if (body.type === "Text" && !seen.has(body.id)) {
      seen.add(body.id);
      taken.set(body.conversationId, [...(taken.get(body.conversationId) ?? []), body.text]);
    }
    return body.type === "Text" && random() < 0.05 ? 0 : 200; // taken, and the answer is lost
  };
  const token = sdk.ApiClient.instance.authData.accessToken;
  const post = (message) => insist(() => new Promise((resolve, reject) => {
    const bytes = JSON.stringify(message);
    const request = http.request({ host: "127.0.0.1", port: server.port, method: "POST", agent: false,
      path: "/api/v2/conversations/messages/crowd/inbound/open/message",
      headers: { Authorization: `Bearer ${token}`, "Content-Type": "application/json", "Content-Length": Buffer.byteLength(bytes) } },
    (answer) => {
      const parts = [];
      answer.on("data", (part) => parts.push(part));
      answer.on("error", reject);
      answer.on("end", () => {
        const text = Buffer.concat(parts).toString();
        if (answer.statusCode === 200) resolve(JSON.parse(text).conversationId);
        else reject(Object.assign(new Error(text), { status: answer.statusCode }));
      });
    });
    request.on("error", reject);
    request.end(bytes);
    if (random() < 0.2) setTimeout(() => request.destroy(), random() * 10); // the line goes, before the answer or after it
  }));
  const session = async (n) => {
    const messages = Array.from({ length: 4 }, (_, i) => inbound(`crowd-${n}`, `${n}:${i}`));
    let id;
    for (const message of messages) {
      const got = await post(message);
      assert.equal(id ?? got, got);
      id = got;
    }
    for (let i = 0; i < 3; i++) {
      const { status } = await supervisor("POST", `/sessions/${id}/messages`, { text: `answer ${i}` });
      assert.equal(status, 201);
    }
    return id;
  };
  const ids = await Promise.all(Array.from({ length: MANY }, (_, n) => session(n)));
  assert.equal(new Set(ids).size, MANY);
  const wanted = ["ready", "answer 0", "answer 1", "answer 2"];
  const end = Date.now() + (LONG ? 600_000 : 90_000);
  const lacks = (id) => (taken.get(id) ?? []).length < wanted.length;
  while (ids.some(lacks) && Date.now() < end) {
    await sleep(500);
    for (const [n, id] of ids.entries()) // six attempts in a row may fail: who counts as gone writes again
      if (lacks(id) && !(await supervisor("GET", `/sessions/${id}`)).body.customerConnected)
        await post(inbound(`crowd-${n}`, "again"));
  }
  hook.answer = () => 200;
  for (const [n, id] of ids.entries()) {
    assert.deepEqual(taken.get(id), wanted, `conversation ${n}`); // in order, none twice, none lost
    const { body } = await supervisor("GET", `/sessions/${id}?messages=true`);
    assert.deepEqual(body.messages.filter((m) => m.from === "customer" && m.text !== "again").map((m) => m.text), [0, 1, 2, 3].map((i) => `${n}:${i}`));
    assert.ok(["queued", "offered"].includes(body.status), body.status);
    await finish(id);
    assert.equal((await supervisor("GET", `/sessions/${id}`)).body.status, "completed");
  }
});
