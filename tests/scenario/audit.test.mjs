// audit.test.mjs - who did what, when and from where: written down before anybody hears of it, and whole.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import fs from "node:fs";
import path from "node:path";
import { after, before, test } from "node:test";
import { Peer } from "./support/peer.mjs";
import { BATON, CENTRE, eventually, Server, TOKENS } from "./support/server.mjs";
import { talk } from "./support/story.mjs";

const PASSWORD = "correct horse battery";
const SECRET = "the customer's own words 7c41";

let server, bot, admin, supervisor, data;

before(async () => {
  server = await Server.start();
  data = path.join(server.data, "journal");
  bot = await Peer.bot(server);
  [admin, supervisor] = [server.as("admin"), server.as("supervisor")];
});
after(() => server?.remove());

const log = () => fs.readFileSync(path.join(data, "audit.log"), "utf8").trim().split("\n").map((line) => JSON.parse(line));
const baton = (...words) => spawnSync(BATON, words, { encoding: "utf8", input: `${PASSWORD}\n` });
const verify = (...words) => baton("audit", "verify", data, ...words);
const newest = () => log().at(-1);
const bare = ({ role, who, what, of, code }) => ({ role, who, what, of, code });

// What is asked, and the entry that is on disk when the answer is there.
async function asked(who, method, resource, body) {
  const before = log().length;
  const answer = await server.as(who)(method, resource, body);
  const entries = log().slice(before);
  assert.equal(entries.length, 1, `${method} ${resource}: ${JSON.stringify(entries)}`);
  return { answer, entry: entries[0] };
}

test("a command of a supervisor is written down with its answer, before the answer", async () => {
  const { id } = await talk(server, bot);
  const { answer, entry } = await asked("supervisor", "POST", `/sessions/${id}/listen`, { reason: "training" });
  assert.equal(answer.status, 200, answer.text);
  assert.deepEqual(bare(entry), { role: "supervisor", who: "supervisor", what: "listen", of: id, code: 200 });
  assert.equal(entry.from, "127.0.0.1");
  assert.equal(entry.request, answer.headers["x-request-id"]);
  assert.ok(Math.abs(Date.parse(entry.at) - Date.now()) < 60_000, entry.at);
  const refused = await asked("supervisor", "POST", `/sessions/${id}/assign`, { agentId: "nobody" });
  assert.equal(refused.entry.code, refused.answer.status);
  assert.ok(refused.entry.code >= 400);
});

test("the configuration: who changed what", async () => {
  const { entry } = await asked("admin", "PUT", "/skills/Dutch", {});
  assert.deepEqual(bare(entry), { role: "admin", who: "admin", what: "putSkill", of: "Dutch", code: 200 });
  const supervisors = await asked("supervisor", "PUT", "/skills/Dutch", {});
  assert.deepEqual([supervisors.entry.who, supervisors.entry.code], ["supervisor", 403]);
});

test("programs that open sessions with a supervisor's token do not fill it; the timeline has who it was", async () => {
  const before = log().length;
  const { status, body } = await supervisor("POST", "/sessions", { entryPoint: "plain" });
  assert.equal(status, 201);
  assert.equal(log().length, before);
  const opened = (await supervisor("GET", `/sessions/${body.id}/timeline`)).body.events[0];
  assert.match(JSON.stringify(opened), /"role":"supervisor","[a-z]+":"supervisor"/);
  const { entry } = await asked("admin", "POST", "/sessions", { entryPoint: "plain" });
  assert.deepEqual([entry.who, entry.what, entry.code], ["admin", "open", 201]);
});

test("reading what was said is written down, by staff and not by the customer", async () => {
  const { body } = await server.as("visitor")("POST", "/sessions", { entryPoint: "plain" });
  await server.as(body.token)("POST", `/sessions/${body.id}/messages`, { text: SECRET });
  for (const [resource, what] of [["transcript", "readTranscript"], ["messages", "readMessages"], ["timeline", "readTimeline"], ["explain", "readStory"]]) {
    const { answer, entry } = await asked("supervisor", "GET", `/sessions/${body.id}/${resource}`);
    assert.equal(answer.status, 200);
    assert.deepEqual(bare(entry), { role: "supervisor", who: "supervisor", what, of: body.id, code: undefined });
    const before = log().length;
    assert.equal((await server.as(body.token)("GET", `/sessions/${body.id}/messages`)).status, 200);
    assert.equal(log().length, before);
  }
  assert.equal((await asked("supervisor", "GET", `/history?customer=${encodeURIComponent(SECRET)}`)).entry.what, "searchHistory");
});

