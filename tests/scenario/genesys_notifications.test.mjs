// genesys_notifications.test.mjs - notification channels over the real SDK and the real ws.
import assert from "node:assert/strict";
import fs from "node:fs";
import { createRequire } from "node:module";
import { after, before, test } from "node:test";
import { Table } from "./support/compatibility.mjs";
import { CLIENTS, login, newServer, party, refused, sdk } from "./support/genesys.mjs";
import { eventually, within } from "./support/server.mjs";

const WebSocket = createRequire(new URL("../clients/package.json", import.meta.url))("ws");
const table = new Table("genesys-notifications", { title: "Genesys-compatible API: notifications",
  client: "`purecloud-platform-client-v2` 262.0.0 and `ws` 8" });
const CENTRE = `
centre: notifications
listen: 127.0.0.1:0
tokens:
  - { role: supervisor, token: test-supervisor-token, name: supervisor }
queues: [{ id: support, name: Support, wrapUpTime: 600, offerTimeout: 300 }, { id: second, offerTimeout: 300 }]
agents: [{ id: anna, name: Anna, queues: [support], capacity: { message: 50 } }, { id: bert, queues: [second], capacity: { message: 50 } }]
scripts: [{ name: talks, file: talks.studio }]
entryPoints: [{ id: messages, script: talks, channel: message, fallback: support }]
genesys:
  clients:${CLIENTS}
`;
let server, supervisor;
const notifications = new sdk.NotificationsApi(), users = new sdk.UsersApi(), conversations = new sdk.ConversationsApi();

class Listener {
  frames = [];

  static async open(topics) {
    const listener = new Listener();
    listener.channel = await notifications.postNotificationsChannels();
    if (topics.length) await notifications.postNotificationsChannelSubscriptions(listener.channel.id, topics.map((id) => ({ id })));
    return listener.connect();
  }

  async connect() {
    this.socket = new WebSocket(this.channel.connectUri);
    this.socket.on("message", (data) => this.frames.push(JSON.parse(data)));
    this.over = new Promise((resolve) => this.socket.on("close", resolve));
    await within("the socket opens", new Promise((resolve, reject) => this.socket.on("open", resolve).on("error", reject)));
    return this;
  }

  hears(topicName, wanted = () => true) {
    return eventually(`hearing ${topicName}; heard ${JSON.stringify(this.frames.map((f) => f.topicName))}`,
      () => this.frames.find((f) => f.topicName === topicName && wanted(f.eventBody)));
  }
}

before(async () => {
  server = newServer();
  fs.writeFileSync(`${server.data}/talks.studio`, `Transfer(session.id, "support")\n`);
  server.write(CENTRE);
  await server.up();
  supervisor = server.as("supervisor");
  await login(server);
});
after(async () => {
  await server?.remove();
  table.check();
});

