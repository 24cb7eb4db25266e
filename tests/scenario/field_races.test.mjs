// field_races.test.mjs - the field's bugs that need real connections at once:
// several writers, each of whom believes to be alone. The stories with a clock
// are in tests/unit/engine/test_field.c.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { Peer } from "./support/peer.mjs";
import { finish, idle } from "./support/story.mjs";
import { Server } from "./support/server.mjs";

let server, bot, supervisor, desk, other;

before(async () => {
  server = await Server.start();
  bot = await Peer.bot(server);
  supervisor = server.as("supervisor");
  desk = await Peer.agent(server, "anna");
  other = await Peer.agent(server, "bert");
});
after(() => server?.remove());

const session = async (id) => (await supervisor("GET", `/sessions/${id}`)).body;
const count = (answers, code) => answers.filter((a) => a.status === code).length;

// It comes back if an offer can be accepted twice: offer_fsm.def with a second
// row for ACCEPT, or an engine that answers before it has decided.
test("double assignment by racing writers", async () => {
  const anna = server.as("anna"), bert = server.as("bert");
  for (let i = 0; i < 5; i++) {
    const { id } = await idle(server, bot, "plain");
    await supervisor("POST", `/sessions/${id}/transfer`, { queueId: "support" });
    await desk.hear("offer", (f) => f.type === "offer" && f.session.id === id);
    const accept = (who) => who("POST", `/sessions/${id}/offer/accept`);
    const answers = await Promise.all([bert, anna, anna, bert, anna, anna, bert].map(accept));
    assert.equal(count(answers, 200), 1);
    assert.deepEqual((await session(id)).holder.id, "anna");
    const { events } = (await supervisor("GET", `/sessions/${id}/timeline`)).body;
    assert.equal(events.filter((e) => e.type === "session.connected").length, 1);
    await finish(server, id);
  }
});

// It comes back if `assign` looks for room in one request and takes it in
// another: cmd_assign() without agent_claim() in the same step.
test("check then act over capacity", async () => {
  const ids = [];
  for (let i = 0; i < 8; i++) ids.push((await idle(server, bot, "plain")).id);
  const answers = await Promise.all(
    ids.map((id) => supervisor("POST", `/sessions/${id}/assign`, { agentId: "bert" })));
  assert.equal(count(answers, 200), 3); // his room for chats
  assert.equal(count(answers, 409), 5);
  const { body } = await supervisor("GET", "/agents/bert");
  assert.equal(body.load.chat.active, 3);
  for (const id of ids) await finish(server, id);
  await other.close();
});