test("a stream of events is followed by somebody", async () => {
  const before = log().length;
  const ws = await Peer.connect(server, "/events/socket", "supervisor");
  assert.deepEqual(bare(log()[before]), { role: "supervisor", who: "supervisor", what: "followEvents", of: undefined, code: undefined });
  ws.close?.();
});

test("accounts and sign-in: who, and whether it worked, and never what was typed", async () => {
  const added = baton("account", "add", "sue", "--role", "supervisor", "--data", data);
  assert.equal(added.status, 0, added.stderr);
  assert.deepEqual([newest().role, newest().what, newest().of], ["operator", "accountAdd", "sue"]);
  const own = { Origin: `http://127.0.0.1:${server.port}`, Host: `127.0.0.1:${server.port}` };
  const logIn = (login, password) => server.ask("POST", "/api/v1/login", { body: { login, password }, headers: own });
  const good = await logIn("sue", PASSWORD);
  assert.deepEqual([good.status, newest().who, newest().what, newest().code], [200, "sue", "signIn", 200]);
  assert.equal((await logIn("sue", "wrong wrong wrong")).status, 401);
  assert.deepEqual([newest().who, newest().code], ["sue", 401]);
  assert.equal((await logIn(PASSWORD, "sue")).status, 401);
  assert.deepEqual([newest().who, newest().what, newest().code], [undefined, "signIn", 401]);
  const cookie = good.headers["set-cookie"][0].split(";")[0];
  await server.ask("POST", "/api/v1/logout", { headers: { ...own, Cookie: cookie } });
  assert.deepEqual([newest().who, newest().what, newest().code], ["sue", "signOut", 204]);
});

test("administrators read it: the newest first, by pages, by who and what", async () => {
  const all = await admin("GET", "/audit?limit=3");
  assert.equal(all.status, 200);
  assert.equal(all.body.entries.length, 3);
  assert.equal(all.body.entries[0].what, "readAudit");
  assert.equal(all.body.head.digest, all.body.entries[0].digest);
  const next = await admin("GET", `/audit?limit=3&after=${all.body.next}`);
  assert.equal(next.body.entries[0].n, all.body.entries[2].n - 1);
  const listened = await admin("GET", "/audit?what=listen&who=supervisor");
  assert.deepEqual(listened.body.entries.map((e) => e.what), ["listen"]);
  assert.equal(listened.body.next, null);
  assert.equal((await supervisor("GET", "/audit")).status, 403);
  assert.equal((await admin("GET", "/audit?from=yesterday")).body.pointer, "/from");
});

test("many at once are one chain, and all are on disk when they are answered", async () => {
  const before = log().length;
  await Promise.all(Array.from({ length: 60 }, (_, i) => admin("PUT", `/skills/S${i}`, {})));
  assert.equal(log().length, before + 60);
  assert.match(verify().stdout, /^OK: \d+ entries, head [0-9a-f]{64}\n$/);
});

test("it holds no tokens, no passwords and nothing of what was said", () => {
  const text = fs.readFileSync(path.join(data, "audit.log"), "utf8");
  for (const secret of [SECRET, PASSWORD, "wrong wrong", ...Object.values(TOKENS)]) assert.ok(!text.includes(secret), secret);
});

test("what was changed, removed or cut is found; a restart goes on", async () => {
  const [, head] = /head (\w+)/.exec(verify().stdout);
  await server.stop("SIGKILL");
  await server.up();
  assert.equal(newest().what, "start");
  assert.equal(verify("--head", head).status, 0);
  await server.stop();
  const file = path.join(data, "audit.log");
  const whole = fs.readFileSync(file, "utf8");
  const lines = whole.split("\n");
  for (const [what, broken, words] of [
    ["changed", whole.replace('"what":"listen"', '"what":"listem"'), /^BROKEN at line 2: its digest does not fit/],
    ["removed", [...lines.slice(0, 3), ...lines.slice(4)].join("\n"), /^BROKEN at line 4: .*taken out/],
    ["cut", lines.slice(0, 3).join("\n") + "\n", /^BROKEN: no entry has the digest/],
  ]) {
    fs.writeFileSync(file, broken);
    const { status, stdout } = verify("--head", head);
    assert.equal(status, 1, what);
    assert.match(stdout, words);
  }
  fs.writeFileSync(file, whole);
  assert.equal(verify("--head", head).status, 0);
  assert.match(baton("audit", "list", data, "--what", "listen").stdout, /supervisor +supervisor +listen +of \S+  from 127\.0\.0\.1  200\n$/);
});

