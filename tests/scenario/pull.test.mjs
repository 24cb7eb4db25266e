// pull.test.mjs - agents take what they choose where a queue lets them; overflows ask the queues on their way.
import assert from "node:assert/strict";
import fs from "node:fs";
import { after, before, test } from "node:test";
import { Peer } from "./support/peer.mjs";
import { finish, idle } from "./support/story.mjs";
import { CENTRE, Server, eventually } from "./support/server.mjs";

const SCRIPTS = new URL("../../examples/handover/", import.meta.url).pathname;
const QUEUES = `queues:
  - { id: mail, skills: [AgentSkill], offers: false, pull: any }
  - { id: line, skills: [AgentSkill], offers: false, pull: next }
  - { id: last, name: Last, skills: [Rare] }
  - { id: middle, skills: [Rare], maxWait: 1, overflow: last }
  - { id: start, skills: [Rare], maxWait: 1, overflow: middle }
`;
const centre = fs.readFileSync(CENTRE, "utf8").replaceAll("../../examples/handover/", SCRIPTS)
  .replace("queues:\n", QUEUES).replace("skills: [French]}", "skills: [French, Rare]}")
  .replace("{ id: bert, name: Bert, skills: [French] }", "{ id: bert, name: Bert, skills: [French, Rare] }");

let server, bot, supervisor, anna, as;

before(async () => {
  server = await Server.start(centre);
  supervisor = server.as("supervisor");
  as = server.as("anna");
  bot = await Peer.bot(server);
  anna = await Peer.agent(server, "anna");
});
after(() => server?.remove());

async function waiting(queueId, more = {}) {
  const { id } = await idle(server, bot);
  const answer = await supervisor("POST", `/sessions/${id}/transfer`, { queueId, ...more });
  assert.equal(answer.status, 200, JSON.stringify(answer.body));
  return id;
}

test("an agent lists what it may take, and takes the one that it chooses", async () => {
  const low = await waiting("mail");
  const high = await waiting("mail", { priority: 9 });
  const list = (await as("GET", "/agents/anna/takeable?queue=mail")).body.takeable;
  assert.deepEqual(list.map((s) => [s.session, s.mayPull]), [[high, true], [low, true]]);
  const candidates = (await supervisor("GET", `/sessions/${low}/candidates`)).body.candidates;
  assert.equal(candidates.find((c) => c.agent === "anna").why, "pull_only");
  assert.equal((await as("POST", `/sessions/${low}/pull`)).status, 200);
  await anna.hear("session.assigned", (f) => f.type === "session.assigned" && f.session.id === low);
  assert.match((await supervisor("GET", `/sessions/${low}/explain`)).text,
    /Agent 'anna' pulled the session and holds it, after/);
  const other = await server.as("bert")("POST", `/sessions/${high}/pull`);
  assert.equal(other.body.refusal, "not_eligible");
  await finish(server, low);
  await finish(server, high);
});

test("where only the first may be taken, another is refused; over the socket, too", async () => {
  const first = await waiting("line");
  const second = await waiting("line");
  const refused = await as("POST", `/sessions/${second}/pull`);
  assert.equal(refused.body.refusal, "pull_not_allowed");
  assert.match(refused.body.detail, new RegExp(first));
  assert.equal((await anna.ask("pull.next", { queue: "line" })).type, "done");
  await anna.hear("session.assigned", (f) => f.type === "session.assigned" && f.session.id === first);
  assert.equal((await anna.ask("pull", { session: second })).type, "done");
  await anna.hear("session.assigned", (f) => f.type === "session.assigned" && f.session.id === second);
  assert.equal((await as("POST", "/agents/anna/pull", {})).body.refusal, "nothing_to_pull");
  await finish(server, first);
  await finish(server, second);
});

test("a queue that offers by itself refuses to be pulled from", async () => {
  await anna.ask("state", { state: "away" });
  const id = await waiting("support");
  const refused = await as("POST", `/sessions/${id}/pull`);
  assert.equal(refused.body.refusal, "pull_not_allowed");
  assert.equal((await as("POST", "/agents/anna/pull", { queue: "support" })).body.refusal, "pull_not_allowed");
  await finish(server, id);
});

test("an overflow passes over a queue that is paused, and says so", async () => {
  await supervisor("POST", "/queues/middle/pause", { reason: "moving house" });
  const id = await waiting("start");
  await eventually("it is in the last queue", async () =>
    (await supervisor("GET", `/sessions/${id}`)).body.queue?.id === "last");
  const story = (await supervisor("GET", `/sessions/${id}/explain`)).text;
  assert.match(story, /Queue 'middle' was to take over and did not: Queue 'middle' is paused: moving house\./);
  assert.match(story, /The queue's longest wait was over: queue 'last' took the session; its clock goes on\./);
  await finish(server, id);
});

test("where no queue takes over the session stays, also over kill -9", async () => {
  await supervisor("POST", "/queues/last/drain", { reason: "evening" });
  const id = await waiting("start");
  const postponed = async () => (await supervisor("GET", `/sessions/${id}/timeline`)).body.events
    .some((e) => e.type === "overflow.postponed");
  await eventually("it is postponed", postponed);
  assert.equal((await supervisor("GET", `/sessions/${id}`)).body.queue.id, "start");
  await server.stop("SIGKILL");
  await server.up();
  assert.equal((await supervisor("GET", `/sessions/${id}`)).body.queue.id, "start");
  await finish(server, id);
});
