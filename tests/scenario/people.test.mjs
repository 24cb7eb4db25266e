// people.test.mjs - customers, bots and agents who come late, leave early, or die.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { after, afterEach, before, test } from "node:test";
import { Peer } from "./support/peer.mjs";
import { finish, goodbye, idle, take, talk } from "./support/story.mjs";
import { eventually, Server, TOKENS } from "./support/server.mjs";

let server, bot, supervisor;

before(async () => {
  server = await Server.start();
  bot = await Peer.bot(server);
  supervisor = server.as("supervisor");
});
after(() => server?.remove());

const session = async (id) => (await supervisor("GET", `/sessions/${id}`)).body;
const becomes = (id, status) => eventually(status, async () => (await session(id)).status === status);
const types = async (id) => (await supervisor("GET", `/sessions/${id}/timeline`)).body.events.map((e) => e.type);
const transfer = (id, body) => supervisor("POST", `/sessions/${id}/transfer`, body);

// No agent, no session of one test is there in the next.
const here = [];
async function agent(name) {
  here.push(await Peer.agent(server, name));
  return here.at(-1);
}
afterEach(async () => {
  const { body } = await supervisor("GET", "/sessions");
  for (const { id } of body.sessions) await finish(server, id);
  for (const name of ["anna", "bert"]) await supervisor("PUT", `/agents/${name}/state`, { state: "offline" });
  for (const peer of here.splice(0)) await peer.close();
});

async function active(entryPoint, name = "anna") {
  const desk = await agent(name);
  const told = await idle(server, bot, entryPoint);
  assert.equal((await transfer(told.id, { queueId: "support" })).status, 200);
  await take(desk, told.id);
  return { ...told, desk };
}

test("an agent whose line is cut comes back to the same session and transcript", async () => {
  const { customer, id, desk } = await active("plain");
  desk.send("message", { session: id, text: "one" });
  await customer.hear("one", (f) => f.text === "one");
  await desk.cut();
  await eventually("agent.lost", async () => (await types(id)).includes("agent.lost"));
  assert.equal((await session(id)).status, "active");
  customer.send("message", { text: "still there?" });
  await customer.hear("still there?", (f) => f.text === "still there?");

  const back = await Peer.connect(server, "/agents/anna/socket", "anna");
  here.push(back);
  const assigned = await back.hear("session.assigned");
  assert.equal(assigned.session.id, id);
  assert.deepEqual(assigned.session.messages.map((m) => m.text), ["one", "still there?"]);
  await eventually("agent.returned", async () => (await types(id)).includes("agent.returned"));
  back.send("message", { session: id, text: "yes" });
  await customer.hear("yes", (f) => f.text === "yes");
});

test("an agent who does not come back: the session stands at its old place again", async () => {
  const { id, desk } = await active("hasty");
  const before = await session(id);
  await desk.cut();
  await becomes(id, "queued");
  const { queue } = await session(id);
  assert.equal(queue.id, "support");
  assert.equal(queue.position, 1);
  assert.ok(Date.parse(queue.enteredAt) <= Date.parse(before.statusSince));
  assert.ok((await types(id)).includes("session.requeued"));
});

test("two screens of one agent: one may go", async () => {
  const { customer, id, desk } = await active("plain");
  const second = await Peer.connect(server, "/agents/anna/socket", "anna");
  here.push(second);
  await second.hear("session.assigned");
  await desk.close();
  second.send("message", { session: id, text: "from the other screen" });
  await customer.hear("it", (f) => f.text === "from the other screen");
  assert.ok(!(await types(id)).includes("agent.lost"));
});

test("declined, not answered, withdrawn: the session keeps its place", async () => {
  const bert = await agent("bert");
  const { customer, id } = await idle(server, bot);
  await transfer(id, { queueId: "french" });
  const { enteredAt } = (await session(id)).queue;
  const first = await bert.hear("offer");
  assert.equal(first.session.id, id);
  bert.send("offer.decline", { session: id, offer: first.offer, reason: "busy" });
  await bert.hear("offer.declined");
  // The only agent gets it again; and does not answer.
  const second = await bert.hear("offer");
  assert.notEqual(second.offer, first.offer);
  await bert.hear("offer.expired");
  assert.equal((await session(id)).queue.enteredAt, enteredAt);
  const late = await bert.ask("offer.accept", { session: id, offer: second.offer });
  assert.equal(late.problem.refusal, "offer_gone");
  await bert.ask("state", { state: "available" }); // RONA made him away
  await bert.hear("offer");
  customer.send("leave");
  await customer.hear("session.ended");
  await bert.hear("offer.withdrawn");
  assert.deepEqual((await types(id)).filter((t) => t.startsWith("offer.")),
    ["offer.made", "offer.declined", "offer.made", "offer.expired", "offer.made"]);
});

test("a bot's process is killed: bot.lost, then the fallback", async () => {
  await bot.close(); // the invitation shall go to the process
  const program = new URL("../../examples/clients/python/bot.py", import.meta.url).pathname;
  const process_ = spawn(process.env.PYTHON ?? "python3", [program, "--name", "cognigy", "--url", `http://127.0.0.1:${server.port}`],
    { env: { ...process.env, BATON_TOKEN: TOKENS.cognigy }, stdio: "ignore" });
  await eventually("the bot is there", async () => (await supervisor("GET", "/bots/cognigy")).body.connected);
  const customer = await Peer.customer(server, "hasty");
  await customer.hear("the greeting", (f) => f.type === "message" && f.from === "bot");
  const { id } = customer.all[0].session;
  process_.kill("SIGKILL");
  await customer.hear("idle", (f) => f.status === "idle");
  await customer.hear("queued", (f) => f.status === "queued");
  const events = await types(id);
  assert.ok(events.indexOf("bot.lost") >= 0 && events.indexOf("bot.lost") < events.indexOf("session.queued"), events.join());
  assert.equal((await session(id)).queue.id, "support");
  bot = await Peer.bot(server);
});

