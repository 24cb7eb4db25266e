// facade_crash.test.mjs - the server is killed just behind the end of a session: what was on its way to the customer
// arrives, what the customer says again is said once, and a customer who is back already keeps the new session.
import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { after, before, test } from "node:test";
import { Table } from "./support/compatibility.mjs";
import { echo } from "./support/echo.mjs";
import { Webhook } from "./support/genesys.mjs";
import { finish } from "./support/story.mjs";
import { eventually, Server } from "./support/server.mjs";

const io = createRequire(new URL("../clients/package.json", import.meta.url))("socket.io-client");
Object.assign(process.env, { TEST_URL_TOKEN: "url-token-of-the-page", TEST_HOOK_TOKEN: "url-token-of-the-webhook",
  TEST_DL_SECRET: "secret-of-the-line", TEST_CW_TOKEN: "token-of-chatwoot" });
const table = new Table("crash", { title: "The server is killed just behind a session's end",
  client: "programs that say again what was not answered, and webhooks that were deaf" });

let server, supervisor, hook, token;
const CENTRE = () => `
centre: crash
listen: 127.0.0.1:0
tokens:
  - { role: bot,        token: test-bot-cognigy-token, subject: cognigy }
  - { role: supervisor, token: test-supervisor-token, name: supervisor }
queues: [{ id: support }]
bots: [{ id: cognigy }]
rest: { allow: ["127.0.0.1/32"] }
rates: { supervisor: 0, admin: 0, visitor: 0, customer: 0, bot: 0 }
entryPoints: [{ id: chat, bot: cognigy, fallback: support, customerGrace: 600, inviteTimeout: 600, idleTimeout: 600 }]
facades:
  - { id: web,  type: cognigy, token: env:TEST_URL_TOKEN, entryPoint: chat }
  - { id: hook, type: cognigy, token: env:TEST_HOOK_TOKEN, entryPoint: chat, webhook: "http://127.0.0.1:${hook.port}/cognigy" }
  - { id: dl, type: directline, token: env:TEST_DL_SECRET, entryPoint: chat }
  - { id: cw, type: chatwoot, token: env:TEST_CW_TOKEN, entryPoint: chat, webhook: "http://127.0.0.1:${hook.port}/chatwoot" }
genesys:
  clients: [{ id: app, secret: "env:TEST_GENESYS_ADMIN", role: admin }]
  entryPoint: chat
  retrySeconds: 1
  integrations: [{ id: om, entryPoint: chat, webhook: "http://127.0.0.1:${hook.port}/om", secret: "env:TEST_GENESYS_HOOK" }]
`;

before(async () => {
  hook = await new Webhook().up();
  server = await Server.start(CENTRE());
  supervisor = server.as("supervisor");
  await echo(server);
});
after(async () => {
  for (const page of pages) page.close();
  await server?.remove();
  await hook?.down();
  table.check();
});

async function crash() {
  await server.stop("SIGKILL");
  hook.answer = () => 200;
  token = undefined;
  await server.up();
  await echo(server);
}

const pages = [];
let count = 0;
const sessions = async () => (await supervisor("GET", "/sessions?status=all&limit=500")).body.sessions;
const texts = async (id) => (await supervisor("GET", `/sessions/${id}?messages=true`)).body.messages.map((m) => m.text);
const taken = (wanted) => hook.heard.filter((h) => h.status === 200 && wanted(h.body)).map((h) => h.body);
const once = (list, name) => [...new Map(list.map((b) => [name(b), b])).values()];

