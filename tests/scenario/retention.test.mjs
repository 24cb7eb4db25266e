// retention.test.mjs - what is too old goes by itself, and what a legal hold keeps goes with nobody.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { after, before, test } from "node:test";
import { CENTRE, eventually, Server } from "./support/server.mjs";

const SCRIPTS = new URL("../../examples/handover/", import.meta.url).pathname;
const UNKNOWN = "0192f1c4-7d3e-7b2a-9f00-2f1d5a7c9e10";
let server, supervisor, admin, data;
const people = {};

const good = (answer) => (assert.ok(answer.status < 300, `${answer.status} ${answer.text}`), answer.body);

before(async () => {
  const centre = fs.readFileSync(CENTRE, "utf8").replaceAll("../../examples/handover/", SCRIPTS)
    .replace("{ id: plain, ", "{ id: plain, files: [text/plain], ");
  server = await Server.start(`${centre}\nfiles: { scan: ["true"] }\nretention: { contentDays: 30, fileDays: 30, historyDays: 60 }\n`);
  data = path.join(server.data, "journal");
  [supervisor, admin] = [server.as("supervisor"), server.as("admin")];
  for (const who of ["ada", "held", "stays", "young"]) people[who] = await visit(who);
});
after(() => server?.remove());

async function visit(who) {
  const said = `canary-${who}-8c1f`;
  const { id, token } = good(await supervisor("POST", "/sessions", { entryPoint: "plain", customer: { id: who, name: said } }));
  good(await server.as(token)("POST", `/sessions/${id}/messages`, { text: said }));
  good(await server.ask("POST", `/api/v1/sessions/${id}/files?name=a.txt`,
    { token, body: Buffer.from(`${said}\n`), headers: { "Content-Type": "application/octet-stream" } }));
  if (who !== "stays") {
    good(await supervisor("POST", `/sessions/${id}/end`, {}));
    await supervisor("POST", `/sessions/${id}/complete`);
    await eventually("the history", () => isKnown(who));
  }
  return { id, token, said };
}

const isKnown = async (who) => good(await supervisor("GET", `/history?customer=${who}`)).sessions.length === 1;
const story = async (who) => (await supervisor("GET", `/sessions/${people[who].id}/timeline`)).text;
const files = (who) => fs.existsSync(path.join(data, "files", people[who].id));
const swept = () => eventually("the sweep", () => /retention\.swept/.test(server.log));
const erasures = () => fs.readFileSync(path.join(data, "audit.log"), "utf8").split("eraseByAge").length - 1;

// The calendar goes on while the server is down: the sessions of @who ended so many days earlier. Its file is one of a version
// that did not know yet what is gone of a session.
async function age(days, ...who) {
  await server.stop();
  const python = `import sqlite3, sys
db = sqlite3.connect(sys.argv[1])
db.execute("UPDATE session SET ended_us = ended_us - ? WHERE customer IN (${who.map((w) => `'${w}'`).join()})", (${days} * 86400 * 10**6,))
db.execute("ALTER TABLE session DROP COLUMN gone")
db.commit()`;
  const ran = spawnSync("python3", ["-c", python, path.join(data, "history.db")], { encoding: "utf8" });
  assert.equal(ran.status, 0, ran.stderr);
}

test("a hold names whom it keeps, and why, or is not put", async () => {
  const put = (body, who = supervisor) => who("POST", "/holds", body);
  for (const body of [{}, { reason: "x" }, { customer: "held" }, { customer: "held", session: people.held.id, reason: "x" },
    { session: "nonsense", reason: "x" }, { customer: "held", reason: "" }, { customer: "held", reason: "x", more: 1 }]) {
    const answer = await put(body);
    assert.equal(answer.status, 422, answer.text);
  }
  assert.equal((await put({ customer: "held", reason: "x" }, server.as("anna"))).status, 403);
  people.hold = good(await put({ customer: "held", reason: "claim 4711" }));
  assert.deepEqual([people.hold.customer, people.hold.reason, people.hold.role], ["held", "claim 4711", "supervisor"]);
  assert.deepEqual(good(await admin("GET", "/holds")).holds, [people.hold]);
});

test("what is held is erased by nobody, and the refusal names the hold", async () => {
  for (const body of [{ customer: "held" }, { session: people.held.id }]) {
    const answer = await eventually("the erasure", async () => {
      const got = await admin("POST", "/erasures", body);
      return got.status !== 503 && got;
    });
    assert.deepEqual([answer.status, answer.body.refusal], [409, "on_hold"], answer.text);
    for (const word of [people.hold.id, people.hold.who, "claim 4711", people.held.id]) assert.ok(answer.body.detail.includes(word), answer.text);
  }
  assert.match(await story("held"), new RegExp(people.held.said));
});

test("content goes when its time is over; what is held, goes on or is younger stays", async () => {
  await age(31, "ada", "held");
  await server.up();
  await swept();
  assert.match(await story("ada"), /\[erased\]/);
  assert.doesNotMatch(await story("ada"), new RegExp(people.ada.said));
  for (const who of ["held", "young", "stays"]) assert.match(await story(who), new RegExp(people[who].said), who);
  assert.deepEqual(["ada", "held", "young", "stays"].map(files), [false, true, true, true]);
  assert.ok((await isKnown("ada")) && (await isKnown("held")), "the history has its own time");
  good(await server.as(people.stays.token)("POST", `/sessions/${people.stays.id}/messages`, { text: "and goes on" }));
  assert.equal(erasures(), 1);
  const [entry] = good(await admin("GET", "/audit?what=eraseByAge")).entries;
  assert.deepEqual([entry.role, entry.who, entry.of], ["system", "server", `1 session: ${people.ada.id}`]);
});

test("killed in the middle, it is done by the next start; nothing of the customer is in any file", async () => {
  await age(31, "ada", "held");
  await server.up();
  await eventually("the sweep begins", () => erasures() > 1);
  await server.stop("SIGKILL");
  await server.up();
  await eventually("the row is gone", async () => !(await isKnown("ada")));
  await eventually("and its copies", () => !fs.readdirSync(data, { recursive: true, withFileTypes: true })
    .some((f) => f.isFile() && fs.readFileSync(path.join(f.parentPath ?? f.path, f.name)).includes(people.ada.said)));
  assert.ok(await isKnown("held"));
});

test("a hold that is lifted keeps nothing: the next sweep takes it", async () => {
  assert.equal((await supervisor("DELETE", `/holds/${UNKNOWN}`)).status, 404);
  good(await supervisor("DELETE", `/holds/${people.hold.id}`));
  assert.deepEqual(good(await supervisor("GET", "/holds")).holds, []);
  server.process.kill("SIGHUP");
  await eventually("the row is gone", async () => !(await isKnown("held")));
  assert.match(await story("held"), /\[erased\]/);
  assert.match(await story("young"), new RegExp(people.young.said));
  for (const what of ["putHold", "liftHold"]) {
    const entries = good(await admin("GET", `/audit?what=${what}`)).entries.filter((e) => e.of === people.hold.id && e.code < 300);
    assert.equal(entries.length, 1, what);
  }
});
