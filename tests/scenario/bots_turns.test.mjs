// bots_turns.test.mjs - Genesys' bot connector and Rasa's REST channel: turns, ends, and the field's failures.
import assert from "node:assert/strict";
import fs from "node:fs";
import path from "node:path";
import { after, before, test } from "node:test";
import { Table } from "./support/compatibility.mjs";
import { Peer } from "./support/peer.mjs";
import { eventually, sleep } from "./support/server.mjs";
import { take } from "./support/story.mjs";
import { centre, HttpBot, never, newServer, Talk } from "./support/turns.mjs";

const bot = new HttpBot();
let server;
const common = (port, where) => `url: "http://127.0.0.1:${port}/${where}", timeout: 1, attempts: 2, failures: 0`;
const bots = (port) => `
  - { id: genesys, type: genesys, ${common(port, "botconnector/messages")}, headers: { GENESYS_CONNECTION_SECRET: secret },
      botId: shop, botVersion: "2", languageCode: de-de, botSessionTimeout: 30, ends: [Goodbye] }
  - { id: greeted, type: genesys, ${common(port, "g")}, greeting: hello }
  - { id: rasa, type: rasa, ${common(port, "webhooks/rest/webhook")} }
  - { id: ruled, type: rasa, ${common(port, "r")}, greeting: /greet, goodbye: ["next=person", "next=nobody end"] }
`;
const SCRIPTS = Object.fromEntries(["genesys", "rasa"].map((kind) => [`asks-${kind}`, `
DYNAMIC p
p.sku = "T-1"
r = BotExchange("${kind}", p)
SetAttribute("branch", r.branch)
SetAttribute("payload", r.payload.price)
SetAttribute("intent", r.intent.intent)
${kind === "genesys" ? 'r = BotExchange("genesys")' : ""}
SetAttribute("last", r.branch)
Wait(600)
`]));

before(async () => {
  await bot.up();
  server = newServer();
  for (const [name, text] of Object.entries(SCRIPTS)) fs.writeFileSync(path.join(server.data, `${name}.studio`), text);
  server.write(centre(bots(bot.port), ["genesys", "greeted", "rasa", "ruled"], SCRIPTS));
  await server.up();
});
const tables = [
  new Table("genesys-bot", { title: "Genesys bot connector, as caller",
    client: "an endpoint of our own that answers as the vendor's documents say" }),
  new Table("rasa", { title: "Rasa REST channel, as caller", client: "an endpoint of our own that answers as Rasa's documents say" }),
];
const [genesys_table, rasa_table] = tables;
after(async () => {
  await server?.remove();
  await bot.down();
  for (const table of tables) table.check();
});

const text = (words, more) => ({ body: { botState: "MoreData", replyMessages: [{ type: "Text", text: words }], ...more } });
const complete = (words, more) => text(words, { botState: "Complete", ...more });
const list = (...messages) => ({ body: messages.map((m) => ({ recipient_id: "x", ...(typeof m === "string" ? { text: m } : m) })) });

async function open(entry, answer) {
  bot.asked.length = 0;
  bot.answer = answer;
  return Talk.open(server, entry);
}
const told = (talk) => bot.asked.filter((a) => (a.body.genesysConversationId ?? a.body.sender) === talk.id);

test("genesys: the request has every member", genesys_table.works("request: every member; headers", async () => {
  const talk = await open("genesys", (body) => text(`You said: ${body.inputMessage.text}`, { parameters: { city: "Köln", n: "1" } }));
  talk.say("Grüße, 世界 🎉");
  await talk.hears("You said: Grüße, 世界 🎉");
  talk.say("again");
  await talk.hears("You said: again");
  const [first, second] = told(talk);
  assert.equal(first.path, "/botconnector/messages");
  assert.equal(first.headers.genesys_connection_secret, "secret");
  const { messageId, ...rest } = first.body;
  assert.deepEqual(rest, { botId: "shop", botVersion: "2", botSessionId: talk.id, inputMessage: { type: "Text", text: "Grüße, 世界 🎉" },
    languageCode: "de-de", botSessionTimeout: 30, genesysConversationId: talk.id, parameters: {} });
  assert.notEqual(second.body.messageId, messageId);
  assert.deepEqual(second.body.parameters, { city: "Köln", n: "1" });
  await talk.finish();
}));

test("genesys: a greeting begins", genesys_table.works("an input that begins the conversation", async () => {
  const talk = await open("greeted", (body) => text(`to ${body.inputMessage.text}`));
  await talk.hears("to hello");
  assert.equal(told(talk)[0].body.botId, "greeted");
  await talk.finish();
}));

