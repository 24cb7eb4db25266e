// storm.test.mjs - customers come, agents decline, vanish and go home, queues pause, supervisors meddle, the
// configuration changes, all at once; what must hold after every step is judged by the stream of events alone
// (support/watch.mjs). BATON_LONG=1: 5,000 sessions in a minute.
import assert from "node:assert/strict";
import fs from "node:fs";
import { after, before, test } from "node:test";
import { Peer } from "./support/peer.mjs";
import { eventually, Server, sleep, TOKENS } from "./support/server.mjs";
import { Watch } from "./support/watch.mjs";

const [SECONDS, SESSIONS] = process.env.BATON_LONG === "1" ? [60, 5000] : [8, 500];
const AGENTS = 24;
const CHANNELS = ["chat", "voice", "message"];
const SKILLS = ["s0", "s1", "s2", "s3"];
const QUEUES = [
  { id: "q0", skills: ["s0"], ageing: 3, maxPriority: 40, precedence: 1 },
  { id: "q1", skills: [{ name: "s1", proficiency: 3 }], strategy: "most_skilled",
    rings: [{ after: 1, proficiency: 10 }, { after: 2, without: ["s1"] }] },
  { id: "q2", skills: ["s2"], strategy: "least_occupied", sticky: true, preferredFor: 3 },
  { id: "q3", strategy: "round_robin", maxWait: 3, overflow: "q0" },
  { id: "q4", skills: ["s3", "s0"], strategy: "ordered", agents: ["a3", "a1"], ageing: 10 },
  { id: "q5", skills: ["s1"], maxSize: 40, overflow: "q3", maxWait: 5 },
].map((queue) => ({ wrapUpTime: 1, offerTimeout: 1, declinePause: 2, ...queue }));

let seed = 1; // what is asked is the same in each run; when, is not
const chance = () => (seed = (Math.imul(seed, 1103515245) + 12345) >>> 0) / 2 ** 32;
const upTo = (n) => Math.floor(chance() * n);
const pick = (list) => list[upTo(list.length)];
const skills = () => SKILLS.filter(() => chance() < 0.7).map((name) => ({ name, proficiency: 1 + upTo(8) }));
const agents = Array.from({ length: AGENTS }, (_, i) => ({ id: `a${i}`, skills: skills(), staysOnNoAnswer: i % 2 === 0,
  capacity: { chat: 1 + (i % 3), voice: i % 2, message: 1 },
  ...(i % 4 === 0 && { queues: QUEUES.filter((_, k) => (k + i) % 2).map(({ id }) => id) }),
  ...(i % 5 === 0 && { notDuring: { voice: ["chat"], chat: ["voice"] } }) }));
for (const { id } of agents) TOKENS[id] = `test-agent-storm-${id}-token`;

const lines = (list, line) => list.map((item) => `  - ${line(item)}`).join("\n");
const entries = QUEUES.flatMap(({ id }) => CHANNELS.map((channel) => ({ id: `${id}-${channel}`, script: id, channel, fallback: "q3", agentGrace: 1 })));
const CENTRE = `centre: storm
listen: 127.0.0.1:0
rates: { visitor: 0, supervisor: 0, admin: 0, customer: 0, agent: 0, bot: 0 }
tokens:
  - { role: supervisor, token: ${TOKENS.supervisor}, name: supervisor }
  - { role: admin, token: ${TOKENS.admin}, name: admin }
${lines(agents, ({ id }) => `{ role: agent, token: ${TOKENS[id]}, subject: ${id} }`)}
skills: ${JSON.stringify(SKILLS)}
queues:
${lines(QUEUES, JSON.stringify)}
agents:
${lines(agents, JSON.stringify)}
scripts:
${lines(QUEUES, ({ id }) => `{ name: ${id}, file: ${id}.studio }`)}
entryPoints:
${lines(entries, JSON.stringify)}
`;

let server, supervisor, admin, end;
const opened = [];

before(async () => {
  server = new Server("");
  server.write(CENTRE);
  for (const { id } of QUEUES) fs.writeFileSync(`${server.data}/${id}.studio`, `r = Transfer(session.id, "${id}", "priority:${upTo(10)}")\n`);
  await server.up();
  supervisor = server.as("supervisor");
  admin = server.as("admin");
});
after(() => server?.remove());

async function customers() {
  const began = Date.now();
  for (let n = 1; n <= SESSIONS; n++) {
    await sleep(Math.max(0, began + (n / SESSIONS) * (SECONDS - 2) * 1000 - Date.now()));
    const { status, body } = await supervisor("POST", "/sessions", { entryPoint: pick(entries).id });
    assert.equal(status, 201);
    opened.push(body.id);
  }
}

