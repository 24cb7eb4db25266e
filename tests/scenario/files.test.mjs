// files.test.mjs - files of a session: taken, refused in words, kept, fetched.
import assert from "node:assert/strict";
import fs from "node:fs";
import http from "node:http";
import path from "node:path";
import { after, before, test } from "node:test";
import { Peer } from "./support/peer.mjs";
import { SCANNED, TOO_MUCH, VIRUS } from "./support/scanner.mjs";
import { CENTRE, Server, TOKENS } from "./support/server.mjs";
import { take } from "./support/story.mjs";

const SCRIPTS = new URL("../../examples/handover/", import.meta.url).pathname;
const PNG = Buffer.from("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==", "base64");
const PDF = Buffer.from("%PDF-1.7\n% a page\n%%EOF\n");

function centre(files) {
  return fs.readFileSync(CENTRE, "utf8")
    .replaceAll("../../examples/handover/", SCRIPTS)
    .replace("{ id: plain, ", '{ id: plain, files: ["image/*", application/pdf, text/plain], maxFileBytes: 300000, ')
    .replace("{ id: released, ", '{ id: released, files: ["image/*"], ') + files;
}

let server, bot;
before(async () => {
  server = await Server.start(centre(SCANNED));
  bot = await Peer.bot(server);
});
after(() => server?.remove());

function send(id, token, name, bytes, headers = {}, where = server) {
  return where.ask("POST", `/api/v1/sessions/${id}/files?name=${encodeURIComponent(name)}`,
    { token, body: bytes, headers: { "Content-Type": "application/octet-stream", ...headers } });
}

// As bytes, which Server.ask() reads as text.
async function fetchBytes(url, token, where = server) {
  const answer = await fetch(`http://127.0.0.1:${where.port}${url}`, { headers: { Authorization: `Bearer ${token}` } });
  return { status: answer.status, headers: answer.headers, bytes: Buffer.from(await answer.arrayBuffer()) };
}


// A customer whose token is known, in a session that the bot holds.
async function customer(entryPoint = "plain") {
  const { body } = await server.as("visitor")("POST", "/sessions", { entryPoint });
  const peer = await Peer.connect(server, `/sessions/${body.id}/socket`, body.token);
  const opened = await peer.hear("session.opened");
  await bot.hear("session.invited", (f) => f.type === "session.invited" && f.session.id === body.id);
  await bot.ask("session.accept", { session: body.id });
  return { id: body.id, token: body.token, peer, opened };
}

const fileOf = (message) => message.data.files[0];

test("a picture goes to whoever holds the session, and back again", async () => {
  const { id, token, peer, opened } = await customer();
  assert.deepEqual(opened.files, { types: "image/* application/pdf text/plain", maxBytes: 300000 });
  const sent = await send(id, token, "cat.png", PNG);
  assert.equal(sent.status, 201, sent.text);
  assert.equal(sent.body.number, 1);
  const heard = await bot.hear("the picture", (f) => f.type === "customer.message" && f.session === id);
  assert.equal(heard.text, "cat.png");
  assert.deepEqual({ ...fileOf(heard), id: 0, url: 0 }, { id: 0, name: "cat.png", type: "image/png", size: PNG.length, url: 0 });
  for (const who of [token, TOKENS.cognigy, TOKENS.supervisor]) {
    const got = await fetchBytes(fileOf(heard).url, who);
    assert.equal(got.status, 200);
    assert.deepEqual(got.bytes, PNG);
    assert.equal(got.headers.get("content-type"), "image/png");
    assert.equal(got.headers.get("x-content-type-options"), "nosniff");
    assert.equal(got.headers.get("content-disposition"), "attachment; filename*=UTF-8''cat.png");
    assert.match(got.headers.get("content-security-policy"), /default-src 'none'; sandbox/);
  }
  const back = await send(id, TOKENS.cognigy, "leaflet.pdf", PDF);
  assert.equal(back.status, 201, back.text);
  const message = await peer.hear("the leaflet", (f) => f.type === "message" && f.from === "bot");
  assert.deepEqual((await fetchBytes(fileOf(message).url, token)).bytes, PDF);
});

