// bots_exchange.test.mjs - NICE CXone's custom exchange: every branch, every prompt, silence, state, errors, scripts.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { after, before, test } from "node:test";
import { Table } from "./support/compatibility.mjs";
import { Peer } from "./support/peer.mjs";
import { eventually, sleep, within } from "./support/server.mjs";
import { take } from "./support/story.mjs";
import { centre, HttpBot, never, newServer, Talk } from "./support/turns.mjs";

const table = new Table("exchange", {
  title: "NICE CXone custom exchange, as caller",
  client: "an endpoint of our own that answers by the vendor's published schemas, and the sample bots of examples/clients",
});
const SECRET = "Bearer a-secret-of-the-exchange";
process.env.TEST_EXCHANGE_SECRET = SECRET;
const HUGE = "123456789012345678901234567890";

const bot = new HttpBot();
let server;
const bots = (port) => `
  - id: hub
    type: exchange
    url: http://127.0.0.1:${port}/api/v1/virtualAgentIntegration/externalproviderexchange
    authorization: env:TEST_EXCHANGE_SECRET
    headers: { X-Tenant: centre }
    virtualAgentId: shop-agent
    botConfig: { locale: de-DE, nested: { deep: [1, 2] } }
    automatedIntent: Welcome
    busNo: 4602609
    timeout: 1
    attempts: 2
    failures: 0
    noInputs: 2
  - { id: names, type: exchange, url: "http://127.0.0.1:${port}/", inputTypes: names, contactId: text, botConfigAs: text,
      botConfig: { a: 1 }, payload: nested, mediaType: Digital, scriptName: flow, failures: 0 }
`;
const SCRIPTS = {
  asks: `
DYNAMIC p
p.sku = "T-1"
r = BotExchange("hub", p)
SetAttribute("first", r.branch)
SetAttribute("price", r.payload.price)
r = BotExchange("hub", p)
SetAttribute("second", r.branch)
SetAttribute("intent", r.intent.intent)
SetAttribute("outcome", r.outcome.branch)
Wait(600)
`,
};

before(async () => {
  await bot.up();
  server = newServer();
  for (const [name, text] of Object.entries(SCRIPTS)) fs.writeFileSync(path.join(server.data, `${name}.studio`), text);
  server.write(centre(bots(bot.port), ["hub", "names"], SCRIPTS));
  await server.up();
});
after(async () => {
  await server?.remove();
  await bot.down();
  table.check();
});

const prompt = (text, more) => ({ transcript: text, ...more });
const say = (branchName, text, more) => ({ body: { branchName,
  nextPromptSequence: { prompts: text === undefined ? [] : [typeof text === "string" ? prompt(text) : text] }, ...more } });
const collect = (text, more) => say("PromptAndCollectNextResponse", text, more);
const is = (body, number, name) => body.userInputType === number || body.userInputType === name;
const begins = (body) => is(body, 5, "AUTOMATED_TEXT");

// What the bot was asked about this session: the end of the one before may come late.
const told = (talk) => bot.asked.filter((a) => a.body.systemTelemetryData.consumerMetaData.session === talk.id);

async function open(answer, entry = "hub", members) {
  bot.asked.length = 0;
  bot.answer = (body, number) => begins(body) && !answer.first ? collect("Hello!") : answer(body, number);
  return Talk.open(server, entry, members);
}

