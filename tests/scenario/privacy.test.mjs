// privacy.test.mjs - what is kept of a person, and that nothing is after an erasure: every file of the server is searched.
import assert from "node:assert/strict";
import { execFile, spawnSync } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { after, before, test } from "node:test";
import { Peer } from "./support/peer.mjs";
import { BATON, CENTRE, eventually, Server, TOKENS } from "./support/server.mjs";
import { take } from "./support/story.mjs";

const SCRIPTS = new URL("../../examples/handover/", import.meta.url).pathname;
const CARD = "4111 1111 1111 1111";
// What one person left behind, in each place where it can be.
const CANARIES = {
  customer: "canary-customer-4f1c", name: "Canary Nameson-91be", address: "canary-address-77d0@example.com",
  attribute: "canary-attribute-c3a5", first: "canary-first-message-08e2", second: "canary-second-message-b614",
  reason: "canary-reason-5d9a", patched: "canary-patched-e2f7", note: "canary-note-30cc", file: "canary-file-name-6a1b.txt",
  bytes: "canary-file-bytes-f05e",
};
const OTHERS = "another-person-stays-2c7d";

let server, bot, supervisor, admin, data;

before(async () => {
  const centre = fs.readFileSync(CENTRE, "utf8").replaceAll("../../examples/handover/", SCRIPTS)
    .replace("{ id: plain, ", "{ id: plain, files: [text/plain], ")
    .replace("{ id: nowhere, ", "{ id: nowhere, keepCardNumbers: true, ");
  server = await Server.start(`${centre}\nfiles: { scan: ["true"] }\n`);
  data = path.join(server.data, "journal");
  bot = await Peer.bot(server);
  [supervisor, admin] = [server.as("supervisor"), server.as("admin")];
});
after(() => server?.remove());

const good = (answer) => (assert.ok(answer.status < 300, `${answer.status} ${answer.text}`), answer.body);

// Every file below the data directory, and what the server has said.
function search(words) {
  const files = fs.readdirSync(data, { recursive: true, withFileTypes: true }).filter((f) => f.isFile())
    .map((f) => path.join(f.parentPath ?? f.path, f.name));
  const found = [];
  for (const [name, bytes] of [...files.map((f) => [path.relative(data, f), fs.readFileSync(f)]), ["the log", Buffer.from(server.log)]]) {
    for (const word of words) if (bytes.includes(word)) found.push(`${word} in ${name}`);
  }
  return { found, files: files.length };
}

// A session of the person: talked, told, patched, noted, with a file; and over.
async function visit() {
  const customer = { id: CANARIES.customer, name: CANARIES.name, address: CANARIES.address };
  const { id, token } = good(await supervisor("POST", "/sessions", { entryPoint: "plain", customer, attributes: { card: CANARIES.attribute } }));
  await bot.hear("session.invited", (f) => f.type === "session.invited" && f.session.id === id);
  await bot.ask("session.accept", { session: id });
  good(await server.as(token)("POST", `/sessions/${id}/messages`, { text: CANARIES.first }));
  good(await server.as("cognigy")("POST", `/sessions/${id}/messages`, { text: CANARIES.second, data: { said: CANARIES.second } }));
  good(await server.as("cognigy")("PATCH", `/sessions/${id}`, { attributes: { more: CANARIES.patched } }));
  good(await supervisor("POST", `/sessions/${id}/notes`, { text: CANARIES.note }));
  good(await server.ask("POST", `/api/v1/sessions/${id}/files?name=${CANARIES.file}`,
    { token, body: Buffer.from(`${CANARIES.bytes}\n`), headers: { "Content-Type": "application/octet-stream" } }));
  return { id, token };
}

const end = async (id, reason = CANARIES.reason) => {
  good(await supervisor("POST", `/sessions/${id}/end`, { reason }));
  await supervisor("POST", `/sessions/${id}/complete`);
};

const inHistory = (customer) => eventually("the history", async () => {
  const { sessions } = good(await supervisor("GET", `/history?customer=${customer}`));
  return sessions.length > 0 && sessions;
});

