// facade_chatwoot.test.mjs - programs for Chatwoot: the real @figuro/chatwoot-sdk, an agent bot behind a webhook.
import assert from "node:assert/strict";
import fs from "node:fs";
import http from "node:http";
import net from "node:net";
import { createRequire } from "node:module";
import path from "node:path";
import { after, before, test } from "node:test";
import { Table } from "./support/compatibility.mjs";
import { Peer } from "./support/peer.mjs";
import { take } from "./support/story.mjs";
import { eventually, Server, sleep } from "./support/server.mjs";

const sdk = createRequire(new URL("../clients/package.json", import.meta.url))("@figuro/chatwoot-sdk");
const ChatwootClient = sdk.default;
process.env.TEST_CW_TOKEN = "token-of-the-chatwoot-programs";
process.env.TEST_CW_DESK = "token-of-the-desk-programs";
process.env.TEST_CW_DOWN = "token-of-the-program-that-is-down";

const table = new Table("chatwoot", { title: "Chatwoot API, as a server",
  client: "`@figuro/chatwoot-sdk` 1.1.17, and an agent bot of our own behind a webhook" });

let server, supervisor, hook, client, desk;
const told = []; // what the webhook was told
let onTold = () => {};
let cut = false; // every line of the webhook

const CENTRE = () => `
centre: chatwoot
listen: 127.0.0.1:0
tokens:
  - { role: agent,      token: test-agent-anna-token, subject: anna }
  - { role: supervisor, token: test-supervisor-token, name: supervisor }
queues: [{ id: support, name: Support, wrapUpTime: 600 }, { id: billing, name: Billing }]
agents: [{ id: anna, name: Anna, capacity: { chat: 100 } }]
scripts: [{ name: hands, file: hands.studio }]
bots: [{ id: robot, name: Robot, type: chatwoot }]
entryPoints:
  - { id: chat, bot: robot, fallback: support, idleTimeout: 1, customerGrace: 600, files: ["image/*", text/plain], maxFileBytes: 300000 }
  - { id: desk, script: hands, fallback: support, idleTimeout: 1, customerGrace: 600 }
files: { scan: [sh, -c, 'case "$(cat)" in *Test-Virus*) echo FOUND; exit 1;; esac'] }
facades:
  - { id: web, type: chatwoot, token: env:TEST_CW_TOKEN, entryPoint: chat, webhook: "http://127.0.0.1:${hook.address().port}/bot" }
  - { id: people, type: chatwoot, token: env:TEST_CW_DESK, entryPoint: desk }
  - { id: down, type: chatwoot, token: env:TEST_CW_DOWN, entryPoint: chat, webhook: "http://127.0.0.1:${hook.address().port}/down" }
`;

before(async () => {
  hook = http.createServer((request, answer) => {
    const parts = [];
    request.on("data", (part) => parts.push(part));
    request.on("end", () => {
      const body = JSON.parse(Buffer.concat(parts));
      if (cut) return request.socket.destroy();
      const taken = request.url === "/bot";
      if (taken) {
        told.push(body);
        onTold(body);
      }
      answer.writeHead(taken ? 200 : 500).end();
    });
  });
  await new Promise((resolve) => hook.listen(0, "127.0.0.1", resolve));
  server = new Server("");
  fs.writeFileSync(path.join(server.data, "hands.studio"), 'Transfer(session.id, "support")\n');
  server.write(CENTRE());
  await server.up();
  supervisor = server.as("supervisor");
  const basePath = `http://127.0.0.1:${server.port}`;
  client = new ChatwootClient({ config: { basePath, token: process.env.TEST_CW_TOKEN } });
  desk = new ChatwootClient({ config: { basePath, token: process.env.TEST_CW_DESK } });
});
after(async () => {
  await server?.remove();
  hook?.closeAllConnections();
  hook?.close();
});
after(() => table.check());

