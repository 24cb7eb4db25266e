// tokens.test.mjs - a token that has expired, or was taken out of the file, is nobody's on every route, and a visitor's opens what it is for.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { after, before, test } from "node:test";
import { goodBody, MATRIX, UNKNOWN } from "./support/matrix.mjs";
import { Peer } from "./support/peer.mjs";
import { CENTRE, eventually, Server, TOKENS } from "./support/server.mjs";

const SCRIPTS = new URL("../../examples/handover/", import.meta.url).pathname;
const CENTRE_TEXT = fs.readFileSync(CENTRE, "utf8").replaceAll("../../examples/handover/", SCRIPTS);
const good = (answer) => (assert.ok(answer.status < 300, `${answer.status} ${answer.text}`), answer.body);
const code = (answer) => [answer.status, answer.body?.refusal];
const inMs = (ms) => new Date(Date.now() + ms).toISOString();
const PEOPLE = ["visitor", "cognigy", "anna", "supervisor", "admin", "operator"];

// All tokens of the file, until then.
const until = (time) => CENTRE_TEXT.replaceAll(/(token: test-[\w-]+)/g, `$1, expires: "${time}"`);
// For what must be looked at while they are good.
const LASTING = "  - { role: supervisor, token: a-lasting-supervisor-token, name: lasting }\n  - { role: visitor, token: a-bound-visitor-token, name: page, entryPoints: [plain, Hasty] }\n";
const lasting = (text) => text.replace("tokens:\n", `tokens:\n${LASTING}`);

let server, id;
before(async () => {
  server = await Server.start(lasting(CENTRE_TEXT));
  ({ id } = good(await server.as("visitor")("POST", "/sessions", { entryPoint: "plain" })));
});
after(() => server?.remove());

async function everyRoute(which, sentence) {
  let refused = 0;
  for (const { method, path: resource } of MATRIX) {
    for (const who of PEOPLE) {
      const body = method === "GET" || method === "DELETE" ? undefined : goodBody(resource);
      const answer = await server.ask(method, `/api/v1${resource.replace("ID", id).replace("UNKNOWN", UNKNOWN)}`, { token: TOKENS[who], body });
      assert.deepEqual(code(answer), [401, "unauthorized"], `${which} ${who}: ${method} ${resource}: ${answer.text}`);
      assert.match(answer.body.detail, sentence);
      refused++;
    }
  }
  console.log(`${refused} refused of ${which} tokens, 0 allowed that should not be`);
}

async function reload(text) {
  const before = server.log.length;
  server.write(text);
  server.process.kill("SIGHUP");
  await eventually("the new file is in force", () => /configuration\.loaded/.test(server.log.slice(before)));
}

test("a visitor's token opens sessions where it is for, over both doors", async () => {
  const page = server.as("a-bound-visitor-token");
  good(await page("POST", "/sessions", { entryPoint: "plain" }));
  await (await Peer.connect(server, "/chat?entryPoint=hasty", "a-bound-visitor-token")).close(); // the file says Hasty
  const refusal = await page("POST", "/sessions", { entryPoint: "forum" });
  assert.deepEqual(code(refusal), [403, "forbidden"]);
  assert.match(refusal.body.detail, /for other entry points/);
  assert.equal(refusal.body.pointer, "/entryPoint");
  await assert.rejects(Peer.connect(server, "/chat?entryPoint=forum", "a-bound-visitor-token"), (e) => e.status === 403);
  const { ticket } = good(await page("POST", "/tickets"));
  await assert.rejects(Peer.connect(server, `/chat?entryPoint=forum&ticket=${ticket}`), (e) => e.status === 403);
  assert.deepEqual(code(await page("POST", "/sessions", { entryPoint: "nonsense" })), code(await server.as("visitor")("POST", "/sessions", { entryPoint: "nonsense" })));
  good(await server.as("visitor")("POST", "/sessions", { entryPoint: "forum" }));
});

test("what a token opened ends when it expires, and a ticket of it is no good", async () => {
  const time = Date.now() + 1500;
  await reload(lasting(until(new Date(time).toISOString())));
  const sockets = await Promise.all([["/agents/anna/socket", "anna"], ["/events/socket", "supervisor"], ["/bots/cognigy/socket", "cognigy"]]
    .map(([resource, who]) => Peer.connect(server, resource, who)));
  const other = await Peer.connect(server, "/events/socket", "a-lasting-supervisor-token");
  const { ticket } = good(await server.as("supervisor")("POST", "/tickets"));
  for (const socket of sockets) assert.equal((await socket.over).code, 1008);
  assert.ok(Date.now() >= time && Date.now() < time + 2000, `${Date.now() - time} ms after`);
  await assert.rejects(Peer.connect(server, `/events/socket?ticket=${ticket}`), (e) => e.status === 401);
  assert.equal(other.closed, null);
  await other.close();
});

test("an expired token is nobody's, on every route", () => everyRoute("expired", /The token has expired: whoever runs the centre gives out another/));

test("a customer's own token is not the visitor's by which it came", async () => {
  await reload(lasting(CENTRE_TEXT));
  const { id: own, token } = good(await server.as("visitor")("POST", "/sessions", { entryPoint: "plain" }));
  await reload(lasting(until(inMs(-60_000))));
  good(await server.as(token)("GET", `/sessions/${own}`));
});

test("a revoked token is nobody's, on every route", async () => {
  await reload(lasting(CENTRE_TEXT));
  const socket = await Peer.connect(server, "/agents/anna/socket", "anna");
  await reload(lasting(CENTRE_TEXT.replaceAll(/  - \{ role: .*token: test-.*\n/g, "")));
  assert.equal((await socket.over).code, 1008);
  await everyRoute("revoked", /The token is not known here/);
});

test("what is wrong with a token's members is said", async () => {
  const file = path.join(server.data, "wrong.yaml");
  fs.writeFileSync(file, `centre: wrong
tokens:
  - { role: admin, name: a, token: a-token-for-an-admin, expires: tomorrow }
  - { role: admin, name: b, token: b-token-for-an-admin, entryPoints: [main] }
  - { role: visitor, name: c, token: c-token-for-a-page, entryPoints: [mian] }
  - { role: visitor, name: d, token: d-token-for-a-page, expires: 2020-01-01T00:00:00Z }
bots: [{ id: bot }]
entryPoints: [{ id: main, bot: bot }]
`);
  const { status, stdout } = spawnSync(process.env.BATON, ["serve", "--check-config", file], { encoding: "utf8" });
  assert.equal(status, 1);
  assert.match(stdout, /:3:\d+: error: "tomorrow" is no time; write one such as 2027-01-31T00:00:00Z/);
  assert.match(stdout, /:4:\d+: error: only a visitor's token is bound to entry points/);
  assert.match(stdout, /:5:\d+: error: .*"mian".*main/);
  assert.match(stdout, /:6:\d+: warning: the token has expired: nobody comes in by it/);
});
