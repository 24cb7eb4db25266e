// life.test.mjs - the server's own life: start, reload, stop, death, and back.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterEach, test } from "node:test";
import { Peer } from "./support/peer.mjs";
import { finish, goodbye, idle, take, talk } from "./support/story.mjs";
import { BATON, CENTRE, eventually, Server } from "./support/server.mjs";

const started = [];
async function start(centre) {
  started.push(await Server.start(centre));
  return started.at(-1);
}
afterEach(async () => {
  for (const server of started.splice(0)) await server.remove();
});

// The scenarios' centre as text of its own, to be changed while it runs.
const SCRIPTS = new URL("../../examples/handover/", import.meta.url).pathname;
const text = fs.readFileSync(CENTRE, "utf8").replaceAll("../../examples/handover/", SCRIPTS);

test("SIGHUP takes the changed file over and drops nothing", async () => {
  const server = await start(text);
  const bot = await Peer.bot(server);
  const agent = await Peer.agent(server);
  const events = await Peer.connect(server, "/events/socket", "supervisor");
  const { customer, id } = await talk(server, bot);

  server.write(text
    .replace("queues:\n", "queues:\n  - { id: added, name: Added, skills: [AgentSkill] }\n")
    .replace("capacity: { chat: 10 }", "capacity: { chat: 2 }")
    .replace(/.*test-agent-bert-token.*\n/, ""));
  const bert = await Peer.agent(server, "bert");
  server.process.kill("SIGHUP");
  const supervisor = server.as("supervisor");
  await eventually("the new queue is there", async () => (await supervisor("GET", "/queues/added")).status === 200);
  assert.equal((await supervisor("GET", "/agents/anna")).body.load.chat.capacity, 2);
  assert.equal((await bert.over).code, 1008); // his token is gone
  assert.equal((await server.as("bert")("GET", "/queues")).status, 401);

  for (const peer of [bot, agent, events, customer]) assert.equal(peer.closed, null);
  bot.send("session.goodbye", { session: id, outcome: "escalate" });
  bot.send("session.close", { session: id });
  await customer.hear("idle", (f) => f.status === "idle");
  assert.equal((await supervisor("POST", `/sessions/${id}/transfer`, { queueId: "added" })).status, 200);
  await take(agent, id);
});

test("a token that the file gives to somebody else is another token: what it has open ends", async () => {
  const server = await start(text);
  const events = await Peer.connect(server, "/events/socket", "supervisor");
  server.write(text.replace(/role: supervisor,( +)token: test-supervisor-token, name: \w+/, "role: agent, subject: anna, token: test-supervisor-token"));
  server.process.kill("SIGHUP");
  assert.equal((await events.over).code, 1008);
});

test("SIGHUP with a file that has errors: all are logged, nothing changes", async () => {
  const server = await start(text);
  server.write(text.replace("id: support,", "id: support, priorty: 3,").replace("bot: second", "bot: secnd"));
  server.process.kill("SIGHUP");
  await eventually("both errors are logged", () => /priority/.test(server.log) && /second/.test(server.log));
  assert.equal((await server.ask("GET", "/readyz")).status, 200);
  assert.equal((await server.as("supervisor")("GET", "/queues/support")).status, 200);
});

test("a file with errors does not start, and --check-config lists them all with their lines", () => {
  const file = path.join(fs.mkdtempSync(path.join(os.tmpdir(), "baton-scenario-")), "centre.yaml");
  fs.writeFileSync(file, text.replace("id: support,", "id: support, priorty: 3,").replace("bot: second", "bot: secnd"));
  for (const args of [["--check-config"], []]) {
    const { status, stderr, stdout } = spawnSync(BATON, ["serve", file, ...args], { encoding: "utf8" });
    assert.notEqual(status, 0);
    assert.match(stderr + stdout, /centre\.yaml:\d+:\d+: error:.*priority/);
    assert.match(stderr + stdout, /centre\.yaml:\d+:\d+: error:.*second/);
  }
  fs.rmSync(path.dirname(file), { recursive: true });
  assert.equal(spawnSync(BATON, ["serve", "--check-config", CENTRE]).status, 0);
});

