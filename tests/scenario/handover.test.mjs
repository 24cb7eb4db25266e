// handover.test.mjs - the ticket's refusal, member by member, and its four cures.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { Peer } from "./support/peer.mjs";
import { finish, goodbye, talk, take } from "./support/story.mjs";
import { eventually, Server } from "./support/server.mjs";

let server, bot, supervisor;

before(async () => {
  server = await Server.start();
  bot = await Peer.bot(server);
  supervisor = server.as("supervisor");
});
after(() => server?.remove());

const timeline = async (id) => (await supervisor("GET", `/sessions/${id}/timeline`)).body.events;

test("a transfer between the bot's goodbye and its close: the whole document", async () => {
  const { customer, id } = await goodbye(server, bot);
  const seen = (await supervisor("GET", `/sessions/${id}`)).body;
  const answer = await supervisor("POST", `/sessions/${id}/transfer`,
    { action: "Transfer", queueId: "support", skipQueue: false, reason: "Bot handover" });

  assert.equal(answer.status, 409);
  assert.equal(answer.type, "application/problem+json");
  const { body } = answer;
  // The three members that people's scripts read today.
  assert.equal(body.code, 409);
  assert.equal(body.status, "Conflict");
  assert.equal(body.message, "Resource conflict. Session is not in a valid state for transfer.");
  // RFC 9457
  assert.match(body.type, /^https:\/\/[^/]+\/problems\/bot-still-holds$/);
  assert.equal(body.title, "The bot still holds the session");
  assert.match(body.detail, /^Bot 'cognigy' said goodbye \d+ ms ago and its connection is not closed yet\.$/);
  assert.equal(body.instance, `/api/v1/sessions/${id}`);
  // what only Baton says
  assert.equal(body.refusal, "release_in_progress");
  assert.deepEqual(body.session, {
    id, status: "releasing", holder: seen.holder, epoch: seen.epoch, version: seen.version + 1,
  });
  assert.equal(body.session.holder.kind, "bot");
  assert.equal(body.session.holder.id, "cognigy");
  assert.ok(Date.parse(body.session.holder.since));
  assert.deepEqual(body.allowedFrom, ["idle", "queued"]);
  assert.ok(body.remedies.length >= 2);
  for (const remedy of body.remedies) assert.equal(typeof remedy.do, "string");
  assert.ok(body.remedies.some((r) => r.script === 'Transfer(session.id, "support", "reason:Bot handover,when:released")'),
    JSON.stringify(body.remedies));
  assert.ok(body.remedies.some((r) => r.script === "EndConversation(session.id)"));
  assert.ok(body.retryAfterMs > 0 && body.retryAfterMs <= 5000);
  assert.equal(answer.headers["retry-after"], String(Math.ceil(body.retryAfterMs / 1000)));

  await customer.close();
  await finish(server, id);
});

test("the forum script, byte for byte: its transfer is refused, and it says why", async () => {
  const agent = await Peer.agent(server);
  const { customer, id } = await goodbye(server, bot, "forum");
  const events = await eventually("the script ends", async () => {
    const all = await timeline(id);
    return all.some((e) => e.type === "script.ended") && all;
  });
  const refused = events.find((e) => e.type === "transfer.refused");
  assert.equal(refused.refusal, "release_in_progress");
  assert.equal(refused.target, "AgentSkill");
  assert.equal(refused.cause.line, 5);
  assert.equal(refused.cause.role, "script");
  const line = events.find((e) => e.type === "script.log");
  assert.equal(line.text, "Transfer failed: Resource conflict. Session is not in a valid state for transfer.");

  await supervisor("POST", `/sessions/${id}/transfer`, { skill: "AgentSkill", priority: 1 }); // and again
  const words = await server.ask("GET", `/api/v1/sessions/${id}/explain`,
    { token: "test-supervisor-token", headers: { Accept: "text/plain" } });
  assert.match(words.type, /^text\/plain/);
  for (const said of [/The customer is connected\.\n/, /Script .forum., line 5, asked .*release_in_progress/,
    /A transfer is taken at once while it is idle or queued\./, /Transfer\(session\.id, "AgentSkill", "priority:1,when:released"\)/,
    /EndConversation\(session\.id\)/, /Supervisor .supervisor. asked [^]*Cure: as above\./]) {
    assert.match(words.text, said);
  }
  bot.send("session.close", { session: id });
  await customer.hear("idle", (f) => f.type === "session.status" && f.status === "idle");
  assert.equal(agent.all.filter((f) => f.type === "offer").length, 0);
  await finish(server, id);
  await agent.close();
});

// The bot closes when it is told to, and otherwise a moment after its goodbye.
async function bot_closes(entryPoint, id) {
  if (entryPoint === "end") {
    await bot.hear("session.released", (f) => f.type === "session.released" && f.session === id);
  } else if (entryPoint === "released") {
    await eventually("the transfer waits", async () =>
      (await timeline(id)).some((e) => e.type === "transfer.waits"));
  }
  if (entryPoint !== "hangup") bot.send("session.close", { session: id });
}