test("the request has every member", table.works("request: every member, userInputType as numbers", async () => {
  const talk = await open((body) => collect(`You said: ${body.userInput}`));
  await talk.hears("Hello!");
  talk.say("Grüße, 世界 🎉");
  await talk.hears("You said: Grüße, 世界 🎉");
  const [first, second] = told(talk);
  assert.equal(first.path, "/api/v1/virtualAgentIntegration/externalproviderexchange");
  assert.equal(first.headers.authorization, SECRET);
  assert.equal(first.headers["x-tenant"], "centre");
  assert.equal(first.body.virtualAgentId, "shop-agent");
  assert.deepEqual(first.body.botConfig, { locale: "de-DE", nested: { deep: [1, 2] } });
  assert.equal(first.body.userInput, "Welcome");
  assert.equal(first.body.userInputType, 5);
  assert.equal(first.body.executionInfo.busNo, 4602609);
  assert.equal(first.body.executionInfo.requestId, 1);
  assert.equal(typeof first.body.executionInfo.actionType, "string");
  assert.equal(first.body.executionInfo.actionId, 0);
  assert.equal(first.body.executionInfo.scriptName, "baton");
  assert.ok(Number.isSafeInteger(first.body.executionInfo.contactId) && first.body.executionInfo.contactId > 0);
  assert.deepEqual(Object.keys(first.body.systemTelemetryData), ["consumerProcessHost", "consumerProcessName",
    "consumerProcessVersion", "inContactClusterAlias", "inContactScriptEngineHost", "consumerMetaData"]);
  assert.equal(first.body.systemTelemetryData.consumerMetaData.session, talk.id);
  assert.equal(first.body.base64wavFile, null);
  assert.equal(first.body.botSessionState, null);
  assert.deepEqual(first.body.customPayload, {});
  assert.equal(first.body.mediaType, "Chat");
  assert.equal(second.body.userInputType, 1);
  assert.equal(second.body.userInput, "Grüße, 世界 🎉");
  assert.equal(second.body.executionInfo.requestId, 2);
  assert.equal(second.body.executionInfo.contactId, first.body.executionInfo.contactId);
  assert.ok(!server.log.includes(SECRET));
  await talk.finish();
}));

test("names, texts and what is nested, by configuration", table.works("request: userInputType as names, contactId and botConfig as text", async () => {
  const talk = await open((body) => collect(`heard ${body.userInput}`), "names");
  await talk.hears("Hello!");
  talk.say("x");
  await talk.hears("heard x");
  const [first, second] = told(talk).map((a) => a.body);
  assert.equal(first.userInputType, "AUTOMATED_TEXT");
  assert.equal(second.userInputType, "TEXT");
  assert.equal(first.virtualAgentId, "names");
  assert.equal(first.executionInfo.contactId, talk.id);
  assert.equal(first.executionInfo.scriptName, "flow");
  assert.equal(first.mediaType, "Digital");
  assert.equal(first.botConfig, '{"a":1}');
  await talk.finish();
}));

test("the state is echoed as it was, huge numbers and all, also after kill -9", table.works("botSessionState: echoed on the next turn", async () => {
  const state = `{"id":${HUGE},"nested":{"list":[1,[2,{"ä":"世"}]]},"long":"${"x".repeat(5000)}"}`;
  let silent = false;
  const talk = await open((body) => (silent ? never() : { body:
    `{"branchName":1,"nextPromptSequence":{"prompts":[{"transcript":"ok ${body.userInput}"}]},"botSessionState":${state}}` }));
  await talk.hears("Hello!");
  talk.say("one");
  await talk.hears("ok one");
  talk.say("two");
  await talk.hears("ok two");
  assert.ok(told(talk)[2].bytes.includes(`"botSessionState":${state}`));
  silent = true;
  talk.say("three");
  await eventually("it is asked", () => told(talk).some((a) => a.body.userInput === "three"));
  await server.stop("SIGKILL");
  silent = false;
  await server.up();
  await eventually("it goes on", async () => (await talk.texts()).includes("ok three"));
  const again = told(talk).filter((a) => a.body.userInput === "three");
  assert.ok(again.length >= 2 && again.every((a) => a.bytes.includes(state)));
  assert.equal(new Set(again.map((a) => a.body.executionInfo.requestId)).size, 1);
  assert.equal((await talk.texts()).filter((t) => t === "ok three").length, 1);
  await talk.finish();
}));

