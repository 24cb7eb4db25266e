// studio.test.mjs - what pages ask about scripts: findings, graph, words, layout, versions.
import assert from "node:assert/strict";
import fs from "node:fs";
import { after, before, test } from "node:test";
import { CENTRE, Server, TOKENS } from "./support/server.mjs";

const SCRIPTS = new URL("../../examples/handover/", import.meta.url).pathname;
const FORUM = fs.readFileSync(`${SCRIPTS}forum.studio`, "utf8");

let server, as;
before(async () => {
  server = await Server.start(fs.readFileSync(CENTRE, "utf8").replaceAll("../../examples/handover/", SCRIPTS));
  as = (who) => (what, body) => server.as(who)("POST", `/studio/${what}`, body);
});
after(() => server?.remove());

test("the forum's script has its finding, its statuses and its graph", async () => {
  const { status, body } = await as("supervisor")("check", { source: FORUM, name: "forum" });
  assert.equal(status, 200);
  assert.deepEqual(body.findings.map((f) => [f.code, f.line, f.severity]), [["transfer-refused", 5, "warning"]]);
  assert.match(body.findings[0].edit, /when:released/);
  assert.deepEqual(body.statuses.find((s) => s.line === 5).can, ["releasing", "idle"]);
  const nodes = body.graph.nodes.map((n) => `${n.kind} ${n.line} ${n.name}`);
  assert.deepEqual(nodes, ["start 0 ", "action 2 GetSessionInfo", "action 5 Transfer", "choice 7 ", "action 11 LogError", "end 0 "]);
  assert.ok(body.graph.edges.some((e) => e.kind === "no" && e.from === 3 && e.to === 4));
});

test("the centre is known: its names, and what its entry points guarantee", async () => {
  const ask = as("admin");
  const wrong = await ask("check", { source: 'r = Transfer("x", "Suport")\nIF r.code = 200 { EXIT }\n' });
  assert.ok(wrong.body.findings.some((f) => f.code === "unknown-target" && /support/.test(f.hint)), JSON.stringify(wrong.body.findings));
  const open = { id: "guarded", bot: "cognigy", onReleased: "later", fallback: "support" };
  assert.equal((await server.as("admin")("PUT", "/scripts/later", { source: FORUM })).status, 200);
  assert.equal((await server.as("admin")("PUT", "/entryPoints/guarded", open)).status, 200);
  assert.deepEqual((await ask("check", { source: FORUM, name: "later" })).body.findings, []);
});

test("a script with errors has them all, and no graph", async () => {
  const { body } = await as("admin")("check", { source: "IF 1\nASSIGN = 2\n" });
  assert.equal(body.graph, null);
  assert.ok(body.findings.length >= 2);
  assert.ok(body.findings.every((f) => f.severity === "error"));
});

test("words: what can be written, and what a name is", async () => {
  const source = "total = 1\nx = tot\n";
  const words = await as("admin")("complete", { source, line: 2, column: 8 });
  assert.ok(words.body.items.some((item) => item.label === "total" && item.kind === "variable"));
  assert.ok(words.body.items.some((item) => item.label === "Transfer" && item.kind === "action" && item.doc));
  const hover = await as("admin")("hover", { source: "x = GetSessionInfo()", line: 1, column: 8 });
  assert.deepEqual([hover.body.line, hover.body.column, hover.body.length], [1, 5, 14]);
  assert.match(hover.body.text, /GetSessionInfo/);
  assert.equal((await as("admin")("hover", { source: "x = 1", line: 9, column: 9 })).body.text, "");
});

test("layout", async () => {
  assert.equal((await as("admin")("format", { source: "if 1=1\nlog( 2 )\nend if" })).body.source, "IF 1 = 1\n  log(2)\nEND IF\n");
  assert.equal((await as("admin")("format", { source: "IF (" })).body.source, null);
});

test("a script is played: its lines, what they changed, what happened, and whether it was expected", async () => {
  const { status, body } = await as("supervisor")("run", { source: FORUM, name: "forum" });
  assert.equal(status, 200);
  assert.deepEqual(body.lines.map((line) => line.line), [2, 5, 7, 11]);
  assert.equal(body.lines[1].changed.result.new.code, 409);
  assert.deepEqual([body.ending, body.failures, body.output.length], ["finished", 0, 1]);
  assert.ok(body.events.some((e) => e.event.refusal === "release_in_progress"));
  const scenario = "cases:\n  - { scenario: good, expect: { script: finished } }\n  - { scenario: bad, expect: { status: active } }\n";
  const first = await as("supervisor")("run", { source: FORUM, scenario });
  assert.deepEqual([first.body.cases, first.body.failures], [["good", "bad"], 0]);
  const second = await as("supervisor")("run", { source: FORUM, scenario, number: 1 });
  assert.equal(second.body.failures, 1);
  assert.match(second.body.report, /active/);
  assert.deepEqual((await as("supervisor")("run", { source: FORUM, scenario, number: 2 })).body.lines, undefined);
});