const PNG = Buffer.from("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==", "base64");
const accountId = 1;
let people = 0;
async function open(by = client, more = {}) {
  const { payload: { contact, contact_inbox: inbox } } = await by.contacts.create({ accountId,
    data: { inbox_id: 1, name: `Zoë 世界 ${++people}`, email: `p${people}@example.com`, identifier: `person-${people}-${process.pid}`,
      custom_attributes: { tier: "gold" } } });
  const chat = await by.conversations.create({ accountId, data: { source_id: inbox.source_id, contact_id: contact.id, inbox_id: 1, ...more } });
  return { contact, inbox, id: chat.id, chat };
}
const say = (id, content, message_type = "incoming", by = client, more = {}) =>
  by.messages.create({ accountId, conversationId: id, data: { content, message_type, ...more } });
const read = (id, by = client) => by.conversations.get({ accountId, conversationId: id });
const becomes = (id, status, by = client) => eventually(`conversation ${id} is ${status}`, async () => (await read(id, by)).status === status);
const event = (id, name, wanted = () => true) => eventually(`${name} of ${id}`, () =>
  told.find((e) => e.event === name && (e.conversation?.id ?? e.id) === id && wanted(e)));
const texts = async (id, by = client) => (await by.messages.list({ accountId, conversationId: id })).payload.map((m) => m.content);
const session = async (id, by = client) => (await supervisor("GET", `/sessions/${(await read(id, by)).uuid}`)).body;
const failed = (promise) => promise.then(() => assert.fail("it was taken"), (error) => error);

test("contacts", table.works("contacts: create, get, update, search, list, conversations of one", async () => {
  const { contact, id } = await open();
  assert.equal(contact.custom_attributes.tier, "gold");
  assert.equal((await client.contacts.get({ accountId, id: contact.id })).payload.name, contact.name);
  await client.contacts.update({ accountId, id: contact.id, data: { name: "Renamed" } });
  assert.equal((await client.contacts.get({ accountId, id: contact.id })).payload.name, "Renamed");
  assert.equal((await client.contacts.get({ accountId, id: contact.id })).payload.email, contact.email);
  const found = await client.contacts.search({ accountId, q: contact.identifier });
  assert.deepEqual(found.payload.map((c) => c.id), [contact.id]);
  assert.ok((await client.contacts.list({ accountId })).payload.some((c) => c.id === contact.id));
  assert.deepEqual((await client.contacts.listConversations({ accountId, id: contact.id })).payload.map((c) => c.id), [id]);
  const again = await failed(client.contacts.create({ accountId, data: { inbox_id: 1, identifier: contact.identifier } }));
  assert.equal(again.status, 422);
}));

test("a conversation with an agent bot, handed to a person, resolved",
  table.works("conversations: create, messages in and out, toggle_status pending → open is the handoff; message_created, conversation_opened, conversation_resolved", async () => {
    const agent = await Peer.agent(server);
    onTold = (e) => {
      if (e.event !== "message_created" || e.message_type !== "incoming") return;
      if (e.content === "human") client.conversations.toggleStatus({ accountId, conversationId: e.conversation.id, data: { status: "open" } });
      else say(e.conversation.id, `You said: ${e.content}`, "outgoing");
    };
    const { id, contact } = await open(client, { custom_attributes: { topic: "billing" } });
    await becomes(id, "pending");
    const sent = await say(id, "Grüße 🎉");
    assert.deepEqual([sent.content, sent.message_type, sent.conversation_id], ["Grüße 🎉", 0, id]);
    const incoming = await event(id, "message_created", (e) => e.content === "Grüße 🎉");
    assert.equal(incoming.id, sent.id);
    assert.deepEqual([incoming.message_type, incoming.conversation.status, incoming.account.id, incoming.sender.id],
      ["incoming", "pending", 1, contact.id]);
    const answer = await event(id, "message_created", (e) => e.content === "You said: Grüße 🎉");
    assert.deepEqual([answer.message_type, answer.sender.type], ["outgoing", "agent_bot"]);
    const known = await session(id);
    assert.deepEqual([known.attributes.topic, known.customer.email, known.holder.kind], ["billing", contact.email, "bot"]);
    await say(id, "human");
    await event(id, "conversation_opened");
    await take(agent, (await read(id)).uuid);
    await becomes(id, "open");
    assert.equal((await read(id)).meta.assignee.name, "Anna");
    agent.send("message", { session: (await read(id)).uuid, text: "Anna here" });
    const spoken = await event(id, "message_created", (e) => e.content === "Anna here");
    assert.equal(spoken.sender.name, "Anna");
    const { payload } = await client.conversations.toggleStatus({ accountId, conversationId: id, data: { status: "resolved" } });
    assert.deepEqual([payload.success, payload.current_status, payload.conversation_id], [true, "resolved", id]);
    await event(id, "conversation_resolved");
    assert.deepEqual(await texts(id), ["Grüße 🎉", "You said: Grüße 🎉", "human", "Anna here"]);
    await agent.close();
    onTold = () => {};
  }));

