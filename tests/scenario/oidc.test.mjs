// oidc.test.mjs - people who sign in at a provider: a real one, and one that cheats.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import crypto from "node:crypto";
import fs from "node:fs";
import path from "node:path";
import { after, before, test } from "node:test";
import { Browser } from "./support/browser.mjs";
import { keyPair, OddProvider, rs256, token } from "./support/odd_provider.mjs";
import { realProvider } from "./support/real_provider.mjs";
import { BATON, Server } from "./support/server.mjs";

const HOME = "https://desk.shop.example";
const SECRET = "a secret of client & server";
const PEOPLE = {
  ann: { name: "Ann Admin", preferred_username: "ann", groups: ["staff", "admins"] },
  sue: { name: "Sue", preferred_username: "sue", groups: ["leads", "agents"] },
  anna: { name: "Anna at work", preferred_username: "anna", groups: ["agents"] },
  zoe: { name: "Zoe", preferred_username: "zoe", groups: ["agents"] },
  guest: { name: "Guest", preferred_username: "guest", groups: ["staff"] },
};

let real, odd, server;

const centre = (extra = "") => `
centre: oidc
listen: 127.0.0.1:0
publicUrl: ${HOME}
log: { level: debug }
agents:
  - { id: anna, name: Anna }
queues:
  - { id: support, name: Support }
tokens:
  - { role: admin, token: test-admin-token-x, name: admin }
oidc:
  - id: shop
    name: Shop's accounts
    issuer: ${real.issuer}
    clientId: baton
    clientSecret: file:client-secret
    scope: [openid, profile, groups]
    roles: { agent: [agents], supervisor: [leads], admin: [admins] }
    makeAccounts: true
  - id: odd
    name: Odd
    issuer: ${odd.issuer}
    clientId: baton
    roles: { supervisor: [leads] }
    makeAccounts: true
  - id: closed
    name: For those with an account
    issuer: ${odd.issuer}
    clientId: baton
  - id: gone
    name: Nobody answers
    issuer: http://127.0.0.1:9
    clientId: baton
${extra}`;

before(async () => {
  real = await realProvider({
    client_id: "baton", client_secret: SECRET, redirect_uris: [`${HOME}/api/v1/login/shop/callback`],
    post_logout_redirect_uris: [`${HOME}/`], grant_types: ["authorization_code"], response_types: ["code"],
  }, PEOPLE);
  odd = await OddProvider.start();
  server = new Server();
  fs.writeFileSync(path.join(server.data, "client-secret"), `${SECRET}\n`, { mode: 0o600 });
  server.write(centre());
  await server.up();
});
after(async () => {
  await server?.remove();
  await real?.stop();
  await odd?.stop();
});

const browser = (language) => new Browser(HOME, server, language);
const me = (b) => b.go("/api/v1/me").then((answer) => JSON.parse(answer.text));

function account(...words) {
  const { status, stderr } = spawnSync(BATON, ["account", ...words, "--data", path.join(server.data, "journal")], { encoding: "utf8" });
  assert.equal(status, 0, stderr);
}

async function signIn(who, b = browser()) {
  real.who = who;
  return b.follow("/api/v1/login/shop?return=/desk/?queue=support");
}

// At the provider that cheats nobody types anything: what it is asked stands in
// the first redirect.
async function begin(b, id = "odd") {
  const answer = await b.go(`/api/v1/login/${id}?return=/wall/`);
  assert.equal(answer.status, 303, answer.text);
  const asked = new URL(answer.next).searchParams;
  odd.nonce = asked.get("nonce");
  return asked;
}

const back = (b, query, id = "odd") =>
  b.go(`/api/v1/login/${id}/callback?${new URLSearchParams({ code: "the-code-of-the-tests", ...query })}`);

async function oddly(change, b = browser()) {
  odd.reset();
  change?.();
  const asked = await begin(b);
  return back(b, { state: asked.get("state") });
}

test("the page hears which ways in there are", async () => {
  const { body } = await server.ask("GET", "/api/v1/login");
  assert.equal(body.password, true);
  assert.deepEqual(body.providers[0], { id: "shop", name: "Shop's accounts", path: "/api/v1/login/shop" });
  assert.equal(body.providers.length, 4);
});