test("a play reads no files, ends by itself, and says what cannot be played", async () => {
  const findings = async (scenario, source = FORUM) => (await as("admin")("run", { source, scenario })).body.findings;
  assert.match((await findings("centre: /etc/passwd\n"))[0].message, /a centre's file is not read here/);
  assert.match((await findings("scripts: [{ file: /etc/passwd }]\n"))[0].message, /no script 'passwd' is published here/);
  assert.deepEqual(await findings("scripts: [{ file: flows/cure-end.studio }]\n"), []);
  assert.equal((await findings("agents: 1\n"))[0].line, 1);
  assert.match((await findings("", "IF ("))[0].message, /expected/);
  const endless = "n = 0\nREPEAT 1000000 {\n n = n + 1\n Wait(0.001)\n}\n";
  const { status, body } = await as("admin")("run", { source: endless });
  assert.equal(status, 200);
  assert.ok(body.lines.length > 100 && body.linesLeftOut > 0);
  assert.ok(body.tookTooLong || body.troubles.length > 0);
});

test("who may, and what is asked wrongly", async () => {
  assert.equal((await as("anna")("check", { source: "" })).status, 403);
  const refused = async (what, body, pattern, code = 422) => {
    const answer = await as("admin")(what, body);
    assert.equal(answer.status, code, answer.text);
    assert.match(answer.body.detail, pattern);
  };
  await refused("check", {}, /"source" is missing/);
  await refused("check", { source: 1 }, /"source" must be a text/);
  await refused("check", { source: "", nam: "x" }, /did you mean "name"/);
  await refused("complete", { source: "", line: -1, column: 1 }, /"line" must be a whole number/);
  await refused("complete", { source: "", line: 1.5, column: 1 }, /"line" must be a whole number/);
  await refused("check", "[1]", /expected an object/);
  await refused("check", "{", /line 1/, 400);
  const form = await server.ask("POST", "/api/v1/studio/check", { token: TOKENS.admin, body: "a=1", headers: { "Content-Type": "application/x-www-form-urlencoded" } });
  assert.equal(form.status, 415);
});

test("many at once: each is answered, or told to come back", async () => {
  const answers = await Promise.all(Array.from({ length: 24 }, () => as("admin")("check", { source: FORUM })));
  assert.ok(answers.every((a) => a.status === 200 || (a.status === 503 && Number(a.headers["retry-after"]) >= 1)), answers.map((a) => a.status).join());
  assert.ok(answers.some((a) => a.status === 200));
});

test("versions are kept, named and brought back; the file does not undo what was published", async () => {
  const admin = server.as("admin");
  const list = async () => (await admin("GET", "/scripts/forum/versions")).body.versions;
  const [first] = await list();
  assert.deepEqual([first.current, first.role], [true, "system"]);
  assert.equal((await admin("PUT", "/scripts/forum", { source: 'TRACE "two"\n' })).status, 200);
  const two = await list();
  assert.deepEqual(two.map((v) => [v.current, v.role, v.by]), [[true, "admin", "admin"], [false, "system", first.by]]);
  assert.ok(Date.parse(two[0].publishedAt) >= Date.parse(two[1].publishedAt));
  assert.equal((await admin("GET", `/scripts/forum/versions/${two[1].version}`)).body.source, FORUM);
  await server.stop();
  await server.up();
  assert.deepEqual(await list(), two, "after a restart, out of a snapshot");
  assert.match(server.log, /published by admin 'admin'/);
  await admin("PUT", "/scripts/forum", { source: FORUM });
  const back = await list();
  assert.deepEqual(back.map((v) => v.version), [two[1].version, two[0].version]);
  assert.equal(back[0].current, true);
  assert.equal((await admin("GET", "/scripts/forum/versions/0000")).status, 404);
  assert.equal((await admin("GET", "/scripts/nothing/versions")).status, 404);
  assert.equal((await server.as("anna")("GET", "/scripts/forum/versions")).status, 403);
});