test("a conversation that was resolved begins anew with the next message",
  table.works("an incoming message opens a resolved conversation again", async () => {
    const { id } = await open();
    await say(id, "first");
    const before = (await read(id)).uuid;
    await client.conversations.toggleStatus({ accountId, conversationId: id, data: { status: "resolved" } });
    await becomes(id, "resolved");
    await say(id, "second");
    await becomes(id, "pending");
    assert.notEqual((await read(id)).uuid, before);
    await client.conversations.toggleStatus({ accountId, conversationId: id, data: { status: "resolved" } });
  }));

test("two and three handovers in one conversation", table.works("toggle_status open → pending gives it back to the agent bot", async () => {
  const { id } = await open();
  for (const round of [1, 2, 3]) {
    await becomes(id, "pending");
    await say(id, `bot ${round}`, "outgoing");
    await client.conversations.toggleStatus({ accountId, conversationId: id, data: { status: "open" } });
    await becomes(id, "open");
    await say(id, `person ${round}`, "outgoing");
    await client.conversations.toggleStatus({ accountId, conversationId: id, data: { status: "pending" } });
  }
  const { messages } = (await supervisor("GET", `/sessions/${(await read(id)).uuid}?messages=true`)).body;
  assert.deepEqual(messages.map((m) => m.from), [1, 2, 3].flatMap(() => ["bot", "supervisor"]));
  await client.conversations.toggleStatus({ accountId, conversationId: id, data: { status: "resolved" } });
}));

test("straight to people: without a bot the conversation waits for an agent",
  table.works("a facade whose entry point has no bot: for programs that hand over to it", async () => {
    const agent = await Peer.agent(server);
    const { id } = await open(desk);
    await say(id, "I come from another bot", "incoming", desk);
    await becomes(id, "open", desk);
    const uuid = (await read(id, desk)).uuid;
    await take(agent, uuid);
    assert.equal((await read(id)  .catch((error) => error)).status, 404); // it is of the other facade
    await desk.conversations.toggleStatus({ accountId, conversationId: id, data: { status: "resolved" } });
    await agent.close();
  }));

test("attachments and content attributes, in JSON and multipart",
  table.works("messages: JSON and multipart, content_attributes, private", async () => {
    const { id } = await open();
    const json = await server.ask("POST", `/api/v1/accounts/1/conversations/${id}/messages`, { headers: { api_access_token: process.env.TEST_CW_TOKEN },
      body: { content: "choose", content_type: "input_select", content_attributes: { items: [{ title: "A", value: "a" }] } } });
    assert.deepEqual([json.status, json.body.content_type, json.body.content_attributes.items[0].value], [200, "input_select", "a"]);
    const whisper = await say(id, "for colleagues", "outgoing", client, { private: true }).catch((error) => error);
    assert.ok(whisper.private === true || whisper.status === 409, JSON.stringify(whisper)); // nobody of us has it: there is no colleague
    assert.ok(!(await texts(id)).includes("for colleagues"));
    await client.conversations.toggleStatus({ accountId, conversationId: id, data: { status: "resolved" } });
  }));

const attach = (filename, bytes) => ({ content: bytes.toString("base64"), encoding: "base64", filename });
const files = (id) => server.ask("GET", `/api/v1/accounts/1/conversations/${id}/messages`, { headers: { api_access_token: process.env.TEST_CW_TOKEN } });