test("an admin, a supervisor and an agent come in by a real provider, each as what their groups say", async () => {
  for (const [who, role, id] of [["ann", "admin", "shop:ann"], ["sue", "supervisor", "shop:sue"], ["anna", "agent", "anna"]]) {
    const b = browser();
    const answer = await signIn(who, b);
    assert.equal(answer.at, "/desk/?queue=support", answer.text);
    const said = await me(b);
    assert.deepEqual([said.role, said.id], [role, id]);
    const [attempt, ended, session] = b.set;
    assert.match(attempt, /^__Host-baton-oidc-shop=[^;]+; Path=\/; HttpOnly; SameSite=Lax; Max-Age=600; Secure$/);
    assert.match(ended, /^__Host-baton-oidc-shop=; .*Max-Age=0/);
    assert.match(session, /^__Host-baton=[0-9a-f]{64}; Path=\/; HttpOnly; SameSite=Strict; Max-Age=604800; Secure$/);
    assert.equal(answer.headers["referrer-policy"], "no-referrer");
    assert.equal(answer.headers["cache-control"], "no-store");
  }
});

test("signing out ends the session here, and leads to the provider's own page", async () => {
  const b = browser();
  await signIn("sue", b);
  const [name, value] = [...b.jar(HOME)].find(([name]) => name.endsWith("baton"));
  const whoHas = async (cookie) => (await server.ask("GET", "/api/v1/me", { headers: { Cookie: cookie } })).status;
  const cookie = `${name}=${value}`;
  assert.equal(await whoHas(cookie), 200);
  assert.equal(await whoHas(`baton=${value}`), 401, "a neighbouring host could have planted it");
  const own = { Origin: HOME };
  const out = await b.go("/api/v1/logout", { method: "POST", headers: own });
  assert.equal(out.status, 200);
  const next = new URL(JSON.parse(out.text).next);
  assert.equal(next.origin + next.pathname, `${real.issuer}/session/end`);
  assert.deepEqual(Object.fromEntries(next.searchParams), { client_id: "baton", post_logout_redirect_uri: `${HOME}/` });
  assert.equal((await b.go(next.href)).status, 200);
  assert.equal(await whoHas(cookie), 401);
});

test("whoever may not come in reads why, and what to do", async () => {
  const stories = [
    [undefined, 403, "access_denied", /broken off/],
    ["guest", 403, "no_role", /gives you a role/],
    ["zoe", 403, "no_agent", /agent 'zoe' is not in the centre/],
  ];
  for (const [who, status, wire, words] of stories) {
    const b = browser();
    const answer = await signIn(who, b);
    assert.equal(answer.status, status, answer.text);
    assert.match(answer.headers["content-type"], /^text\/html/);
    assert.match(answer.headers["content-security-policy"], /default-src 'none'/);
    assert.ok(answer.text.includes(wire), answer.text);
    assert.match(answer.text, words);
    assert.match(answer.text, /<a href="\/desk\/\?queue=support">Begin again/);
    assert.equal((await me(b)).status, "Unauthorized");
  }
  const german = await signIn("guest", browser("de-AT,en"));
  assert.match(german.text, /<html lang="de">[^]*gibt Ihnen hier eine Rolle/);
});

test("an account that was disabled stays so; enabled, it is the same one", async () => {
  const b = browser();
  await signIn("ann", b);
  account("disable", "shop:ann");
  assert.equal((await me(b)).status, "Unauthorized");
  const answer = await signIn("ann");
  assert.equal(answer.status, 403);
  assert.match(answer.text, /account_disabled/);
  account("enable", "shop:ann");
  assert.equal((await signIn("ann")).at, "/desk/?queue=support");
});

test("whoever loses the role at the provider loses it in every browser", async () => {
  const b = browser();
  await signIn("ann", b);
  PEOPLE.ann.groups = ["leads"];
  const other = browser();
  await signIn("ann", other);
  assert.equal((await me(other)).role, "supervisor");
  assert.equal((await me(b)).status, "Unauthorized");
  PEOPLE.ann.groups = [];
  assert.equal((await signIn("ann")).status, 403);
  assert.equal((await me(other)).status, "Unauthorized");
  PEOPLE.ann.groups = ["admins"];
});