test("a bot that says goodbye and never closes is closed by the server", async () => {
  const { id } = await goodbye(server, bot, "hasty");
  await bot.hear("session.released", (f) => f.type === "session.released" && f.session === id);
  await eventually("bot.drained", async () => (await types(id)).includes("bot.drained"));
});

test("a bot that closes before its goodbye, and one that never comes", async () => {
  const closed = await talk(server, bot, "hasty");
  bot.send("session.close", { session: closed.id });
  await eventually("bot.lost", async () => (await types(closed.id)).includes("bot.lost"));
  const customer = await Peer.customer(server, "absent");
  await customer.hear("queued", (f) => f.status === "queued");
  assert.ok((await types(customer.all[0].session.id)).includes("invite.expired"));
});

test("nobody takes it and there is no fallback: the customer is told the end", async () => {
  const { customer } = await idle(server, bot, "nowhere");
  await customer.hear("session.ended");
  assert.equal((await customer.over).code, 1000);
});

test("a bot may transfer the session itself, and end it", async () => {
  const first = await talk(server, bot);
  const answer = await bot.ask("session.transfer", { session: first.id, queueId: "support", release: true });
  assert.equal(answer.type, "done", JSON.stringify(answer));
  bot.send("session.close", { session: first.id });
  await becomes(first.id, "queued");
  const second = await talk(server, bot);
  bot.send("session.goodbye", { session: second.id, outcome: "end", text: "Bye!" });
  await second.customer.hear("the last words", (f) => f.text === "Bye!");
  bot.send("session.close", { session: second.id });
  await second.customer.hear("session.ended");
});

test("the goodbye's words reach the customer; its attributes and reason reach the agent", async () => {
  const desk = await agent("anna");
  const { customer, id } = await talk(server, bot);
  bot.send("session.goodbye", { session: id, outcome: "escalate", reason: "angry", text: "A colleague comes.",
    attributes: { bill: { number: 9007199254740993n.toString(), "ünïcode": [1, 2] } } });
  await customer.hear("the words", (f) => f.text === "A colleague comes.");
  bot.send("session.close", { session: id });
  await becomes(id, "idle");
  await transfer(id, { queueId: "support", note: "be kind" });
  const { session: offered } = await desk.hear("offer");
  assert.deepEqual(offered.attributes.bill, { number: "9007199254740993", "ünïcode": [1, 2] });
  assert.equal(offered.note, "be kind");
  assert.deepEqual(offered.messages.map((m) => m.text), ["A colleague comes."]);
});

test("what a customer writes between bot and agent reaches the agent", async () => {
  const desk = await agent("anna");
  const { customer, id } = await goodbye(server, bot);
  customer.send("message", { text: "while releasing" });
  bot.send("session.close", { session: id });
  await customer.hear("idle", (f) => f.status === "idle");
  customer.send("message", { text: "while idle" });
  await customer.hear("it", (f) => f.text === "while idle");
  await transfer(id, { queueId: "support" });
  const assigned = await take(desk, id);
  assert.deepEqual(assigned.session.messages.map((m) => m.text), ["while releasing", "while idle"]);
});

test("a customer who is gone too long has left", async () => {
  const { customer, id } = await talk(server, bot, "hasty");
  await customer.cut();
  const left = await bot.hear("customer.left", (f) => f.type === "customer.left" && f.session === id);
  assert.ok(left);
  await eventually("over", async () => (await types(id)).includes("session.ended"));
});

test("typing is seen by the other side and by nobody twice", async () => {
  const { customer, id, desk } = await active("plain");
  desk.send("typing", { session: id, on: true });
  const seen = await customer.hear("typing");
  assert.equal(seen.from, "agent");
  customer.send("typing", { on: true });
  assert.equal((await desk.hear("typing")).from, "customer");
  desk.send("message", { session: id, text: "x" });
  await customer.hear("x", (f) => f.text === "x");
  assert.equal(customer.all.filter((f) => f.type === "typing").length, 1);
});

test("capacity: offers come up to it, and a wrap-up still counts", async () => {
  const bert = await agent("bert"); // chat 3, from the default
  const sessions = [];
  for (let i = 0; i < 4; i++) {
    const { id } = await idle(server, bot);
    await transfer(id, { queueId: "french" });
    if (i < 3) await take(bert, id);
    sessions.push(id);
  }
  assert.equal((await session(sessions[3])).status, "queued");
  const { candidates } = (await supervisor("GET", `/sessions/${sessions[3]}/candidates`)).body;
  const why = candidates.find((c) => c.agent === "bert");
  assert.equal(`${why.used}/${why.capacity}`, "3/3");
  bert.send("end", { session: sessions[0] });
  await bert.hear("session.ended", (f) => f.type === "session.ended" && f.status === "wrapup");
  assert.equal((await session(sessions[3])).status, "queued");
  bert.send("complete", { session: sessions[0] });
  await take(bert, sessions[3]);
});