test("channels and subscriptions", table.works("POST, GET /notifications/channels; HEAD …/{id}; POST, PUT, GET, DELETE …/{id}/subscriptions", async () => {
  const channel = await notifications.postNotificationsChannels();
  assert.match(channel.connectUri, /^ws:\/\/127\.0\.0\.1:\d+\//);
  assert.ok(new Date(channel.expires) - Date.now() > 86_000_000);
  await notifications.headNotificationsChannel(channel.id);
  assert.ok((await notifications.getNotificationsChannels()).entities.some((c) => c.id === channel.id));
  const ids = async () => (await notifications.getNotificationsChannelSubscriptions(channel.id)).entities.map((t) => t.id);
  await notifications.postNotificationsChannelSubscriptions(channel.id, [{ id: "v2.users.anna.presence" }]);
  await notifications.postNotificationsChannelSubscriptions(channel.id, [{ id: "v2.users.anna.routingStatus" }, { id: "v2.users.anna.presence" }]);
  assert.deepEqual(await ids(), ["v2.users.anna.presence", "v2.users.anna.routingStatus"]);
  await notifications.putNotificationsChannelSubscriptions(channel.id, [{ id: "v2.routing.queues.support.conversations" }]);
  assert.deepEqual(await ids(), ["v2.routing.queues.support.conversations"]);
  await notifications.deleteNotificationsChannelSubscriptions(channel.id);
  assert.deepEqual(await ids(), []);
  assert.equal((await refused(notifications.postNotificationsChannelSubscriptions(channel.id, [{ id: "v2.unheard.of" }]))).code, "invalid.value");
  const many = Array.from({ length: 1001 }, (_, i) => ({ id: `v2.users.u${i}.presence` }));
  assert.equal((await refused(notifications.putNotificationsChannelSubscriptions(channel.id, many))).status, 400);
  assert.equal((await refused(notifications.getNotificationsChannelSubscriptions("nobody"))).code, "not.found");
}));

test("the 21st channel", table.works("20 channels per user and application: the 21st evicts the oldest; v2.system.socket_closing", async () => {
  await login(server, "boss");
  const first = await Listener.open([]);
  for (let i = 0; i < 20; i++) await notifications.postNotificationsChannels();
  await first.hears("v2.system.socket_closing");
  await within("the socket closes", first.over);
  assert.equal((await refused(notifications.getNotificationsChannelSubscriptions(first.channel.id))).code, "not.found");
  assert.equal((await notifications.getNotificationsChannels()).entities.length, 20);
  await login(server);
}));

test("ping", table.works("{\"message\":\"ping\"} → pong on channel.metadata", async () => {
  const listener = await Listener.open([]);
  listener.socket.send(JSON.stringify({ message: "ping" }));
  await listener.hears("channel.metadata", (b) => b.message === "pong");
  listener.socket.send("no JSON at all");
  listener.socket.send(JSON.stringify({ message: "ping" }));
  await eventually("a second pong", () => listener.frames.length === 2);
  listener.socket.send(Buffer.from(JSON.stringify({ message: "ping" }))); // a binary frame
  await eventually("a third pong", () => listener.frames.length === 3);
  listener.socket.close();
}));

test("an agent's states", table.works("v2.users.{id}.routingStatus, .presence", async () => {
  const listener = await Listener.open(["v2.users.anna.routingStatus", "v2.users.anna.presence"]);
  await users.putUserRoutingstatus("anna", { status: "IDLE" });
  const frame = await listener.hears("v2.users.anna.routingStatus", (b) => b.routingStatus.status === "IDLE");
  assert.equal(frame.version, "2");
  assert.match(frame.metadata.CorrelationId, /^[0-9a-f-]{36}$/);
  await listener.hears("v2.users.anna.presence", (b) => b.presenceDefinition.systemPresence === "ON_QUEUE");
  listener.socket.close();
}));

test("a conversation", table.works("v2.users.{id}.conversations[.messages], v2.routing.queues.{id}.conversations[.messages], v2.detail.events.conversation.{id}.*", async () => {
  await users.putUserRoutingstatus("anna", { status: "OFF_QUEUE" });
  const { body } = await supervisor("POST", "/sessions", { entryPoint: "messages", customer: { id: "c" } });
  const details = ["acd.start", "acd.end", "user.start", "user.end", "customer.end", "acw", "wrapup"];
  const listener = await Listener.open(["v2.users.anna.conversations", "v2.users.anna.conversations.messages",
    "v2.routing.queues.support.conversations", "v2.routing.queues.support.conversations.messages",
    ...details.map((d) => `v2.detail.events.conversation.${body.id}.${d}`)]);
  await users.putUserRoutingstatus("anna", { status: "IDLE" });
  const alerting = await listener.hears("v2.users.anna.conversations", (c) => party(c, "agent")?.state === "alerting");
  assert.equal(alerting.eventBody.id, body.id);
  const agent = party(alerting.eventBody, "agent");
  await listener.hears("v2.routing.queues.support.conversations", (c) => party(c, "agent")?.state === "alerting");
  await listener.hears(`v2.detail.events.conversation.${body.id}.user.start`, (b) => b.userId === "anna");
  await conversations.patchConversationsMessageParticipant(body.id, agent.id, { body: { state: "connected" } });
  await listener.hears("v2.users.anna.conversations.messages", (c) => party(c, "agent").state === "connected");
  await listener.hears(`v2.detail.events.conversation.${body.id}.acd.end`, (b) => b.queueId === "support");
  const said = await conversations.postConversationsMessageCommunicationMessages(body.id, agent.messages[0].id, { textBody: "Hi" });
  await listener.hears("v2.users.anna.conversations.messages", (c) => party(c, "agent").messages[0].messages.some((m) => m.messageId === said.id));
  await conversations.patchConversationsMessageParticipant(body.id, agent.id, { body: { state: "disconnected" } });
  await listener.hears(`v2.detail.events.conversation.${body.id}.customer.end`);
  await listener.hears(`v2.detail.events.conversation.${body.id}.acw`);
  await conversations.postConversationsMessageParticipantCommunicationWrapup(body.id, agent.id, agent.messages[0].id, { body: { code: "Default Wrap-up Code" } });
  await listener.hears(`v2.detail.events.conversation.${body.id}.wrapup`, (b) => b.wrapupCode === "Default Wrap-up Code");
  for (const word of details.filter((w) => w !== "acd.start")) // that was before anybody listened
    assert.equal(listener.frames.filter((f) => f.topicName.endsWith(`${body.id}.${word}`)).length, 1, word);
  listener.socket.close();
}));

test("topics of one thing in one", table.works("combined topics: v2.users.{id}?presence&routingStatus, v2.detail.events.conversation.{id}?acd.start&acd.end; told by their single names ‡", async () => {
  await users.putUserRoutingstatus("anna", { status: "OFF_QUEUE" });
  const { body } = await supervisor("POST", "/sessions", { entryPoint: "messages", customer: { id: "d" } });
  const topics = ["v2.users.anna?presence&routingStatus&conversations.messages", `v2.detail.events.conversation.${body.id}?user.start&user.end`];
  const listener = await Listener.open(topics);
  assert.deepEqual((await notifications.getNotificationsChannelSubscriptions(listener.channel.id)).entities.map((t) => t.id), topics);
  await users.putUserRoutingstatus("anna", { status: "IDLE" });
  await listener.hears("v2.users.anna.routingStatus");
  await listener.hears("v2.users.anna.presence");
  const alerting = await listener.hears("v2.users.anna.conversations.messages", (c) => party(c, "agent")?.state === "alerting");
  await listener.hears(`v2.detail.events.conversation.${body.id}.user.start`);
  await conversations.patchConversationsMessageParticipant(body.id, party(alerting.eventBody, "agent").id, { body: { state: "connected" } });
  await conversations.postConversationDisconnect(body.id);
  await listener.hears(`v2.detail.events.conversation.${body.id}.user.end`);
  assert.ok(!listener.frames.some((f) => f.topicName.endsWith("acd.end") || f.topicName.endsWith(".conversations")));
  for (const id of ["v2.users.anna?presence&unheard", "v2.users.anna?", "v2.users.anna?presence&", "v2.users?presence"])
    assert.equal((await refused(notifications.postNotificationsChannelSubscriptions(listener.channel.id, [{ id }]))).code, "invalid.value", id);
  listener.socket.close();
}));

test("an attended transfer is told as part of its conversation", table.works("attended transfers: the recipient hears of the conversation while it alerts", async () => {
  await users.putUserRoutingstatus("anna", { status: "IDLE" });
  const { body } = await supervisor("POST", "/sessions", { entryPoint: "messages", customer: { id: "e" } });
  const listener = await Listener.open(["v2.users.anna.conversations", "v2.users.bert.conversations", "v2.routing.queues.second.conversations"]);
  const { id, participants } = await conversations.getConversation(body.id);
  const anna = participants.find((p) => p.userId === "anna");
  await conversations.patchConversationsMessageParticipant(id, anna.id, { body: { state: "connected" } });
  await users.putUserRoutingstatus("bert", { status: "IDLE" });
  await conversations.postConversationParticipantReplaceQueue(id, anna.id, { transferType: "Attended", queueId: "second" });
  const states = (c) => ["anna", "bert"].map((u) => c.participants.find((p) => p.userId === u)?.state);
  const heard = await listener.hears("v2.users.bert.conversations", (c) => states(c)[1] === "alerting");
  assert.deepEqual([heard.eventBody.id, ...states(heard.eventBody)], [id, "connected", "alerting"]);
  await listener.hears("v2.routing.queues.second.conversations", (c) => c.id === id);
  const bert = heard.eventBody.participants.find((p) => p.userId === "bert");
  await conversations.patchConversationsMessageParticipant(id, bert.id, { body: { state: "connected" } });
  await listener.hears("v2.users.anna.conversations", (c) => states(c).join() === "disconnected,connected");
  assert.ok(listener.frames.filter((f) => f.topicName.startsWith("v2.users")).every((f) => f.eventBody.id === id), "nobody hears of a conversation between the two");
  await conversations.postConversationDisconnect(id);
  listener.socket.close();
}));

test("pages of other origins", table.works("CORS: any origin, with a token; never with a cookie", async () => {
  const origin = "https://desk.example.com", url = `http://127.0.0.1:${server.port}/api/v2/users/me`;
  const before = await fetch(url, { method: "OPTIONS", headers: { origin, "access-control-request-method": "GET", "access-control-request-headers": "authorization" } });
  assert.deepEqual([before.status, before.headers.get("access-control-allow-origin"), before.headers.get("access-control-allow-headers"), before.headers.get("access-control-allow-credentials")],
    [204, "*", "authorization", null]);
  const { status, headers } = await fetch(url, { headers: { origin } }); // a refusal is readable, too
  assert.deepEqual([status, headers.get("access-control-allow-origin")], [401, "*"]);
  assert.equal((await fetch(url)).headers.get("access-control-allow-origin"), null);
}));

test("what is not one's own", table.works("a client of the role agent hears of itself", async () => {
  await login(server, "anna");
  const channel = await notifications.postNotificationsChannels();
  await notifications.postNotificationsChannelSubscriptions(channel.id, [{ id: "v2.users.anna.conversations" }]);
  for (const id of ["v2.users.annabel.presence", "v2.routing.queues.support.conversations"])
    assert.equal((await refused(notifications.postNotificationsChannelSubscriptions(channel.id, [{ id }]))).status, 400, id);
  await login(server);
  assert.equal((await refused(notifications.getNotificationsChannelSubscriptions(channel.id))).status, 404); // anna's
}));

test("the server stops", table.works("v2.system.socket_closing before we close", async () => {
  const listener = await Listener.open([]);
  const second = new Listener();
  second.channel = listener.channel;
  await second.connect(); // takes the place of the first
  await listener.hears("v2.system.socket_closing");
  await server.stop("SIGTERM");
  await eventually("the closing was told", () => second.frames.some((f) => f.topicName === "v2.system.socket_closing"));
  await within("the socket closes", second.over);
}));
