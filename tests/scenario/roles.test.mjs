// roles.test.mjs - every route, asked by everybody: nobody gets what is not theirs.
import assert from "node:assert/strict";
import fs from "node:fs";
import { after, before, test } from "node:test";
import { BROKEN, goodBody, MATRIX, UNKNOWN } from "./support/matrix.mjs";
import { Peer } from "./support/peer.mjs";
import { talk } from "./support/story.mjs";
import { Server, TOKENS } from "./support/server.mjs";

const SAID = /ID\/(messages|transcript|files\/|timeline|explain|listen|debugger\/(frames|evaluate|trace))|^\/exports/;
const isSaid = (method, path) => SAID.test(path) && !(method === "DELETE" && path.endsWith("/listen")) && !(method === "POST" && /messages|transcript/.test(path));
const OTHERS = /ID|support|anna/;

// The control: as if one route did not look at who asks.
const PLANTED = process.env.BATON_ROLES === "planted" ? "/sessions/ID/timeline" : undefined;

let server, bot, id, other, people;

async function open(visitor) {
  const { body } = await server.as("visitor")("POST", "/sessions", { entryPoint: visitor });
  return { id: body.id, token: body.token };
}

before(async () => {
  server = await Server.start();
  bot = await Peer.bot(server);
  const [mine, others] = [await open("plain"), await open("absent")];
  id = mine.id;
  await bot.hear("session.invited");
  assert.equal((await bot.ask("session.accept", { session: id })).type, "done");
  other = others;
  const granted = await server.as("supervisor")("POST", "/grants",
    { to: "admin", until: new Date(Date.now() + 3600_000).toISOString(), why: "the matrix" });
  assert.equal(granted.status, 201, granted.text);
  people = {
    n: undefined, v: TOKENS.visitor, c: mine.token, b: TOKENS.cognigy, a: TOKENS.anna,
    s: TOKENS.supervisor, d: TOKENS.admin, o: TOKENS.operator, "an ungranted d": TOKENS.ottla, "a team's s": TOKENS.tess,
    "another customer": others.token, "another bot": TOKENS.second, "another agent": TOKENS.bert,
    "nobody's token": "nobody-has-this-token", "a forged customer": mine.token.replace(/.$/, (x) => (x === "0" ? "1" : "0")),
  };
});
after(() => server?.remove());

const fill = (path) => `/api/v1${path.replace("ID", id).replace("UNKNOWN", UNKNOWN)}`;

