// scope.test.mjs - a supervisor sees the own teams, an administrator reads by a grant, an operator reads nothing that people said.
import assert from "node:assert/strict";
import fs from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { after, before, test } from "node:test";
import { Peer } from "./support/peer.mjs";
import { CENTRE, eventually, Server, sleep } from "./support/server.mjs";
import { finish, take } from "./support/story.mjs";

const SCRIPTS = new URL("../../examples/handover/", import.meta.url).pathname;
const CANARY = "canary-said-by-the-customer-51d0";
const good = (answer) => (assert.ok(answer.status < 300, `${answer.status} ${answer.text}`), answer.body);
const soon = (ms = 3600_000) => new Date(Date.now() + ms).toISOString();

// The same people as clients of the Genesys-compatible API: teams and grants know them by the clients' ids.
for (const who of ["tess", "ottla", "boss"]) process.env[`TEST_SCOPE_${who.toUpperCase()}`] = `secret-of-${who}-as-a-client`;
const GENESYS = `
genesys:
  clients:
    - { id: tess, secret: "env:TEST_SCOPE_TESS" }
    - { id: boss, secret: "env:TEST_SCOPE_BOSS" }
    - { id: ottla, secret: "env:TEST_SCOPE_OTTLA", role: admin }
`;

let server, tess, supervisor, admin, ottla, operator, text, agents;
const people = {};