test("attachments are files: kept, known by their content, fetched by their URL",
  table.works("messages with `attachments[]`: one or several, as large as the entry point takes files, `data_url`", async () => {
    const { id } = await open();
    const picture = Buffer.concat([PNG, Buffer.alloc(100_000, 7)]);
    const sent = await say(id, "see this", "incoming", client, { attachments: [attach("a.png", picture), attach("b.txt", Buffer.from("words"))] });
    assert.deepEqual([sent.content, sent.attachments.map((a) => [a.file_name, a.file_type, a.file_size, a.message_id])],
      ["see this", [["a.png", "image", picture.length, sent.id], ["b.txt", "file", 5, sent.id]]]);
    const told = await event(id, "message_created", (e) => e.content === "see this");
    assert.deepEqual(told.attachments, sent.attachments);
    assert.deepEqual((await files(id)).body.payload.at(-1).attachments, sent.attachments);
    const fetched = await fetch(`http://127.0.0.1:${server.port}${sent.attachments[0].data_url}`); // without a token: it is signed
    assert.deepEqual([fetched.status, fetched.headers.get("content-type"), Buffer.from(await fetched.arrayBuffer())], [200, "image/png", picture]);
    for (const [change, status] of [[(url) => url.replace(/.$/, (c) => (c === "0" ? "1" : "0")), 401], [(url) => url.replace(/\?.*/, ""), 401],
      [(url) => url.replace("attachments/", "attachments/0"), 401]]) {
      assert.equal((await fetch(`http://127.0.0.1:${server.port}${change(sent.attachments[0].data_url)}`)).status, status);
    }
    const alone = await say(id, undefined, "outgoing", client, { attachments: [attach("c.png", PNG)] });
    assert.deepEqual([alone.content, alone.attachments.length], ["", 1]);
    const { messages } = await (async () => (await supervisor("GET", `/sessions/${(await read(id)).uuid}?messages=true`)).body)();
    assert.deepEqual(messages.map((m) => m.data.files.map((f) => f.name)), [["a.png", "b.txt"], ["c.png"]]);
    await client.conversations.toggleStatus({ accountId, conversationId: id, data: { status: "resolved" } });
  }));

test("small forms that are on their way do not count as large files", async () => {
  const { id } = await open();
  const begun = Array.from({ length: 20 }, () => net.connect(server.port, "127.0.0.1"));
  for (const line of begun) {
    line.on("error", () => {});
    line.write(`POST /api/v1/accounts/1/conversations/${id}/messages HTTP/1.1\r\nHost: x\r\napi_access_token: ${process.env.TEST_CW_TOKEN}\r\n` +
      "Content-Type: multipart/form-data; boundary=x\r\nTransfer-Encoding: chunked\r\n\r\n4\r\n--x\r");
  }
  await say(id, "among them", "incoming", client, { attachments: [attach("a.png", Buffer.concat([PNG, Buffer.alloc(290_000)]))] });
  for (const line of begun) line.destroy();
  await client.conversations.toggleStatus({ accountId, conversationId: id, data: { status: "resolved" } });
});

test("attachments that are not taken: nothing of their message is said",
  table.works("attachments refused: 413 too large, 415 of another type, 422 infected, 403 where no files are taken", async () => {
    const { id } = await open();
    for (const [file, status] of [[attach("a.png", Buffer.concat([PNG, Buffer.alloc(300_001)])), 413], [attach("a.png", Buffer.from("%PDF-1.7\n%%EOF\n")), 415],
      [attach("a.txt", Buffer.from("harmless, and called Test-Virus\n")), 422]]) {
      const error = await failed(say(id, "with it", "incoming", client, { attachments: [attach("good.png", PNG), file] }));
      assert.equal(error.status, status, JSON.stringify(error.body));
    }
    assert.deepEqual(await texts(id), []);
    const { id: other } = await open(desk);
    const none = await failed(say(other, "here", "incoming", desk, { attachments: [attach("a.png", PNG)] }));
    assert.ok(none.status >= 400 && none.status < 500, `${none.status}`);
    await client.conversations.toggleStatus({ accountId, conversationId: id, data: { status: "resolved" } });
    await desk.conversations.toggleStatus({ accountId, conversationId: other, data: { status: "resolved" } });
  }));

