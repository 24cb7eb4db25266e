// signin.test.mjs - people with passwords, browsers with cookies, and pages of others.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { createRequire } from "node:module";
import { after, before, test } from "node:test";
import { BATON, eventually, Server, within } from "./support/server.mjs";

const WebSocket = createRequire(new URL("../clients/package.json", import.meta.url))("ws");
const PASSWORD = "correct horse battery";

let server, own;

// `baton account`, with a password on standard input.
function account(...words) {
  return spawnSync(BATON, ["account", ...words, "--data", path.join(server.data, "journal")],
    { input: `${PASSWORD}\n`, encoding: "utf8" });
}

function added(...words) {
  const { status, stderr } = account("add", ...words);
  assert.equal(status, 0, stderr);
}

before(async () => {
  server = await Server.start();
  own = { Origin: `http://127.0.0.1:${server.port}`, Host: `127.0.0.1:${server.port}` };
  added("anna@example.com", "--role", "agent", "--agent", "anna", "--name", "Anna");
  added("sue", "--role", "supervisor");
});
after(() => server?.remove());

const logIn = (login, password = PASSWORD, headers = own) =>
  server.ask("POST", "/api/v1/login", { body: { login, password }, headers });

async function cookieOf(login) {
  const answer = await logIn(login);
  assert.equal(answer.status, 200, answer.text);
  return answer.headers["set-cookie"][0].split(";")[0];
}

const get = (target, cookie, headers = {}) =>
  server.ask("GET", `/api/v1${target}`, { headers: { Cookie: cookie, ...headers } });
const post = (target, cookie, headers, body) =>
  server.ask("POST", `/api/v1${target}`, { headers: { Cookie: cookie, ...headers }, body });

// The close code of a socket, or the status of the refused handshake.
function socket(target, headers) {
  const ws = new WebSocket(`ws://127.0.0.1:${server.port}/api/v1${target}`, { headers });
  return within(target, new Promise((resolve) => {
    ws.on("open", () => resolve({ ws, closed: new Promise((done) => ws.on("close", done)) }));
    ws.on("unexpected-response", (_, answer) => resolve({ status: answer.statusCode }));
    ws.on("error", () => {});
  }));
}

test("an agent signs in, is who the centre says, works over a socket, and signs out", async () => {
  const answer = await logIn("anna@example.com");
  assert.equal(answer.status, 200);
  const [setCookie] = answer.headers["set-cookie"];
  assert.match(setCookie, /^baton=[0-9a-f]{64}; Path=\/; HttpOnly; SameSite=Strict; Max-Age=604800$/);
  const cookie = setCookie.split(";")[0];
  const me = await get("/me", cookie);
  assert.deepEqual(me.body, { role: "agent", id: "anna", name: "Anna" });
  assert.equal((await get("/agents/anna", cookie)).status, 200);
  assert.equal((await get("/scripts", cookie)).status, 403);
  const { closed } = await socket("/agents/anna/socket", { Cookie: cookie, Origin: own.Origin });
  const out = await post("/logout", cookie, own);
  assert.equal(out.status, 204);
  assert.match(out.headers["set-cookie"][0], /^baton=; .*Max-Age=0/);
  assert.equal(await within("the socket ends", closed), 1008);
  assert.equal((await get("/me", cookie)).status, 401);
  assert.equal((await post("/logout", cookie, own)).status, 204);
});

test("over TLS the cookie is for TLS alone", async () => {
  const tls = { ...own, Origin: own.Origin.replace("http:", "https:") };
  const answer = await logIn("sue", PASSWORD, tls);
  assert.match(answer.headers["set-cookie"][0], /; Secure$/);
});

test("a page of another origin can do nothing with the cookie of whoever looks at it", async () => {
  const cookie = await cookieOf("sue");
  const evil = { Origin: "https://evil.example" };
  const refused = [
    await post("/queues/support/pause", cookie, evil),
    await post("/queues/support/pause", cookie, { "Sec-Fetch-Site": "cross-site" }),
    await get("/queues", cookie, evil),
    await post("/tickets", cookie, evil),
    await post("/logout", cookie, evil),
    await logIn("sue", PASSWORD, evil),
  ];
  assert.deepEqual(refused.map((r) => r.status), Array(6).fill(403));
  assert.equal((await socket("/events/socket", { Cookie: cookie, ...evil })).status, 403);
  assert.equal((await get("/queues", cookie)).status, 200);
  assert.equal((await post("/queues/support/pause", cookie, own)).status, 200);
  assert.equal((await post("/queues/support/open", cookie, own)).status, 200);
});

test("a ticket of somebody who has signed out since opens nothing", async () => {
  const cookie = await cookieOf("sue");
  const { body } = await post("/tickets", cookie, own);
  await post("/logout", cookie, own);
  assert.equal((await socket(`/events/socket?ticket=${body.ticket}`, {})).status, 401);
});

