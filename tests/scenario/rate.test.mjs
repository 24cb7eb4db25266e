// rate.test.mjs - who asks too often is told when to come again, and nobody else notices.
import assert from "node:assert/strict";
import fs from "node:fs";
import { after, before, test } from "node:test";
import { Peer } from "./support/peer.mjs";
import { CENTRE, Server, sleep } from "./support/server.mjs";

const SCRIPTS = new URL("../../examples/handover/", import.meta.url).pathname;
const centre = fs.readFileSync(CENTRE, "utf8").replaceAll("../../examples/handover/", SCRIPTS) +
  "\nrates: { customer: 2, supervisor: 2 }\n" + `
facades:
  - { id: line, type: directline, token: env:TEST_RATE_LINE, entryPoint: plain }
`;
process.env.TEST_RATE_LINE = "token-of-the-line";

let server, bot;

before(async () => {
  server = await Server.start(centre);
  bot = await Peer.bot(server);
});
after(() => server?.remove());

test("frames of a customer: ten at once, then two a second; the session goes on", async () => {
  const customer = await Peer.customer(server, "plain");
  const other = await Peer.customer(server, "plain");
  const answers = [];
  for (let i = 0; i < 14; i++) answers.push(await customer.ask("message", { text: `line ${i}` }));
  const refused = answers.filter((f) => f.type === "problem");
  assert.ok(refused.length >= 2 && refused.length <= 4, `${refused.length} were refused`);
  for (const { problem } of refused) {
    assert.equal(problem.code, 429);
    assert.equal(problem.refusal, "rate_limited");
    assert.match(problem.detail, /^This customer may send 2 requests and frames a second/);
    assert.ok(problem.retryAfterMs > 0 && problem.retryAfterMs <= 500);
    assert.ok(problem.remedies.length > 0);
  }
  assert.equal((await other.ask("message", { text: "I have said nothing yet" })).type, "done");
  await sleep(refused.at(-1).problem.retryAfterMs + 50);
  assert.equal((await customer.ask("message", { text: "now" })).type, "done");
  await customer.close();
  await other.close();
});

test("requests of a supervisor: 429 with Retry-After; an administrator and /healthz are served", async () => {
  const supervisor = server.as("supervisor"), admin = server.as("admin");
  let answer;
  for (let i = 0; i < 13; i++) {
    answer = await supervisor("GET", "/queues");
    if (answer.status !== 200) break;
  }
  assert.equal(answer.status, 429);
  assert.equal(answer.type, "application/problem+json");
  assert.equal(answer.headers["retry-after"], "1");
  assert.equal(answer.body.refusal, "rate_limited");
  assert.match(answer.body.type, /\/problems\/rate-limited$/);
  assert.equal((await admin("GET", "/queues")).status, 200);
  assert.equal((await server.ask("GET", "/healthz")).status, 200);
});

test("frames that are none are counted, too", async () => {
  const customer = await Peer.customer(server, "plain");
  for (let i = 0; i < 14; i++) customer.socket.send("no frame");
  const { problem } = await customer.hear("too many", (f) => f.type === "problem" && f.problem.code === 429);
  assert.equal(problem.refusal, "rate_limited");
  await customer.close();
});

test("customers of facades: as our own; who is refused is told in the facade's words", async () => {
  const talk = (await server.ask("POST", "/v3/directline/conversations", { token: process.env.TEST_RATE_LINE })).body;
  const post = (n) => server.ask("POST", `/v3/directline/conversations/${talk.conversationId}/activities`,
    { token: talk.token, body: { type: "message", from: { id: "u" }, text: `line ${n}` } });
  const posted = await Promise.all(Array.from({ length: 40 }, (_, n) => post(n)));
  const refused = posted.filter((p) => p.status !== 200);
  assert.ok(refused.length >= 1 && refused.length <= 30, `${refused.length} were refused`);
  for (const { status, body } of refused) assert.deepEqual([status, body.error.code], [429, "TooManyRequests"]);
});

test("of an address, an entry point and all customers together no more than the file says; agents go on", async () => {
  const limited = async (rates, story) => {
    const other = await Server.start(centre.replace("rates: { customer: 2, supervisor: 2 }", `rates: { ${rates} }`));
    try {
      await story(other);
    } finally {
      await other.remove();
    }
  };
  const until = async (ask, most = 40) => {
    for (let i = 1; i <= most; i++) {
      const answer = await ask(i);
      if (answer.status === 429) return { i, answer };
    }
    return { i: most + 1 };
  };
  await limited("address: 4", async (other) => {
    const { i, answer } = await until(() => other.as("supervisor")("GET", "/queues"));
    assert.ok(i > 18 && i < 40, `refused at request ${i}`);
    assert.match(answer.body.detail, /^Of one address, as this is, 4 a second are taken/);
    assert.ok(Number(answer.headers["retry-after"]) >= 1);
    assert.equal((await other.ask("GET", "/api/v1/queues", { token: "nobody" })).status, 429, "before anybody asks who it is");
    assert.equal((await other.ask("GET", "/healthz")).status, 200);
  });
  await limited("entryPoint: 2", async (other) => {
    const open = (entryPoint) => other.as("supervisor")("POST", "/sessions", { entryPoint });
    const { i, answer } = await until(() => open("plain"));
    assert.ok(i > 9 && i < 20, `refused at session ${i}`);
    assert.match(answer.body.detail, /sessions of this entry point 2 a second/);
    await assert.rejects(Peer.customer(other, "plain"), { status: 429 });
    assert.equal((await open("absent")).status, 201, "another entry point");
  });
  await limited("centre: 2", async (other) => {
    const { body } = await other.as("supervisor")("POST", "/sessions", { entryPoint: "plain" });
    const { i, answer } = await until(() => other.as(body.token)("GET", `/sessions/${body.id}`));
    assert.ok(i > 9 && i < 20, `refused at request ${i}`);
    assert.match(answer.body.detail, /requests of all customers 2 a second/);
    assert.equal((await other.as("visitor")("POST", "/sessions", { entryPoint: "plain" })).status, 429);
    assert.equal((await other.as("anna")("GET", "/queues")).status, 200);
  });
});