// What each branch does to a session that the bot holds.
const BRANCHES = [
  ["DoNotBegin", "queued"], ["PromptAndCollectNextResponse", "goes on"], ["ReturnControlToScript", "queued"],
  ["EndContact", "ends"], ["AudioInputUntranscribeable", "goes on"], ["Error", "queued"], ["DTMFBreakout", "queued"],
  ["UserInputTimeout", "goes on"], ["UserInputNotUnderstood", "goes on"],
];
for (const [number, [name, then]] of BRANCHES.entries()) {
  test(`${number} ${name}: ${then}`, table.works(`branch ${number} ${name}, by number, by number in a text, and by name`, async () => {
    for (const branch of [number, String(number), name, name.toUpperCase()]) {
      const talk = await open((body) => (body.userInput === "more" ? collect("and more") : say(branch, `prompt of ${name}`)));
      await talk.hears("Hello!");
      talk.say("go");
      await talk.hears(`prompt of ${name}`);
      if (then === "ends") await talk.ended();
      else if (then === "queued") await talk.becomes("queued");
      else {
        talk.say("more");
        await talk.hears("and more");
      }
      await talk.finish();
    }
  }));
}

test("DoNotBegin at the very beginning leaves the session to others", async () => {
  const talk = await open(Object.assign(() => say(0, "Not today."), { first: true }));
  await talk.hears("Not today.");
  await talk.becomes("queued");
  await talk.finish();
});

test("prompts: transcript, speech, files, audio and objects of the medium", table.works("prompts: transcript, textToSpeech, audioFilePath, base64 audio, mediaSpecificObject", async () => {
  const audio = Buffer.alloc(3000, 0x7f).toString("base64");
  const talk = await open(() => ({ body: { branchName: 1, nextPromptSequence: { prompts: [
    { transcript: "read", textToSpeech: "<speak>spoken</speak>", audioFilePath: "", base64EncodedG711ulawWithWavHeader: null },
    { transcript: "", textToSpeech: "only spoken" },
    { transcript: "", audioFilePath: "prompts/hello.wav", base64EncodedG711ulawWithWavHeader: audio },
    { mediaSpecificObject: { dfoMessage: { type: "QUICK_REPLIES", payload: { replies: ["yes", "no"] } } } },
    {}, null, "odd",
  ] }, nextPromptBehaviors: { audioCollectionRules: { collectionType: 1, dtmfRules: { clearDigits: true } } } } }));
  await talk.hears("Hello!");
  talk.say("go");
  const rich = await talk.customer.hear("the object", (f) => f.type === "message" && f.data?.mediaSpecificObject);
  assert.deepEqual(rich.data.mediaSpecificObject.dfoMessage.payload.replies, ["yes", "no"]);
  const all = talk.customer.all.filter((f) => f.type === "message" && f.from === "bot").slice(1);
  assert.equal(all.length, 4);
  assert.equal(all[0].text, "read");
  assert.equal(all[0].data.textToSpeech, "<speak>spoken</speak>");
  assert.equal(all[0].data.audioFilePath, undefined);
  assert.equal(all[1].text, "only spoken");
  assert.equal(all[2].data.audioFilePath, "prompts/hello.wav");
  assert.equal(all[2].data.base64EncodedG711ulawWithWavHeader, audio);
  await talk.finish();
}));

test("intent and payload become attributes, nested as they are", table.works("intentInfo and customPayload from the bot; scriptPayloads", async () => {
  const agent = await Peer.agent(server);
  const talk = await open(() => say(2, "A colleague comes.", {
    intentInfo: { intent: "person", context: "c", intentConfidence: 0.97, lastUserUtterance: "a person", slots: { city: "Köln" } },
    customPayload: { topic: "billing", huge: "9007199254740993", scriptPayloads: { Intent: "Escalate", deep: { er: [1] } } } }));
  await talk.hears("Hello!");
  talk.say("a person");
  await take(agent, talk.id);
  const { attributes } = await talk.session();
  assert.equal(attributes.topic, "billing");
  assert.equal(attributes.Intent, "Escalate");
  assert.deepEqual(attributes.deep, { er: [1] });
  assert.equal(attributes.intentInfo.slots.city, "Köln");
  assert.equal(attributes.scriptPayloads, undefined);
  await talk.finish();
  await agent.close();
}));