test("a person is erased: nothing of it is in any file, and what happened still is", async () => {
  const other = good(await supervisor("POST", "/sessions", { entryPoint: "plain", customer: { id: OTHERS } }));
  good(await server.as(other.token)("POST", `/sessions/${other.id}/messages`, { text: OTHERS }));
  const { id } = await visit();
  const [early] = [good(await supervisor("GET", `/sessions/${id}/timeline`)).events];
  assert.deepEqual((await admin("POST", "/erasures", { customer: CANARIES.customer })).body.refusal, "in_use");
  await end(id);
  await end(other.id, OTHERS);
  await inHistory(CANARIES.customer);
  await inHistory(OTHERS);

  // The control: before it is erased, the search finds the person.
  const before = search(Object.values(CANARIES));
  console.log(`before: ${before.found.length} canaries found in ${before.files} files`);
  assert.ok(before.found.length >= 4, before.found.join("\n"));
  // … but never in the journal nor in the log, whose content is sealed and not written.
  assert.deepEqual(before.found.filter((f) => /journal\/|keys|audit|the log/.test(f)), []);

  fs.copyFileSync(path.join(data, "keys"), path.join(server.data, "keys-before"));
  const erased = await eventually("the erasure", async () => {
    const answer = await admin("POST", "/erasures", { customer: CANARIES.customer });
    return answer.status !== 503 && answer;
  });
  assert.deepEqual(good(erased), { sessions: 1, keysDestroyed: 1 });
  assert.deepEqual(search(Object.values(CANARIES)).found, []);

  // After a restart the state is read from the disk: the events are there, in their order, and say what they may.
  await server.stop();
  await server.up();
  const searched = search(Object.values(CANARIES));
  assert.deepEqual(searched.found, []);
  console.log(`after: 0 canaries found in ${searched.files} files`);
  const late = good(await supervisor("GET", `/sessions/${id}/timeline`)).events;
  assert.deepEqual(late.slice(0, early.length).map((e) => e.type), early.map((e) => e.type));
  const said = late.filter((e) => e.type === "message").map((e) => e.text);
  assert.ok(said.length === 3 && said.every((t) => t === "[erased]"), said.join());
  // Whoever had no answer asks again.
  assert.deepEqual(good(await admin("POST", "/erasures", { customer: CANARIES.customer })), { sessions: 0, keysDestroyed: 0 });
  assert.deepEqual(good(await admin("POST", "/erasures", { session: id })), { sessions: 1, keysDestroyed: 0 });
  const nobody = await admin("POST", "/erasures", { session: id.replace(/....$/, "0000") });
  assert.deepEqual([nobody.status, nobody.body.detail], [404, "Nothing was ever kept of it that could be erased."]);

  // Whoever was not meant is whole.
  assert.match((await supervisor("GET", `/sessions/${other.id}/timeline`)).text, new RegExp(OTHERS));
  const [entry] = good(await admin("GET", "/audit?what=erase&limit=500")).entries.filter((e) => e.code === 200);
  assert.deepEqual([entry.who, entry.of], ["admin", id]);
});

test("a journal with erased sessions is read again from its first batch, and says the same", async () => {
  await server.stop();
  const replay = spawnSync(BATON, ["replay", data], { encoding: "utf8" });
  assert.equal(replay.status, 0, replay.stderr);
  assert.match(replay.stdout, /every batch verifies, from the first/);
  assert.match(replay.stdout, /\[erased\]/);
  for (const word of Object.values(CANARIES)) assert.ok(!replay.stdout.includes(word), word);
  // A copy of the journal without its keys tells everything but content.
  const copy = fs.mkdtempSync(path.join(server.data, "copy-"));
  fs.cpSync(path.join(data, "journal"), path.join(copy, "journal"), { recursive: true });
  const bare = spawnSync(BATON, ["replay", copy], { encoding: "utf8" });
  assert.equal(bare.status, 0, bare.stderr);
  assert.ok(!bare.stdout.includes(OTHERS));
  // The control: the same journal with the keys of before the erasure gives the person back.
  fs.copyFileSync(path.join(server.data, "keys-before"), path.join(copy, "keys"));
  const whole = spawnSync(BATON, ["replay", copy, "--json"], { encoding: "utf8" });
  const read = Object.values(CANARIES).filter((word) => whole.stdout.includes(word));
  console.log(`control: with the destroyed key put back, ${read.length} of ${Object.keys(CANARIES).length} canaries are read`);
  assert.ok(read.length >= 9, read.join());
  await server.up();
});

