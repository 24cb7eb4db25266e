// desk_failures.test.mjs - a desk outside whose platform misbehaves: nothing is lost, doubled or out of order, and no
// session is stuck.
import assert from "node:assert/strict";
import { after, before, beforeEach, test } from "node:test";
import { Table } from "./support/compatibility.mjs";
import { newCentre } from "./support/desk.mjs";
import { Peer } from "./support/peer.mjs";
import { LOST, Platform } from "./support/platform.mjs";
import { eventually } from "./support/server.mjs";

const PATIENCE_S = 6, LONG = process.env.BATON_LONG === "1";
const table = new Table("desk-failures", { title: "A desk outside whose platform misbehaves",
  client: "a stub of the platform, over real sockets" });
const platform = new Platform();
let here, supervisor;

before(async () => {
  await platform.up();
  here = await newCentre(platform.port, { queue: ", overflow: spare", desk: `, patience: ${PATIENCE_S}` });
  await here.up();
  supervisor = here.as("supervisor");
});
beforeEach(async () => {
  platform.misbehave = () => undefined;
  await state("available");
});
after(async () => {
  await here?.remove();
  await platform.down();
  table.check();
});

const state = (wanted) => eventually(`the seat is ${wanted}`, async () =>
  (await supervisor("GET", "/agents/contact")).body.state === wanted);
const read = async (id) => (await supervisor("GET", `/sessions/${id}`)).body;
const is = (id, wanted) => eventually(`the session is ${JSON.stringify(wanted)}`, async () => {
  const s = await read(id);
  return Object.entries(wanted).every(([name, value]) => (name === "queue" ? s.queue?.id : s[name]) === value) && s;
});
const said = async (id) => (await supervisor("GET", `/sessions/${id}/messages`)).body.messages.map((m) => m.text);
const note = (id, wanted) => eventually(`a note: ${wanted}`, async () =>
  (await supervisor("GET", `/sessions/${id}/timeline`)).body.events.some((e) => e.type === "session.noted" && wanted.test(e.text)));

// A customer who waits at the desk: {customer, id, c}.
async function comes() {
  const customer = await Peer.customer(here, "chat");
  const { session: id } = await customer.hear("session.opened");
  return { customer, id: id.id ?? id };
}
async function talks(name) {
  const one = await comes();
  const c = await platform.of(one.id);
  platform.answers(c, name);
  await is(one.id, { status: "active" });
  return { ...one, c };
}
const say = (customer, text) => customer.send("message", { text });
const arrive = (c, texts) => eventually(`${texts} are there`, () => {
  const got = c.messages.filter((m) => texts.includes(m));
  return got.length >= texts.length && got;
});
async function goes({ customer, id }) {
  customer.send("leave");
  await is(id, { status: "completed" });
}

test("signatures", table.works("a webhook without a signature, with a wrong one, with a changed body: 401, nothing is said", async () => {
  const one = await talks();
  assert.equal(await platform.says(here, one.c, "forged", { secret: "" }), 401);
  assert.equal(await platform.says(here, one.c, "forged", { secret: "another-secret" }), 401);
  assert.equal(await platform.says(here, one.c, "forged", { spoil: (b) => b.replace("forged", "FORGED") }), 401);
  assert.equal(await platform.says(here, one.c, "true"), 200);
  assert.deepEqual((await said(one.id)).filter((t) => /forged|true/i.test(t)), ["true"]);
  assert.equal(await platform.says(here, { ...one.c, from: "nobody" }, "lost"), 404);
  await goes(one);
  assert.ok([404, 409].includes(await platform.says(here, one.c, "too late")));
}));

test("doubles", table.works("a message of the agent that comes again is said once, also after kill -9", async () => {
  const one = await talks();
  for (let i = 0; i < 3; i++) assert.equal(await platform.says(here, one.c, "once", { id: "the-same" }), 200);
  await here.stop("SIGKILL");
  await here.up();
  assert.equal(await platform.says(here, one.c, "once", { id: "the-same" }), 200);
  assert.deepEqual((await said(one.id)).filter((t) => t === "once"), ["once"]);
  await is(one.id, { status: "active" });
  await supervisor("POST", `/sessions/${one.id}/end`);
  await eventually("it is over there", () => one.c.over);
}));