test("a wrong password and an unknown login are answered alike; guessing slows down", async () => {
  added("guessed", "--role", "supervisor");
  const wrong = await logIn("guessed", "not this one at all");
  const unknown = await logIn("nobody", "not this one at all");
  assert.equal(wrong.status, 401);
  assert.equal(wrong.body.detail, unknown.body.detail);
  assert.deepEqual(Object.keys(wrong.body), Object.keys(unknown.body));
  for (let i = 0; i < 4; i++) await logIn("guessed", `guess number ${i}`);
  const paused = await logIn("guessed");
  assert.equal(paused.status, 429, paused.text);
  assert.ok(paused.body.retryAfterMs > 0 && paused.body.retryAfterMs <= 1000);
  const guesses = await Promise.all(Array.from({ length: 20 }, (_, i) => logIn("nobody", `guess number ${i}`)));
  const lookedAt = guesses.filter((a) => a.status === 401).length;
  assert.ok(lookedAt >= 4 && lookedAt <= 8, `counted before they are looked at, one was before: ${lookedAt}`);
  const alike = guesses.find((a) => a.status === 429);
  assert.equal(alike.body.detail, paused.body.detail, "nobody learns which logins there are");
  await eventually("the right password is looked at again", async () => (await logIn("guessed")).status === 200);
});

test("many at once: each is answered, and the server goes on meanwhile", async () => {
  const began = Date.now();
  const all = Array.from({ length: 24 }, () => logIn("sue"));
  assert.equal((await server.ask("GET", "/healthz")).status, 200);
  const health = Date.now() - began;
  const answers = await Promise.all(all);
  const right = answers.filter((a) => a.status === 200).length;
  assert.ok(right >= 5 && answers.every((a) => a.status === 200 || a.status === 429), answers.map((a) => a.status).join());
  assert.ok(health < Date.now() - began, "passwords are looked at beside the loop");
});

test("what is not a sign-in", async () => {
  const cases = [["{", 400], ["[]", 422], ['{"login":"sue"}', 422], ['{"login":5,"password":"x"}', 422],
    [JSON.stringify({ login: "sue", password: "x".repeat(300) }), 422],
    [JSON.stringify({ login: "s".repeat(300), password: PASSWORD }), 422]];
  for (const [body, status] of cases) {
    const answer = await server.ask("POST", "/api/v1/login", { body, headers: { ...own, "Content-Type": "application/json" } });
    assert.equal(answer.status, status, `${body}: ${answer.text}`);
    assert.ok(answer.body.detail.length > 10);
  }
  const at = await server.ask("POST", "/api/v1/login", { body: '{"login":"sue",', headers: { ...own, "Content-Type": "application/json" } });
  assert.match(at.body.detail, /line 1, column 16/);
  const form = await server.ask("POST", "/api/v1/login", { body: "login=sue&password=x", headers: { ...own, "Content-Type": "application/x-www-form-urlencoded" } });
  assert.deepEqual([form.status, form.body.refusal], [415, "unsupported_type"]);
  const over = await server.ask("GET", "/api/v1/me", { headers: { ...own, Cookie: `baton=${"0".repeat(64)}` } });
  assert.deepEqual([over.status, over.body.detail], [401, "Nobody is signed in by this cookie any more: sign in again."]);
});

test("accounts are there after kill -9; a new password signs out everywhere", async () => {
  const cookie = await cookieOf("sue");
  await server.stop("SIGKILL");
  await server.up();
  assert.equal((await get("/me", cookie)).body.id, "sue");
  assert.equal(account("password", "sue").status, 0);
  assert.equal((await get("/me", cookie)).status, 401);
  assert.equal((await logIn("sue")).status, 200);
});

test("an account that is removed while the server runs: its sockets end", async () => {
  added("leaver", "--role", "supervisor");
  const { closed } = await socket("/events/socket", { Cookie: await cookieOf("leaver"), Origin: own.Origin });
  assert.equal(account("remove", "leaver").status, 0);
  assert.equal(await within("the socket ends", closed), 1008);
});

test("baton account: lists, removes, and says what is wrong", async () => {
  const { stdout } = account("list", "--json");
  assert.deepEqual(JSON.parse(stdout).find((a) => a.login === "sue"),
    { login: "sue", role: "supervisor", agent: "", name: "sue", disabled: false });
  assert.match(account("list").stdout, /anna@example.com +agent +anna {2}Anna/);
  assert.equal(account("remove", "sue").status, 0);
  assert.match(account("remove", "sue").stderr, /there is no account 'sue'/);
  assert.match(account("ad", "sue").stderr, /did you mean 'add'/);
  assert.match(account("add", "x", "--role", "king").stderr, /--role is agent, supervisor or admin/);
  assert.match(account("add", "x", "--role", "agent").stderr, /--agent names/);
  const short = spawnSync(BATON, ["account", "add", "x", "--role", "admin", "--data", path.join(server.data, "journal")],
    { input: "short\n", encoding: "utf8" });
  assert.match(short.stderr, /a password has 10 to 256 bytes/);
  assert.ok(!fs.existsSync("accounts.db"));
});

test("who signs in where somebody is signed in ends that: the cookie before opens nothing", async () => {
  added("twice", "--role", "supervisor");
  const before = await cookieOf("twice");
  const { closed } = await socket("/events/socket", { Cookie: before, Origin: own.Origin });
  const again = await logIn("twice", PASSWORD, { ...own, Cookie: before });
  assert.equal(again.status, 200);
  const cookie = again.headers["set-cookie"][0].split(";")[0];
  assert.equal(await within("its socket ends", closed), 1008);
  assert.equal((await get("/me", before)).status, 401);
  assert.equal((await get("/me", cookie)).status, 200);
  // Whoever gets the password wrong has ended nothing.
  assert.equal((await logIn("twice", "not this one at all", { ...own, Cookie: cookie })).status, 401);
  assert.equal((await get("/me", cookie)).status, 200);
});