test("kill -9 loses no key: what was answered is read again", async () => {
  bot = await Peer.bot(server);
  const { id, token } = await visit();
  await server.stop("SIGKILL");
  await server.up();
  const { messages } = good(await server.as(token)("GET", `/sessions/${id}/messages`));
  assert.deepEqual(messages.map((m) => m.text).slice(0, 2), [CANARIES.first, CANARIES.second]);
  await end(id);
});

test("everything that is kept of a person is exported: the rows, what was said in each session, the files", async () => {
  bot = await Peer.bot(server);
  assert.equal((await admin("POST", "/exports", { customer: CANARIES.customer })).body.refusal, "no_grant");
  good(await supervisor("POST", "/grants", { to: "admin", until: new Date(Date.now() + 3600_000).toISOString(), why: "Art. 15" }));
  const { id: open } = await visit();
  const [{ session: over }] = await inHistory(CANARIES.customer);
  const exported = async (query = "", body = { customer: CANARIES.customer }) => good(await eventually("the export", async () => {
    const answer = await admin("POST", `/exports${query}`, body);
    return answer.status !== 503 && answer;
  }));
  const { customer, sessions, next } = await exported();
  assert.deepEqual([customer, sessions.map((s) => s.session), next], [CANARIES.customer, [over, open], null]);
  assert.deepEqual([sessions[0].history.name, sessions[1].history], [CANARIES.name, null]);
  for (const { events } of sessions) {
    const told = JSON.stringify(events);
    for (const word of ["name", "address", "attribute", "first", "second", "patched", "note", "file"]) assert.ok(told.includes(CANARIES[word]), word);
  }
  // In pages it is the same; one session by its id.
  const one = await exported("?limit=1");
  const two = await exported(`?limit=1&after=${one.next}`);
  assert.deepEqual([...one.sessions, ...two.sessions].map((s) => s.events.length), sessions.map((s) => s.events.length));
  assert.equal(two.next, null);
  assert.deepEqual((await exported("", { session: open })).sessions.map((s) => s.session), [open]);
  // Nobody, and nothing that is understood.
  assert.equal((await admin("POST", "/exports", { customer: "nobody-of-this-name" })).status, 404);
  assert.equal((await admin("POST", "/exports", { session: "0192f1c4-7d3e-7b2a-9f00-2f1d5a7c9e10" })).status, 404);
  for (const body of [{}, { customer: "a", session: open }, { customer: "a", files: true }, { session: "x" }]) {
    assert.equal((await admin("POST", "/exports", body)).status, 422, JSON.stringify(body));
  }
  assert.equal((await supervisor("POST", "/exports", { customer: CANARIES.customer })).status, 403);
  // Who asked is written down, by the sessions' ids and not by the person's.
  const { entries } = good(await admin("GET", "/audit?what=export&limit=500"));
  assert.deepEqual([entries.find((e) => e.of === `${over} ${open}`)?.who, entries.some((e) => e.code === 404)], ["admin", true]);
  assert.ok(!JSON.stringify(entries).includes(CANARIES.customer));
});