test("the same message twice is said once", table.works("source_id of a message: what comes again is said once", async () => {
  const { id } = await open();
  const one = await say(id, "once", "incoming", client, { source_id: "s-1" });
  const two = await say(id, "once", "incoming", client, { source_id: "s-1" });
  assert.equal(one.id, two.id);
  assert.deepEqual(await texts(id), ["once"]);
  await client.conversations.toggleStatus({ accountId, conversationId: id, data: { status: "resolved" } });
}));

test("what the agent bot said comes again when the answer was lost", table.works("source_id of a bot's message: said once, also after the handover and the end; of each conversation its own", async () => {
  const { id } = await open();
  const { id: other } = await open();
  const bye = (conversationId, status) => client.conversations.toggleStatus({ accountId, conversationId, data: { status } });
  const speak = (to, content, more = {}) => say(to, content, "outgoing", client, { source_id: "b-1", ...more });
  const one = await speak(id, "once");
  assert.notEqual((await speak(other, "here too")).id, one.id);
  assert.equal((await speak(id, "once")).id, one.id);
  await bye(id, "open");
  await becomes(id, "open");
  assert.equal((await speak(id, "once")).id, one.id);
  assert.deepEqual(await texts(id), ["once"]);
  await bye(id, "resolved");
  await becomes(id, "resolved");
  assert.equal((await speak(id, "once")).id, one.id);
  assert.deepEqual(await texts(id), ["once"]);
  for (const refused of [() => say(id, "too late", "outgoing"), () => speak(id, "too late", { private: true })]) {
    const error = await failed(refused());
    assert.equal(error.status, 422);
    assert.match(JSON.stringify(error.body), /is resolved: open it again/);
  }
  await bye(other, "resolved");
}));

test("agents, teams, inboxes, profile; assignments", table.works("assignments: assignee_id, team_id; agents, teams, inboxes, profile", async () => {
  const agent = await Peer.agent(server);
  const agents = await client.agents.list({ accountId });
  assert.deepEqual(agents.map((a) => [a.name, a.availability_status]), [["Anna", "online"]]);
  const teams = await client.teams.list({ accountId });
  assert.deepEqual(teams.map((t) => t.name), ["Support", "Billing"]);
  assert.equal((await client.inboxes.list({ accountId })).payload[0].channel_type, "Channel::Api");
  assert.equal((await client.inboxes.get({ accountId, id: 1 })).name, "web");
  assert.equal((await client.profile.profile()).name, "web");
  agent.send("state", { state: "away" });
  const { id } = await open(desk);
  await becomes(id, "open", desk);
  const team = await desk.conversationAssignment.assign({ accountId, conversationId: id, data: { team_id: teams[1].id } });
  assert.equal(team.name, "Billing");
  assert.equal((await session(id, desk)).queue.id, "billing");
  await agent.ask("state", { state: "available" });
  const { id: second } = await open(desk);
  await becomes(second, "open", desk);
  const who = await desk.conversationAssignment.assign({ accountId, conversationId: second, data: { assignee_id: agents[0].id } })
    .catch((error) => error);
  assert.ok(who.name === "Anna" || who.status === 409, JSON.stringify(who)); // or it is on its way to her already
  const nobody = await failed(desk.conversationAssignment.assign({ accountId, conversationId: second, data: { assignee_id: 99 } }));
  assert.equal(nobody.status, 404);
  for (const each of [id, second]) await desk.conversations.toggleStatus({ accountId, conversationId: each, data: { status: "resolved" } });
  await agent.close();
}));

