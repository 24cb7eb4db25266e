// transfer.test.mjs - idempotency, versions, waiting and withdrawing: the promises around a transfer.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { Peer } from "./support/peer.mjs";
import { finish, goodbye, idle, talk } from "./support/story.mjs";
import { eventually, Server } from "./support/server.mjs";

let server, bot, supervisor;

before(async () => {
  server = await Server.start();
  bot = await Peer.bot(server);
  supervisor = server.as("supervisor");
});
after(() => server?.remove());

const transfer = (id, body, headers) => supervisor("POST", `/sessions/${id}/transfer`, body, headers);
const status = async (id) => (await supervisor("GET", `/sessions/${id}`)).body.status;

test("a repeat with the same key answers the first answer, byte for byte", async () => {
  const { id } = await idle(server, bot);
  const key = { "Idempotency-Key": "once" };
  const first = await transfer(id, { queueId: "support" }, key);
  assert.equal(first.status, 200);
  assert.equal(first.headers["idempotency-replayed"], undefined);
  const again = await transfer(id, { queueId: "support" }, key);
  assert.equal(again.status, 200);
  assert.equal(again.text, first.text);
  assert.equal(again.headers["idempotency-replayed"], "true");
  assert.equal((await supervisor("GET", `/sessions/${id}`)).body.version, first.body.session.version);

  const other = await transfer(id, { queueId: "small" }, key);
  assert.equal(other.status, 422);
  assert.equal(other.body.refusal, "idempotency_mismatch");

  // The journal keeps it too.
  assert.equal(await server.stop("SIGKILL"), null);
  await server.up();
  const later = await transfer(id, { queueId: "support" }, key);
  assert.equal(later.text, first.text);
  assert.equal(later.headers["idempotency-replayed"], "true");
  bot = await Peer.bot(server);
  await finish(server, id);
});

test("two at the same time with one key are one", async () => {
  const { id } = await idle(server, bot);
  const key = { "Idempotency-Key": "twice-at-once" };
  const answers = await Promise.all([1, 2, 3].map(() => transfer(id, { queueId: "support" }, key)));
  assert.equal(new Set(answers.map((a) => a.text)).size, 1);
  assert.equal(answers.filter((a) => a.headers["idempotency-replayed"]).length, 2);
  await finish(server, id);
});

test("If-Match: only the version that was seen, told by ETag", async () => {
  const { id } = await idle(server, bot);
  const seen = await supervisor("GET", `/sessions/${id}`);
  assert.equal(seen.headers.etag, `"${seen.body.version}"`);
  const old = await transfer(id, { queueId: "support" }, { "If-Match": `"${seen.body.version - 1}"` });
  assert.equal(old.status, 412);
  assert.equal(old.body.refusal, "version_mismatch");
  assert.equal(await status(id), "idle");
  // Not even a refusal may have changed what was seen.
  const now = await supervisor("GET", `/sessions/${id}`);
  const good = await transfer(id, { queueId: "support" }, { "If-Match": now.headers.etag });
  assert.equal(good.status, 200);
  assert.equal(good.headers.etag, `"${good.body.session.version}"`);
  await finish(server, id);
});

test("when: released is accepted at once, and carried out with the release", async () => {
  const { id } = await talk(server, bot);
  const answer = await transfer(id, { queueId: "support", when: "released", priority: 7 });
  assert.equal(answer.status, 202, answer.text);
  const resource = answer.headers.location;
  assert.match(resource, new RegExp(`^/api/v1/sessions/${id}/transfers/[0-9a-f-]{36}$`));
  const waits = await supervisor("GET", resource.slice(7));
  assert.equal(waits.body.state, "waiting");
  assert.equal(waits.body.queue, "support");
  assert.equal(waits.body.priority, 7);

  const second = await transfer(id, { queueId: "small", when: "released" });
  assert.equal(second.status, 409);
  assert.equal(second.body.refusal, "transfer_pending");
  assert.ok(second.text.includes(waits.body.id));

  bot.send("session.goodbye", { session: id, outcome: "escalate" });
  bot.send("session.close", { session: id });
  await eventually("queued", async () => (await status(id)) === "queued");
  const done = await supervisor("GET", resource.slice(7));
  assert.equal(done.body.state, "done");
  assert.equal((await supervisor("GET", `/sessions/${id}`)).body.queue.priority, 7);
  await finish(server, id);
});

test("a transfer that waits can be withdrawn with DELETE, once", async () => {
  const { id } = await talk(server, bot);
  const { headers } = await transfer(id, { queueId: "support", when: "released" });
  const resource = headers.location.slice(7);
  assert.equal((await supervisor("DELETE", resource)).status, 200);
  assert.equal((await supervisor("GET", resource)).body.state, "cancelled");
  const again = await supervisor("DELETE", resource);
  assert.equal(again.status, 409);
  assert.equal(again.body.refusal, "transfer_gone");
  bot.send("session.goodbye", { session: id, outcome: "escalate" });
  bot.send("session.close", { session: id });
  await eventually("idle", async () => (await status(id)) === "idle");
  await finish(server, id);
});