test("without roles in the configuration accounts say who comes in, and as what", async () => {
  odd.reset();
  const b = browser();
  const first = await begin(b, "closed");
  const stranger = await back(b, { state: first.get("state") }, "closed");
  assert.equal(stranger.status, 403);
  assert.match(stranger.text, /no_account: baton account add … --issuer http:\S+ --person 'odd-1'/);
  account("add", "ada", "--role", "admin", "--issuer", odd.issuer, "--person", "odd-1");
  const second = await begin(b, "closed");
  assert.equal((await back(b, { state: second.get("state") }, "closed")).next, `${HOME}/wall/`);
  assert.equal((await me(b)).role, "admin");
  account("remove", "ada");
  assert.equal((await me(b)).status, "Unauthorized");
});

test("what the code is exchanged with: PKCE, and no secret of a public client", async () => {
  const b = browser();
  odd.reset();
  const asked = await begin(b);
  assert.equal((await back(b, { state: asked.get("state") })).status, 303);
  assert.equal(asked.get("code_challenge_method"), "S256");
  const hash = crypto.createHash("sha256").update(odd.form.get("code_verifier")).digest("base64url");
  assert.equal(hash, asked.get("code_challenge"));
  assert.deepEqual(Object.fromEntries(odd.form), { grant_type: "authorization_code", code: "the-code-of-the-tests",
    redirect_uri: `${HOME}/api/v1/login/odd/callback`, code_verifier: odd.form.get("code_verifier"), client_id: "baton" });
  assert.equal(odd.authorization, undefined);
});

test("a token that is not the provider's, for us, for this sign-in, now, lets nobody in", async () => {
  const stranger = keyPair("one");
  const now = Math.floor(Date.now() / 1000);
  const pem = odd.key.publicKey.export({ type: "spki", format: "pem" });
  const lies = {
    "unsigned": () => { odd.header = { alg: "none" }; odd.sign = () => Buffer.from(""); },
    "signed with the public key as a shared secret": () => {
      odd.header = { alg: "HS256", kid: "one" };
      odd.sign = (said) => crypto.createHmac("sha256", pem).update(said).digest();
    },
    "signed by somebody else": () => { odd.sign = rs256(stranger); },
    "with a key of its own": () => {
      odd.header = { alg: "RS256", jwk: stranger.jwk };
      odd.sign = rs256(stranger);
    },
    "from another issuer": () => { odd.claims = { iss: "https://evil.example" }; },
    "for another client": () => { odd.claims = { aud: "other" }; },
    "for several, and asked for by another": () => { odd.claims = { aud: ["baton", "other"], azp: "other" }; },
    "for another sign-in": () => { odd.claims = { nonce: "of-yesterday" }; },
    "for no sign-in": () => { odd.claims = { nonce: undefined }; },
    "of nobody": () => { odd.claims = { sub: undefined }; },
    "of another access token": () => { odd.claims = { at_hash: "AAAAAAAAAAAAAAAAAAAAAA" }; },
    "that is none": () => { odd.answerToken = (say) => say(200, { id_token: "not.a.token" }); },
    "that is missing": () => { odd.answerToken = (say) => say(200, { access_token: "x" }); },
  };
  for (const [what, change] of Object.entries(lies)) {
    const b = browser();
    const answer = await oddly(change, b);
    assert.equal(answer.status, 502, `${what}: ${answer.status} ${answer.text}`);
    assert.match(answer.text, /token_refused/, what);
    assert.equal((await me(b)).status, "Unauthorized", what);
  }
  for (const claims of [{ exp: now - 61 }, { iat: now + 200 }, { nbf: now + 200 }]) {
    const answer = await oddly(() => { odd.claims = claims; });
    assert.equal(answer.status, 502);
    assert.match(answer.text, /clock: the ID token/);
  }
  assert.equal((await oddly()).next, `${HOME}/wall/`);
  assert.equal(token({}, {}, () => Buffer.from("")), "e30.e30.");
});

test("new keys are asked for when a token names one; not for every one that a stranger makes up", async () => {
  const next = keyPair("two");
  const used = odd.key;
  odd.key = next;
  odd.keys = [next.jwk];
  const rotated = await oddly();
  assert.equal(rotated.next, `${HOME}/wall/`, rotated.text);
  const before = odd.asked.filter((call) => call === "GET /keys").length;
  for (let i = 0; i < 8; i++) {
    const answer = await oddly(() => { odd.header = { alg: "RS256", kid: `made-up-${i}` }; });
    assert.match(answer.text, /a key that the provider does not publish/);
  }
  const asked = odd.asked.filter((call) => call === "GET /keys").length - before;
  assert.ok(asked > 0 && asked <= 5, `${asked} times`);
  assert.equal((await oddly(() => { odd.header.kid = "one"; odd.sign = rs256(used); })).status, 502);
});

