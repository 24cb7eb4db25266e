// desk_genesys.test.mjs - a queue that is served by a Genesys organisation: two real Batons, the second of which is the
// platform, with the real SDK as its agent.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { Table } from "./support/compatibility.mjs";
import { pair } from "./support/desk.mjs";
import { login, party, sdk } from "./support/genesys.mjs";
import { Peer } from "./support/peer.mjs";
import { eventually } from "./support/server.mjs";

const table = new Table("desk-genesys", { title: "Genesys Cloud as a desk",
  client: "Baton's own Genesys-compatible API as the platform, `purecloud-platform-client-v2` 262.0.0 as its agent" });
let here, there, supervisor, overThere;
const conversations = new sdk.ConversationsApi(), users = new sdk.UsersApi();

before(async () => {
  ({ here, there } = await pair());
  supervisor = here.as("supervisor");
  overThere = there.as("supervisor");
  await login(there);
  await users.putUserRoutingstatus("anna", { status: "IDLE" });
  await deskIsUp();
});
after(async () => {
  await here?.remove();
  await there?.remove();
  table.check();
});

const deskIsUp = () => eventually("the desk can be reached", async () =>
  (await supervisor("GET", "/agents/contact")).body.state === "available");

// A customer of ours, who waits for the desk: {customer, id}.
async function comes() {
  const customer = await Peer.customer(here, "chat");
  const { session } = await customer.hear("session.opened");
  const id = session.id ?? session;
  await eventually("it waits", async () => (await read(id)).status === "queued");
  return { customer, id };
}
const read = async (id) => (await supervisor("GET", `/sessions/${id}`)).body;
const status = (id, wanted) => eventually(`the session is ${wanted}`, async () => {
  const s = await read(id);
  return s.status === wanted && s;
});

// The conversation over there of a session of ours.
const conversationOf = (id) => eventually("the conversation is there", async () => {
  const list = (await overThere("GET", "/sessions")).body.sessions;
  for (const s of list) {
    const one = (await overThere("GET", `/sessions/${s.id}`)).body;
    if (one.customer?.id?.startsWith(`${id}.`)) return one;
  }
});

// Anna takes it: {id, agent}.
async function answers(id) {
  const alerting = await eventually("anna alerts", async () => {
    const c = await conversations.getConversation(id);
    return party(c, "agent")?.state === "alerting" ? c : null;
  });
  await conversations.patchConversationsMessageParticipant(id, party(alerting, "agent").id, { body: { state: "connected" } });
  return { id, agent: party(await conversations.getConversation(id), "agent") };
}
const agentSays = (t, textBody) =>
  conversations.postConversationsMessageCommunicationMessages(t.id, t.agent.messages[0].id, { textBody });
const agentLeaves = (t) =>
  conversations.patchConversationsMessageParticipant(t.id, t.agent.id, { body: { state: "disconnected" } });
const heard = async (id, text) => eventually(`"${text}" is over there`, async () =>
  (await overThere("GET", `/sessions/${id}/messages`)).body.messages.some((m) => m.text.includes(text)));

test("a whole handover", table.works("a session opens a conversation with its transcript; the agent takes it; messages both ways; the agent leaves", async () => {
  const { customer, id } = await comes();
  const there = await conversationOf(id);
  assert.match((await overThere("GET", `/sessions/${there.id}/messages`)).body.messages[0].text, /Wants a person[^]*robot/);
  const talk = await answers(there.id);
  const active = await status(id, "active");
  assert.deepEqual(active.holder.kind, "agent");
  assert.equal(active.holder.id, "contact");
  customer.send("message", { text: "My parcel is lost" });
  await heard(there.id, "My parcel is lost");
  await agentSays(talk, "I am looking for it");
  const said = await customer.hear("the agent", (f) => f.type === "message" && f.text === "I am looking for it");
  assert.equal(said.name ?? said.author, "Anna");
  await agentLeaves(talk);
  const over = await status(id, "completed");
  assert.equal(over.endReason, "agent_ended");
}));

test("the customer leaves", table.works("the customer leaves, before and after somebody has it: the conversation is over there, too", async () => {
  for (const taken of [false, true]) {
    const { customer, id } = await comes();
    const conversation = await conversationOf(id);
    if (taken) {
      await answers(conversation.id);
      await status(id, "active");
    }
    customer.send("leave");
    await status(id, "completed");
    await eventually("it is over there", async () => {
      const s = (await overThere("GET", `/sessions/${conversation.id}`)).body;
      return s.status === "wrapup" || s.status === "completed";
    });
    if (taken) await overThere("POST", `/sessions/${conversation.id}/complete`);
  }
}));

test("declined, transferred", table.works("a decline, and a transfer to another agent over there, are not the end", async () => {
  await users.putUserRoutingstatus("bert", { status: "IDLE" });
  const { customer, id } = await comes();
  const conversation = await conversationOf(id);
  await overThere("POST", `/sessions/${conversation.id}/assign`, { agentId: "anna" });
  await status(id, "active");
  customer.send("message", { text: "Who are you?" });
  await overThere("POST", `/sessions/${conversation.id}/requeue`);
  await overThere("POST", `/sessions/${conversation.id}/assign`, { agentId: "bert" });
  const c = await conversations.getConversation(conversation.id);
  await conversations.postConversationsMessageCommunicationMessages(conversation.id, party(c, "agent").messages[0].id, { textBody: "I am Bert" });
  const said = await customer.hear("bert", (f) => f.type === "message" && f.text === "I am Bert");
  assert.equal(said.name ?? said.author, "Bert");
  assert.equal((await read(id)).status, "active");
  await overThere("POST", `/sessions/${conversation.id}/end`);
  await status(id, "completed");
  await overThere("POST", `/sessions/${conversation.id}/complete`);
  await users.putUserRoutingstatus("bert", { status: "OFF_QUEUE" });
}));

test("kill -9 in the middle", table.works("kill -9 here, in the middle: the next process goes on, nothing is lost or doubled", async () => {
  const { customer, id } = await comes();
  const conversation = await conversationOf(id);
  const talk = await answers(conversation.id);
  await status(id, "active");
  customer.send("message", { text: "one" });
  await heard(conversation.id, "one");
  const token = customer.all.find((f) => f.type === "session.opened").token;
  customer.send("message", { text: "two" });
  await customer.hear("its own", (f) => f.text === "two" || f.type === "done" || f.type === "message").catch(() => {});
  await eventually("two is kept", async () => (await supervisor("GET", `/sessions/${id}/messages`)).body.messages.some((m) => m.text === "two"));
  await here.stop("SIGKILL");
  const said = agentSays(talk, "are you there?");
  await here.up();
  await said;
  await eventually("the agent is heard", async () =>
    (await supervisor("GET", `/sessions/${id}/messages`)).body.messages.some((m) => m.text === "are you there?"));
  await heard(conversation.id, "two");
  assert.equal((await read(id)).status, "active");
  const texts = (await overThere("GET", `/sessions/${conversation.id}/messages`)).body.messages.map((m) => m.text);
  assert.deepEqual(texts.filter((t) => t === "one" || t === "two"), ["one", "two"]);
  assert.ok(token);
  await agentLeaves(talk);
  await status(id, "completed");
}));

test("explained", async () => {
  const { customer, id } = await comes();
  const { body } = await supervisor("GET", `/sessions/${id}/candidates`);
  assert.deepEqual([body.candidates[0].why, body.candidates[0].desk], ["at_desk", "contact"]);
  await conversationOf(id);
  customer.send("leave");
  await status(id, "completed");
});
