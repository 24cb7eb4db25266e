// tenants.test.mjs - two centres behind one door: what is one's is not there for the other, whatever is asked, and by whom.
import assert from "node:assert/strict";
import fs from "node:fs";
import net from "node:net";
import path from "node:path";
import { after, before, test } from "node:test";
import { goodBody, MATRIX, UNKNOWN } from "./support/matrix.mjs";
import { Peer } from "./support/peer.mjs";
import { CENTRE, eventually, Server, TOKENS } from "./support/server.mjs";
import { take } from "./support/story.mjs";
import { HttpBot } from "./support/turns.mjs";

const SCRIPTS = new URL("../../examples/handover/", import.meta.url).pathname;
const OPERATOR = "operator-of-the-whole-house";
const CANARY = "canary-of-acme-7f21";
const PNG = Buffer.from("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==", "base64");
process.env.TEST_TENANTS_CLIENT = "secret-of-a-genesys-client";
const good = (answer) => (assert.ok(answer.status < 300, `${answer.status} ${answer.text}`), answer.body);
const code = (answer) => [answer.status, answer.body?.refusal];

// The control: as if the host of a request were not looked at.
const BETA = process.env.BATON_TENANTS === "planted" ? "acme.localhost" : "beta.localhost";

// All but the secrets are the same: ids alone would lead to either.
const tokenOf = (tenant, who) => TOKENS[who].replace("test-", `${tenant}-`);
const centre = (tenant) => fs.readFileSync(CENTRE, "utf8").replaceAll("../../examples/handover/", SCRIPTS)
  .replaceAll("token: test-", `token: ${tenant}-`).replace("centre: scenario", `centre: ${tenant}`)
  .replace("bots:", `bots:\n  - { id: hook, type: webhook, url: "${hook.url}/${tenant}" }`)
  .replace("entryPoints:", 'entryPoints:\n  - { id: hooked, bot: hook, files: ["image/*"] }') + `
publicUrl: "http://${tenant}.localhost:1"
genesys:
  clients: [{ id: client, secret: "env:TEST_TENANTS_CLIENT", role: admin }]
  entryPoint: plain
rates: { supervisor: 30 }
`;
const house = (tenants) => `
listen: 127.0.0.1:0
domain: baton.example
tokens: [{ role: operator, token: ${OPERATOR}, name: house }]
tenants:
${tenants.map((t) => `  - { name: ${t}, file: ${t}.yaml${t === "acme" ? ", hosts: [help.acme.example]" : ""} }`).join("\n")}
`;

let server, acme, beta, story, hook;
const put = (name, text) => fs.writeFileSync(path.join(server.data, name), text);
const as = (where, who) => where.as(tokenOf(where === acme ? "acme" : "beta", who));

// A customer whom anna has, who said something and sent a picture; and one who is done.
async function visit(where, tenant, text) {
  const supervisor = as(where, "supervisor");
  const { id, token } = good(await supervisor("POST", "/sessions", { entryPoint: "plain", customer: { id: `${tenant}-customer` } }));
  good(await supervisor("POST", `/sessions/${id}/transfer`, { queueId: "support", release: true }));
  const agent = await Peer.connect(where, "/agents/anna/socket", tokenOf(tenant, "anna"));
  await agent.ask("state", { state: "available" });
  await take(agent, id);
  good(await where.as(token)("POST", `/sessions/${id}/messages`, { text }));
  return { id, token, agent };
}

before(async () => {
  hook = await new HttpBot().up();
  server = new Server("");
  put("acme.yaml", centre("acme"));
  put("beta.yaml", centre("beta"));
  server.write(house(["acme", "beta"]));
  await server.up();
  acme = server.at("acme.localhost");
  beta = server.at(BETA);
  story = await visit(acme, "acme", CANARY);
});
after(async () => {
  await server?.remove();
  await hook?.down();
});

test("each host leads to its own centre, however it is written, and no other host to any", async () => {
  for (const host of ["acme.localhost", "ACME.localhost:8080", "acme.localhost.", "acme.baton.example", "help.acme.example"]) {
    assert.equal((await server.at(host).as(tokenOf("acme", "admin"))("GET", "/queues")).status, 200, host);
  }
  for (const host of ["127.0.0.1", "localhost", "baton.example", "acme", "gamma.localhost", "xacme.localhost", "help.acme.example.evil"]) {
    const answer = await server.at(host).as(tokenOf("acme", "admin"))("GET", "/queues");
    assert.deepEqual(code(answer), [404, "not_found"], host);
    assert.doesNotMatch(answer.text, /acme|beta/, "it does not say who there is");
  }
});

