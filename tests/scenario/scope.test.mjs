// scope.test.mjs - a supervisor sees the own teams, an administrator reads by a grant, an operator reads nothing that people said.
import assert from "node:assert/strict";
import fs from "node:fs";
import path from "node:path";
import { after, before, test } from "node:test";
import { Peer } from "./support/peer.mjs";
import { CENTRE, eventually, Server, sleep } from "./support/server.mjs";
import { finish, take } from "./support/story.mjs";

const SCRIPTS = new URL("../../examples/handover/", import.meta.url).pathname;
const CANARY = "canary-said-by-the-customer-51d0";
const good = (answer) => (assert.ok(answer.status < 300, `${answer.status} ${answer.text}`), answer.body);
const soon = (ms = 3600_000) => new Date(Date.now() + ms).toISOString();

let server, tess, supervisor, admin, ottla, operator, text, agents;
const people = {};

before(async () => {
  text = fs.readFileSync(CENTRE, "utf8").replaceAll("../../examples/handover/", SCRIPTS);
  server = await Server.start(text);
  [tess, supervisor, admin, ottla, operator] = ["tess", "supervisor", "admin", "ottla", "operator"].map((who) => server.as(who));
  agents = { support: await Peer.agent(server, "anna"), french: await Peer.agent(server, "bert") };
  for (const queue of ["support", "french"]) people[queue] = await visit(queue);
});
after(() => server?.remove());

// A customer who waits in the queue, is taken by its agent, and says something.
async function visit(queue) {
  const { id, token } = good(await supervisor("POST", "/sessions", { entryPoint: "plain", customer: { id: `who-${queue}` } }));
  good(await supervisor("POST", `/sessions/${id}/transfer`, { queueId: queue, release: true }));
  await take(agents[queue], id);
  good(await server.as(token)("POST", `/sessions/${id}/messages`, { text: `${CANARY} ${queue}` }));
  return { id, token };
}

test("lists, searches and figures hold the own team's, and nothing of another's", async () => {
  assert.deepEqual(good(await tess("GET", "/queues")).queues.map((q) => q.id), ["french"]);
  assert.deepEqual(good(await tess("GET", "/agents")).agents.map((a) => a.id), ["bert"]);
  for (const query of ["", "?status=active", `?q=${CANARY}`]) {
    assert.deepEqual(good(await tess("GET", `/sessions${query}`)).sessions.map((s) => s.id), [people.french.id], query);
  }
  assert.equal(good(await supervisor("GET", `/sessions?q=${CANARY}`)).sessions.length, 2);
  assert.equal((await tess("GET", "/queues/support/figures")).body.refusal, "other_team");
  good(await tess("GET", "/queues/french/figures"));
  assert.deepEqual(good(await tess("GET", "/me")).teams, ["gaul"]);
  assert.equal(good(await supervisor("GET", "/me")).teams, undefined);
});

test("a refusal names the team that it is of, and the caller's", async () => {
  const { status, body } = await tess("GET", `/sessions/${people.support.id}`);
  assert.deepEqual([status, body.refusal], [403, "other_team"]);
  assert.match(body.detail, /is of home; 'tess' supervises gaul\./);
  assert.match(JSON.stringify(body.remedies), /teams/);
  const bots = good(await supervisor("POST", "/sessions", { entryPoint: "plain" }));
  assert.match((await tess("GET", `/sessions/${bots.id}`)).body.detail, /of no team/);
});

test("what is done to another team's is refused, and a session goes to no agent of another", async () => {
  for (const [method, what, body] of [["POST", "barge", {}], ["POST", "listen", {}], ["POST", "whisper", { text: "x" }], ["POST", "end", {}]]) {
    assert.equal((await tess(method, `/sessions/${people.support.id}/${what}`, body)).body.refusal, "other_team", what);
  }
  assert.equal((await tess("PUT", "/agents/anna/state", { state: "away" })).body.refusal, "other_team");
  const { body } = await tess("POST", `/sessions/${people.french.id}/assign`, { agentId: "anna" });
  assert.equal(body.refusal, "other_team");
  good(await tess("POST", `/sessions/${people.french.id}/listen`, { reason: "training" }));
  good(await tess("DELETE", `/sessions/${people.french.id}/listen`));
  const { entries } = good(await admin("GET", "/audit?who=tess&what=listen"));
  assert.ok(entries.some((e) => e.of === people.french.id && e.code === 200) && entries.some((e) => e.of === people.support.id && e.code === 403));
});