// A customer of each kind: {where: what its sessions' customer has, say: (text, key), heard: what reached it}.
const KINDS = {
  cognigy: (name) => {
    const heard = new Map();
    const page = io(`http://127.0.0.1:${server.port}`, { transports: ["websocket"], forceNew: true, reconnectionDelay: 50, reconnectionDelayMax: 300,
      query: { sessionId: name, userId: name, emitWithAck: "true", urlToken: process.env.TEST_URL_TOKEN } });
    page.on("output", (f, done) => (f.type === "output" && heard.set(f.data.traceId, f.data.text), done?.()));
    pages.push(page);
    return { heard: () => [...heard.values()], say: (text, key) => new Promise((resolve) =>
      page.emit("processInput", { text, userId: name, sessionId: name, messageId: key }, resolve)) };
  },
  "cognigy webhook": (name) => ({
    heard: () => once(taken((b) => b.AIOutput && b.sessionId === name && b.userId === "somebody"), (b) => b.AIOutput.traceId).map((b) => b.AIOutput.text),
    say: (text, key) => server.ask("POST", `/${process.env.TEST_HOOK_TOKEN}`, { body: { text, userId: "somebody", sessionId: name, messageId: key } }) }),
  directline: async (name) => {
    const ask = (method, path, body) => server.ask(method, `/v3/directline/${path}`, { token: process.env.TEST_DL_SECRET, body });
    const { body: { conversationId: id } } = await ask("POST", "conversations", { user: { id: name } });
    return { say: (text, key) => ask("POST", `conversations/${id}/activities`, { type: "message", from: { id: name }, text, channelData: { clientActivityID: key } }),
      heard: async () => (await ask("GET", `conversations/${id}/activities`)).body.activities.filter((a) => a.type === "message" && a.from.role === "bot").map((a) => a.text),
      over: async () => (await ask("GET", `conversations/${id}/activities`)).body.activities.some((a) => a.type === "endOfConversation") };
  },
  "open messaging": (name) => {
    const login = async () => (await server.ask("POST", "/oauth/token", { body: "grant_type=client_credentials", headers: {
      Authorization: `Basic ${Buffer.from(`app:${process.env.TEST_GENESYS_ADMIN}`).toString("base64")}`, "Content-Type": "application/x-www-form-urlencoded" } })).body.access_token;
    const mine = (wanted) => taken((b) => b.channel?.to.id === name && wanted(b));
    return { heard: () => once(mine((b) => b.type === "Text"), (b) => b.id).map((b) => b.text), over: () => mine((b) => b.events?.[0].presence?.type === "Disconnect").length > 0,
      say: async (text, key) => server.ask("POST", "/api/v2/conversations/messages/om/inbound/open/message", { token: (token ??= await login()),
        body: { channel: { from: { id: name, idType: "Opaque" }, time: "2026-11-22T13:07:13.123Z", messageId: key }, text } }) };
  },
  chatwoot: async (name) => {
    const ask = (path, body) => server.ask("POST", `/api/v1/accounts/1/${path}`, { body, headers: { api_access_token: process.env.TEST_CW_TOKEN } });
    const { body: { payload } } = await ask("contacts", { inbox_id: 1, identifier: name, name });
    const { body: { id } } = await ask("conversations", { source_id: payload.contact_inbox.source_id });
    const mine = (wanted) => taken((b) => (b.conversation?.id ?? b.id) === id && wanted(b));
    return { heard: () => once(mine((b) => b.message_type === "outgoing"), (b) => b.id).map((b) => b.content),
      over: () => mine((b) => b.event === "conversation_resolved").length > 0, own: () => once(mine((b) => b.message_type === "incoming"), (b) => b.id).map((b) => b.content),
      say: (content, key) => ask(`conversations/${id}/messages`, { content, message_type: "incoming", source_id: key }) };
  },
};

async function open(kind) {
  const name = `${kind.replace(" ", "-")} ${++count}`;
  const before = (await sessions()).map((s) => s.id);
  const customer = await KINDS[kind](name);
  customer.sessions = async () => (await sessions()).filter((s) => !before.includes(s.id));
  customer.hears = (...wanted) => eventually(`${kind} hears ${wanted}`, async () => {
    customer.now = await customer.heard();
    return wanted.every((text) => customer.now.includes(text));
  });
  return customer;
}

const isOver = (s) => s.status === "completed";
async function oneThatEnds(kind) {
  const customer = await open(kind);
  await customer.say("two", "k-1");
  const { id } = await eventually("a session", async () => (await customer.sessions())[0]);
  await eventually("the bot has answered", async () => (await texts(id)).length === 3);
  const answer = await customer.say("bye", "k-2");
  await eventually("it is over", async () => isOver((await supervisor("GET", `/sessions/${id}`)).body));
  return { customer, id, answer };
}

for (const kind of Object.keys(KINDS)) {
  test(`${kind}: what was on its way arrives, what is said again is said once`,
    table.works(`what was on its way to its customer arrives, and what comes again is said once · ${kind}`, async () => {
      hook.answer = () => 503;
      const { customer, id, answer } = await oneThatEnds(kind);
      await crash();
      await customer.hears("first", "second");
      if (customer.over) await eventually("its end is told", () => customer.over());
      const again = await customer.say("bye", "k-2");
      assert.deepEqual([again?.status, again?.body], [answer?.status, answer?.body]);
      assert.deepEqual((await customer.sessions()).map((s) => s.id), [id]);
      assert.deepEqual(await texts(id), ["two", "first", "second", "bye"]);
      assert.deepEqual((await customer.heard()), ["first", "second"]);
      if (customer.own) assert.deepEqual(customer.own(), ["two", "bye"]);
    }));

  if (kind === "directline") continue; // a conversation is one session
  test(`${kind}: who is back already keeps the new session`,
    table.works(`a customer who is back before the end keeps the new session · ${kind}`, async () => {
      const { customer, id: before } = await oneThatEnds(kind);
      await customer.say("I am back", "k-3");
      const { id } = await eventually("another session", async () => (await customer.sessions()).find((s) => s.id !== before));
      await customer.hears("You said: I am back");
      await crash();
      await customer.say("and here", "k-4");
      await customer.hears("You said: and here");
      assert.deepEqual(await texts(id), ["I am back", "You said: I am back", "and here", "You said: and here"]);
      assert.equal((await customer.sessions()).length, 2);
      await finish(server, id);
    }));
}