test("what is not taken says why, in words, and leaves nothing behind", async () => {
  const { id, token, peer } = await customer();
  const programme = Buffer.from("\x7fELF\x02\x01\x01\x00rest", "latin1");
  for (const [name, bytes, status, refusal, words] of [
    ["holiday.png", programme, 415, "unsupported_type", /'holiday\.png' is application\/octet-stream by its content; taken are: image\/\*, application\/pdf/],
    ["page.png", Buffer.from("<script>alert(1)</script>"), 201],
    ["large.txt", Buffer.alloc(300001, "a"), 413, "too_large", /'large\.txt' has 300001 bytes; 300000 may be/],
    ["huge.txt", Buffer.alloc(27_000_000, "a"), 413, "too_large", /larger than/],
    ["empty.txt", Buffer.alloc(0), 400, "bad_request", /'empty\.txt' is empty/],
    ["bill.pdf", Buffer.concat([PDF, VIRUS]), 422, "file_infected", /found something in 'bill\.pdf': Test-Virus FOUND/],
    ["odd.txt", TOO_MUCH, 503, "file_not_scanned", /'odd\.txt' was not taken, for the scanner failed/],
  ]) {
    const answer = await send(id, token, name, bytes);
    assert.equal(answer.status, status, `${name}: ${answer.text}`);
    if (refusal === undefined) continue;
    assert.equal(answer.body.refusal, refusal);
    assert.match(answer.body.detail, words);
    if (status === 503) assert.ok(Number(answer.headers["retry-after"]) > 0);
  }
  // HTML under whatever name is text, and stays it.
  const page = await peer.hear("the page", (f) => f.type === "message");
  assert.equal(fileOf(page).type, "text/plain");
  const { body } = await server.as(token)("GET", `/sessions/${id}/messages`);
  assert.equal(body.messages.length, 1);
  assert.deepEqual(fs.readdirSync(path.join(server.data, "journal", "files", id)), [fileOf(page).id]);
});

test("an entry point that names no types takes no files", async () => {
  const { id, token, opened } = await customer("end");
  assert.ok(!("files" in opened));
  const answer = await send(id, token, "cat.png", PNG);
  assert.equal(answer.status, 409);
  assert.equal(answer.body.refusal, "no_files");
  assert.match(answer.body.detail, /entry point 'end' takes no files/);
});

test("names are what people and disks can bear, and only the last part", async () => {
  const { id, token, peer } = await customer();
  for (const [name, kept] of [
    ["../../etc/passwd", "passwd"],
    ["C:\\Users\\me\\cat.png", "cat.png"],
    ["fdp.\u202egnp.exe", "fdp.gnp.exe"],
    ["<img src=x onerror=alert(1)>.png", "_img src=x onerror=alert(1)_.png"],
    ["a\r\nSet-Cookie: x=1.png", "aSet-Cookie_ x=1.png"],
    ["", "file"],
    [`${"é".repeat(300)}.png`, `${"é".repeat(98)}.png`],
  ]) {
    const answer = await send(id, token, name, PNG);
    assert.equal(answer.status, 201, answer.text);
    const message = await peer.hear("the message", (f) => f.type === "message");
    assert.equal(message.text, kept);
    const got = await fetchBytes(fileOf(message).url, token);
    assert.equal(decodeURIComponent(got.headers.get("content-disposition").split("''")[1]), kept);
    assert.equal(got.headers.get("set-cookie"), null);
  }
});

test("sent again with its key it counts once; another file with it is refused", async () => {
  const { id, token } = await customer();
  const key = { "Idempotency-Key": "one-picture-of-mine" };
  const first = await send(id, token, "cat.png", PNG, key);
  const again = await send(id, token, "cat.png", PNG, key);
  assert.deepEqual([first.status, again.status], [201, 201]);
  assert.equal(again.text, first.text);
  assert.equal(again.headers["idempotency-replayed"], "true");
  const other = await send(id, token, "dog.png", PNG, key);
  assert.equal(other.body.refusal, "idempotency_mismatch");
  const { body } = await server.as(token)("GET", `/sessions/${id}/messages`);
  assert.equal(body.messages.length, 1);
});

test("only the parties of the session get its files, and only below it", async () => {
  const { id, token, peer } = await customer("released");
  await send(id, token, "cat.png", PNG);
  const { url } = fileOf(await peer.hear("the picture", (f) => f.type === "message"));
  const stranger = await customer();
  const below = url.replace(id, stranger.id);
  for (const [who, where, status] of [
    [stranger.token, url, 404], [TOKENS.second, url, 404], [TOKENS.anna, url, 404], [stranger.token, below, 404],
    [TOKENS.supervisor, below, 404], [token, url.replace(/.$/, (c) => (c === "0" ? "1" : "0")), 404],
    [token, `${url.slice(0, -64)}..%2f..%2fsecret`, 404], ["nobody-has-this-token", url, 401],
  ]) assert.equal((await fetchBytes(where, who)).status, status, `${where} as ${who}`);
  // The agent who gets the session gets what was sent before.
  await bot.ask("session.goodbye", { session: id, outcome: "escalate" });
  await bot.ask("session.close", { session: id });
  const anna = await Peer.agent(server);
  const { session, files, seen } = await take(anna, id);
  assert.equal(fileOf(session.messages[0]).url, url);
  assert.equal(files.types, "image/*");
  assert.deepEqual(seen, { delivered: 0, read: 0 });
  assert.deepEqual((await fetchBytes(url, TOKENS.anna)).bytes, PNG);
  assert.equal((await send(id, TOKENS.anna, "plan.png", PNG)).status, 201);
  assert.equal((await peer.hear("the plan", (f) => f.type === "message" && f.from === "agent")).text, "plan.png");
  assert.equal((await send(id, TOKENS.bert, "plan.png", PNG)).status, 404);
  await anna.ask("end", { session: id });
  const late = await send(id, token, "late.png", PNG);
  assert.equal(late.body.refusal, "session_ended");
  await anna.close();
});