before(async () => {
  text = fs.readFileSync(CENTRE, "utf8").replaceAll("../../examples/handover/", SCRIPTS) + GENESYS;
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

// ---- the Genesys-compatible API

const WebSocket = createRequire(new URL("../clients/package.json", import.meta.url))("ws");
const KNOWN = "canary-known-of-the-customer-9e21";
const ROUTES = [...fs.readFileSync(new URL("../../src/genesys/routes.def", import.meta.url), "utf8")
  .matchAll(/^GENESYS_ROUTE\((\w+), +"([^"]+)", (\w+), (\w+)/gm)].map(([, method, route, access, serve]) => ({ method, route, access, serve }));

const tokens = {};
async function client(who) {
  const basic = Buffer.from(`${who}:${process.env[`TEST_SCOPE_${who.toUpperCase()}`]}`).toString("base64");
  const { body } = await server.ask("POST", "/oauth/token", { body: "grant_type=client_credentials",
    headers: { Authorization: `Basic ${basic}`, "Content-Type": "application/x-www-form-urlencoded" } });
  tokens[who] = body.access_token;
  return (method, target, content) => server.ask(method, `/api/v2${target}`, { token: tokens[who], body: content });
}
const refusal = ({ body }) => body?.messageParams?.refusal;
const ids = (answer) => good(answer).entities.map((e) => e.id);

// A route with what it names: the session, queue or agent of a team, and nothing in particular behind.
const filled = (route, of) => route.slice("/api/v2".length).replace("{c}", people[of].id)
  .replace("{q}", of).replace("/users/{u}", `/users/${of === "french" ? "bert" : "anna"}`).replaceAll(/\{\w\}/g, "nothing");

test("a supervisor's client sees the own team's, by every route that names something", async () => {
  const asTess = await client("tess");
  const asBoss = await client("boss");
  assert.deepEqual(ids(await asTess("GET", "/routing/queues")), ["french"]);
  assert.deepEqual(ids(await asTess("GET", "/users")), ["bert"]);
  assert.deepEqual(ids(await asTess("GET", "/routing/queues/french/members")), ["bert"]);
  assert.deepEqual(ids(await asTess("GET", "/conversations")), [people.french.id]);
  assert.ok(ids(await asBoss("GET", "/conversations")).includes(people.support.id));
  const counts = { other: 0, own: 0, role: 0 };
  for (const { method, route, access, serve } of ROUTES.filter((r) => /^[^{]*\{[cqu]\}/.test(r.route))) {
    const other = await asTess(method, filled(route, "support"), "{}");
    if (access === "ADMIN") {
      assert.deepEqual([other.status, refusal(other)], [403, undefined], `${method} ${route}`);
      counts.role++;
      continue;
    }
    assert.deepEqual([other.status, other.body?.code, refusal(other)], [403, "not.authorized", "other_team"], `${method} ${route}`);
    assert.match(other.body.message, /is of home; 'tess' supervises gaul\./);
    counts.other++;
    if (method === "GET" || serve === "assign") {
      assert.notEqual(refusal(await asTess(method, filled(route, "french"), "{}")), "other_team", `${method} ${route}`);
      counts.own++;
    }
  }
  assert.ok(counts.other >= 30 && counts.own >= 10 && counts.role >= 5, JSON.stringify(counts));
  console.log(`the Genesys-compatible API: ${counts.other} routes refused for another team, ${counts.own} served for the own`);
  const given = await asTess("POST", `/conversations/${people.french.id}/assign`, { id: "anna" });
  assert.equal(refusal(given), "other_team", given.text);
  assert.equal((await asTess("GET", "/conversations/0192f1c4-7d3e-7b2a-9f00-2f1d5a7c9e10")).status, 404);
});

async function listen(who, topics) {
  const ask = await client(who);
  const channel = good(await ask("POST", "/notifications/channels"));
  const subscribed = await ask("POST", `/notifications/channels/${channel.id}/subscriptions`, topics.map((id) => ({ id })));
  const frames = [];
  const socket = new WebSocket(channel.connectUri);
  socket.on("message", (data) => frames.push(String(data)));
  await new Promise((resolve, reject) => socket.on("open", resolve).on("error", reject));
  return { subscribed, frames, close: () => socket.close() };
}

const knownVisit = async (queue) => {
  const { id } = good(await supervisor("POST", "/sessions", { entryPoint: "plain",
    customer: { id: "x", name: KNOWN }, attributes: { known: KNOWN } }));
  good(await supervisor("POST", `/sessions/${id}/transfer`, { queueId: queue, release: true }));
  return id;
};

test("a supervisor's client is told of the own team, and an administrator's nothing of what is known of people", async () => {
  const of = (...queues) => queues.map((queue) => `v2.routing.queues.${queue}.conversations`);
  for (const topic of [...of("support"), "v2.users.anna.presence", "v2.users.anna?presence&routingStatus",
    "v2.users.anna.conversations.messages", `v2.detail.events.conversation.${people.support.id}.acd.start`]) {
    const { subscribed, close } = await listen("tess", [topic]);
    assert.equal(refusal(subscribed), "other_team", topic);
    close();
  }
  const ears = { tess: await listen("tess", of("french")), boss: await listen("boss", of("french", "support")), ottla: await listen("ottla", of("french", "support")) };
  for (const [who, { subscribed }] of Object.entries(ears)) assert.equal(subscribed.status, 200, `${who} ${subscribed.text}`);
  const opened = { support: await knownVisit("support"), french: await knownVisit("french") };
  const heard = (who, queue) => eventually(`${who} hears of ${queue}`, () => ears[who].frames.some((f) => f.includes(opened[queue])));
  await Promise.all([heard("tess", "french"), heard("boss", "french"), heard("boss", "support"), heard("ottla", "french"), heard("ottla", "support")]);
  assert.ok(!ears.tess.frames.some((f) => f.includes(opened.support)), "another team's conversation was told");
  for (const who of ["tess", "boss"]) assert.ok(ears[who].frames.some((f) => f.includes(KNOWN)), who);
  assert.ok(!ears.ottla.frames.some((f) => f.includes(KNOWN)), "the administrator was told what is known of the customer");
  // With a grant, at once.
  const grant = good(await supervisor("POST", "/grants", { to: "ottla", until: soon(), why: "case 4712" }));
  opened.later = await knownVisit("french");
  await eventually("it is told whole", () => ears.ottla.frames.some((f) => f.includes(opened.later) && f.includes(KNOWN)));
  good(await supervisor("DELETE", `/grants/${grant.id}`));
  for (const ear of Object.values(ears)) ear.close();
  for (const id of Object.values(opened)) good(await supervisor("POST", `/sessions/${id}/end`, {}));
});

test("an administrator's client reads what was said by a grant alone", async () => {
  const asOttla = await client("ottla");
  const asBoss = await client("boss");
  const entity = good(await asBoss("GET", `/conversations/${people.french.id}`));
  const said = entity.participants.flatMap((p) => p.messages.flatMap((m) => m.messages))[0].messageId;
  const target = `/conversations/messages/${people.french.id}/messages/${said}`;
  assert.match((await asBoss("GET", target)).text, new RegExp(CANARY));
  const none = await asOttla("GET", target);
  assert.deepEqual([none.status, none.body.code, refusal(none)], [403, "not.authorized", "no_grant"]);
  for (const where of ["/conversations", `/conversations/${people.french.id}`]) assert.ok(!(await asOttla("GET", where)).text.includes(CANARY), where);
  const grant = good(await supervisor("POST", "/grants", { to: "ottla", until: soon(), why: "case 4713" }));
  assert.match((await asOttla("GET", target)).text, new RegExp(CANARY));
  good(await supervisor("DELETE", `/grants/${grant.id}`));
  assert.equal(refusal(await asOttla("GET", target)), "no_grant");
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