async function desk(id) {
  const peer = await Peer.connect(server, `/agents/${id}/socket`, id);
  const say = (type, members) => peer.closed === null && peer.socket.readyState === 1 && peer.send(type, members);
  const answers = {
    offer: async ({ session, offer }) => {
      const way = chance();
      await sleep(upTo(20));
      if (way < 0.95) say(way < 0.75 ? "offer.accept" : "offer.decline", { session: session.id, offer });
    },
    "session.assigned": async ({ session }) => {
      await sleep(50 + upTo(250));
      if (chance() < 0.12) return say("transfer", { session: session.id, queueId: pick(QUEUES).id });
      say("end", { session: session.id });
      if (chance() < 0.7) say("complete", { session: session.id });
    },
    state: async ({ agent }) => {
      if (agent.state !== "away") return;
      await sleep(200);
      say("state", { state: "available" });
    },
  };
  peer.socket.on("message", (data) => {
    const frame = JSON.parse(data);
    void answers[frame.type]?.(frame);
  });
  say("state", { state: "available" });
  return { peer, say };
}

// Connected for some seconds, then gone in one of three ways, and back.
async function works(id) {
  while (Date.now() < end) {
    const { peer, say } = await desk(id);
    await sleep(Math.min(1000 + upTo(5000), Math.max(0, end - Date.now())));
    const way = upTo(3);
    if (way === 0) peer.socket.terminate();
    if (way === 1) say("state", { state: "offline" });
    if (way === 2) await supervisor("PUT", `/agents/${id}/state`, { state: "offline", force: true, reason: "shift over" });
    peer.socket.close();
    await sleep(upTo(1200));
  }
}

async function meddles() {
  const acts = [
    (id) => supervisor("POST", `/sessions/${id}/priority`, { priority: upTo(30), reason: "storm" }),
    (id) => supervisor("POST", `/sessions/${id}/priority`, { acceleration: 12.5, maxPriority: 60 }),
    (id) => supervisor("POST", `/sessions/${id}/priority`, { skills: [pick(SKILLS)] }),
    (id) => supervisor("POST", `/sessions/${id}/move`, { queue: pick(QUEUES).id }),
    (id) => supervisor("POST", `/sessions/${id}/assign`, { agentId: pick(agents).id }),
    (id) => supervisor("POST", `/sessions/${id}/requeue`, {}),
    (id) => supervisor("POST", `/sessions/${id}/offer/withdraw`, {}),
    (id) => supervisor("POST", `/sessions/${id}/leave`),
    () => supervisor("POST", `/queues/${pick(QUEUES).id}/${pick(["pause", "drain"])}`, { until: new Date(Date.now() + 1000).toISOString() }),
    () => admin("PATCH", `/agents/${pick(agents).id}`, { capacity: { chat: 1 + upTo(3), voice: 1, message: 1 } }),
    () => admin("PATCH", `/agents/${pick(agents).id}`, { skills: skills() }),
    () => admin("PATCH", `/queues/${pick(["q0", "q4"])}`, { ageing: upTo(20) }),
  ];
  while (Date.now() < end) {
    await sleep(10 + upTo(30));
    const id = opened[opened.length - 1 - upTo(Math.min(opened.length, 60))];
    const { status } = id ? await pick(acts)(id) : {};
    assert.ok(!(status >= 500), `answered ${status}`);
  }
}

test("no session has two holders or waits beside an idle agent, and no agent has too much", { timeout: (5 * SECONDS + 60) * 1000 }, async (t) => {
  const ear = await Peer.connect(server, "/events/socket?after=0", "supervisor");
  const events = ear.all.map(({ event }) => event); // heard while the socket opened
  ear.socket.removeAllListeners("message"); // all others are kept here alone
  ear.socket.on("message", (data) => events.push(JSON.parse(data).event));
  end = Date.now() + SECONDS * 1000;
  await Promise.all([customers(), meddles(), meddles(), ...agents.map(({ id }) => works(id))]);
  // Heard to its end: a last change, which comes as the last event.
  const last = await supervisor("POST", "/queues/q0/pause", { reason: "the storm is over" });
  assert.equal(last.status, 200);
  await eventually("the end of the stream", () => events.some((e) => e?.reason === "the storm is over"));
  const watch = new Watch();
  for (const event of events) if (event) watch.see(event);
  watch.end();
  t.diagnostic(`${events.length} events, ${watch.offers} offers, ${watch.waits} looks at who waits and who is there`);
  assert.deepEqual(watch.broken.slice(0, 10), []);
  assert.ok(watch.offers > SESSIONS / 4 && watch.waits > SESSIONS, `${watch.offers} offers, ${watch.waits} looks`);
  // The watch sees what it is there for.
  const blind = (change) => {
    const other = new Watch({ patienceMs: 0 });
    for (const event of events) if (event) other.see(change(event));
    other.end();
    return other.broken;
  };
  const narrow = { chat: 1, voice: 1, message: 1 };
  const less = blind((e) => (e.type === "agent.put" ? { ...e, config: { ...e.config, capacity: narrow } } : e));
  assert.ok(less.some((line) => /over capacity/.test(line)));
  const other = blind((e) => (e.type === "offer.made" ? { ...e, agent: e.agent === "a1" ? "a2" : "a1" } : e));
  assert.ok(other.some((line) => /took what was offered to/.test(line)));
  const idle = blind((e) => (e.type === "agent.excluded" ? { ...e, until: "2020-01-01T00:00:00Z" } : e));
  assert.ok(idle.some((line) => /beside a\d+ for/.test(line)));
});