test("streams tell what is of the team, from the journal and as it happens", async () => {
  const past = await Peer.connect(server, "/events/socket?after=0", "tess");
  await past.hear("the own session's message", (f) => f.event?.text === `${CANARY} french`);
  for (const queue of ["support", "french"]) {
    good(await server.as(people[queue].token)("POST", `/sessions/${people[queue].id}/messages`, { text: `later in ${queue}` }));
  }
  await past.hear("what comes now", (f) => f.event?.text === "later in french");
  assert.ok(past.all.every((f) => !f.event?.session || f.event.session === people.french.id), JSON.stringify(past.all.map((f) => f.event?.session)));
  assert.ok(!JSON.stringify(past.all).includes("later in support"));
  await past.close();
});

test("finished sessions are found by the team that had them", async () => {
  const ended = {};
  for (const queue of ["support", "french"]) {
    ended[queue] = await visit(queue);
    await finish(server, ended[queue].id);
  }
  await eventually("the history", async () => good(await supervisor("GET", "/history?limit=500")).sessions.length >= 2);
  assert.deepEqual(good(await tess("GET", "/history")).sessions.map((s) => s.session ?? s.id), [ended.french.id]);
  assert.deepEqual(good(await tess("GET", "/history?customer=who-support")).sessions, []);
  good(await tess("GET", `/sessions/${ended.french.id}/timeline`));
  assert.equal((await tess("GET", `/sessions/${ended.support.id}/timeline`)).body.refusal, "other_team");
  await server.stop();
  await server.up();
  good(await tess("GET", `/sessions/${ended.french.id}/timeline`));
  assert.equal((await tess("GET", `/sessions/${ended.support.id}/timeline`)).body.refusal, "other_team");
  assert.equal((await tess("GET", "/sessions/0192f1c4-7d3e-7b2a-9f00-2f1d5a7c9e10/timeline")).status, 404);
});

test("who is taken out of a team sees less at once, on streams that are open, too", async () => {
  const live = await Peer.connect(server, "/events/socket", "tess");
  server.write(text.replace("supervisors: [tess]", "supervisors: [nobody]").replace("supervisors: [somebody]", "supervisors: [tess]"));
  server.process.kill("SIGHUP");
  await eventually("the other team", async () => (await tess("GET", "/queues/french")).body.refusal === "other_team");
  good(await tess("GET", "/queues/support"));
  for (const queue of ["french", "support"]) {
    good(await server.as(people[queue].token)("POST", `/sessions/${people[queue].id}/messages`, { text: `after it in ${queue}` }));
  }
  await live.hear("the new team's", (f) => f.event?.text === "after it in support");
  assert.ok(!JSON.stringify(live.all).includes("after it in french"));
  await live.close();
  server.write(text);
  server.process.kill("SIGHUP");
  await eventually("the old team", async () => (await tess("GET", "/queues/support")).body.refusal === "other_team");
});

test("a team that is written wrongly is found in the file, with its place", async () => {
  for (const [wrong, said] of [["queues: [frensh]", /frensh/], ["supervisors: tess", /supervisors/], ["agents: [berd]", /berd/]]) {
    const key = wrong.split(":")[0];
    server.write(text.replace(new RegExp(`(id: gaul.*)${key}: \\[\\w+\\]`), `$1${wrong}`));
    server.log = "";
    server.process.kill("SIGHUP");
    await eventually(wrong, () => /configuration\.kept/.test(server.log));
    assert.match(server.log, said);
  }
  server.write(text);
});

// What an administrator asks for who wants to know what was said.
const READS = ["/messages", "/transcript", "/timeline", "/explain", "?messages=true", "/debugger/frames", "/debugger/evaluate?expression=1"];

test("an administrator without a grant sees that there are sessions, and not what was said", async () => {
  const { id } = people.support;
  for (const what of READS) {
    const { status, body } = await ottla("GET", `/sessions/${id}${what}`);
    assert.deepEqual([status, body.refusal], [403, "no_grant"], what);
    assert.match(JSON.stringify(body.remedies), /grants/);
  }
  assert.equal((await ottla("POST", `/sessions/${id}/listen`, {})).body.refusal, "no_grant");
  assert.equal((await ottla("GET", `/sessions?q=${CANARY}`)).body.refusal, "no_grant");
  assert.equal((await ottla("POST", "/exports", { session: id })).body.refusal, "no_grant");
  for (const what of ["/sessions", `/sessions/${id}`, "/queues"]) assert.ok(!(await ottla("GET", what)).text.includes(CANARY), what);
  const stream = await Peer.connect(server, "/events/socket?after=0", "ottla");
  await stream.hear("that something was said", (f) => f.event?.type === "session.message" || f.event?.type === "message");
  await sleep(200);
  assert.ok(!JSON.stringify(stream.all).includes(CANARY), "the stream holds what was said");
  await stream.close();
});