// RFC 9112, 3.2.2: whoever looks at one of the two and asks by the other would reach another tenant.
test("a whole URL in the request's line counts, and not what Host says besides", async () => {
  const ask = (target, host, token) => new Promise((resolve, reject) => {
    let text = "";
    const line = net.connect(server.port, "127.0.0.1", () => line.write(
      `GET ${target} HTTP/1.1\r\nHost: ${host}\r\nAuthorization: Bearer ${token}\r\nConnection: close\r\n\r\n`));
    line.on("data", (part) => (text += part)).on("end", () => resolve(text)).on("error", reject);
  });
  const token = tokenOf("acme", "admin");
  assert.match(await ask("http://acme.localhost/api/v1/queues", "beta.localhost", token), /^HTTP\/1.1 200/);
  assert.match(await ask("http://beta.localhost/api/v1/queues", "acme.localhost", token), /^HTTP\/1.1 401/);
  assert.match(await ask("http://acme.localhost@beta.localhost/api/v1/queues", "acme.localhost", token), /^HTTP\/1.1 400/);
});

test("another tenant's token is nobody's, on every route", async () => {
  const others = Object.keys(TOKENS).map((who) => [who, tokenOf("acme", who)]);
  others.push(["customer", story.token], ["house", OPERATOR]);
  let refused = 0;
  for (const { method, path: resource } of MATRIX) {
    const target = `/api/v1${resource.replace("ID", story.id).replace("UNKNOWN", UNKNOWN)}`;
    for (const [who, token] of others) {
      const body = method === "GET" || method === "DELETE" ? undefined : goodBody(resource);
      const answer = await beta.ask(method, target, { token, body });
      assert.deepEqual(code(answer), [401, "unauthorized"], `${who}: ${method} ${resource}: ${answer.text}`);
      refused++;
    }
  }
  console.log(`${refused} refused, 0 allowed that should not be`);
});

test("another tenant's session is not there, on every route that names one", async () => {
  const own = good(await as(beta, "supervisor")("POST", "/sessions", { entryPoint: "plain" }));
  const people = [["supervisor", tokenOf("beta", "supervisor")], ["admin", tokenOf("beta", "admin")], ["bot", tokenOf("beta", "cognigy")],
    ["agent", tokenOf("beta", "anna")], ["customer", own.token]];
  let asked = 0;
  for (const { method, path: resource } of MATRIX.filter((r) => r.path.includes("ID"))) {
    for (const [who, token] of people) {
      const body = method === "GET" || method === "DELETE" ? undefined : goodBody(resource);
      const answer = await beta.ask(method, `/api/v1${resource.replace("ID", story.id).replace("UNKNOWN", UNKNOWN)}`, { token, body });
      const what = `${who}: ${method} ${resource}: ${answer.status} ${answer.text}`;
      assert.ok([400, 403, 404, 422].includes(answer.status), what);
      assert.doesNotMatch(answer.text, new RegExp(CANARY), what);
      if (answer.status === 404) assert.ok(["unknown_session", "not_found"].includes(answer.body.refusal), what);
      if (method === "GET" && answer.status !== 403) assert.equal(answer.status, 404, what);
      asked++;
    }
  }
  console.log(`${asked} asked, 0 found`);
});

test("lists, searches, figures and streams hold nothing of another tenant's", async () => {
  const supervisor = as(beta, "supervisor");
  for (const query of ["/sessions", `/sessions?q=${CANARY}`, `/sessions?q=acme`, "/history", `/history?q=${CANARY}`, "/queues", "/agents", "/queues/support/figures"]) {
    const answer = await supervisor("GET", query);
    assert.equal(answer.status, 200, answer.text);
    assert.doesNotMatch(answer.text, new RegExp(`${CANARY}|${story.id}|acme`), query);
  }
  assert.equal(good(await as(acme, "supervisor")("GET", `/sessions?q=${CANARY}`)).sessions.length, 1);
  assert.equal(good(await as(acme, "supervisor")("GET", "/queues/support")).agentsReady, 1);
  assert.equal(good(await supervisor("GET", "/queues/support")).agentsReady, 0, "the other tenant's anna is another one");
  const listener = await Peer.connect(beta, "/events/socket?after=0", tokenOf("beta", "supervisor"));
  good(await acme.as(story.token)("POST", `/sessions/${story.id}/messages`, { text: `${CANARY} later` }));
  const own = good(await supervisor("POST", "/sessions", { entryPoint: "plain" }));
  await listener.hear("its own", (f) => f.event?.session === own.id);
  assert.doesNotMatch(JSON.stringify(listener.all), new RegExp(`${CANARY}|${story.id}`));
  await listener.close();
  for (const kept of ["/audit", "/grants", "/holds"]) assert.doesNotMatch((await as(beta, "admin")("GET", kept)).text, /acme/, kept);
});

