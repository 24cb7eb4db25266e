// decisions.test.mjs - "why did it go to her, and why not to me?", asked
// afterwards: of the running server, and of the journal with `baton replay`.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { after, before, test } from "node:test";
import { Peer } from "./support/peer.mjs";
import { finish, idle } from "./support/story.mjs";
import { eventually, Server } from "./support/server.mjs";

let server, supervisor, id;

const decisions = (query = "", headers = {}) =>
  supervisor("GET", `/sessions/${id}/decisions${query}`, undefined, headers);
const of = (decision, agent) => decision.candidates.find((c) => c.agent === agent);

// Offered to bert, who does not answer and goes away for it; then he is back.
before(async () => {
  server = await Server.start();
  supervisor = server.as("supervisor");
  const bot = await Peer.bot(server);
  const bert = await Peer.agent(server, "bert");
  ({ id } = await idle(server, bot, "plain"));
  await supervisor("POST", `/sessions/${id}/transfer`, { queueId: "french" });
  await eventually("no answer", async () => (await supervisor("GET", `/sessions/${id}`)).body.status === "queued");
  await Peer.agent(server, "anna");
  await bert.ask("state", { state: "available" });
  const offer = await eventually("offered again", async () =>
    (await supervisor("GET", `/sessions/${id}`)).body.status === "offered");
  assert.ok(offer);
});
after(() => server?.remove());

test("every offer is explained as it was decided", async () => {
  const { status, body } = await decisions();
  assert.equal(status, 200);
  assert.equal(body.session, id);
  assert.deepEqual(body.decisions.map((d) => [d.agent, d.queue, d.agentsReady]),
    [["bert", "french", 1], ["bert", "french", 1]]);
  const [first, second] = body.decisions;
  assert.ok(first.seq < second.seq && first.at < second.at);
  assert.equal(of(first, "bert").why, "would_be_offered");
  assert.equal(of(first, "anna").skill, "French");
  // What is now is not what was: she had not been there.
  assert.equal(of(first, "anna").state, "offline");
  assert.equal(of(second, "anna").state, "available");
});

test("one decision, one agent, in words", async () => {
  const { body } = await decisions();
  const { seq } = body.decisions[1];
  const one = await decisions(`?at=${seq}&agent=anna`);
  assert.deepEqual(one.body.decisions.map((d) => [d.seq, d.candidates.length]), [[seq, 1]]);
  const { text } = await decisions("?agent=anna", { Accept: "text/plain" });
  assert.match(text, /queue french, to bert: the only agent who was ready for it\n.*anna +offline +the agent lacks a required skill/);
});

// It comes back if why.def says to people what its members are called in C.
test("a reason is a sentence; its numbers stand beside it under their names", async () => {
  const { text } = await decisions("", { Accept: "text/plain" });
  assert.match(text, /anna +offline +the agent lacks a required skill, or has it too weakly \(skill "French"/);
  assert.doesNotMatch(text, /other_agent|until_us|needed, has/);
});

test("a finished session's decisions stay; what is not there is said", async () => {
  assert.equal((await decisions("?agent=nobody")).status, 404);
  assert.equal((await decisions("?at=1")).body.decisions.length, 0);
  assert.equal((await decisions("?at=first")).status, 422);
  await finish(server, id);
  assert.equal((await decisions()).body.decisions.length, 2);
});

test("`baton replay` says the same of the journal", () => {
  const run = (...args) => execFileSync(process.env.BATON, ["replay", ...args, `${server.data}/journal`], { encoding: "utf8" });
  const words = run("--candidates", "--agent", "anna", "--session", id);
  assert.equal(words.match(/lacks a required skill/g).length, 2);
  const lines = run("--candidates", "--json", "--session", id).trim().split("\n").map((l) => JSON.parse(l));
  const told = lines.filter((l) => l.decision).map((l) => l.decision);
  assert.deepEqual(told.map((d) => [d.agent, d.candidates.length]), [["bert", 2], ["bert", 2]]);
});