test("no notification", table.works("the agent's first message comes before the notification, or without it: the session is active", async () => {
  const { customer, id } = await comes();
  const c = await platform.of(id);
  assert.equal(await platform.says(here, c, "You are number 3", { more: { originatingEntity: "Bot" } }), 200);
  await customer.hear("the program", (f) => f.text === "You are number 3");
  assert.equal((await read(id)).status, "queued");
  c.agent = "Eve";
  assert.equal(await platform.says(here, c, "Hello!"), 200);
  await is(id, { status: "active" });
  const heard = await customer.hear("the agent", (f) => f.text === "Hello!");
  assert.equal(heard.name ?? heard.author, "Eve");
  await goes({ customer, id });
  await eventually("it is over there", () => c.over);
}));

test("429 and 500", table.works("429 with Retry-After, 500, a cut line: the same messageId and time again, in order, each once", async () => {
  const one = await talks();
  const wrong = [[429, { "Retry-After": "1" }], 500, 0];
  platform.misbehave = (what) => (what === "message" ? wrong.shift() : undefined);
  const texts = ["first", "second", "third"];
  for (const text of texts) say(one.customer, text);
  assert.deepEqual(await arrive(one.c, texts), texts);
  const tries = platform.calls("message", one.id).filter((h) => h.body.text === "first");
  assert.equal(tries.length, 4);
  assert.equal(new Set(tries.map((h) => `${h.body.channel.messageId} ${h.body.channel.time}`)).size, 1);
  assert.ok(tries[1].at - tries[0].at >= 900, "Retry-After is heeded");
  await goes(one);
}));

test("an answer that is lost", table.works("the platform has it and its answer is lost; kill -9 before the answer: there once", async () => {
  const one = await talks();
  let kept;
  platform.misbehave = async (what, body) => {
    if (what !== "message" || body.text !== "exactly once") return undefined;
    kept ??= body.channel.messageId;
    return new Promise(() => {}); // never
  };
  say(one.customer, "exactly once");
  await eventually("it is on its way", () => kept);
  await here.stop("SIGKILL");
  platform.misbehave = () => undefined;
  await here.up();
  await arrive(one.c, ["exactly once"]);
  assert.deepEqual(platform.calls("message", one.id).filter((h) => h.body.text === "exactly once").map((h) => h.body.channel.messageId), [kept, kept]);
  await is(one.id, { status: "active" });
  await supervisor("POST", `/sessions/${one.id}/end`);
  await eventually("it is over there", () => one.c.over);
}));

test("token", table.works("a token that is not good any more: another one, and the message is there once", async () => {
  const one = await talks();
  let spoiled = false;
  platform.misbehave = (what) => {
    if (what !== "message" || spoiled) return undefined;
    spoiled = true;
    return 401;
  };
  say(one.customer, "with another token");
  assert.deepEqual(await arrive(one.c, ["with another token"]), ["with another token"]);
  await goes(one);
}));

test("the channel is cut", table.works("the notification channel is cut while an agent comes, and while one leaves: the conversation is read again", async () => {
  const { customer, id } = await comes();
  const c = await platform.of(id);
  const cut = async () => {
    for (const socket of platform.sockets) socket.terminate();
    await eventually("nobody listens", () => platform.sockets.size === 0);
  };
  await cut();
  c.agent = "Ada"; // nobody is told
  await is(id, { status: "active" });
  say(customer, "still there");
  await arrive(c, ["still there"]);
  await eventually("it listens again", () => platform.sockets.size > 0);
  await cut();
  c.over = true;
  assert.equal((await is(id, { status: "completed" })).endReason, "agent_ended");
}));

test("a message is refused", table.works("400 for one message: noted, and the next ones go on", async () => {
  const one = await talks();
  platform.misbehave = (what, body) => (what === "message" && body.text === "odd" ? 400 : undefined);
  say(one.customer, "odd");
  say(one.customer, "even");
  await arrive(one.c, ["even"]);
  await note(one.id, /has not taken message \d+ of the customer: it answered 400/);
  await goes(one);
}));

test("opening is refused", table.works("the platform refuses the conversation (403): noted, and the overflow takes the session", async () => {
  platform.misbehave = (what) => (what === "message" ? 403 : undefined);
  const one = await comes();
  await is(one.id, { status: "queued", queue: "spare" });
  await note(one.id, /not opened a conversation: it answered 403/);
  await goes(one);
}));

