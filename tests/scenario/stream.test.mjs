// stream.test.mjs - what is told is told once, in one order, also after a gap.
import assert from "node:assert/strict";
import http from "node:http";
import { after, before, test } from "node:test";
import { Peer } from "./support/peer.mjs";
import { finish, idle, take, talk } from "./support/story.mjs";
import { eventually, Server, TOKENS } from "./support/server.mjs";

let server, bot, supervisor;

before(async () => {
  server = await Server.start();
  bot = await Peer.bot(server);
  supervisor = server.as("supervisor");
});
after(() => server?.remove());

// Server-sent events, as far as they have come.
class Sse {
  events = []; // {id, event, data}

  static async open(token, after, headers = {}) {
    const sse = new Sse();
    const path = `/api/v1/events${after === undefined ? "" : `?after=${after}`}`;
    await new Promise((resolve, reject) => {
      sse.request = http.get({ host: "127.0.0.1", port: server.port, path, agent: false,
        headers: { Authorization: `Bearer ${token}`, ...headers } }, (answer) => {
        assert.match(answer.headers["content-type"], /^text\/event-stream/);
        let text = "";
        answer.setEncoding("utf8");
        answer.on("data", (part) => (text = sse.#read(text + part)));
        answer.on("error", () => {}); // cut: by us, or with the server
        resolve();
      });
      sse.request.on("error", reject);
    });
    return sse;
  }

  #read(text) {
    const blocks = text.split("\n\n");
    for (const block of blocks.slice(0, -1)) {
      const lines = Object.fromEntries(block.split("\n").filter((line) => /^\w/.test(line)).map((line) => line.split(/: (.*)/s)));
      if (lines.data) this.events.push({ id: lines.id, event: lines.event, data: JSON.parse(lines.data) });
    }
    return blocks.at(-1);
  }

  close() {
    this.request.destroy();
  }
}

const listen = (after) => Peer.connect(server, `/events/socket${after === undefined ? "" : `?after=${after}`}`, "supervisor");
const events = (peer) => peer.all.filter((f) => f.type === "event");

// A small life of a session, for events to happen.
async function life() {
  const { customer, id } = await talk(server, bot);
  for (let i = 0; i < 5; i++) bot.send("message", { session: id, text: `line ${i}` });
  await customer.hear("line 4", (f) => f.text === "line 4");
  await finish(server, id);
  await customer.over;
  return id;
}

// All events since the beginning, when there will be no more of session @id.
async function everything(id) {
  const peer = await listen(0);
  await eventually("the last event is there", () =>
    events(peer).some((f) => f.event.session === id && f.event.type === "session.ended"));
  await peer.close();
  return events(peer);
}

test("both streams tell the same, in the order of the timeline, with data that are alike", async () => {
  const [sse, ws] = [await Sse.open(TOKENS.supervisor), await listen()];
  const id = await life();
  const ended = (type) => type === "session.ended";
  await eventually("both have heard the end", () =>
    sse.events.some((e) => ended(e.event)) && events(ws).some((f) => ended(f.event.type)));
  assert.deepEqual(sse.events.map((e) => [e.id, e.event, e.data]), events(ws).map((f) => [f.id, f.event.type, f.event]));
  const timeline = (await supervisor("GET", `/sessions/${id}/timeline`)).body.events;
  assert.deepEqual(sse.events.map((e) => e.data).filter((e) => e.session === id), timeline);
  sse.close();
  await ws.close();
});

test("a reader who is cut off again and again loses nothing and hears nothing twice", async () => {
  const heard = [];
  let last = "0", done = false;
  const reader = (async () => {
    while (!done || !heard.some((f) => f.event.type === "session.ended" && f.event.session === final)) {
      const peer = await listen(last);
      const enough = 3 + (heard.length % 11);
      await eventually("some events", () => events(peer).length >= enough || done);
      await peer.cut();
      heard.push(...events(peer));
      last = heard.at(-1)?.id ?? last;
    }
  })();
  let final;
  for (let i = 0; i < 4; i++) final = await life();
  done = true;
  await reader;
  const all = await everything(final);
  const ids = heard.map((f) => f.id);
  assert.equal(new Set(ids).size, ids.length);
  assert.deepEqual(ids, all.map((f) => f.id).slice(0, ids.length));
});

test("Last-Event-ID resumes server-sent events, also in the middle of a batch", async () => {
  const id = await life();
  const all = await everything(id);
  for (const at of [0, Math.floor(all.length / 2), all.length - 2]) {
    const sse = await Sse.open(TOKENS.supervisor, undefined, { "Last-Event-ID": all[at].id });
    await eventually("the rest", () => sse.events.length >= all.length - 1 - at);
    assert.deepEqual(sse.events.map((e) => e.id), all.slice(at + 1).map((f) => f.id));
    sse.close();
  }
});

for (const signal of ["SIGTERM", "SIGKILL"]) {
  test(`after ${signal} and a restart a reader goes on where it was`, async () => {
    const before = await listen();
    const id = (await talk(server, bot)).id;
    bot.send("message", { session: id, text: "before" });
    await before.hear("the message", (f) => f.event?.type === "message" && f.event.text === "before");
    await server.stop(signal);
    const last = events(before).at(-1).id;
    const known = new Set(events(before).map((f) => f.id));
    await server.up();
    bot = await Peer.bot(server);
    const after_ = await listen(last);
    await after_.hear("the restart", (f) => f.event?.type === "server.recovered");
    await finish(server, id);
    await after_.hear("the end", (f) => f.event?.type === "session.ended" && f.event.session === id);
    assert.ok(events(after_).every((f) => !known.has(f.id)));
    const all = await everything(id);
    assert.deepEqual([...events(before), ...events(after_)].map((f) => f.id),
      all.slice(all.findIndex((f) => f.id === events(before)[0].id)).map((f) => f.id));
  });
}

test("each sees what is theirs: a customer the own session, an agent the own work", async () => {
  const mine = await idle(server, bot);
  const other = await idle(server, bot);
  const token = (await mine.customer.all[0]).token;
  const own = await Peer.connect(server, "/events/socket?after=0", token);
  const agent = await Peer.agent(server);
  const desk = await Peer.connect(server, "/events/socket", "anna");
  await supervisor("POST", `/sessions/${mine.id}/transfer`, { queueId: "support" });
  await take(agent, mine.id);
  await own.hear("active", (f) => f.event?.status === "active");
  await desk.hear("active", (f) => f.event?.type === "session.connected");
  assert.ok(events(own).every((f) => f.event.session === mine.id));
  assert.ok(events(desk).every((f) => f.event.session !== other.id));
  for (const peer of [own, agent, desk]) await peer.close();
  await finish(server, mine.id);
  await finish(server, other.id);
});

test("a customer who was away hears what was said meanwhile, once, in order", async () => {
  const { customer, id } = await talk(server, bot);
  const { token } = customer.all[0];
  const heard = [];
  let peer = customer;
  for (let round = 0; round < 4; round++) {
    for (let i = 0; i < 3; i++) bot.send("message", { session: id, text: `here ${round}.${i}` });
    await peer.hear("the last", (f) => f.type === "message" && f.text === `here ${round}.2`);
    await peer.cut();
    heard.push(...peer.all.filter((f) => f.type === "message"));
    for (let i = 0; i < 2; i++) bot.send("message", { session: id, text: `away ${round}.${i}` });
    assert.equal((await bot.ask("message", { session: id, text: `away ${round}.2` })).type, "done");
    peer = await Peer.connect(server, `/sessions/${id}/socket?after=${heard.at(-1).number}`, token);
    const opened = await peer.hear("session.opened");
    heard.push(...opened.session.messages);
  }
  assert.deepEqual(heard.map((m) => m.number), heard.map((_, i) => i + 1));
  assert.deepEqual(heard.map((m) => m.text), [0, 1, 2, 3].flatMap((round) =>
    ["here", "away"].flatMap((where) => [0, 1, 2].map((i) => `${where} ${round}.${i}`))));
  await finish(server, id);
});

test("what a customer sends again after a gap is said once", async () => {
  const { customer, id } = await talk(server, bot);
  const { token } = customer.all[0];
  customer.send("message", { id: "m1", text: "did you get this?" });
  await bot.hear("customer.message", (f) => f.type === "customer.message" && f.session === id);
  await customer.cut();
  const again = await Peer.connect(server, `/sessions/${id}/socket`, token);
  again.send("message", { id: "m1", text: "did you get this?" });
  await again.hear("done");
  again.send("message", { id: "m2", text: "fine" });
  await bot.hear("the next", (f) => f.type === "customer.message" && f.text === "fine");
  const { body } = await supervisor("GET", `/sessions/${id}/messages`);
  assert.deepEqual(body.messages.map((m) => m.text), ["did you get this?", "fine"]);
  await finish(server, id);
});

test("a customer follows events on four streams at most; others go on", async () => {
  const opened = await server.as("supervisor")("POST", "/sessions", { entryPoint: "plain" });
  const { token } = opened.body;
  const streams = [];
  for (let i = 0; i < 4; i++) streams.push(await Sse.open(token, 0));
  const headers = { Authorization: `Bearer ${token}` };
  const fifth = await server.ask("GET", "/api/v1/events?after=0", { headers });
  assert.equal(fifth.status, 429);
  assert.match(fifth.body.detail, /follows events on 4 streams already/);
  const own = await Sse.open(TOKENS.supervisor, 0);
  await eventually("others are read for", () => own.events.length > 0);
  streams.pop().close();
  await eventually("there is room again", async () => {
    streams.push(await Sse.open(token).catch(() => null));
    return streams.pop()?.close() === undefined;
  });
  for (const stream of [...streams, own]) stream.close();
});