test("a conversation is somebody's from its beginning", table.works("conversations.create with status, assignee_id, team_id", async () => {
  const create = (more) => open(client, { message: { content: "hello" }, ...more });
  const straight = await create({ status: "open" });
  assert.equal(straight.chat.status, "open");
  assert.deepEqual((await session(straight.id)).legs.map((leg) => leg.status).slice(1), ["left"]); // nobody waits for the agent bot
  const team = await create({ team_id: 2, status: "open" });
  assert.equal(team.chat.status, "open");
  assert.equal((await session(team.id)).queue.id, "billing");
  const agent = await Peer.agent(server);
  const hers = await create({ assignee_id: 1 });
  assert.equal(hers.chat.status, "open");
  assert.equal((await session(hers.id)).holder.id, "anna");
  const over = await create({ status: "resolved" });
  assert.equal(over.chat.status, "resolved");
  assert.equal((await create({ status: "pending" })).chat.status, "pending");
  const before = (await client.conversations.getMeta({ accountId, status: "all" })).meta.all_count;
  const { contact } = straight;
  for (const [more, status] of [[{ status: "asleep" }, 422], [{ assignee_id: 99 }, 404], [{ team_id: "none" }, 404]])
    assert.equal((await failed(client.conversations.create({ accountId, data: { contact_id: contact.id, inbox_id: 1, ...more } }))).status, status, JSON.stringify(more));
  assert.equal((await client.conversations.getMeta({ accountId, status: "all" })).meta.all_count, before); // nothing was opened
  for (const { id } of [straight, team, hers]) await client.conversations.toggleStatus({ accountId, conversationId: id, data: { status: "resolved" } });
  await agent.close();
}));

test("lists: status, paging, counts; labels; attributes", table.works("conversations: list and meta by status, page; labels; custom_attributes", async () => {
  const many = [];
  for (let i = 0; i < 30; i++) many.push((await open()).id);
  const { all_count: all } = (await client.conversations.getMeta({ accountId, status: "pending" })).meta;
  assert.ok(all >= 30);
  const first = await client.conversations.list({ accountId, status: "pending", page: 1 });
  const second = await client.conversations.list({ accountId, status: "pending", page: 2 });
  assert.equal(first.data.payload.length, 25);
  const ids = [...first.data.payload, ...second.data.payload].map((c) => c.id);
  assert.equal(new Set(ids).size, ids.length);
  for (const id of many) assert.ok(ids.includes(id));
  assert.deepEqual((await client.conversations.list({ accountId, status: "pending", page: 9 })).data.payload, []);
  assert.deepEqual((await client.conversationLabels.add({ accountId, conversationId: many[0], data: { labels: ["vip", "späť"] } })).payload, ["vip", "späť"]);
  assert.deepEqual((await client.conversationLabels.list({ accountId, conversationId: many[0] })).payload, ["vip", "späť"]);
  const set = await server.ask("POST", `/api/v1/accounts/1/conversations/${many[0]}/custom_attributes`,
    { headers: { api_access_token: process.env.TEST_CW_TOKEN }, body: { custom_attributes: { deep: { big: 9007199254740993n.toString() } } } });
  assert.equal(set.body.custom_attributes.deep.big, "9007199254740993");
  await Promise.all(many.map((conversationId) => client.conversations.toggleStatus({ accountId, conversationId, data: { status: "resolved" } })));
}));

test("conversations that fit conditions", table.works("conversations.filter: status, id, inbox_id, assignee_id, team_id, labels and attributes; AND, OR; its answer as `{meta, payload}` and in `data` ‡", async () => {
  const agent = await Peer.agent(server);
  const mine = (await open(client, { custom_attributes: { order: "A-7", amount: 12 } })).id;
  const hers = (await open(client, { assignee_id: 1, custom_attributes: { order: "B-8" } })).id;
  const team = (await open(client, { team_id: 2 })).id;
  await client.conversationLabels.add({ accountId, conversationId: mine, data: { labels: ["vip", "new"] } });
  const is = (attribute_key, values, query_operator, filter_operator = "equal_to") => ({ attribute_key, filter_operator, values, query_operator });
  const found = async (payload, page) => (await client.conversations.filter({ accountId, payload, page })).payload.map((c) => c.id);
  assert.deepEqual(await found([is("order", ["A-7"])]), [mine]);
  assert.deepEqual(await found([is("amount", [12])]), [mine]);
  assert.deepEqual(await found([is("labels", ["vip"])]), [mine]);
  assert.deepEqual(await found([is("assignee_id", [1], "AND"), is("order", ["-8"], null, "contains")]), [hers]);
  assert.deepEqual(await found([is("team_id", ["2"], "AND"), is("status", ["open"])]), [team]);
  assert.deepEqual((await found([is("order", ["A-7"], "OR"), is("order", ["none"], "AND"), is("status", ["pending"], "OR"), is("id", [hers])])).sort(), [mine, hers].sort());
  assert.deepEqual(await found([is("order", undefined, "AND", "is_present"), is("status", ["pending"], "AND", "not_equal_to"), is("id", [hers])]), [hers]);
  assert.deepEqual(await found([is("id", [mine])], 2), []);
  const whole = await client.conversations.filter({ accountId, payload: [is("id", [hers])] });
  assert.deepEqual([whole.meta.all_count, whole.meta.assigned_count, whole.data.payload[0].id], [1, 1, hers]);
  for (const payload of [[{}], [is("order", "A-7")], [{ attribute_key: "order", filter_operator: "days_before", values: [1] }], [is("order", ["x"], "XOR")], "all"])
    assert.equal((await failed(client.conversations.filter({ accountId, payload }))).status, 422, JSON.stringify(payload));
  for (const id of [mine, hers, team]) await client.conversations.toggleStatus({ accountId, conversationId: id, data: { status: "resolved" } });
  await agent.close();
}));