test("SIGTERM: sockets are told, requests in flight are answered, the exit code is 0", async () => {
  const server = await start();
  const bot = await Peer.bot(server);
  const { customer, id } = await talk(server, bot);
  const supervisor = server.as("supervisor");
  const asked = Array.from({ length: 20 }, () => supervisor("POST", `/sessions/${id}/messages`, { text: "x" })
    .then((a) => a.status, (error) => error.code));
  const first = await Promise.race(asked);
  assert.equal(first, 201);
  assert.equal(await server.stop("SIGTERM"), 0);
  assert.equal((await customer.over).code, 1001);
  assert.equal((await bot.over).code, 1001);
  const answers = await Promise.all(asked);
  await server.up();
  const { body } = await server.as("supervisor")("GET", `/sessions/${id}`);
  // Each one that was answered is there; a connection that came too late was refused.
  assert.ok(body.messageCount >= answers.filter((status) => status === 201).length);
  assert.ok(answers.every((status) => status === 201 || /ECONN|EPIPE/.test(status)), answers.join());
});

test("kill -9 in the middle of a script's Wait(2): it goes on where it was", async () => {
  const server = await start();
  let bot = await Peer.bot(server);
  const { id, customer } = await goodbye(server, bot, "wait");
  const { token } = customer.all[0];
  await eventually("the script sleeps", async () =>
    (await server.as("supervisor")("GET", `/sessions/${id}/script`)).body?.waitsFor);
  assert.equal(await server.stop("SIGKILL"), null);
  await server.up();
  bot = await Peer.bot(server);
  const agent = await Peer.agent(server);
  const back = await Peer.connect(server, `/sessions/${id}/socket`, token);
  await take(agent, id);
  agent.send("message", { session: id, text: "There you are." });
  await back.hear("the agent", (f) => f.text === "There you are.");
  const { events } = (await server.as("supervisor")("GET", `/sessions/${id}/timeline`)).body;
  assert.equal(events.filter((e) => e.type === "script.started").length, 1);
  assert.equal(events.filter((e) => e.type === "script.ended").length, 1);
  assert.ok(events.some((e) => e.type === "server.recovered") || events.length > 0);
});

test("kill -9 with sessions in every place: each is where it was", async () => {
  const server = await start();
  const supervisor = server.as("supervisor");
  const bot = await Peer.bot(server);
  const agent = await Peer.agent(server);
  const talking = await talk(server, bot);
  const idles = await idle(server, bot);
  const waiting = await idle(server, bot);
  await supervisor("POST", `/sessions/${waiting.id}/transfer`, { queueId: "french", priority: 5 });
  const taken = await idle(server, bot);
  await supervisor("POST", `/sessions/${taken.id}/transfer`, { queueId: "support" });
  await take(agent, taken.id);
  talking.customer.send("message", { text: "are you there?" });
  await talking.customer.hear("it", (f) => f.text === "are you there?");
  const look = async () => Promise.all([talking, idles, waiting, taken].map(async ({ id }) => {
    const { status, holder, messageCount, openedAt, queue } = (await supervisor("GET", `/sessions/${id}`)).body;
    return { status, holder, messageCount, openedAt, place: queue && [queue.id, queue.position, queue.enteredAt, queue.priority] };
  }));
  const before = await look();
  await server.stop("SIGKILL");
  await server.up();
  assert.deepEqual(await look(), before);

  // And their people come back to them.
  const desk = await Peer.agent(server);
  assert.equal((await desk.hear("session.assigned")).session.id, taken.id);
  const back = await Peer.bot(server);
  const invited = await back.hear("session.invited", (f) => f.session?.id === talking.id);
  assert.equal(invited.resumed, true);
  assert.deepEqual(invited.session.messages.map((m) => m.text), ["are you there?"]);
  assert.equal((await back.ask("message", { session: talking.id, text: "I am" })).type, "done");
});

