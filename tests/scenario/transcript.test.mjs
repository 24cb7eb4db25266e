// transcript.test.mjs - what was said, saved and by mail; and asking for a call.
import assert from "node:assert/strict";
import fs from "node:fs";
import { after, before, test } from "node:test";
import { Peer } from "./support/peer.mjs";
import { Post } from "./support/post.mjs";
import { CENTRE, eventually, Server } from "./support/server.mjs";

const SCRIPTS = new URL("../../examples/handover/", import.meta.url).pathname;

const textOf = (mail) => Buffer.from(mail.text.slice(mail.text.indexOf("\r\n\r\n")), "base64").toString();

let server, bot, post;
before(async () => {
  post = await Post.open();
  process.env.MAIL_SECRET = "the mail server's secret";
  server = await Server.start(fs.readFileSync(CENTRE, "utf8")
    .replaceAll("../../examples/handover/", SCRIPTS)
    .replace("{ id: plain, ", "{ id: plain, callbacks: support, ")
    .replace("{ id: released, ", "{ id: released, callbacks: support, ")
    .replace("{ id: nowhere, ", "{ id: nowhere, callbacks: night, ")
    .replace("queues:\n", "queues:\n  - { id: night, skills: [AgentSkill], hours: never-today }\n")
    + `\nhours: [{ id: never-today, timeZone: UTC, ${tomorrow()}: "09:00-17:00" }]\n`
    + `mail: { url: "smtp://127.0.0.1:${post.port}", from: chat@shop.example, user: shop, password: "env:MAIL_SECRET" }\n`);
  bot = await Peer.bot(server);
});
after(async () => {
  post?.close();
  await server?.remove();
});

// The day after next, for a test that runs over midnight.
function tomorrow() {
  return ["sun", "mon", "tue", "wed", "thu", "fri", "sat"][(new Date().getUTCDay() + 2) % 7];
}

async function customer(entryPoint = "plain") {
  const { body } = await server.as("visitor")("POST", "/sessions", { entryPoint, customer: { name: "Carla", id: "c-7" } });
  const peer = await Peer.connect(server, `/sessions/${body.id}/socket`, body.token);
  const opened = await peer.hear("session.opened");
  await bot.hear("session.invited", (f) => f.type === "session.invited" && f.session.id === body.id);
  await bot.ask("session.accept", { session: body.id });
  return { id: body.id, token: body.token, peer, opened };
}

async function talked() {
  const told = await customer();
  await told.peer.ask("message", { text: "Guten Tag,\nich heiße Zoë" });
  await bot.ask("message", { session: told.id, text: "What can I do for you?" });
  await told.peer.hear("the answer", (f) => f.type === "message" && f.from === "bot");
  return told;
}

test("the customer saves what was said, as text and as JSON, and nothing of the inside", async () => {
  const { id, token, opened } = await talked();
  assert.equal(opened.mail, true);
  const text = await server.as(token)("GET", `/sessions/${id}/transcript`);
  assert.match(text.text, /^Your conversation with us, \d{4}-\d\d-\d\d \(UTC\)\n\n/);
  assert.match(text.text, /\n\S+ \S+  You: Guten Tag,\n    ich heiße Zoë\n\S+ \S+  Cognigy \(automatic assistant\): What can I do for you\?\n$/);
  assert.equal(text.headers["content-disposition"], "attachment; filename*=UTF-8''conversation.txt");
  assert.match((await server.as(token)("GET", `/sessions/${id}/transcript?lang=de-CH`)).text, /^Ihre Unterhaltung.*\n\n.*  Sie: /);
  const { body } = await server.as(token)("GET", `/sessions/${id}/transcript?format=json`);
  assert.deepEqual(body.messages.map((m) => m.text), ["Guten Tag,\nich heiße Zoë", "What can I do for you?"]);
  assert.ok(!("attributes" in body) && !("legs" in body));
  const wrong = await server.as(token)("GET", `/sessions/${id}/transcript?format=pdf`);
  assert.match(wrong.body.detail, /text or json; found 'pdf'/);
});

test("by mail: the server has it when it is answered, once for each key, and not too often", async () => {
  const { id, token } = await talked();
  const mail = (body, headers) => server.as(token)("POST", `/sessions/${id}/transcript`, body, headers);
  const key = { "Idempotency-Key": "one-mail-of-mine" };
  const sent = await mail({ to: "zoe@shop.example", lang: "de" }, key);
  assert.equal(sent.status, 200, sent.text);
  assert.equal(post.mails.length, 1);
  const [first] = post.mails;
  assert.match(first.from, /^MAIL FROM:<chat@shop\.example>/);
  assert.deepEqual(first.to, ["RCPT TO:<zoe@shop.example>"]);
  assert.equal(first.credentials, "\0shop\0the mail server's secret");
  assert.match(first.text, /^From: <chat@shop\.example>\r\nTo: <zoe@shop\.example>\r\nSubject: Ihre Unterhaltung mit uns\r\nDate: \w{3}, /);
  assert.ok(first.text.split("\r\n").every((line) => line.length < 200));
  assert.match(textOf(first), /  Sie: Guten Tag,\n    ich heiße Zoë\n/);
  const again = await mail({ to: "zoe@shop.example", lang: "de" }, key);
  assert.equal(again.headers["idempotency-replayed"], "true");
  assert.equal(post.mails.length, 1);
  for (const to of ["zoe2@shop.example", "zoe3@shop.example"]) assert.equal((await mail({ to })).status, 200);
  const often = await mail({ to: "zoe4@shop.example" });
  assert.equal(often.body.refusal, "rate_limited");
  assert.match(often.body.detail, /three times an hour at most/);
  assert.ok(!server.log.includes("the mail server's secret"));
});