test("pages of messages", table.works("messages: 20 a page, `before`", async () => {
  const { id } = await open();
  for (let i = 0; i < 45; i++) await say(id, `m ${i}`);
  const page = async (before) => (await server.ask("GET", `/api/v1/accounts/1/conversations/${id}/messages${before ? `?before=${before}` : ""}`,
    { headers: { api_access_token: process.env.TEST_CW_TOKEN } })).body.payload;
  const heard = [];
  for (let list = await page(); list.length; list = await page(list[0].id)) heard.unshift(...list.map((m) => m.content));
  assert.deepEqual(heard, Array.from({ length: 45 }, (_, i) => `m ${i}`));
  await client.conversations.toggleStatus({ accountId, conversationId: id, data: { status: "resolved" } });
}));

test("what cannot be", table.works("errors: 401, 404, 405, 400, 422", async () => {
  const stranger = new ChatwootClient({ config: { basePath: `http://127.0.0.1:${server.port}`, token: "wrong" } });
  assert.equal((await failed(stranger.profile.profile())).status, 401);
  assert.equal((await failed(read(4242))).status, 404);
  assert.equal((await failed(client.conversations.create({ accountId, data: { source_id: "nobody" } }))).status, 404);
  assert.equal((await failed(client.webhooks.list({ accountId }))).status, 404);
  const { id } = await open();
  assert.equal((await failed(client.messages.delete({ accountId, conversationId: id, messageId: 1 }))).status, 404);
  assert.equal((await failed(say(id, "", "incoming"))).status, 422);
  assert.equal((await failed(say(id, "x", "template"))).status, 422);
  assert.equal((await failed(say(id, "x".repeat(20000)))).status, 422);
  const ask = (body, headers = {}) => server.ask("POST", `/api/v1/accounts/1/conversations/${id}/messages`,
    { body, headers: { api_access_token: process.env.TEST_CW_TOKEN, ...headers } });
  assert.equal((await ask("{")).status, 400);
  assert.equal((await ask("--x", { "Content-Type": "multipart/form-data; boundary=x" })).status, 400);
  assert.equal((await ask("content=as+a+form&message_type=incoming", { "Content-Type": "application/x-www-form-urlencoded" })).body.content, "as a form");
  const path = `/api/v1/accounts/1/conversations/${id}`;
  assert.equal((await server.ask("PUT", path, { headers: { api_access_token: process.env.TEST_CW_TOKEN } })).status, 405);
  assert.equal((await failed(client.conversations.toggleStatus({ accountId, conversationId: id, data: { status: "snoozed" } }))).status, 422);
  await client.conversations.toggleStatus({ accountId, conversationId: id, data: { status: "resolved" } });
}));

