// bots_cognigy_rest.test.mjs - Cognigy's REST endpoint: a whole turn in one answer, goodbyes, failures, scripts.
import assert from "node:assert/strict";
import fs from "node:fs";
import http from "node:http";
import path from "node:path";
import { after, before, test } from "node:test";
import { Peer } from "./support/peer.mjs";
import { finish, take } from "./support/story.mjs";
import { eventually, Server } from "./support/server.mjs";

const TOKEN = "rest-url-token";
process.env.TEST_REST_TOKEN = TOKEN;

let flow; // (input) => {code, body}
const inputs = [];
const endpoint = http.createServer((request, answer) => {
  const parts = [];
  request.on("data", (part) => parts.push(part));
  request.on("end", async () => {
    const input = JSON.parse(Buffer.concat(parts));
    inputs.push({ url: request.url, input });
    const { code = 200, body } = await flow(input);
    answer.writeHead(code, { "Content-Type": "application/json" }).end(JSON.stringify(body));
  });
});
const output = (...stack) => ({ body: { text: stack[0]?.text ?? "", data: stack[0]?.data ?? {}, outputStack: stack } });

const ASKS = `
DYNAMIC p
p.sku = "T-1"
r = BotExchange("rest", p)
SetAttribute("branch", r.branch)
SetAttribute("price", r.payload.price)
Wait(600)
`;

let server, supervisor;
before(async () => {
  await new Promise((resolve) => endpoint.listen(0, "127.0.0.1", resolve));
  const url = `http://127.0.0.1:${endpoint.address().port}/v2`;
  server = new Server("");
  fs.writeFileSync(path.join(server.data, "asks.studio"), ASKS);
  server.write(`
centre: rest
listen: 127.0.0.1:0
tokens:
  - { role: visitor,    token: test-visitor-token, name: web }
  - { role: agent,      token: test-agent-anna-token, subject: anna }
  - { role: supervisor, token: test-supervisor-token, name: supervisor }
queues: [{ id: support, wrapUpTime: 600 }]
agents: [{ id: anna, name: Anna, capacity: { chat: 10 } }]
bots:
  - { id: rest,   type: cognigy-rest, url: "${url}", urlToken: env:TEST_REST_TOKEN, timeout: 2, failures: 0 }
  - { id: greets, type: cognigy-rest, url: "${url}/", urlToken: env:TEST_REST_TOKEN, greeting: GET_STARTED }
scripts: [{ name: asks, file: asks.studio }]
entryPoints:
  - { id: rest,   bot: rest,   fallback: support, idleTimeout: 1 }
  - { id: greets, bot: greets, fallback: support, idleTimeout: 1 }
  - { id: asks,   script: asks, fallback: support }
`);
  await server.up();
  supervisor = server.as("supervisor");
});
after(async () => {
  await server?.remove();
  endpoint.closeAllConnections();
  endpoint.close();
});

async function open(entryPoint) {
  inputs.length = 0;
  const customer = await Peer.customer(server, entryPoint);
  const { session } = await customer.hear("session.opened");
  return { customer, id: session.id };
}
const heard = (customer, text) => customer.hear(text, (f) => f.type === "message" && f.text === text);
const queued = (customer) => customer.hear("queued", (f) => f.type === "session.status" && f.status === "queued");
const notes = async (id) => (await supervisor("GET", `/sessions/${id}/timeline`)).body.events
  .filter((e) => e.type === "bot.note").map((e) => e.note);

test("each output of the stack is said, in order, with its data", async () => {
  const quick = { _cognigy: { _default: { _quickReplies: { quickReplies: [{ title: "A" }] } } } };
  flow = (input) => output({ text: `1: ${input.text}` }, { text: "2", data: quick }, { text: "", data: {} }, { text: "3" });
  const { customer, id } = await open("rest");
  customer.send("message", { text: "Grüße 🎉" });
  await heard(customer, "1: Grüße 🎉");
  assert.deepEqual((await heard(customer, "2")).data, quick);
  await heard(customer, "3");
  assert.deepEqual(inputs.map(({ url, input }) => [url, input.sessionId, input.text, input.data]),
    [[`/v2/${TOKEN}`, id, "Grüße 🎉", {}]]);
  assert.equal(customer.all.filter((f) => f.type === "message" && f.from === "bot").length, 3);
  await finish(server, id);
});

test("an answer without a stack is one output; a greeting begins", async () => {
  flow = (input) => ({ body: { text: `only: ${input.text}`, data: {} } });
  const { customer, id } = await open("greets");
  await heard(customer, "only: GET_STARTED");
  await finish(server, id);
});

test("goodbye: what stands before it is said, what comes behind it is not; attributes; an agent", async () => {
  flow = () => output({ text: "One moment." }, { text: "A colleague comes.", data: { handover: { skill: "billing" } } },
    { text: "never said" });
  const agent = await Peer.agent(server);
  const { customer, id } = await open("rest");
  customer.send("message", { text: "a person" });
  await heard(customer, "A colleague comes.");
  await take(agent, id);
  const { body } = await supervisor("GET", `/sessions/${id}?messages=true`);
  assert.equal(body.attributes.skill, "billing");
  assert.ok(!body.messages.some((m) => m.text === "never said"));
  await finish(server, id);
  await agent.close();
});

test("END_CONVERSATION ends", async () => {
  flow = () => output({ text: "Bye!", data: { action: "END_CONVERSATION" } });
  const { customer } = await open("rest");
  customer.send("message", { text: "bye" });
  await customer.hear("session.ended");
});

test("an endpoint that fails: the fallback, a reason, and the token nowhere", async () => {
  flow = () => ({ code: 500, body: { error: "flow" } });
  const { customer, id } = await open("rest");
  customer.send("message", { text: "hello?" });
  await queued(customer);
  assert.deepEqual(await notes(id), ["The endpoint answered 500."]);
  assert.equal(inputs.length, 1); // a flow that has run is not run again
  assert.ok(!server.log.includes(TOKEN));
  await finish(server, id);
});

test("a script asks for one turn", async () => {
  flow = (input) => ({ body: { text: "It costs 5.", data: { price: input.data.sku === "T-1" ? 5 : 0 }, outputStack: [] } });
  const { customer, id } = await open("asks");
  await heard(customer, "It costs 5.");
  const { body } = await eventually("the script knows", async () => {
    const seen = await supervisor("GET", `/sessions/${id}`);
    return seen.body.attributes.price && seen;
  });
  assert.deepEqual([body.attributes.branch, body.attributes.price], ["OnPromptAndCollectNextResponse", 5]);
  await finish(server, id);
});