test("what is no address is refused, whatever it hides", async () => {
  const { id, token } = await talked();
  const before = post.mails.length;
  for (const to of ["zoe", "zoe@shop", "zoe@shop..example", "a b@shop.example", "zoe@shop.example\r\nBcc: all@shop.example",
    "zoe@shop.example>,<b@shop.example", "@shop.example", ".zoe@shop.example", `${"a".repeat(65)}@shop.example`, "zoë@shop.example", 7]) {
    const answer = await server.as(token)("POST", `/sessions/${id}/transcript`, { to });
    assert.equal(answer.status, 422, String(to));
    assert.match(answer.body.detail, /must be a mail address/);
  }
  assert.equal(post.mails.length, before);
});

test("a mail server that says no: so is the answer, it counts for nothing, and can be tried again", async () => {
  const { id, token } = await talked();
  const mail = () => server.as(token)("POST", `/sessions/${id}/transcript`, { to: "carla@shop.example" }, { "Idempotency-Key": "another-mail" });
  post.refuses = true;
  for (let i = 0; i < 4; i++) {
    const answer = await mail();
    assert.equal(answer.status, 503);
    assert.equal(answer.body.refusal, "mail_failed");
  }
  post.refuses = false;
  assert.equal((await mail()).status, 200);
});

// ---- calls

const queued = async (entryPoint) => {
  const told = await customer(entryPoint);
  await bot.ask("session.goodbye", { session: told.id, outcome: "escalate" });
  await bot.ask("session.close", { session: told.id });
  await told.peer.hear("queued", (f) => f.type === "session.status" && f.status === "queued");
  return told;
};

test("who waits asks for a call: it stands where the customer stood, through a restart, and the chat is over", async () => {
  const supervisor = server.as("supervisor");
  const first = await queued("released"), second = await queued("released");
  assert.equal(first.opened.callback, true);
  const booked = await server.as(first.token)("POST", `/sessions/${first.id}/callback`, { number: " +49 (30) 123-4567 " }, { "Idempotency-Key": "a-call-for-me" });
  assert.equal(booked.status, 201, booked.text);
  assert.equal((await first.peer.hear("session.ended")).reason, "callback");
  const call = await eventually("the call waits", async () => {
    const { body } = await supervisor("GET", `/sessions/${booked.body.id}`);
    return body.status === "queued" && body;
  });
  assert.equal(call.customer.address, "+49 (30) 123-4567");
  assert.equal(call.customer.name, "Carla");
  assert.equal(call.attributes.callback.from, first.id);
  const place = async (id) => (await supervisor("GET", `/sessions/${id}`)).body.queue.position;
  assert.deepEqual([await place(call.id), await place(second.id)], [1, 2]);
  await server.stop("SIGKILL");
  await server.up();
  bot = await Peer.bot(server);
  assert.deepEqual([await place(call.id), await place(second.id)], [1, 2]);
  // The figures tell it from somebody who gave up.
  const { body, text } = await supervisor("GET", "/skills/AgentSkill/figures");
  assert.equal(body.total?.abandoned, 0, text);
  for (const { id } of [call, second]) await supervisor("POST", `/sessions/${id}/end`);
});

test("while the queue is closed the call comes when it opens, and the chat goes on", async () => {
  const { id, token, peer } = await customer("nowhere");
  const booked = await server.as(token)("POST", `/sessions/${id}/callback`, { number: "030/1234567" });
  assert.equal(booked.status, 201, booked.text);
  assert.match(booked.body.due, /T09:00:00/);
  assert.ok(Date.parse(booked.body.due) > Date.now());
  assert.equal((await peer.ask("message", { text: "thank you" })).type, "done");
  const { body } = await server.as("supervisor")("GET", `/sessions/${booked.body.id}`);
  assert.equal(body.status, "pending");
});

test("a call needs a number that can be called, and somebody who calls", async () => {
  const { id, token } = await customer();
  for (const number of ["", "12", "call me", "+49301234567890123", "030 1234567; DROP", "<script>1234567</script>"]) {
    const answer = await server.as(token)("POST", `/sessions/${id}/callback`, { number });
    assert.equal(answer.status, 422, number);
    assert.match(answer.body.detail, /telephone number|1 to 64|bytes/i);
  }
  const other = await customer("end");
  assert.equal(other.opened.callback, false);
  const answer = await server.as(other.token)("POST", `/sessions/${other.id}/callback`, { number: "0301234567" });
  assert.equal(answer.body.refusal, "no_callbacks");
});