test("what is released by the agent bot is open, though no queue has it yet", async () => {
  const { id } = await open();
  await say(id, "hello");
  await say(id, "Hello!", "outgoing");
  const toggle = async (status) => (await client.conversations.toggleStatus({ accountId, conversationId: id, data: { status } })).payload.current_status;
  assert.equal(await toggle("open"), "open");
  assert.equal((await read(id)).status, "open");
  assert.equal((await client.conversationAssignment.assign({ accountId, conversationId: id, data: { team_id: 2 } })).name, "Billing");
  await event(id, "conversation_opened");
  await toggle("resolved");
});

test("words are words, and what is for colleagues never reaches the customer, whatever its type", async () => {
  const { id } = await open();
  const words = ["true", "null", "[1]", '{"a":1}', "42"];
  for (const one of words) assert.equal((await say(id, one)).content, one);
  const post = (body) => server.ask("POST", `/api/v1/accounts/1/conversations/${id}/messages`,
    { body, headers: { Authorization: `bearer ${process.env.TEST_CW_TOKEN}` } });
  for (const flag of [true, "true", "True", "1", 1]) assert.equal((await post({ content: "secret", private: flag })).status, 409); // no agent to whisper to
  assert.equal((await post({ content: "in", message_type: 0 })).body.message_type, 0);
  assert.equal((await post({ content: "out", message_type: 1, private: "false" })).body.message_type, 1);
  assert.equal((await post({ content: "x", message_type: 2 })).status, 422);
  assert.equal((await post({ content: "x", message_type: ["incoming"] })).status, 422);
  assert.deepEqual(await texts(id), [...words, "in", "out"]);
  await client.conversations.toggleStatus({ accountId, conversationId: id, data: { status: "resolved" } });
});

test("an agent bot that cannot be told loses the conversation to people", async () => {
  const down = new ChatwootClient({ config: { basePath: `http://127.0.0.1:${server.port}`, token: process.env.TEST_CW_DOWN } });
  const { id } = await open(down);
  await say(id, "anybody?", "incoming", down);
  await becomes(id, "open", down);
  const { events } = (await supervisor("GET", `/sessions/${(await read(id, down)).uuid}/timeline`)).body;
  assert.match(events.find((e) => e.type === "bot.note").note, /cannot be told/);
  await down.conversations.toggleStatus({ accountId, conversationId: id, data: { status: "resolved" } });
});

test("a webhook that is cut for seconds loses nothing that many conversations tell it", async () => {
  onTold = () => {};
  const chats = await Promise.all(Array.from({ length: 16 }, () => open()));
  cut = true;
  await Promise.all(chats.map(({ id }) => say(id, `words of ${id}`)));
  await sleep(2500);
  cut = false;
  for (const { id } of chats) await event(id, "message_created", (e) => e.content === `words of ${id}`);
  for (const { id } of chats) {
    assert.equal((await read(id)).status, "pending"); // the agent bot has it still
    assert.deepEqual(told.filter((e) => (e.conversation?.id ?? e.id) === id).map((e) => e.event), ["conversation_created", "message_created"]);
  }
  for (const { id } of chats) await client.conversations.toggleStatus({ accountId, conversationId: id, data: { status: "resolved" } });
});

test("after kill -9 conversations, contacts and messages are there", table.works("restart: conversations, their contacts and ids are the same", async () => {
  const { id, contact, inbox } = await open();
  const sent = await say(id, "before");
  await server.stop("SIGKILL");
  await server.up();
  await event(id, "message_created", (e) => e.id === sent.id); // before or after, and the bot still has it
  assert.deepEqual([(await read(id)).status, (await session(id)).holder.kind], ["pending", "bot"]);
  const list = (await client.messages.list({ accountId, conversationId: id })).payload;
  assert.deepEqual(list.map((m) => [m.id, m.content]), [[sent.id, "before"]]);
  assert.equal((await client.contacts.get({ accountId, id: contact.id })).payload.name, contact.name);
  const again = await client.conversations.create({ accountId, data: { source_id: inbox.source_id, inbox_id: 1 } });
  assert.notEqual(again.id, id);
  await say(id, "bot after", "outgoing");
  assert.deepEqual(await texts(id), ["before", "bot after"]);
  for (const each of [id, again.id]) await client.conversations.toggleStatus({ accountId, conversationId: each, data: { status: "resolved" } });
}));
