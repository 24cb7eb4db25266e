// supervise.test.mjs - a supervisor moves, assigns, takes back, pauses and drains; what is decided by hand survives kill -9.
import assert from "node:assert/strict";
import { after, before, beforeEach, test } from "node:test";
import { Peer } from "./support/peer.mjs";
import { finish, idle, take } from "./support/story.mjs";
import { Server, eventually } from "./support/server.mjs";

let server, bot, supervisor, id;

before(async () => {
  server = await Server.start();
  supervisor = server.as("supervisor");
  bot = await Peer.bot(server);
});
after(() => server?.remove());

beforeEach(async () => {
  ({ id } = await idle(server, bot));
});

const session = async () => (await supervisor("GET", `/sessions/${id}`)).body;
const act = async (action, body) => supervisor("POST", `/sessions/${id}/${action}`, body);
const good = (answer) => assert.equal(answer.status, 200, JSON.stringify(answer.body));
const story = async () => (await supervisor("GET", `/sessions/${id}/explain`)).text;
const event = async (type) =>
  (await supervisor("GET", `/sessions/${id}/timeline`)).body.events.findLast((e) => e.type === type);

test("a waiting session is moved with its clock, and the timeline says who and why", async () => {
  good(await act("transfer", { queueId: "french", priority: 3 }));
  const { enteredAt } = (await session()).queue;
  good(await act("move", { queue: "nobody", reason: "French is closed today" }).then(async (refused) => {
    assert.equal(refused.body.refusal, "no_agent_has_skill");
    return act("move", { queue: "owned", reason: "French is ill" });
  }));
  const { queue } = await session();
  assert.deepEqual([queue.id, queue.priority, queue.enteredAt], ["owned", 3, enteredAt]);
  const moved = await event("session.queued");
  assert.deepEqual([moved.cause.who, moved.reason, moved.keepClock], ["supervisor", "French is ill", true]);
  assert.match(await story(), /Supervisor 'supervisor' sent the session to queue 'owned', priority 3; its clock goes on\./);
  await finish(server, id);
});

test("assigned to an agent, taken back, and assigned to another", async () => {
  const anna = await Peer.agent(server, "anna");
  const bert = await Peer.agent(server, "bert");
  good(await act("transfer", { queueId: "support" }));
  await anna.hear("offer");
  good(await act("assign", { agentId: "bert", reason: "knows the customer" }));
  await anna.hear("offer.withdrawn");
  assert.equal((await bert.hear("session.assigned")).session.id, id);
  assert.equal((await session()).holder.id, "bert");
  assert.match(await story(), /gave the session to agent 'bert' \(knows the customer\)/);

  good(await act("requeue", { reason: "bert must go" }));
  assert.equal((await bert.hear("session.left")).session, id);
  await take(anna, id);
  assert.match(await story(), /took it from agent 'bert' \(bert must go\): the session is at its old place/);
  assert.equal((await event("session.requeued")).reason, "bert must go");
  assert.equal((await act("requeue", {}).then(() => act("requeue", {}))).body.refusal, "not_with_agent");
  await finish(server, id);
  await anna.close();
  await bert.close();
});