test("a grant is for somebody else, for a while and for a reason", async () => {
  const give = (body, who = supervisor) => who("POST", "/grants", body);
  for (const [pointer, body] of [["/to", { until: soon(), why: "x" }], ["/why", { to: "ottla", until: soon() }],
    ["/until", { to: "ottla", why: "x" }], ["/until", { to: "ottla", until: "soon", why: "x" }],
    ["/until", { to: "ottla", until: soon(-1000), why: "x" }], ["/until", { to: "ottla", until: soon(40 * 86400_000), why: "x" }],
    ["/why", { to: "ottla", until: soon(), why: "y".repeat(1001) }]]) {
    const { status, body: problem } = await give(body);
    assert.deepEqual([status, problem.pointer], [422, pointer], JSON.stringify(body));
  }
  assert.equal((await give({ to: "ottla", until: soon(), why: "x", and: 1 })).status, 422);
  assert.equal((await give({ to: "ottla", until: soon(), why: "x" }, ottla)).body.refusal, "no_grant");
  assert.equal((await give({ to: "ottla", until: soon(), why: "x" }, tess)).body.refusal, "other_team");
  assert.equal((await give({ to: "ottla", until: soon(), why: "x" }, operator)).body.refusal, "forbidden");
  assert.deepEqual(good(await supervisor("GET", "/grants")).grants, []);
});

test("a grant opens what was said, survives the process, ends by itself and by hand, and is in the audit log", async () => {
  const { id } = people.french;
  const reads = async () => (await ottla("GET", `/sessions/${id}/messages`)).status;
  const given = good(await supervisor("POST", "/grants", { to: "ottla", until: soon(), why: "case 4711" }));
  assert.deepEqual([given.to, given.who, given.role, given.why], ["ottla", "supervisor", "supervisor", "case 4711"]);
  assert.equal(await reads(), 200);
  assert.match((await ottla("GET", `/sessions?q=${CANARY}`)).text, new RegExp(id));
  await server.stop("SIGKILL");
  await server.up();
  assert.equal(await reads(), 200);
  good(await supervisor("DELETE", `/grants/${given.id}`));
  assert.equal(await reads(), 403);
  assert.equal((await supervisor("DELETE", `/grants/${given.id}`)).status, 404);
  good(await admin("POST", "/grants", { to: "ottla", until: soon(1500), why: "a moment" }));
  assert.equal(await reads(), 200);
  await eventually("its end", async () => (await reads()) === 403);
  const { entries } = good(await admin("GET", "/audit?what=giveGrant"));
  const gave = entries.filter((e) => e.code === 201);
  assert.ok(gave.some((e) => e.who === "supervisor" && e.of.startsWith(`ottla until ${given.until}`) && e.of.includes("case 4711")), JSON.stringify(gave));
  assert.ok(good(await admin("GET", "/audit?what=withdrawGrant")).entries.some((e) => e.of === given.id && e.code === 200));
  assert.ok(good(await admin("GET", "/audit?what=readMessages&who=ottla")).entries.length > 0);
});

test("a file of grants that is not one stops the start: nobody reads by accident", async () => {
  const file = path.join(server.data, "journal", "grants.json");
  await server.stop();
  const was = fs.readFileSync(file);
  fs.writeFileSync(file, "{\"grants\":");
  await assert.rejects(server.up(), /grants\.json/);
  fs.writeFileSync(file, was);
  await server.up();
});

test("an operator verifies the audit log and reads the limits, and nothing else", async () => {
  const verified = good(await operator("GET", "/audit/verification"));
  assert.deepEqual([verified.whole, verified.line, verified.why], [true, null, null]);
  assert.ok(verified.entries > 10 && /^[0-9a-f]{64}$/.test(verified.head));
  good(await operator("GET", `/audit/verification?head=${verified.head}`));
  assert.equal(good(await operator("GET", `/audit/verification?head=${"0".repeat(63)}1`)).whole, false);
  assert.equal((await operator("GET", "/audit/verification?head=7")).body.pointer, "/head");
  const { limits, rates } = good(await operator("GET", "/limits"));
  assert.deepEqual([limits.headers, rates.agent], [64, 100]);
  for (const what of ["/sessions", "/queues", "/audit", "/history", "/events", "/scripts", "/grants", "/holds", `/sessions/${people.french.id}`]) {
    assert.equal((await operator("GET", what)).status, 403, what);
  }
  const log = path.join(server.data, "journal", "audit.log");
  await server.stop();
  const was = fs.readFileSync(log, "utf8");
  fs.writeFileSync(log, was.replace('"who":"tess"', '"who":"toss"'));
  await server.up();
  const broken = good(await operator("GET", "/audit/verification"));
  assert.ok(broken.whole === false && broken.line > 0 && broken.why.length > 0, JSON.stringify(broken));
});