test("Prefer: wait answers when it is carried out", async () => {
  const { customer, id } = await goodbye(server, bot);
  const answer = transfer(id, { queueId: "support", when: "released" }, { Prefer: "wait=10" });
  await eventually("it waits", async () => (await supervisor("GET", `/sessions/${id}`)).body.transfer?.state === "waiting");
  bot.send("session.close", { session: id });
  const done = await answer;
  assert.equal(done.status, 200, done.text);
  assert.equal(done.body.session.status, "queued");
  assert.equal(done.body.transfer.state, "done");
  await customer.close();
  await finish(server, id);
});

test("Prefer: wait answers 202 when its time is over, and the transfer waits on", async () => {
  const { id } = await talk(server, bot);
  const answer = await transfer(id, { queueId: "support", when: "released" }, { Prefer: "wait=1" });
  assert.equal(answer.status, 202);
  assert.equal((await supervisor("GET", answer.headers.location.slice(7))).body.state, "waiting");
  await finish(server, id);
});

test("a transfer that was waited for and withdrawn at its timeout: release_timeout", async () => {
  const { id } = await talk(server, bot);
  const answer = await transfer(id, { queueId: "support", when: "released", timeout: 1 }, { Prefer: "wait=10" });
  assert.equal(answer.status, 409);
  assert.equal(answer.body.refusal, "release_timeout");
  assert.equal(await status(id), "connected");
  const { events } = (await supervisor("GET", `/sessions/${id}/timeline`)).body;
  assert.ok(events.some((e) => e.type === "transfer.expired"));
  await finish(server, id);
});

test("release: true ends the bot's part for the caller", async () => {
  const { id } = await talk(server, bot);
  const answer = await transfer(id, { queueId: "support", release: true });
  assert.equal(answer.status, 202, answer.text);
  await bot.hear("session.released", (f) => f.type === "session.released" && f.session === id);
  bot.send("session.close", { session: id });
  await eventually("queued", async () => (await status(id)) === "queued");
  await finish(server, id);
});

test("the refusals of queues and agents", async () => {
  const { id } = await idle(server, bot);
  const other = await idle(server, bot);
  assert.equal((await transfer(other.id, { queueId: "small" })).status, 200);
  const refusals = [
    [{ queueId: "small" }, "queue_full"],
    [{ queueId: "nobody" }, "no_agent_has_skill"],
    [{ queueId: "support", skills: [{ name: "Rare" }] }, "no_agent_has_skill"],
    [{ queueId: "support", requireAgent: "loggedIn" }, "no_agent_logged_in"],
    [{ queueId: "support", requireAgent: "available" }, "no_agent_available"],
  ];
  for (const [body, refusal] of refusals) {
    const answer = await transfer(id, body);
    assert.equal(answer.status, 409, answer.text);
    assert.equal(answer.body.refusal, refusal);
  }
  assert.match((await transfer(id, { queueId: "small" })).body.detail, /support/); // the overflow
  assert.equal((await transfer(id, { queueId: "small", skipQueue: true })).status, 200);

  assert.equal((await supervisor("POST", "/queues/support/pause", { reason: "fire drill" })).status, 200);
  const paused = await transfer(id, { queueId: "support" });
  assert.equal(paused.body.refusal, "queue_paused");
  assert.match(paused.body.detail, /fire drill/);
  assert.deepEqual([paused.headers["retry-after"], paused.body.opensAt], [undefined, null]); // nobody knows until when
  await supervisor("POST", "/queues/support/open");
  await finish(server, id);
  await finish(server, other.id);
});

test("targets: id, name, skill, agent and bot; an unknown one names the nearest", async () => {
  const { id } = await idle(server, bot);
  for (const [body, queue] of [
    [{ queueId: "support" }, "support"],
    [{ queue: "French desk" }, "french"],
    [{ queueId: "SMALL" }, "small"],
  ]) {
    const answer = await transfer(id, body);
    assert.equal(answer.status, 200, answer.text);
    assert.equal(answer.body.transfer.queue, queue);
  }
  assert.equal((await transfer(id, { skill: "AgentSkill" })).status, 200);
  assert.equal((await transfer(id, { agentId: "anna" })).status, 200);
  for (const body of [{ queueId: "supprot" }, { skill: "AgentSkil" }, { agentId: "ana" }, { bot: "cogngy" }]) {
    const answer = await transfer(id, body);
    assert.equal(answer.status, 404, answer.text);
    assert.equal(answer.body.refusal, "unknown_target");
    assert.match(answer.body.detail, /Did you mean '(support|AgentSkill|anna|cognigy)'/);
  }
  assert.equal((await transfer(id, { bot: "cognigy" })).status, 200);
  await bot.hear("session.invited", (f) => f.type === "session.invited" && f.session.id === id);
  const pending = await transfer(id, { queueId: "support" });
  assert.equal(pending.body.refusal, "bot_not_attached");
  await finish(server, id);
});

test("the session's own answers to a transfer, status by status", async () => {
  const { id } = await talk(server, bot);
  assert.equal((await transfer(id, { queueId: "support" })).body.refusal, "bot_still_holds");
  await finish(server, id);
  const ended = await transfer(id, { queueId: "support" });
  assert.ok(["session_ended", "unknown_session"].includes(ended.body.refusal), ended.text);
});