for (const state of ["Complete", "COMPLETE"]) {
  test(`genesys: ${state} hands over, with parameters and what was understood`,
    genesys_table.works(`botState ${state}: intent, confidence, entities, parameters`, async () => {
      const agent = await Peer.agent(server);
      const talk = await open("genesys", () => complete("A colleague comes.", { botState: state, intent: "Person", confidence: 0.9,
        entities: [{ name: "city", value: "Köln" }], parameters: { topic: "billing", nested: { a: [1] } } }));
      talk.say("a person");
      await talk.hears("A colleague comes.");
      await take(agent, talk.id);
      const { attributes } = await talk.session();
      assert.deepEqual(attributes, { topic: "billing", nested: { a: [1] }, intent: "Person", confidence: 0.9,
        entities: [{ name: "city", value: "Köln" }] });
      await talk.finish();
      await agent.close();
    }));
}

test("genesys: an intent of the list ends the session", genesys_table.works("botState Complete with an intent of `ends`", async () => {
  const talk = await open("genesys", () => complete("Bye!", { intent: "goodbye" }));
  talk.say("that was all");
  await talk.hears("Bye!");
  await talk.ended();
}));

test("genesys: Failed is told in the timeline, and others take the session", genesys_table.works("botState Failed: errorInfo", async () => {
  const talk = await open("genesys", () => ({ body: { botState: "Failed", replyMessages: [{ type: "Text", text: "Sorry." }],
    errorInfo: { errorCode: "E1", errorMessage: "model is gone" } } }));
  talk.say("hello");
  await talk.hears("Sorry.");
  await talk.becomes("queued");
  assert.match(await talk.note(), /model is gone/);
  await talk.finish();
}));

test("genesys: structured messages are data, also of bots that write replymessages", genesys_table.works("replyMessages of type Structured; replymessages", async () => {
  const content = [{ contentType: "QuickReply", quickReply: { text: "yes", payload: "y" } }];
  const talk = await open("genesys", () => ({ body: { botState: "MOREDATA", replymessages: [{ type: "Structured", text: "Well?", content }] } }));
  talk.say("hm");
  const heard = await talk.customer.hear("Well?", (f) => f.text === "Well?");
  assert.deepEqual(heard.data, { content });
  await talk.finish();
}));

test("genesys: the next conversation of a session has another botSessionId", genesys_table.works("botSessionId: one for each conversation", async () => {
  const talk = await open("asks-genesys", () => complete("done", { parameters: { price: "5" }, intent: "buy" }));
  await talk.hears("done");
  await eventually("the script is through", async () => (await talk.session()).attributes.last);
  const { attributes } = await talk.session();
  assert.deepEqual(attributes, { branch: "OnReturnControlToScript", payload: "5", intent: "buy", last: "OnReturnControlToScript" });
  const [first, second] = told(talk).map((a) => a.body);
  assert.deepEqual(first.parameters, { sku: "T-1" });
  assert.equal(first.botSessionId, talk.id);
  assert.equal(second.botSessionId, `${talk.id}-2`);
  await talk.finish();
}));

test("rasa: sender, message, metadata; texts, buttons and images", rasa_table.works("request and messages: text, buttons, image, custom", async () => {
  const buttons = [{ title: "yes", payload: "/affirm" }];
  const talk = await open("rasa", (body) => list(`You said: ${body.message}`, { text: "Sure?", buttons }, { image: "https://x/y.png" }, { custom: { a: 1 } }));
  talk.say("Grüße, 世界 🎉");
  await talk.hears("You said: Grüße, 世界 🎉");
  assert.deepEqual((await talk.customer.hear("buttons", (f) => f.text === "Sure?")).data, { buttons });
  await talk.customer.hear("the image", (f) => f.data?.image === "https://x/y.png");
  await talk.customer.hear("the object", (f) => f.data?.custom?.a === 1);
  const [{ body, path: where }] = told(talk);
  assert.equal(where, "/webhooks/rest/webhook");
  assert.deepEqual(body, { sender: talk.id, message: "Grüße, 世界 🎉", metadata: {} });
  await talk.finish();
}));

for (const [custom, then] of [[{ handover: true }, "queued"], [{ handover: { reason: "wants a person", topic: "billing" } }, "queued"],
  [{ action: "escalate" }, "queued"], [{ action: "AGENT_TRANSFER" }, "queued"], [{ action: "END_CONVERSATION" }, "ends"]]) {
  test(`rasa: ${JSON.stringify(custom)}: ${then}`, rasa_table.works(`the end of its part: custom ${JSON.stringify(custom)}`, async () => {
    const talk = await open("rasa", () => list("So be it.", { custom }));
    talk.say("go");
    await talk.hears("So be it.");
    await (then === "ends" ? talk.ended() : talk.becomes("queued"));
    if (custom.handover?.topic) assert.equal((await talk.session()).attributes.topic, "billing");
    await talk.finish();
  }));
}