test("the matrix has every route of the server", () => {
  const table = fs.readFileSync(new URL("../../src/api/routes.def", import.meta.url), "utf8");
  const routes = [...table.matchAll(/^ROUTE\((\w+),\s*"\/api\/v1([^"]*)"/gm)]
    .filter((m) => !/^\/(log(in|out)|files)/.test(m[2])) // are for those without a token: signin.test.mjs, oidc.test.mjs, links.test.mjs
    .map((m) => `${m[1]} ${m[2].split("/").length}`);
  assert.equal(MATRIX.length, routes.length);
  assert.deepEqual(MATRIX.map((r) => `${r.method} ${r.path.split("/").length}`).sort(), routes.sort());
});

test("without a token that is known: 401, whatever is asked", async () => {
  let asked = 0;
  for (const who of ["n", "nobody's token", "a forged customer"]) {
    for (const { method, path } of MATRIX) {
      const answer = await server.ask(method, fill(path), { token: people[who], body: BROKEN[method] });
      assert.equal(answer.status, 401, `${who}: ${method} ${path}: ${answer.text}`);
      assert.equal(answer.body.refusal, "unauthorized");
      assert.equal(answer.headers["www-authenticate"], "Bearer");
      asked++;
    }
  }
  console.log(`${asked} asked, 0 allowed`);
});

test("of every route, each role gets what is its own and nothing else", async () => {
  let refused = 0, allowed = 0;
  for (const { method, path, who } of MATRIX) {
    for (const [role, token] of Object.entries(people)) {
      if (role === "n" || role === "nobody's token" || role === "a forged customer") continue;
      const stranger = role.startsWith("another ");
      const letter = stranger ? role[8] : role.at(-1);
      const own = who.includes(letter);
      const teamless = role === "a team's s" && OTHERS.test(path), ungranted = role === "an ungranted d" && isSaid(method, path);
      const may = own && (!stranger || !/ID|anna\/|cognigy\//.test(path)) && !teamless && !ungranted;
      const answer = await asks(method, path, path === PLANTED ? people.s : token, may);
      const what = `${role}: ${method} ${path}: ${answer.status} ${answer.text}`;
      if (may) {
        assert.ok(![401, 403].includes(answer.status), what);
        if (answer.body?.refusal !== undefined && path.includes("ID")) assert.notEqual(answer.body.refusal, "unknown_session", what);
        allowed++;
      } else {
        assert.ok([403, 404].includes(answer.status), what);
        assert.ok(["forbidden", "unknown_session", "not_found", "other_team", "no_grant"].includes(answer.body.refusal), what);
        if (own && teamless) assert.equal(answer.body.refusal, "other_team", what);
        if (own && ungranted) assert.equal(answer.body.refusal, "no_grant", what);
        refused++;
      }
    }
  }
  console.log(`${refused} refused, ${allowed} allowed, 0 allowed that should not be`);
});

// Those who may send a broken body, or the test would change what it looks at;
// those who may not send a good one, for its form is looked at first.
function asks(method, path, token, may) {
  const body = method === "GET" || method === "DELETE" ? undefined : may ? BROKEN[method] : goodBody(path);
  return stream(path) && may ? firstAnswer(path, token) : server.ask(method, fill(path), { token, body });
}

// An answer that does not end: its head is enough.
const stream = (path) => path === "/events" || path.endsWith("/debugger/trace");

async function firstAnswer(path, token) {
  const stop = new AbortController();
  const answer = await fetch(`http://127.0.0.1:${server.port}${fill(path)}`,
    { headers: { Authorization: `Bearer ${token}` }, signal: stop.signal });
  stop.abort();
  return { status: answer.status, text: "" };
}

test("another customer's session is not there at all", async () => {
  for (const [method, path] of [["GET", ""], ["GET", "/messages"], ["POST", "/messages"], ["POST", "/end"], ["POST", "/leave"]]) {
    const answer = await server.ask(method, `/api/v1/sessions/${id}${path}`,
      { token: other.token, body: method === "POST" ? (path === "/messages" ? { text: "x" } : {}) : undefined });
    assert.equal(answer.status, 404, `${method} ${path}`);
    assert.equal(answer.body.refusal, "unknown_session");
  }
});

test("a customer sees nothing of the inside, and supervisors do", async () => {
  const seen = (await server.as(people.c)("GET", `/sessions/${id}`)).body;
  for (const member of ["attributes", "note", "reason", "legs", "epoch", "tenant"]) assert.ok(!(member in seen), member);
  const whole = (await server.as("supervisor")("GET", `/sessions/${id}`)).body;
  for (const member of ["attributes", "legs", "epoch"]) assert.ok(member in whole, member);
});

test("sockets: only one's own, and a ticket is good once", async () => {
  for (const [resource, who, status] of [
    ["/agents/anna/socket", "bert", 403],
    ["/bots/cognigy/socket", "second", 403],
    ["/agents/anna/socket", "cognigy", 403],
    ["/bots/cognigy/socket", "supervisor", 403],
    [`/sessions/${id}/socket`, other.token, 404],
    [`/sessions/${id}/socket`, "supervisor", 403],
    ["/chat?entryPoint=plain", "anna", 403],
  ]) {
    await assert.rejects(Peer.connect(server, resource, who), (error) => {
      assert.ok([status, status === 403 ? 404 : 403].includes(error.status), `${resource} ${who}: ${error.message}`);
      return true;
    });
  }
  const { body } = await server.as("anna")("POST", "/tickets");
  const agent = await Peer.connect(server, `/agents/anna/socket?ticket=${body.ticket}`);
  await agent.close();
  await assert.rejects(Peer.connect(server, `/agents/anna/socket?ticket=${body.ticket}`), { status: 401 });
});

test("a bot gets no session that it does not hold, also over its socket", async () => {
  const second = await Peer.bot(server, "second");
  for (const [type, members] of [["message", { text: "x" }], ["session.goodbye", { outcome: "end" }],
    ["session.transfer", { queueId: "support" }], ["session.close", {}], ["session.accept", {}]]) {
    const answer = await second.ask(type, { session: id, ...members });
    assert.equal(answer.type, "problem", type);
    assert.ok(["unknown_session", "stale_holder", "invite_gone"].includes(answer.problem.refusal), answer.problem.refusal);
  }
  assert.equal((await server.as("supervisor")("GET", `/sessions/${id}`)).body.status, "connected");
});