test("attributes are told with each turn, flat", table.works("customPayload to the bot: the session's attributes, flat or nested", async () => {
  for (const [entry, list] of [["hub", '[1,{"a":2}]'], ["names", [1, { a: 2 }]]]) {
    const talk = await open((body) => collect(`heard ${body.userInput}`, { customPayload: { list: [1, { a: 2 }], city: "Köln" } }), entry);
    await talk.hears("Hello!");
    talk.say("a");
    await talk.hears("heard a");
    talk.say("b");
    await talk.hears("heard b");
    assert.deepEqual(told(talk)[2].body.customPayload, { list, city: "Köln" });
    await talk.finish();
  }
}));

test("a customer who says nothing is told as NO_INPUT, not for ever", table.works("silenceRules.millisecondsToWaitForUserResponse: NO_INPUT, UserInputTimeout", async () => {
  const silence = { nextPromptBehaviors: { silenceRules: { millisecondsToWaitForUserResponse: 50 } } };
  const talk = await open((body) => (is(body, 0) ? say("UserInputTimeout", "Still there?", silence) : collect("Well?", silence)));
  await talk.hears("Hello!");
  talk.say("hm");
  await talk.hears("Well?");
  await talk.hears("Still there?");
  await talk.hears("Still there?");
  await sleep(300);
  const silent = told(talk).filter((a) => a.body.userInputType === 0);
  assert.equal(silent.length, 2);
  assert.equal(silent[0].body.userInput, "");
  talk.say("yes");
  await talk.hears("Well?");
  await talk.finish();
}));

test("comfort is said while the bot thinks", table.works("silenceRules.engageComfortSequence after botResponseDelayTolerance", async () => {
  const rules = { nextPromptBehaviors: { silenceRules: { engageComfortSequence: true, botResponseDelayTolerance: 60,
    comfortPromptSequence: { prompts: [prompt("One moment …")] } } } };
  const talk = await open(async (body) => {
    if (body.userInput === "slow") await sleep(400);
    return collect(`done ${body.userInput}`, rules);
  });
  await talk.hears("Hello!");
  talk.say("fast");
  await talk.hears("done fast");
  talk.say("slow");
  await talk.hears("done slow");
  assert.deepEqual((await talk.texts()).slice(1), ["done fast", "One moment …", "done slow"]);
  await talk.finish();
}));

test("a bot that collects nothing is asked on", table.works("audioCollectionRules.collectionType DO_NOT_COLLECT_USER_RESPONSE: asked on at once", async () => {
  const talk = await open((body) => (body.userInput === "go"
    ? collect("first", { nextPromptBehaviors: { audioCollectionRules: { collectionType: "DO_NOT_COLLECT_USER_RESPONSE" } } })
    : collect("second")));
  await talk.hears("Hello!");
  talk.say("go");
  await talk.hears("second");
  assert.equal(told(talk)[2].body.userInputType, 0);
  await talk.finish();
}));

for (const [behavior, then] of [["ReturnControlToScriptThroughErrorBranch", "queued"], ["EndContact", "ends"], [0, "queued"], [1, "ends"]]) {
  test(`errorDetails ${behavior}: its prompt is said before, then the session ${then === "ends" ? "ends" : "goes on"}`,
    table.works(`errorDetails.errorBehavior ${behavior}, errorPromptSequence first`, async () => {
      const talk = await open(() => say("Error", undefined, { errorDetails: { errorBehavior: behavior,
        errorPromptSequence: { prompts: [prompt("Something broke.")] }, systemErrorMessage: "database down" } }));
      await talk.hears("Hello!");
      talk.say("go");
      await talk.hears("Something broke.");
      await (then === "ends" ? talk.ended() : talk.becomes("queued"));
      assert.match(await talk.note(), /database down/);
      await talk.finish();
    }));
}