test("rasa: rules of one's own, and a greeting", rasa_table.works("greeting and goodbye rules by configuration", async () => {
  const answer = (body) => (body.message === "/greet" ? list("Hi!") : list({ text: "ok", custom: { next: body.message } }));
  const talk = await open("ruled", answer);
  await talk.hears("Hi!");
  talk.say("weather");
  await talk.hears("ok");
  talk.say("person");
  await talk.becomes("queued");
  await talk.finish();
  const other = await open("ruled", answer);
  other.say("nobody");
  await other.ended();
}));

test("rasa: a script asks for one turn", rasa_table.works("script action BotExchange", async () => {
  const talk = await open("asks-rasa", (body) => list("It costs 5.", { custom: { handover: true, price: 5, sku: body.metadata.sku } }));
  await talk.hears("It costs 5.");
  await eventually("the script knows", async () => {
    const { attributes } = await talk.session();
    return attributes.payload === 5 && attributes.branch === "OnReturnControlToScript";
  });
  await talk.finish();
}));

// ---- the field's failures, for each kind

for (const [kind, table, good, odd] of [
  ["genesys", genesys_table, (words) => text(words), [["answers another botState", { body: { botState: "Perhaps" } }, /none of Complete/], ["answers nothing", { body: "" }, /none of Complete/]]],
  ["rasa", rasa_table, (words) => list(words), [["answers no list", { body: {} }, /no list/], ["answers nothing", { body: "" }, /no list/]]],
]) {
  for (const [what, answer, why] of [
    ["is down", { code: 0 }, /did not answer/], ["answers 500", { code: 500 }, /answered 500/], ["answers 404", { code: 404 }, /answered 404/],
    ["answers garbage", { body: "<html>" }, /no JSON/], ["is slow", null, /timeout/], ...odd]) {
    test(`${kind} that ${what} leaves nobody in limbo`, table.works(`the endpoint ${what}: the fallback takes the session`, async () => {
      const talk = await open(kind, () => answer ?? never());
      talk.say("hello?");
      await talk.becomes("queued");
      assert.match(await talk.note(), why);
      await talk.finish();
    }));
  }

  test(`${kind}: what comes after a person took over is not said`, table.works("late answers are fenced", async () => {
    let late;
    const talk = await open(kind, () => new Promise((resolve) => (late = resolve)));
    talk.say("slow");
    await eventually("the bot is asked", () => late);
    await server.as("supervisor")("POST", `/sessions/${talk.id}/transfer`, { queueId: "support", release: true });
    await talk.becomes("queued");
    late(good("too late"));
    await sleep(100);
    assert.ok(!(await talk.texts()).includes("too late"));
    await talk.finish();
  }));

  test(`${kind}: an answer without words is no failure`, table.works("an answer without messages", async () => {
    const talk = await open(kind, (body) => ((body.message ?? body.inputMessage.text) === "quiet"
      ? { body: kind === "rasa" ? [] : { botState: "MoreData" } } : good("here")));
    talk.say("quiet");
    talk.say("loud");
    await talk.hears("here");
    assert.deepEqual(await talk.texts(), ["here"]);
    await talk.finish();
  }));

  test(`${kind}: after kill -9 what was not answered is asked again, and said once`, table.works("kill -9 of the server in the middle of a turn", async () => {
    let hold = true;
    const talk = await open(kind, () => (hold ? never() : good("at last")));
    talk.say("before the crash");
    await eventually("the bot is asked", () => told(talk).length > 0);
    await server.stop("SIGKILL");
    hold = false;
    await server.up();
    await eventually("it is answered once", async () => (await talk.texts()).filter((t) => t === "at last").length === 1);
    assert.equal(new Set(told(talk).map((a) => a.body.messageId)).size, 1);
    await talk.finish();
  }));
}

test("the file's mistakes are told with their lines", async () => {
  const other = newServer();
  other.write(centre(bots(1).replace("type: rasa", "type: rassa").replace("botVersion", "botVersoin")
    .replace("botSessionTimeout: 30", "botSessionTimeout: 0"), ["genesys"]));
  await assert.rejects(other.up(), (error) => {
    assert.match(error.message, /centre\.yaml:\d+:\d+: error: there is no type of bot "rassa"; did you mean "rasa"\?/);
    assert.match(error.message, /a bot of type genesys has no member "botVersoin"; did you mean "botVersion"\?/);
    assert.match(error.message, /"botSessionTimeout" is 1 … 4320/);
    return true;
  });
  await other.remove();
});
