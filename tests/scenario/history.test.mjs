// history.test.mjs - finished sessions are found again: by supervisors, by the
// agent who has the customer now, and after the process was killed.
import assert from "node:assert/strict";
import fs from "node:fs";
import path from "node:path";
import { after, before, test } from "node:test";
import { Peer } from "./support/peer.mjs";
import { Server, TOKENS } from "./support/server.mjs";

let server, bot, anna;

before(async () => {
  server = await Server.start();
  bot = await Peer.bot(server);
  anna = await Peer.agent(server, "anna");
  await anna.ask("state", { state: "available" });
});
after(() => server?.remove());

const supervisor = (path) => server.as("supervisor")("GET", path);

// A customer whom anna has in hand.
async function talk(customer) {
  const { body } = await server.as("admin")("POST", "/sessions", { entryPoint: "released", customer });
  await bot.hear("the session", (f) => f.type === "session.invited" && f.session.id === body.id);
  await bot.ask("session.accept", { session: body.id });
  await bot.ask("session.goodbye", { session: body.id, outcome: "escalate" });
  await bot.ask("session.close", { session: body.id });
  await anna.hear("the offer", (f) => f.type === "offer" && f.session.id === body.id);
  await anna.ask("offer.accept", { session: body.id });
  return body.id;
}

async function finish(session, disposition) {
  await anna.ask("disposition", { session, disposition });
  await anna.ask("end", { session });
  await anna.ask("complete", { session });
}

// What ended is written a moment later.
async function found(path, count) {
  for (;;) {
    const { status, body } = await supervisor(path);
    assert.equal(status, 200, JSON.stringify(body));
    if (body.sessions.length >= count) return body;
    await new Promise((go) => setTimeout(go, 50));
  }
}

const ADA = { id: "c-1", name: "Ada", address: "+49 30 1234" };
let first;

test("a finished session is found by customer, number, queue, agent, disposition, time and words", async () => {
  first = await talk(ADA);
  await finish(first, "refunded");
  const [row] = (await found("/history?customer=c-1", 1)).sessions;
  assert.deepEqual(
    [row.session, row.customer, row.name, row.number, row.queue, row.agent, row.disposition, row.endReason],
    [first, "c-1", "Ada", "+49 30 1234", "skill:AgentSkill", "anna", "refunded", "agent_ended"]);
  const day = 86_400_000;
  const at = (ms) => encodeURIComponent(new Date(Date.now() + ms).toISOString());
  for (const path of ["number=%2B49%2030%201234", "queue=skill:AgentSkill", "agent=anna", "disposition=refunded", "q=ada", `from=${at(-day)}&to=${at(day)}`]) {
    assert.equal((await supervisor(`/history?${path}`)).body.sessions.length, 1, path);
  }
  for (const path of ["customer=c-2", "queue=french", `to=${at(-day)}`, `from=${at(day)}`]) {
    assert.equal((await supervisor(`/history?${path}`)).body.sessions.length, 0, path);
  }
});

test("who says nothing of himself is found, too", async () => {
  const session = await talk(undefined);
  await finish(session, "anonymous");
  const [row] = (await found("/history?disposition=anonymous", 1)).sessions;
  assert.deepEqual([row.session, row.agent, row.customer ?? ""], [session, "anna", ""]);
});

test("what is asked wrongly is said", async () => {
  for (const path of ["from=yesterday", "after=x", "limit=501", "custmer=c-1"]) {
    const { status, body } = await supervisor(`/history?${path}`);
    assert.ok(status === 400 || status === 422, `${path}: ${status}`);
    assert.ok(body.detail.length > 0);
  }
});

test("the agent who has the customer sees the earlier sessions, another agent does not", async () => {
  const now = await talk(ADA);
  const mine = await server.as("anna")("GET", `/sessions/${now}/history`);
  assert.deepEqual(mine.body.sessions.map((s) => s.session), [first]);
  const others = await server.ask("GET", `/api/v1/sessions/${now}/history`, { token: TOKENS.bert });
  assert.equal(others.body.refusal, "unknown_session");
  const nobody = await talk({ name: "Somebody" });
  assert.deepEqual((await server.as("anna")("GET", `/sessions/${nobody}/history`)).body.sessions, []);
  await finish(nobody, "none");
  await finish(now, "again");
});

test("pages follow each other, and kill -9 loses nothing that had ended", async () => {
  const last = await talk(ADA);
  await finish(last, "just so");
  await server.stop("SIGKILL");
  await server.up();
  const all = await found("/history?customer=c-1", 3);
  assert.equal(all.sessions[0].session, last);
  const seen = [];
  for (let next = ""; next !== null;) {
    const { body } = await supervisor(`/history?customer=c-1&limit=1${next === "" ? "" : `&after=${next}`}`);
    seen.push(...body.sessions.map((s) => s.session));
    next = body.next;
  }
  assert.deepEqual(seen, all.sessions.map((s) => s.session));
});

test("an index that is broken or lost is made anew from the journal", async () => {
  const whole = await found("/history?customer=c-1", 3);
  const file = path.join(server.data, "journal", "history.db");
  await server.stop();
  fs.writeFileSync(file, "no database");
  await server.up();
  assert.deepEqual((await found("/history?customer=c-1", 3)).sessions, whole.sessions);
  assert.equal(fs.readFileSync(`${file}.broken`, "utf8"), "no database");
  await server.stop("SIGKILL");
  for (const end of ["", "-wal", "-shm"]) fs.rmSync(file + end, { force: true });
  await server.up();
  assert.deepEqual((await found("/history?customer=c-1", 3)).sessions, whole.sessions);
});