for (const entryPoint of ["released", "end", "wait", "hangup"]) {
  test(`cured with cure-${entryPoint}.studio: customer and agent talk`, async () => {
    const agent = await Peer.agent(server);
    const { customer, id } = await talk(server, bot, entryPoint);
    bot.send("session.goodbye", { session: id, outcome: "escalate" });
    await bot_closes(entryPoint, id);
    await take(agent, id);
    agent.send("message", { session: id, text: "Hello, this is Anna." });
    const said = await customer.hear("message", (f) => f.type === "message" && f.from === "agent");
    assert.equal(said.text, "Hello, this is Anna.");
    customer.send("message", { text: "At last!" });
    const heard = await agent.hear("message", (f) => f.type === "message" && f.from === "customer");
    assert.equal(heard.text, "At last!");
    assert.equal(heard.session, id);

    const events = await timeline(id);
    assert.ok(!events.some((e) => e.type === "transfer.refused"));
    assert.equal(events.find((e) => e.type === "session.queued").priority, 1);
    if (entryPoint === "released") { // the release and the transfer are one step
      const released = events.findIndex((e) => e.type === "bot.released");
      assert.equal(events[released].seq, events.find((e) => e.type === "session.queued").seq);
    }
    agent.send("end", { session: id, reason: "solved" });
    await customer.hear("session.ended");
    assert.equal((await agent.ask("complete", { session: id, disposition: "solved" })).type, "done");
    await eventually("completed", async () => {
      const session = await supervisor("GET", `/sessions/${id}`);
      return session.status === 404 || session.body.status === "completed";
    });
    await agent.close();
  });
}

test("what the bot says after the handover does not reach the customer", async () => {
  const agent = await Peer.agent(server);
  const { customer, id } = await goodbye(server, bot);
  bot.send("session.close", { session: id });
  await customer.hear("idle", (f) => f.type === "session.status" && f.status === "idle");
  assert.equal((await supervisor("POST", `/sessions/${id}/transfer`, { queueId: "support" })).status, 200);
  await take(agent, id);
  const late = await bot.ask("message", { session: id, text: "I am back!" });
  assert.equal(late.type, "problem");
  assert.equal(late.problem.refusal, "stale_holder");
  agent.send("message", { session: id, text: "Anna again." });
  await customer.hear("message", (f) => f.type === "message" && f.from === "agent");
  assert.ok(!customer.all.some((f) => f.text === "I am back!"));
  await finish(server, id);
  await agent.close();
});

test("candidates say for each agent why, or why not", async () => {
  const agent = await Peer.agent(server);
  const { id } = await goodbye(server, bot);
  bot.send("session.close", { session: id });
  await eventually("idle", async () => (await supervisor("GET", `/sessions/${id}`)).body.status === "idle");
  await supervisor("POST", `/sessions/${id}/transfer`, { queueId: "nobody" }); // refused: nobody has the skill
  await supervisor("POST", `/sessions/${id}/transfer`, { queueId: "french" });
  const { body } = await supervisor("GET", `/sessions/${id}/candidates`);
  assert.equal(body.queue, "french");
  const [anna, bert] = ["anna", "bert"].map((name) => body.candidates.find((c) => c.agent === name));
  assert.equal(anna.skill, "French");
  assert.equal(anna.state, "available");
  assert.notEqual(bert.why, anna.why);
  assert.equal(bert.state, "offline");
  await finish(server, id);
  await agent.close();
});

test("the figures of the queue, the skill and the agent tell of what was done here", async () => {
  const agent = await Peer.agent(server);
  const { body: before } = await supervisor("GET", "/queues/support/figures");
  const { customer, id } = await goodbye(server, bot);
  bot.send("session.close", { session: id });
  await customer.hear("idle", (f) => f.type === "session.status" && f.status === "idle");
  await supervisor("POST", `/sessions/${id}/transfer`, { queueId: "support" });
  await take(agent, id);
  const { body: queue } = await supervisor("GET", "/queues/support/figures?hours=2");
  assert.equal(queue.total.answered, before.total.answered + 1);
  assert.equal(queue.intervalSeconds, 900);
  assert.equal(queue.total.serviceLevel, 1);
  assert.ok(queue.intervals.length >= 1 && Date.parse(queue.intervals[0].begin) % 900_000 === 0);
  const { body: skill } = await supervisor("GET", "/skills/AgentSkill/figures");
  assert.ok(skill.total.answered >= queue.total.answered);
  const { body: anna } = await supervisor("GET", "/agents/anna/figures");
  assert.ok(anna.total.accepted >= 1 && anna.total.offers >= anna.total.accepted);
  const unknown = await supervisor("GET", "/queues/supprt/figures");
  assert.equal(unknown.status, 404);
  assert.equal((await supervisor("GET", "/queues/support/figures?hours=25")).status, 422);
  await finish(server, id);
  await agent.close();
});
