// dispositions.test.mjs - the centre has words for outcomes: agents are offered them, nothing else is taken, and what ended is found by them.
import assert from "node:assert/strict";
import fs from "node:fs";
import { after, before, test } from "node:test";
import { Peer } from "./support/peer.mjs";
import { CENTRE, Server, eventually } from "./support/server.mjs";

const SCRIPTS = new URL("../../examples/handover/", import.meta.url).pathname;
const centre = (queue) =>
  fs.readFileSync(CENTRE, "utf8").replaceAll("../../examples/handover/", SCRIPTS)
    .replace("queues:\n", `queues:\n  - { id: office, skills: [AgentSkill]${queue} }\n`) + `
dispositions:
  - { id: solved, name: Solved at once }
  - { id: complaint, name: Complaint, noteRequired: true }
  - { id: spam }
`;

let server, bot, anna;

before(async () => {
  server = await Server.start(centre(", dispositions: [solved, complaint]"));
  bot = await Peer.bot(server);
  anna = await Peer.agent(server, "anna");
  await anna.ask("state", { state: "available" });
});
after(() => server?.remove());

// A customer of the queue, whom anna has and has said goodbye to.
async function wrapping() {
  const { body } = await server.as("admin")("POST", "/sessions", { entryPoint: "released" });
  const id = body.id;
  await bot.hear("the session", (f) => f.type === "session.invited" && f.session.id === id);
  await bot.ask("session.accept", { session: id });
  await server.as("supervisor")("POST", `/sessions/${id}/transfer`, { queueId: "office", when: "released" });
  await bot.ask("session.goodbye", { session: id, outcome: "escalate" });
  await bot.ask("session.close", { session: id });
  await anna.hear("the offer", (f) => f.type === "offer" && f.session.id === id);
  await anna.ask("offer.accept", { session: id });
  await anna.ask("end", { session: id });
  return id;
}

const asAnna = (method, path, body) => server.as("anna")(method, path, body);

test("an agent is offered the queue's outcomes, and another one is refused with the nearest", async () => {
  const id = await wrapping();
  const offered = await asAnna("GET", `/sessions/${id}/dispositions`);
  assert.deepEqual(offered.body, {
    dispositions: [
      { id: "solved", name: "Solved at once", noteRequired: false },
      { id: "complaint", name: "Complaint", noteRequired: true }],
    free: false });

  const unknown = await asAnna("POST", `/sessions/${id}/complete`, { disposition: "sovled" });
  assert.equal(unknown.status, 422);
  assert.equal(unknown.body.refusal, "unknown_disposition");
  assert.equal(unknown.body.pointer, "/disposition");
  assert.match(unknown.body.detail, /Did you mean 'solved'\? They are 'solved', 'complaint'\.$/);
  assert.ok(unknown.body.remedies.length > 0);
  const other = await asAnna("POST", `/sessions/${id}/disposition`, { disposition: "spam" });
  assert.equal(other.body.refusal, "unknown_disposition", "of the centre, not of the queue");

  const bare = await asAnna("POST", `/sessions/${id}/complete`, { disposition: "complaint" });
  assert.deepEqual([bare.status, bare.body.pointer], [422, "/note"]);
  const done = await asAnna("POST", `/sessions/${id}/complete`, { disposition: "Complaint", note: "too late" });
  assert.equal(done.status, 200);

  const found = await eventually("the finished session", async () => {
    const { body } = await server.as("supervisor")("GET", "/history?disposition=complaint");
    return body.sessions[0];
  });
  assert.deepEqual([found.session, found.disposition], [id, "complaint"]);
});

test("the API adds one, which counts at once and after a restart, and goes when no queue names it", async () => {
  const admin = server.as("admin");
  const put = await admin("PUT", "/dispositions/fraud", { name: "Fraud" });
  assert.equal(put.status, 200, JSON.stringify(put.body));
  const wrong = await admin("PATCH", "/dispositions/fraud", { noteRequird: true });
  assert.equal(wrong.status, 422);
  assert.match(wrong.body.detail, /did you mean "noteRequired"/);
  assert.equal((await admin("PATCH", "/queues/office", { dispositions: ["fraud"] })).status, 200);
  assert.equal((await admin("DELETE", "/dispositions/fraud")).body.refusal, "in_use");

  await server.stop("SIGKILL");
  await server.up();
  const all = (await admin("GET", "/dispositions")).body.dispositions;
  assert.deepEqual(all.map((d) => d.configuration.id), ["solved", "complaint", "spam", "fraud"]);
  assert.equal(all[3].configuredBy.source, "api");
  assert.equal((await admin("PATCH", "/queues/office", { dispositions: null })).status, 200);
  assert.equal((await admin("DELETE", "/dispositions/fraud")).status, 200);
});