// ---- kept for a while

const NONE = "0".repeat(64);
const DAY_MS = 86_400_000;

// A log as it would have been written @days ago, by the rule that docs/privacy.md tells: from entry @n on, behind the digest @before.
function written(days, n, before, acts) {
  let digest = before;
  const lines = acts.map((act, i) => {
    const at = new Date(Date.now() - days * DAY_MS + i).toISOString();
    const head = JSON.stringify({ n: n + i, at, role: "system", who: "server", ...act }).slice(0, -1) + ",";
    digest = createHash("sha256").update(digest + head).digest("hex");
    return `${head}"digest":"${digest}"}\n`;
  });
  return { text: lines.join(""), digest, next: n + lines.length };
}

test("what is older than the file says goes a day at a time, and the rest is still proved", async () => {
  const kept = new Server(CENTRE);
  const folder = path.join(kept.data, "journal");
  const at = (name) => path.join(folder, name);
  const check = (...words) => baton("audit", "verify", folder, ...words);
  try {
    kept.write(fs.readFileSync(CENTRE, "utf8").replaceAll("../../examples/", new URL("../../examples/", import.meta.url).pathname) + "\naudit: { keepDays: 30 }\n");
    fs.mkdirSync(folder, { mode: 0o700 });
    const old = written(45, 1, NONE, Array.from({ length: 10 }, (_, i) => ({ what: "listen", of: `old ${i}` })));
    const young = written(20, old.next, old.digest, [{ what: "auditSegment", of: old.digest }, { what: "listen", of: "young" }]);
    fs.writeFileSync(at("audit.log.000000000001"), old.text, { mode: 0o400 });
    fs.writeFileSync(at("audit.log"), young.text, { mode: 0o600 });
    assert.match(check().stdout, /^OK: 12 entries/);

    await kept.up();
    await eventually("the old entries are gone", () => !fs.existsSync(at("audit.log.000000000001")));
    await eventually("it is told", () => /audit\.retired.*1 to 10/.test(kept.log));
    assert.match(fs.readFileSync(at("audit.log.000000000011"), "utf8"), /"of":"young"/); // sealed: its first entry is a day old
    const asAdmin = kept.as("admin");
    const { entries } = (await asAdmin("GET", "/audit?limit=500")).body;
    const removed = entries.find((e) => e.what === "auditRemoved");
    assert.match(removed.of, new RegExp(`^1-10 10 ${old.digest} \\d{4}-\\S+Z \\d{4}-\\S+Z$`));
    assert.deepEqual(entries.map((e) => e.n), entries.map((_, i) => entries[0].n - i)); // over both files, none twice
    assert.equal(entries.at(-1).n, 11);
    assert.ok(entries.some((e) => e.of === "young") && !entries.some((e) => /^old/.test(e.of)));
    const seen = (await asAdmin("GET", `/audit/verification?head=${young.digest}`)).body;
    assert.deepEqual([seen.whole, seen.removed, seen.line], [true, 10, null]);
    assert.match(check("--head", young.digest).stdout, /^OK: \d+ entries, head \w+\nentries 1 to 10 were removed by their age/);
    assert.equal(check("--head", old.digest).status, 0); // the last of them is still known
    assert.equal(JSON.parse(check("--json").stdout).removed, 10);

    // A restart, and `baton account` beside it, go on behind the sealed file.
    await kept.stop("SIGKILL");
    assert.equal(baton("account", "add", "sue", "--role", "supervisor", "--data", folder).status, 0);
    await kept.up();
    assert.equal(check().status, 0);
    await kept.stop();
    // What nobody wrote down is missed.
    fs.rmSync(at("audit.log.000000000011"));
    assert.match(check().stdout, /^BROKEN: entries 1 to \d+ are missing, and no entry says/);
  } finally {
    await kept.remove();
  }
});