test("baton export writes a person into a folder, with the bytes of the files", async () => {
  const folder = path.join(server.data, "person");
  const run = (...words) => new Promise((done) => execFile(BATON, ["export", "--url", `http://127.0.0.1:${server.port}`, ...words],
    { env: { ...process.env, BATON_TOKEN: TOKENS.admin } }, (error, stdout, stderr) => done({ code: error?.code ?? 0, stdout, stderr })));
  const told = await run("--customer", CANARIES.customer, folder);
  assert.deepEqual([told.code, told.stdout], [0, `${folder}: 2 sessions, 2 files\n`], told.stderr);
  const { sessions } = JSON.parse(fs.readFileSync(path.join(folder, "person.json"), "utf8"));
  for (const { session, events } of sessions) {
    const [file] = events.find((e) => e.data?.files).data.files;
    assert.equal(fs.readFileSync(path.join(folder, "files", session, file.id), "utf8"), `${CANARIES.bytes}\n`);
  }
  assert.equal(fs.statSync(folder).mode & 0o077, 0);
  // A folder that is there is not written into, and whoever is not kept leaves none.
  assert.match((await run("--customer", CANARIES.customer, folder)).stderr, /File exists/);
  assert.match((await run("--customer", "nobody-of-this-name", `${folder}-2`)).stderr, /refused with 404/);
  assert.ok(!fs.existsSync(`${folder}-2`));
});

test("while the recording pauses, the agent alone sees what the customer types, and no file has it", async () => {
  bot = await Peer.bot(server);
  const anna = await Peer.agent(server, "anna");
  const { id, token } = good(await supervisor("POST", "/sessions", { entryPoint: "plain" }));
  await bot.hear("session.invited", (f) => f.type === "session.invited" && f.session.id === id);
  await bot.ask("session.accept", { session: id });
  good(await supervisor("POST", `/sessions/${id}/transfer`, { queueId: "support", when: "released" }));
  bot.send("session.goodbye", { session: id, outcome: "escalate" });
  bot.send("session.close", { session: id });
  await take(anna, id);
  const say = (text) => server.as(token)("POST", `/sessions/${id}/messages`, { text });
  const heard = (type, text) => anna.hear(`${type} ${text}`, (f) => f.type === type && f.session === id && f.text === text);

  await anna.ask("recording.pause", { session: id, reason: "card" });
  good(await say("canary-card-5500-0055-5555-5559"));
  const kept = await heard("message", "[not kept]");
  const once = await heard("message.once", "canary-card-5500-0055-5555-5559");
  assert.deepEqual([once.number, once.from], [kept.number, "customer"]);
  const file = await server.ask("POST", `/api/v1/sessions/${id}/files?name=a.txt`,
    { token, body: Buffer.from("canary-card-file\n"), headers: { "Content-Type": "application/octet-stream" } });
  assert.deepEqual([file.status, file.body.refusal], [409, "no_files"]);
  await anna.ask("recording.resume", { session: id });
  good(await say("the control: canary-kept-b1d0"));
  await heard("message", "the control: canary-kept-b1d0");
  const transcript = await server.as(token)("GET", `/sessions/${id}/transcript?lang=de`);
  assert.match(transcript.text, /Sie: Was hier stand, wurde nicht behalten\.\n/);
  const timeline = await supervisor("GET", `/sessions/${id}/timeline`);
  assert.ok(timeline.text.includes("canary-kept-b1d0") && !timeline.text.includes("canary-card"));
  await anna.close();
  await server.stop();
  assert.deepEqual(search(["canary-card"]).found, []);
  await server.up();
});

test("card numbers are written over before anybody sees them, where the entry point does not keep them", async () => {
  bot = await Peer.bot(server);
  const talk = async (entryPoint) => {
    const { id, token } = good(await supervisor("POST", "/sessions", { entryPoint, attributes: { pan: CARD } }));
    good(await server.as(token)("POST", `/sessions/${id}/messages`, { text: `My card is ${CARD}, order 2026030112345678` }));
    const { messages } = good(await server.as(token)("GET", `/sessions/${id}/messages`));
    return { text: messages[0].text, pan: good(await supervisor("GET", `/sessions/${id}`)).attributes.pan };
  };
  assert.deepEqual(await talk("plain"), { text: "My card is **** **** **** 1111, order 2026030112345678", pan: "**** **** **** 1111" });
  assert.deepEqual(await talk("nowhere"), { text: `My card is ${CARD}, order 2026030112345678`, pan: CARD });
  await server.stop();
  assert.deepEqual(search([CARD]).found, []); // kept under a key
});