test("sockets of another tenant's session, agent and bot do not open", async () => {
  for (const [resource, token] of [[`/sessions/${story.id}/socket`, story.token], ["/agents/anna/socket", tokenOf("acme", "anna")],
    ["/bots/cognigy/socket", tokenOf("acme", "cognigy")], ["/events/socket", tokenOf("acme", "supervisor")], ["/chat?entryPoint=plain", tokenOf("acme", "visitor")]]) {
    await assert.rejects(Peer.connect(beta, resource, token), (e) => e.status === 401, resource);
  }
  const { ticket } = good(await as(acme, "supervisor")("POST", "/tickets"));
  await assert.rejects(Peer.connect(beta, `/events/socket?ticket=${ticket}`), (e) => e.status === 401);
  await (await Peer.connect(acme, `/events/socket?ticket=${ticket}`)).close(); // it was not used up over there
});

test("tokens of the Genesys-compatible API are the tenant's, too", async () => {
  const login = { token: undefined, body: "grant_type=client_credentials", headers: { "Content-Type": "application/x-www-form-urlencoded",
    Authorization: `Basic ${Buffer.from(`client:${process.env.TEST_TENANTS_CLIENT}`).toString("base64")}` } };
  const { access_token: token } = good(await acme.ask("POST", "/oauth/token", login));
  assert.equal((await acme.ask("GET", "/api/v2/routing/queues", { token })).status, 200);
  assert.equal((await beta.ask("GET", "/api/v2/routing/queues", { token })).status, 401);
});

test("a file and its link are good at its own tenant alone", async () => {
  const { id, token } = good(await as(acme, "visitor")("POST", "/sessions", { entryPoint: "hooked" }));
  good(await acme.ask("POST", `/api/v1/sessions/${id}/files?name=cat.png`, { token, body: PNG, headers: { "Content-Type": "application/octet-stream" } }));
  const url = await eventually("the bot has the link", () => hook.asked.map((a) => a.body.files?.[0].url).find((u) => u?.includes(id)));
  const link = new URL(url);
  assert.equal(link.hostname, "acme.localhost");
  const whole = link.pathname + link.search;
  assert.equal((await acme.ask("GET", whole)).status, 200);
  assert.ok([403, 404].includes((await beta.ask("GET", whole)).status));
  const file = link.pathname.split("/").at(-1);
  const direct = `/api/v1/sessions/${id}/files/${file}`;
  assert.equal((await acme.ask("GET", direct, { token })).status, 200);
  assert.equal((await beta.ask("GET", direct, { token: tokenOf("beta", "supervisor") })).status, 404);
});

test("the house's operator sees how each is, and nothing of what is in it", async () => {
  const { tenants } = good(await server.as(OPERATOR)("GET", "/tenants"));
  assert.deepEqual(tenants.map((t) => [t.name, t.status]), [["acme", "ready"], ["beta", "ready"]]);
  assert.deepEqual(tenants[0].hosts, ["acme.localhost", "acme.baton.example", "help.acme.example"]);
  assert.ok(tenants[0].openSessions >= 1);
  const metrics = await server.ask("GET", "/metrics", { token: OPERATOR });
  assert.match(metrics.text, /baton_tenant_ready\{tenant="beta"\} 1/);
  assert.match(metrics.text, /process_resident_memory_bytes \d+/);
  for (const text of [JSON.stringify(tenants), metrics.text]) assert.doesNotMatch(text, new RegExp(`${CANARY}|${story.id}|anna`));
  for (const token of [undefined, tokenOf("acme", "admin"), tokenOf("acme", "operator"), story.token]) {
    for (const target of ["/api/v1/tenants", "/metrics"]) assert.deepEqual(code(await server.ask("GET", target, { token })), [401, "unauthorized"]);
  }
  assert.deepEqual(code(await server.ask("POST", "/api/v1/tenants", { token: OPERATOR, body: {} })), [405, "method_not_allowed"]);
  assert.equal((await server.ask("GET", "/healthz")).body.status, "alive");
  assert.deepEqual(good(await server.ask("GET", "/readyz")), { status: "ready", tenants: 2, ready: 2 });
  const inner = await acme.ask("GET", "/metrics", { token: tokenOf("acme", "operator") });
  assert.doesNotMatch(inner.text, /process_|baton_net_|beta/, "a tenant's metrics are its own");
});

test("a flood at one tenant takes nothing of another's allowance", async () => {
  const answers = await Promise.all(Array.from({ length: 300 }, () => as(acme, "tess")("GET", "/me")));
  const flooded = answers.filter((a) => a.status === 429).length;
  const others = await Promise.all(Array.from({ length: 20 }, () => as(beta, "tess")("GET", "/me")));
  assert.ok(flooded > 50);
  assert.ok(others.every((a) => a.status === 200));
  console.log(`${flooded} of 300 refused here, 0 of 20 there`);
});