test("what the bot wanted in case of errors holds when it cannot be reached", table.works("errorDetails of an earlier turn, when the endpoint fails", async () => {
  const talk = await open((body) => (body.userInput === "break" ? { code: 0 } : collect("fine", { errorDetails: {
    errorBehavior: "EndContact", errorPromptSequence: { prompts: [prompt("We are sorry.")] } } })));
  await talk.hears("Hello!");
  talk.say("set");
  await talk.hears("fine");
  talk.say("break");
  await talk.hears("We are sorry.");
  await talk.ended();
}));

test("the end of the session is told", table.works("USER_ENDED_SESSION when the customer leaves", async () => {
  const talk = await open(() => collect("x", { botSessionState: { turn: 1 } }));
  await talk.hears("Hello!");
  talk.say("go");
  await talk.hears("x");
  talk.customer.send("leave");
  const last = await eventually("it is told", () => told(talk).find((a) => a.body.userInputType === 4));
  assert.deepEqual(last.body.botSessionState, { turn: 1 });
}));

test("a script exchanges turns: state, payloads both ways, branches", table.works("script action BotExchange(bot, payload)", async () => {
  const talk = await open(Object.assign((body) => (begins(body)
    ? collect("It costs 5.", { customPayload: { price: 5 }, botSessionState: { seen: body.customPayload.sku } })
    : say("UserInputTimeout", "Bye.", { intentInfo: { intent: "buy" }, customPayload: { price: 6 } })), { first: true }), "asks");
  await talk.hears("It costs 5.");
  await talk.hears("Bye.");
  const { attributes } = await eventually("the script is through", async () => {
    const s = await talk.session();
    return s.attributes.outcome && s;
  });
  assert.deepEqual(attributes, { first: "OnPromptAndCollectNextResponse", price: 5, second: "Default", intent: "buy", outcome: "UserInputTimeout" });
  const [first, second] = told(talk).map((a) => a.body);
  assert.deepEqual(first.customPayload, { sku: "T-1" });
  assert.equal(first.userInputType, 5);
  assert.notEqual(second.userInputType, 5);
  assert.deepEqual(second.botSessionState, { seen: "T-1" });
  await talk.finish();
}));

for (const [branch, expected] of [[2, "OnReturnControlToScript"], ["Error", "OnError"], [3, "Default"], ["nonsense", "OnError"]]) {
  test(`in a script, ${branch} is ${expected}`, async () => {
    const talk = await open(Object.assign(() => say(branch, "said"), { first: true }), "asks");
    await eventually("the script knows", async () => (await talk.session()).attributes.first === expected);
    await talk.finish();
  });
}

// The field's failures: nobody is left in limbo, and the timeline says why.
for (const [what, broken, why] of [
  ["is down", () => ({ code: 0 }), /did not answer/],
  ["is slow", never, /did not answer: timeout/],
  ["answers 500", () => ({ code: 500 }), /answered 500/],
  ["answers garbage", () => ({ body: "<html>" }), /no JSON/],
  ["answers another branch", () => say("Explode", "x"), /branchName is none of the nine/],
  ["answers a branch beyond the last", () => say(9, "x"), /branchName is none of the nine/],
  ["answers no branch", () => ({ body: { nextPromptSequence: { prompts: [prompt("x")] } } }), /no branchName/],
  ["answers nothing", () => ({ body: "" }), /no JSON object/],
  ["answers a list", () => ({ body: [1] }), /no JSON object/],
]) {
  test(`an exchange that ${what} leaves nobody in limbo`, table.works(`the endpoint ${what}: the fallback takes the session`, async () => {
    const talk = await open(broken);
    await talk.hears("Hello!");
    talk.say("hello?");
    await talk.becomes("queued");
    assert.match(await talk.note(), why);
    await talk.finish();
  }));
}