test("a transfer that waits survives kill -9, and goes with the release", async () => {
  const server = await start();
  let bot = await Peer.bot(server);
  const supervisor = server.as("supervisor");
  const { id } = await talk(server, bot);
  const asked = await supervisor("POST", `/sessions/${id}/transfer`, { queueId: "support", when: "released", timeout: 60 });
  assert.equal(asked.status, 202);
  await server.stop("SIGKILL");
  await server.up();
  bot = await Peer.bot(server);
  await bot.hear("session.invited");
  assert.equal((await bot.ask("session.goodbye", { session: id, outcome: "escalate" })).type, "done");
  bot.send("session.close", { session: id });
  await eventually("queued", async () => (await supervisor("GET", `/sessions/${id}`)).body.status === "queued");
  assert.equal((await supervisor("GET", asked.headers.location.slice(7))).body.state, "done");
});

test("a repeat of a transfer that waits says again where it waits, also after kill -9", async () => {
  const server = await start();
  const supervisor = server.as("supervisor");
  const { id } = await talk(server, await Peer.bot(server));
  const ask = () => supervisor("POST", `/sessions/${id}/transfer`, { queueId: "support", when: "released", timeout: 60 }, { "Idempotency-Key": "again" });
  const first = await ask();
  assert.equal(first.status, 202);
  const again = await ask();
  await server.stop("SIGKILL");
  await server.up();
  const later = await ask();
  for (const repeat of [again, later]) {
    assert.deepEqual([repeat.status, repeat.headers.location, repeat.headers["idempotency-replayed"]], [202, first.headers.location, "true"]);
  }
});

test("one data directory, one server; one port, one server", async () => {
  const server = await start();
  const journal = path.join(server.data, "journal");
  const run = (...args) => spawnSync(BATON, ["serve", server.centre, ...args], { encoding: "utf8", timeout: 20_000 });
  const same = run("--data", journal, "--listen", "127.0.0.1:0");
  assert.notEqual(same.status, 0);
  assert.match(same.stderr, /used|another|lock/i);
  const port = run("--data", path.join(server.data, "other"), "--listen", `127.0.0.1:${server.port}`);
  assert.notEqual(port.status, 0);
  assert.match(port.stderr, /taken/);
  assert.equal((await server.ask("GET", "/readyz")).status, 200);
});

test("health, readiness and figures", async () => {
  const server = await start();
  assert.equal((await server.ask("GET", "/healthz")).body.status, "alive");
  assert.equal((await server.ask("GET", "/readyz")).body.status, "ready");
  const bot = await Peer.bot(server);
  const { id } = await goodbye(server, bot);
  await server.as("supervisor")("POST", `/sessions/${id}/transfer`, { queueId: "support" });
  const { text: metrics, type } = await server.ask("GET", "/metrics");
  assert.match(type, /^text\/plain; version=0\.0\.4/);
  assert.match(metrics, /^baton_sessions\{status="releasing"\} 1$/m);
  assert.match(metrics, /^baton_refusals_total\{refusal="release_in_progress",code="409"\} 1$/m);
  for (const line of metrics.trim().split("\n")) {
    assert.match(line, /^(# (HELP|TYPE) \w+ .+|\w+(\{[^}]*\})? [-+\d.eE]+(nan|inf)?)$/i, line);
  }
  await finish(server, id);
});

test("visitors: where the centre has them, a session needs no token", async () => {
  const server = await start(text.replace("listen:", "visitors: true\nlisten:"));
  const bot = await Peer.bot(server);
  const customer = await Peer.connect(server, "/chat?entryPoint=plain");
  const { session, token } = await customer.hear("session.opened");
  await bot.hear("session.invited");
  assert.equal((await server.ask("GET", `/api/v1/sessions/${session.id}`)).status, 401);
  assert.equal((await server.as(token)("GET", `/sessions/${session.id}`)).status, 200);
});

test("more connections than the file allows: 503, typed, and those that are there go on", async () => {
  const server = await start(`${text}\nlimits: { connections: 4 }\n`);
  const peers = [await Peer.bot(server), await Peer.agent(server), await Peer.bot(server, "second")];
  const { customer } = await talk(server, peers[0]);
  const refused = await server.ask("GET", "/healthz");
  assert.equal(refused.status, 503);
  assert.match(refused.type, /problem\+json/);
  assert.equal(refused.body.refusal, "unavailable");
  assert.ok(refused.headers["retry-after"]);
  assert.ok([...peers, customer].every((peer) => peer.closed === null));
  await peers[2].close();
  await eventually("there is room again", async () => (await server.ask("GET", "/healthz")).status === 200);
});