test("an answer is good once, in the browser that asked, for the provider that was asked", async () => {
  odd.reset();
  const b = browser();
  const asked = await begin(b);
  const cookies = new Map(b.jar(HOME));
  const state = asked.get("state");
  const attempt = async (who, query, id) => {
    const answer = await back(who, query, id);
    assert.equal(answer.status, 400, answer.text);
    assert.match(answer.text, /attempt_unknown/);
  };
  await attempt(browser(), { state }); // another browser
  await attempt(b, {});
  await attempt(b, { state: state.replace(/.$/, (c) => (c === "A" ? "B" : "A")) });
  b.jar(HOME).set("__Host-baton-oidc-closed", cookies.get("__Host-baton-oidc-odd"));
  await attempt(b, { state }, "closed"); // mixed up
  assert.equal((await back(b, { state })).status, 303);
  b.cookies.set(HOME, new Map(cookies));
  await attempt(b, { state }); // used
  const again = await begin(b);
  const wrong = await back(b, { state: again.get("state"), iss: "https://evil.example" });
  assert.equal(wrong.status, 400);
  assert.match(wrong.text, /other_issuer/);
});

test("nobody is led to another server", async () => {
  for (const page of ["//evil.example", "https://evil.example/", "/\\evil.example", "desk/", "/desk/\nSet-Cookie: a=b", "/@evil.example", `/${"x".repeat(300)}`]) {
    const answer = await server.ask("GET", `/api/v1/login/odd?return=${encodeURIComponent(page)}`);
    assert.equal(answer.status, 422, `${page}: ${answer.status}`);
    assert.equal(answer.headers.location, undefined);
  }
  assert.equal((await server.ask("GET", "/api/v1/login/nobody")).status, 404);
});

test("a provider that is down, or does not know us, is said so", async () => {
  const down = await browser().go("/api/v1/login/gone");
  assert.equal(down.status, 502);
  assert.match(down.text, /provider_unreachable: its discovery document: refused/);
  const client = await oddly(() => { odd.answerToken = (say) => say(401, { error: "invalid_client", error_description: "<b>who?</b>" }); });
  assert.equal(client.status, 502);
  assert.match(client.text, /client_refused: invalid_client: &lt;b&gt;who\?&lt;\/b&gt;/);
  const late = await oddly(() => { odd.answerToken = (say) => say(400, { error: "invalid_grant" }); });
  assert.equal(late.status, 400);
  const broken = await oddly(() => { odd.answerToken = (say) => say(500, "oops"); });
  assert.match(broken.text, /provider_error: its token endpoint: the provider answered with status 500/);
  const led = await oddly(() => {
    odd.answerToken = (_, answer) => answer.writeHead(307, { Location: "http://127.0.0.1:9/token" }).end();
  });
  assert.match(led.text, /status 307/);
  const b = browser();
  odd.reset();
  const asked = await begin(b);
  const said = await back(b, { state: asked.get("state"), code: "", error: "login_required", error_description: "try & again" });
  assert.match(said.text, /provider_error: login_required: try &amp; again/);
});

test("signing in by a provider is written down, and so is who may not", async () => {
  await signIn("sue");
  await signIn("guest");
  const { body } = await server.as("admin")("GET", "/audit?limit=500");
  const seen = JSON.stringify(body);
  assert.match(seen, /"who":"shop:sue","what":"signIn","of":"shop",[^}]*"code":303/);
  assert.match(seen, /"what":"signIn","of":"shop",[^}]*"code":403/);
});

test("the log has neither codes nor states nor secrets", async () => {
  assert.match(server.log, /signin/);
  for (const secret of ["the-code-of-the-tests", SECRET, "state=", "code=", "an access token", "eyJ", odd.nonce]) {
    assert.ok(!server.log.includes(secret), secret);
  }
});

test("a centre that turns passwords off takes none", async () => {
  server.write(centre("passwords: false\n"));
  await server.stop();
  await server.up();
  const { body } = await server.ask("GET", "/api/v1/login");
  assert.equal(body.password, false);
  const answer = await server.ask("POST", "/api/v1/login", { body: { login: "ada", password: "correct horse battery" } });
  assert.equal(answer.status, 403);
  assert.match(answer.body.detail, /which provider/);
});