test("what comes after a person took over is not said", table.works("late answers are fenced", async () => {
  let late;
  const talk = await open(() => new Promise((resolve) => (late = resolve)));
  await talk.hears("Hello!");
  talk.say("slow");
  await eventually("the bot is asked", () => late);
  await server.as("supervisor")("POST", `/sessions/${talk.id}/transfer`, { queueId: "support", release: true });
  await talk.becomes("queued");
  late(collect("too late"));
  await sleep(100);
  assert.ok(!(await talk.texts()).includes("too late"));
  await talk.finish();
}));

test("nothing to say is no failure: data only, no prompt, an empty text", async () => {
  const talk = await open((body) => (body.userInput === "data" ? say(1, undefined, { customPayload: { a: "1" } })
    : body.userInput === "empty" ? collect("") : collect("here")));
  await talk.hears("Hello!");
  for (const text of ["data", "empty", "last"]) talk.say(text);
  await talk.hears("here");
  assert.deepEqual(await talk.texts(), ["Hello!", "here"]);
  assert.equal((await talk.session()).attributes.a, "1");
  await talk.finish();
});

const CLIENTS = new URL("../../examples/clients/", import.meta.url).pathname;
for (const [language, command, args] of [
  ["Node", process.execPath, [`${CLIENTS}node/exchange-bot.js`]],
  ["Python", process.env.PYTHON ?? "python3", [`${CLIENTS}python/exchange_bot.py`]],
]) {
  test(`the sample bot in ${language} talks, hands over and ends`, table.works(`the sample bot in ${language}`, async () => {
    const child = spawn(command, [...args, "--port", "0", "--authorization", SECRET], { stdio: ["ignore", "pipe", "inherit"] });
    let out = "";
    child.stdout.on("data", (part) => (out += part));
    const other = newServer();
    try {
      const port = await eventually("it listens", () => /http:\/\/127\.0\.0\.1:(\d+)/.exec(out)?.[1]);
      other.write(centre(`  - { id: shop, type: exchange, url: "http://127.0.0.1:${port}/", authorization: env:TEST_EXCHANGE_SECRET }`, ["shop"]));
      await other.up();
      const talk = await Talk.open(other, "shop");
      await talk.hears("Hello! I am the exchange bot.");
      talk.say("Guten Tag");
      await talk.hears('Turn 2: you said "Guten Tag".');
      talk.say("A person, please");
      await talk.hears("A colleague comes.");
      await talk.becomes("queued");
      assert.equal((await talk.session()).attributes.topic, "billing");
      const short = await Talk.open(other, "shop");
      short.say("bye");
      await short.hears("Goodbye!");
      await short.ended();
    } finally {
      await other.remove();
      const ended = new Promise((resolve) => child.on("exit", resolve));
      child.kill("SIGTERM");
      await within("the bot ends", ended);
    }
  }));
}

test("the file's mistakes are told with their lines", async () => {
  const other = newServer();
  other.write(centre(bots(1).replace("virtualAgentId", "virtualAgentID").replace("inputTypes: names", "inputTypes: name")
    .replace("botConfigAs: text", "botConfigAs: txt").replace("env:TEST_EXCHANGE_SECRET", "plain"), ["hub", "names"]));
  await assert.rejects(other.up(), (error) => {
    assert.match(error.message, /centre\.yaml:\d+:\d+: error: a bot of type exchange has no member "virtualAgentID"; did you mean "virtualAgentId"\?/);
    assert.match(error.message, /"inputTypes" has no such value; did you mean "names"\?/);
    assert.match(error.message, /"botConfigAs" has no such value; did you mean "text"\?/);
    assert.match(error.message, /"authorization" is a secret/);
    return true;
  });
  await other.remove();
});
