// sections.test.mjs - ON sections and the actions around them, with the real server and its sockets.
import assert from "node:assert/strict";
import fs from "node:fs";
import path from "node:path";
import { after, before, test } from "node:test";
import { Peer } from "./support/peer.mjs";
import { finish, goodbye, take, talk } from "./support/story.mjs";
import { eventually, Server, TOKENS } from "./support/server.mjs";

const names = ["Answer", "Release", "Transfer", "Abandon", "BotReleased", "BotLost", "Queued", "OfferExpired", "CustomerReturned"];
const LISTENS = `
${names.map((name) => `ON ${name} { LogInfo("{event.name} {event.agent} {event.bot} {event.queue}")\n` +
    (name === "Answer" ? '  x = ScreenPop("https://crm.example/1")\n' : "") + "}").join("\n")}
ON Signal { LogInfo("signal {event.p1}") }
x = Play("music.wav")
Wait(600)
`;

const CENTRE = `
centre: sections
listen: 127.0.0.1:0
tokens:
  - { role: visitor,    token: ${TOKENS.visitor}, name: web }
  - { role: bot,        token: ${TOKENS.cognigy}, subject: cognigy }
  - { role: agent,      token: ${TOKENS.anna}, subject: anna }
  - { role: supervisor, token: ${TOKENS.supervisor}, name: supervisor }
queues:
  - { id: support, offerTimeout: 1, declinePause: 0 }
agents:
  - { id: anna, name: Anna, staysOnNoAnswer: true }
bots:
  - { id: cognigy, name: Cognigy }
scripts:
  - { name: listens, file: listens.studio }
  - { name: calls,   file: calls.studio }
  - { name: sub,     file: sub.studio }
  - { name: asks,    file: asks.studio }
  - { name: breaks,  file: breaks.studio }
entryPoints:
  - { id: listens, bot: cognigy, onGoodbye: listens, fallback: support, customerGrace: 60 }
  - { id: calls,   script: calls, fallback: support }
  - { id: asks,    script: asks, fallback: support }
  - { id: queue,   script: breaks, fallback: support, fallbackMessage: "One moment, please." }
  - { id: ends,    script: breaks, fallbackMessage: "We are sorry." }
`;

let server, bot, supervisor;

before(async () => {
  server = new Server("");
  const put = (name, text) => fs.writeFileSync(path.join(server.data, name), text);
  put("listens.studio", LISTENS);
  put("calls.studio", 'global:n = 1\nr = RunSub("sub", 20)\nLogInfo("{r.value} {global:n}")\n' +
    's = Spawn("sub", 1)\nWait(600)\n');
  put("sub.studio", "Wait(1)\nglobal:n = global:n + p1\nLogInfo(\"sub {p1}\")\nRETURN p1 * 2\n");
  put("asks.studio", 'r = BotExchange("cognigy", "order 7")\nLogInfo("{r.code} {r.branch} {r.payload.intent}")\nWait(600)\n');
  put("breaks.studio", "x = 1 / 0\n");
  server.write(CENTRE);
  await server.up();
  bot = await Peer.bot(server);
  supervisor = server.as("supervisor");
});
after(() => server?.remove());

const timeline = async (id) => (await supervisor("GET", `/sessions/${id}/timeline`)).body.events;
const lines = async (id) => (await timeline(id)).filter((e) => e.type === "script.log").map((e) => e.text);
const hears = (id, wanted) => eventually(`the script writes ${wanted}`, async () => {
  const all = await lines(id);
  return wanted.every((line) => all.includes(line)) && all;
});

async function open(entryPoint) {
  const { body } = await server.as("visitor")("POST", "/sessions", { entryPoint });
  return body.session?.id ?? body.id;
}

test("what happens to a session reaches its script, with who and where", async () => {
  const { customer, id } = await goodbye(server, bot, "listens");
  const played = await customer.hear("play", (f) => f.type === "play");
  assert.equal(played.file, "music.wav");
  await supervisor("POST", `/sessions/${id}/transfer`, { queueId: "support", when: "released" });
  bot.send("session.close", { session: id });
  await hears(id, ["BotReleased  cognigy ", "Queued   support", "Transfer   support"]);
  const agent = await Peer.agent(server);
  await agent.hear("offer", (f) => f.type === "offer" && f.session.id === id);
  await hears(id, ["OfferExpired anna  support"]);
  await take(agent, id);
  await hears(id, ["Answer anna  support"]);
  const page = await agent.hear("screen.pop", (f) => f.type === "screen.pop" && f.session === id);
  assert.equal(page.url, "https://crm.example/1");
  agent.send("end", { session: id });
  await hears(id, ["Release anna  "]);
  await finish(server, id);
  await customer.close();
});

test("a bot that is lost, a customer who leaves", async () => {
  const { customer, id } = await talk(server, bot, "listens");
  await supervisor("POST", `/sessions/${id}/script`, { name: "listens" });
  bot.send("session.close", { session: id });
  await hears(id, ["BotLost  cognigy "]);
  await supervisor("POST", `/sessions/${id}/leave`);
  await hears(id, ["Abandon   "]);
  await customer.close();
});

test("fifty signals at once are fifty sections", async () => {
  const { customer, id } = await goodbye(server, bot, "listens");
  await Promise.all(Array.from({ length: 50 }, (_, i) => supervisor("POST", `/sessions/${id}/signal`, { value: i })));
  const all = await hears(id, ["signal 49"]);
  const numbers = await eventually("all are heard", async () => {
    const got = (await lines(id)).filter((l) => l.startsWith("signal ")).map((l) => Number(l.slice(7)));
    return got.length >= 50 && got;
  });
  assert.deepEqual(numbers.sort((a, b) => a - b), Array.from({ length: 50 }, (_, i) => i));
  assert.ok(all.length > 0);
  await finish(server, id);
  await customer.close();
});

test("a called and a spawned script go on after kill -9", async () => {
  const id = await open("calls");
  await eventually("it is called", async () => (await timeline(id)).filter((e) => e.type === "script.started").length === 2);
  await server.stop("SIGKILL");
  await server.up();
  bot = await Peer.bot(server);
  await hears(id, ["sub 20", "40 21", "sub 1"]);
  await finish(server, id);
});

test("one turn with a bot", async () => {
  const id = await open("asks");
  const asked = await bot.hear("exchange", (f) => f.type === "exchange" && f.session === id);
  assert.equal(asked.payload, "order 7");
  bot.send("exchange.reply", { session: id, exchange: asked.exchange, branch: "ReturnControlToScript",
    messages: ["Thank you."], payload: { intent: "buy" } });
  await hears(id, ["200 OnReturnControlToScript buy"]);
  const { body } = await supervisor("GET", `/sessions/${id}/messages`);
  assert.equal(body.messages.at(-1).text, "Thank you.");
  await finish(server, id);
});

test("a script error strands nobody: words and a queue, or words and the end", async () => {
  for (const [entryPoint, status, words] of [["queue", "queued", "One moment, please."], ["ends", "completed", "We are sorry."]]) {
    const id = await open(entryPoint);
    const seen = await eventually("the fallback", async () => {
      const { body } = await supervisor("GET", `/sessions/${id}?messages=true`);
      return (body.status === status || body.status === "offered") && body;
    });
    assert.equal(seen.messages.at(-1).text, words);
    await finish(server, id);
  }
});