test("receipts: how far each has got is told to the other", async () => {
  const { id, token, peer } = await customer("released");
  await peer.ask("message", { text: "hello" });
  await bot.ask("session.goodbye", { session: id, outcome: "escalate" });
  await bot.ask("session.close", { session: id });
  const anna = await Peer.agent(server);
  await take(anna, id);
  const seen = (who, read) => who.hear("a receipt", (f) => f.type === "seen" && f.read === read);
  anna.send("seen", { session: id, delivered: 1 });
  assert.deepEqual((await seen(peer, 0)).delivered, 1);
  anna.send("seen", { session: id, read: 1 });
  assert.equal((await seen(peer, 1)).delivered, 1);
  await anna.ask("message", { session: id, text: "good morning" });
  await peer.hear("the answer", (f) => f.type === "message" && f.from === "agent");
  peer.send("seen", { delivered: 2, read: 2 });
  assert.equal((await seen(anna, 2)).session, id);
  // Who comes back hears how far the other is; nobody gets back, or further than there is.
  const again = await Peer.connect(server, `/sessions/${id}/socket`, token);
  assert.deepEqual((await again.hear("session.opened")).seen, { delivered: 1, read: 1 });
  for (const wrong of [{ read: 7 }, { read: -1 }, { delivered: "all" }]) {
    const answer = await again.ask("seen", wrong);
    assert.equal(answer.problem.refusal, "bad_request", JSON.stringify(wrong));
  }
  await anna.ask("end", { session: id });
  await anna.close();
});

test("what was answered is there after kill -9, and a damaged file is not handed out", async () => {
  const { id, token, peer } = await customer();
  assert.equal((await send(id, token, "cat.png", PNG)).status, 201);
  const { url, id: file } = fileOf(await peer.hear("the picture", (f) => f.type === "message"));
  await server.stop("SIGKILL");
  await server.up();
  bot = await Peer.bot(server);
  assert.deepEqual((await fetchBytes(url, token)).bytes, PNG);
  const place = path.join(server.data, "journal", "files", id, file);
  fs.appendFileSync(place, "!");
  const damaged = await fetchBytes(url, token);
  assert.equal(damaged.status, 503);
  assert.match(damaged.bytes.toString(), /stored data does not verify/);
});

test("a scanner behind a URL: clean, infected, and away", async () => {
  let answer = 200, heard = 0;
  const scanner = http.createServer((request, response) => {
    request.on("data", (part) => (heard += part.length));
    request.on("end", () => response.writeHead(answer).end(answer === 406 ? "Eicar-Signature" : ""));
  });
  await new Promise((resolve) => scanner.listen(0, "127.0.0.1", resolve));
  const other = await Server.start(centre(`\nfiles: { scanUrl: "http://127.0.0.1:${scanner.address().port}/scan", scanSeconds: 20 }\n`));
  try {
    const { body } = await other.as("visitor")("POST", "/sessions", { entryPoint: "plain" });
    const trial = (name) => send(body.id, body.token, name, PNG, {}, other);
    assert.equal((await trial("a.png")).status, 201);
    assert.equal(heard, PNG.length);
    answer = 406;
    const infected = await trial("b.png");
    assert.equal(infected.body.refusal, "file_infected");
    assert.match(infected.body.detail, /Eicar-Signature/);
    answer = 500;
    assert.equal((await trial("c.png")).body.refusal, "file_not_scanned");
    scanner.closeAllConnections();
    await new Promise((resolve) => scanner.close(resolve));
    const away = await trial("d.png");
    assert.equal(away.body.refusal, "file_not_scanned");
    assert.match(away.body.detail, /cannot be reached/);
  } finally {
    scanner.close();
    await other.remove();
  }
});