test("what a tenant had is there after the process was killed, and nothing has changed hands", async () => {
  await server.stop("SIGKILL");
  await server.up();
  assert.equal(good(await as(acme, "supervisor")("GET", `/sessions/${story.id}`)).id, story.id);
  assert.equal((await as(beta, "supervisor")("GET", `/sessions/${story.id}`)).status, 404);
  assert.ok(fs.existsSync(path.join(server.data, "journal/acme/journal")) && fs.existsSync(path.join(server.data, "journal/beta/journal")));
});

test("SIGHUP: a new tenant is served, one that is left out ends its lines, one whose file is broken goes on as it was", async () => {
  const line = await Peer.connect(beta, "/events/socket", tokenOf("beta", "supervisor"));
  put("gamma.yaml", centre("gamma"));
  put("acme.yaml", `${centre("acme")}nonsense: true\n`);
  server.write(house(["acme", "gamma"]));
  server.process.kill("SIGHUP");
  const gamma = server.at("gamma.localhost");
  await eventually("gamma is served", async () => (await gamma.ask("GET", "/readyz")).status === 200);
  assert.equal((await line.over).code, 1001);
  assert.equal((await beta.ask("GET", "/readyz")).status, 200, "the house's own: the host is nobody's now");
  assert.deepEqual(code(await as(beta, "supervisor")("GET", "/queues")), [404, "not_found"]);
  assert.match(server.log, /"tenant":"acme".*unknown member/);
  assert.equal((await as(acme, "supervisor")("GET", "/queues")).status, 200);
  await eventually("beta is closed", () => /"msg":"tenant.closed","tenant":"beta"/.test(server.log));
  assert.ok(fs.existsSync(path.join(server.data, "journal/beta/journal")), "its data stays");
  put("acme.yaml", centre("acme"));
  server.write(house(["acme", "gamma", "beta"]));
  server.process.kill("SIGHUP");
  await eventually("beta is back", async () => (await as(beta, "supervisor")("GET", "/queues")).status === 200);
});

test("one that cannot be opened keeps nobody else out; two do not share a secret", async () => {
  await server.stop();
  put("beta.yaml", centre("acme").replace("centre: acme", "centre: beta")); // acme's tokens
  server.write(house(["acme", "beta"]));
  await server.up();
  assert.equal((await as(acme, "supervisor")("GET", "/queues")).status, 200);
  assert.deepEqual(code(await beta.ask("GET", "/readyz")), [503, "unavailable"]);
  assert.match(server.log, /tenant.failed.*a token of it is the tenant acme's, too: each needs secrets of its own/);
  const { tenants } = good(await server.as(OPERATOR)("GET", "/tenants"));
  assert.deepEqual(tenants.map((t) => t.status), ["ready", "closed"]);
  assert.match(tenants[1].why, /tenant acme's/);
  put("beta.yaml", centre("beta"));
  server.process.kill("SIGHUP");
  await eventually("beta is served", async () => (await beta.ask("GET", "/readyz")).status === 200);
  put("beta.yaml", centre("acme").replace("centre: acme", "centre: beta"));
  server.process.kill("SIGHUP");
  await eventually("it is said", () => /"configuration.finding","tenant":"beta".*a token of it is the tenant acme's/.test(server.log));
  assert.equal((await as(beta, "supervisor")("GET", "/queues")).status, 200, "with the tokens that it had");
  assert.equal((await beta.as(tokenOf("acme", "supervisor"))("GET", "/queues")).status, 401);
});

test("what is wrong with the house's file is said in one go, each with its place", async () => {
  const { spawnSync } = await import("node:child_process");
  const file = path.join(server.data, "wrong.yaml");
  fs.writeFileSync(file, `tokens: [{ role: admin, token: admin-of-the-whole-house, name: x }]
tenants:
  - { name: Acme, file: acme.yaml }
  - { name: acme, file: acme.yaml }
  - { name: beta, file: acme.yaml, hosts: [acme.localhost, "help:80"] }
  - { name: acme, file: beta.yaml, host: x }
  - { name: gone, file: gone.yaml }
`);
  const said = spawnSync(process.env.BATON, ["serve", "--check-config", file], { encoding: "utf8" });
  assert.equal(said.status, 1);
  for (const part of [/:1:12: error: here is only an operator/, /:3:7: error: a tenant's name has 1 … 63 small letters/, /:5:19: error: this is the file of the tenant acme/,
    /:5:44: error: the host "acme.localhost" is the tenant acme's already/, /:5:60: error: a host is a name/, /:6:7: error: there is a tenant "acme" already/,
    /:6:36: error: unknown member "host".*hosts/]) {
    assert.match(said.stdout, part);
  }
  assert.equal(said.stdout.match(/error/g).length, 7, said.stdout);
});