test("unreachable", table.works("the platform is gone: a session from its agent goes to the overflow; transfers are refused with desk_unreachable; when it is back, it serves", async () => {
  const one = await talks();
  await platform.down();
  say(one.customer, "is anybody there?");
  await state("away");
  const other = await comes();
  await eventually("the script is told", async () => (await said(other.id)).includes("refused: desk_unreachable"));
  await is(one.id, { status: "queued", queue: "spare" });
  await note(one.id, /cannot be reached/);
  assert.ok((await said(one.id)).includes("is anybody there?"));
  await goes(one);
  await goes(other);
  await platform.up();
  await state("available");
  await eventually("what was open there is ended", () => one.c.over);
  const again = await talks();
  await goes(again);
}));

test("left in the meantime", table.works("the customer leaves while the platform fails: it is told when it answers again", async () => {
  const one = await talks();
  platform.misbehave = (what) => (what === "disconnect" ? 503 : undefined);
  await goes(one);
  await eventually("it was tried", () => platform.heard.some((h) => h.what === "disconnect" && h.path.includes(one.c.id)));
  assert.equal(one.c.over, false);
  platform.misbehave = () => undefined;
  await eventually("it is over there", () => one.c.over);
}));

test("typing and receipts", table.works("typing, and how far each side has got, both ways", async () => {
  const one = await talks();
  one.customer.send("typing", { on: true });
  await eventually("the customer types", () => platform.heard.some((h) => h.what === "event" &&
    h.body.events[0].eventType === "Typing" && h.body.channel.from.id === one.c.from));
  await platform.says(here, one.c, undefined, { more: { type: "Event", text: undefined, events: [{ eventType: "Typing", typing: { type: "On" } }] } });
  await one.customer.hear("the agent types", (f) => f.type === "typing" && f.on);
  await platform.says(here, one.c, "Have you read this?", { id: "to-be-read" });
  const heard = await one.customer.hear("it", (f) => f.text === "Have you read this?");
  one.customer.send("seen", { delivered: heard.number, read: heard.number });
  await eventually("it was read", () => platform.heard.some((h) => h.what === "receipt" && h.body.id === "to-be-read" && h.body.status === "Read"));
  say(one.customer, "yes");
  await arrive(one.c, ["yes"]);
  const { messageId } = platform.calls("message", one.id).findLast((h) => h.body.text === "yes").body.channel;
  await platform.says(here, one.c, undefined, { more: { type: "Receipt", status: "Read", channel: { to: { id: one.c.from }, messageId } } });
  await one.customer.hear("the agent has read it", (f) => f.type === "seen" || f.type === "receipt");
  await goes(one);
}));

test("answers and frames that say nothing end nothing", async () => {
  platform.expires = 9e18; // of the next token
  let denied = false;
  platform.misbehave = (what) => (what === "message" && !denied ? ((denied = true), 401) : undefined);
  const one = await talks("Ada");
  const looks = () => platform.heard.filter((h) => h.what === "look" && h.path.endsWith(one.c.id)).length;
  for (const nothing of [{}, [], { participants: null }, { participants: [] }, { participants: "many" }]) {
    const before = looks();
    platform.shows = () => nothing;
    platform.stir(one.c, "user.end", (frame) => Buffer.from(frame)); // a binary frame
    await eventually("it is read", () => looks() > before);
  }
  for (const socket of platform.sockets) ["", "no JSON", "[]", "null", '{"topicName":7}'].forEach((frame) => socket.send(frame));
  platform.shows = (conversation) => conversation;
  say(one.customer, "still here");
  await arrive(one.c, ["still here"]);
  assert.equal((await read(one.id)).status, "active");
  platform.expires = 3600;
  platform.leaves(one.c);
  await is(one.id, { status: "completed" });
});

test("a channel that leads elsewhere", table.works("a notification channel at another host is not followed", async () => {
  platform.connectUri = "ws://169.254.169.254/latest";
  for (const socket of platform.sockets) socket.terminate();
  await state("away");
  assert.match(here.log, /blocked|not name|notification channel/);
  platform.connectUri = undefined;
  await state("available");
}));