test("an agent who is not there, or has no room, is not assigned anything", async () => {
  good(await act("transfer", { queueId: "nobody" }).then(() => act("transfer", { queueId: "support" })));
  const refused = await act("assign", { agentId: "ana" });
  assert.equal(refused.status, 404);
  assert.match(refused.body.detail, /Did you mean 'anna'\?/);
  await eventually("anna is gone", async () =>
    (await act("assign", { agentId: "anna" })).body.refusal === "not_logged_in");
  // What helps is what works: setting the state is refused for the same reason.
  const state = await server.as("anna")("PUT", "/agents/anna/state", { state: "available" });
  assert.equal(state.body.refusal, "not_logged_in");
  assert.match(state.body.remedies[0].do, /^open the agent's socket first, anew if it is open/);
  assert.equal((await session()).status, "queued");
  await finish(server, id);
});

test("an offer is withdrawn, and the story says by whom and why", async () => {
  const anna = await Peer.agent(server, "anna");
  good(await act("transfer", { queueId: "support" }));
  await anna.hear("offer");
  good(await act("offer/withdraw", { reason: "not for her" }));
  await anna.hear("offer.withdrawn");
  assert.match(await story(), /took the offer to agent 'anna' back \(not for her\)/);
  await anna.close();
  await finish(server, id);
});

test("an agent who went home is forced offline; the session waits at its place", async () => {
  const anna = await Peer.agent(server, "anna");
  good(await act("transfer", { queueId: "support" }));
  await take(anna, id);
  const refused = await supervisor("PUT", "/agents/anna/state", { state: "offline" });
  assert.equal(refused.body.refusal, "agent_has_work");
  good(await supervisor("PUT", "/agents/anna/state", { state: "offline", force: true, reason: "went home" }));
  await anna.hear("session.left");
  assert.equal((await session()).status, "queued");
  assert.equal((await supervisor("GET", "/agents/anna")).body.state, "offline");
  await anna.close();
  await finish(server, id);
});

test("a queue is paused until a time, over kill -9, and opens by itself", async () => {
  const until = new Date(Date.now() + 4000).toISOString();
  good(await supervisor("POST", "/queues/support/pause", { reason: "fire drill", until }));
  const refused = await act("transfer", { queueId: "support" });
  assert.equal(refused.body.refusal, "queue_paused");
  assert.equal(refused.body.opensAt, until);
  assert.match(refused.body.detail, /fire drill; it opens 20/);
  await server.stop("SIGKILL");
  await server.up();
  bot = await Peer.bot(server);
  await eventually("it is open again", async () => (await supervisor("GET", "/queues/support")).body.open);
  assert.ok(Date.now() >= Date.parse(until));
  good(await act("transfer", { queueId: "support" }));
  await finish(server, id);
  const bad = await supervisor("POST", "/queues/support/pause", { until: "tomorrow" });
  assert.equal(bad.status, 422);
  assert.match(bad.body.detail, /a time such as/);
});

test("a drained queue serves who waits and takes nobody", async () => {
  good(await act("transfer", { queueId: "support" }));
  good(await supervisor("POST", "/queues/support/drain", { reason: "end of the day" }));
  const view = (await supervisor("GET", "/queues/support")).body;
  assert.deepEqual([view.draining, view.open, view.paused], [true, false, false]);
  const { id: late } = await idle(server, bot);
  const refused = await supervisor("POST", `/sessions/${late}/transfer`, { queueId: "support" });
  assert.equal(refused.body.refusal, "queue_draining");
  assert.match(refused.body.detail, /end of the day/);
  const anna = await Peer.agent(server, "anna");
  await take(anna, id);
  good(await supervisor("POST", "/queues/support/open"));
  await finish(server, id);
  await finish(server, late);
  await anna.close();
});

test("a whisper reaches the agent alone; who steps in is told, and heard by everybody", async () => {
  const { customer, id: talk } = await idle(server, bot);
  const anna = await Peer.agent(server, "anna");
  const onTalk = (action, body) => supervisor("POST", `/sessions/${talk}/${action}`, body);
  assert.equal((await onTalk("whisper", { text: "too early" })).body.refusal, "not_with_agent");
  good(await onTalk("transfer", { queueId: "support" }));
  await take(anna, talk);
  good(await onTalk("listen", { reason: "first week" }));
  good(await onTalk("whisper", { text: "Offer a refund." }));
  const whisper = await anna.hear("supervisor.whispered");
  assert.deepEqual([whisper.session, whisper.name, whisper.text], [talk, "supervisor", "Offer a refund."]);
  good(await onTalk("barge", { reason: "a complaint" }));
  assert.equal((await anna.hear("supervisor.barged")).name, "supervisor");
  assert.equal((await onTalk("messages", { text: "I am Anna's supervisor." })).status, 201);
  const said = await customer.hear("what the supervisor says", (f) => f.type === "message" && f.from === "supervisor");
  assert.equal(said.text, "I am Anna's supervisor.");
  await anna.hear("the same", (f) => f.type === "message" && f.from === "supervisor");
  assert.equal((await supervisor("DELETE", `/sessions/${talk}/listen`)).status, 200);
  assert.ok(!JSON.stringify(customer.all).includes("refund"));
  assert.ok(!bot.all.some((f) => JSON.stringify(f).includes("refund")));
  assert.ok(!JSON.stringify((await supervisor("GET", `/sessions/${talk}?messages=true`)).body).includes("refund"));
  await server.stop("SIGKILL");
  await server.up();
  bot = await Peer.bot(server);
  const { body } = await supervisor("GET", `/sessions/${talk}/timeline`);
  const told = body.events.filter((e) => e.type.startsWith("supervisor."));
  assert.deepEqual(told.map((e) => [e.type, e.cause.who]),
    ["listening", "whispered", "barged", "left"].map((what) => [`supervisor.${what}`, "supervisor"]));
  const { text } = await supervisor("GET", `/sessions/${talk}/explain`, undefined, { Accept: "text/plain" });
  assert.match(text, /whispered to agent 'anna': Offer a refund\./);
  await finish(server, talk);
  await finish(server, id);
});

test("sessions are found by what people know of them; agents say what they have in hand", async () => {
  const { id: talk } = await idle(server, bot);
  const find = async (q, more = "") => (await supervisor("GET", `/sessions?q=${encodeURIComponent(q)}${more}`)).body.sessions.map((s) => s.id);
  await supervisor("PATCH", `/sessions/${talk}/attributes`, { order: "A-4711 Grün" });
  assert.deepEqual(await find("a-4711 grün"), [talk]);
  assert.deepEqual(await find("a-4711", "&status=active"), []);
  assert.deepEqual(await find(talk.slice(-12).toUpperCase()), [talk]);
  assert.deepEqual(await find("nobody said this"), []);
  const anna = await Peer.agent(server, "anna");
  good(await supervisor("POST", `/sessions/${talk}/transfer`, { queueId: "support" }));
  await take(anna, talk);
  await anna.ask("message", { session: talk, text: "The Zebra is on its way" });
  assert.deepEqual(await find("zebra"), [talk]);
  assert.ok((await find("Anna")).includes(talk));
  const [contact] = (await supervisor("GET", "/agents/anna")).body.contacts;
  assert.deepEqual([contact.session, contact.status, contact.queue], [talk, "active", "support"]);
  await finish(server, talk);
  await finish(server, id);
  // Over is over: who wants it nevertheless says so.
  const listed = async (more) => (await supervisor("GET", `/sessions${more}`)).body.sessions.some((s) => s.id === talk);
  assert.deepEqual([await listed(""), await listed("?status=completed"), await listed("?status=all"), await listed("?status=queued")], [false, true, true, false]);
  assert.match((await supervisor("GET", "/sessions?status=finished")).body.detail, /^No status is called 'finished': write one of pending, .*completed, or all\. Without it the open sessions/);
});