test("settings", async () => {
  const other = await newCentre(platform.port, { desk: ", sessions: 1, onLeave: spare, leaveBy: event" });
  await other.up();
  try {
    const boss = other.as("supervisor");
    const status = (id, wanted) => eventually(`the session is ${wanted}`, async () => (await boss("GET", `/sessions/${id}`)).body.status === wanted);
    await eventually("the seat is available", async () => (await boss("GET", "/agents/contact")).body.state === "available");
    const open = async () => {
      const customer = await Peer.customer(other, "chat");
      return { customer, id: (await customer.hear("session.opened")).session.id };
    };
    // One place: the second waits for it, without a conversation.
    const first = await open(), c = await platform.of(first.id), second = await open();
    await status(second.id, "queued");
    platform.answers(c);
    await status(first.id, "active");
    assert.equal(platform.calls("message", second.id).length, 0);
    platform.leaves(c);
    await eventually("it goes on here", async () => (await boss("GET", `/sessions/${first.id}`)).body.queue?.id === "spare");
    const next = await platform.of(second.id);
    second.customer.send("leave");
    await eventually("an event says so", () => platform.heard.some((h) => h.what === "event" &&
      h.body.events[0].presence?.type === "Disconnect" && h.body.channel.from.id === next.from));
    // Who gives a session to the seat itself means the desk.
    await boss("POST", `/sessions/${first.id}/assign`, { agentId: "contact" });
    await status(first.id, "active");
    const again = await eventually("another conversation", () =>
      [...platform.conversations.values()].find((one) => one.from.startsWith(`${first.id}.`) && one.from !== c.from));
    assert.ok(again);
    first.customer.send("leave");
    await status(first.id, "completed");
  } finally {
    await other.remove();
  }
});

test("as many sessions as one channel can follow; the next waits for a place", async () => {
  const PLACES = 250, TOPICS = 1000;
  const other = await newCentre(platform.port);
  await other.up();
  try {
    await eventually("the seat is available", async () => (await other.as("supervisor")("GET", "/agents/contact")).body.state === "available");
    const enter = async () => {
      const customer = await Peer.customer(other, "chat");
      return { customer, id: (await customer.hear("session.opened")).session.id };
    };
    const before = platform.conversations.size;
    const all = await Promise.all(Array.from({ length: PLACES }, enter));
    await eventually("all have a conversation", () => platform.conversations.size === before + PLACES);
    const next = await enter();
    const theirs = [...platform.conversations.values()].slice(before);
    theirs.forEach((c) => platform.answers(c));
    await Promise.all(all.map(({ customer }) => customer.hear("active", (f) => f.type === "session.status" && f.status === "active")));
    await eventually("all are followed", () => platform.calls("subscribe").at(-1).body.length === TOPICS);
    assert.equal(platform.calls("message", next.id).length, 0);
    platform.leaves(theirs[0]);
    await platform.of(next.id);
  } finally {
    await other.remove();
  }
});

test("a crowd", table.works("a crowd, with calls that fail, answers that are lost, notification channels cut at random and webhooks doubled: everything there once, in order, every session over", async () => {
  const chance = (p) => Math.random() < p;
  const turns = [1, 2, 3];
  platform.misbehave = (what) => {
    if (what === "token" || what === "channel" || chance(0.92)) return undefined;
    return [0, 500, 429, LOST][Math.floor(Math.random() * 4)];
  };
  const cuts = setInterval(() => [...platform.sockets].filter(() => chance(0.5)).forEach((socket) => socket.terminate()), 400);
  const life = async () => {
    const { customer, id } = await comes();
    const c = await platform.of(id);
    platform.answers(c, "Ada");
    await is(id, { status: "active" });
    for (const n of turns) {
      say(customer, `from here ${n}`);
      const post = () => platform.says(here, c, `from there ${n}`, { id: `${c.id}-${n}` });
      assert.equal(await post(), 200);
      if (chance(0.3)) assert.equal(await post(), 200);
    }
    await eventually("all is there", () => c.messages.includes("from here 3"));
    assert.deepEqual(c.messages.filter((m) => /^from here/.test(m)), turns.map((n) => `from here ${n}`));
    assert.deepEqual((await said(id)).filter((m) => /^from there/.test(m)), turns.map((n) => `from there ${n}`));
    if (chance(0.5)) {
      platform.leaves(c);
      await is(id, { status: "completed" });
    } else {
      await goes({ customer, id });
      await eventually("it is over there", () => c.over);
    }
    customer.cut();
  };
  let left = LONG ? 1000 : 40;
  const place = async () => {
    while (left-- > 0) await life();
  };
  await Promise.all(Array.from({ length: 40 }, place)).finally(() => clearInterval(cuts));
}));
