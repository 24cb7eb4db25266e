// examples.test.mjs - the programs of examples/clients, as somebody would start them.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { after, before, test } from "node:test";
import { Peer } from "./support/peer.mjs";
import { eventually, Server, TOKENS, within } from "./support/server.mjs";

const CLIENTS = new URL("../../examples/clients/", import.meta.url).pathname;
const PYTHON = process.env.PYTHON ?? "python3";
const WITH_WS = { NODE_PATH: new URL("../clients/node_modules", import.meta.url).pathname };
let server;

before(async () => {
  server = await Server.start();
});
after(() => server?.remove());

// A client's process: what it printed, and its end.
function run(command, args, { token, env, input } = {}) {
  const child = spawn(command, args, {
    env: { ...process.env, BATON_URL: `http://127.0.0.1:${server.port}`, BATON_TOKEN: TOKENS[token] ?? "", ...env },
    stdio: [input === undefined ? "ignore" : "pipe", "pipe", "pipe"] });
  const client = { child, out: "", err: "", end: once(child, "close").then(([code]) => code) };
  child.stdout.on("data", (part) => (client.out += part));
  child.stderr.on("data", (part) => (client.err += part));
  if (input !== undefined) child.stdin.end(input);
  return client;
}

const python = (name, args, how) => run(PYTHON, [`${CLIENTS}python/${name}.py`, ...args], how);
const bot_is_there = () => eventually("the bot is there", async () =>
  (await server.as("supervisor")("GET", "/bots/cognigy")).body.connected);

const BOTS = {
  "Python": () => python("bot", BOT, { token: "cognigy" }),
  "Node with ws": () => run(process.execPath, [`${CLIENTS}node/bot.js`, ...BOT], { token: "cognigy", env: WITH_WS }),
  "Node with its own WebSocket": () => run(process.execPath,
    [...(typeof WebSocket === "function" ? [] : ["--experimental-websocket"]), `${CLIENTS}node/bot.js`, ...BOT], { token: "cognigy" }),
};
const BOT = ["--name", "cognigy", "--sessions", "1", "--close-after", "0.2"];
const own_websocket = typeof WebSocket === "function" || process.allowedNodeEnvironmentFlags.has("--experimental-websocket");

for (const [what, start] of Object.entries(BOTS)) {
  const skip = what === "Node with its own WebSocket" && !own_websocket;
  test(`bot, agent and customer talk; the bot is in ${what}`, { skip }, async () => {
    const bot = start();
    const agent = python("agent", ["--name", "anna", "--sessions", "1", "--accept-after", "0.1", "--end-after", "0.1"], { token: "anna" });
    await bot_is_there();
    const customer = python("customer", ["--entry-point", "released", "--to-bot", "Hello bot", "--to-agent", "Hello agent"], { token: "visitor" });
    assert.equal(await within("the customer ends", customer.end), 0, customer.err);
    assert.equal(await within("the bot ends", bot.end), 0, bot.err);
    assert.equal(await within("the agent ends", agent.end), 0, agent.err);
    assert.match(customer.out, /bot cognigy: Hello! I am the bot[^]*bot cognigy: I will get you a colleague[^]*agent anna: Hello/);
    assert.match(agent.out, /customer: Hello agent/);
    assert.match(bot.out, /goodbye, closing in 0\.2 s/);
  });
}

test("a customer at the keyboard leaves at the end of the input", async () => {
  const bot = await Peer.bot(server);
  const customer = python("customer", ["--entry-point", "plain"], { token: "visitor", input: "one\n\ntwo\n" });
  const { session } = await bot.hear("session.invited");
  bot.send("session.accept", { session: session.id });
  await bot.hear("customer.left");
  assert.equal(await within("it ends", customer.end), 0, customer.err);
  assert.deepEqual(bot.all.filter((f) => f.type === "customer.message").map((f) => f.text).concat(
    session.messages.map((m) => m.text)).sort(), ["one", "two"]);
  await bot.close();
});

test("Ctrl-C: a customer takes leave, a bot closes its connection", async () => {
  const bot = await Peer.bot(server);
  const customer = python("customer", ["--entry-point", "plain", "--to-bot", "hello"], { token: "visitor" });
  await bot.hear("session.invited");
  await eventually("it says so", () => /is open/.test(customer.out));
  customer.child.kill("SIGINT");
  assert.equal(await within("it ends", customer.end), 0, customer.err);
  await bot.hear("customer.left");
  await bot.close();
  for (const start of [BOTS.Python, BOTS["Node with ws"]]) {
    const client = start();
    await bot_is_there();
    client.child.kill("SIGINT");
    assert.equal(await within("it ends", client.end), 0, client.err);
  }
});

test("what is wrong is told in a line, not in a trace", async () => {
  const wrong = [
    [python("bot", BOT, { token: "second" }), 1, /403.*second/],
    [python("bot", BOT, { env: { BATON_TOKEN: "nobody-has-this-token" } }), 1, /401/],
    [python("bot", BOT), 2, /BATON_TOKEN/],
    [python("agent", ["--name", "anna"], { token: "anna", env: { BATON_URL: "http://127.0.0.1:1" } }), 1, /cannot reach.*baton serve/],
    [python("customer", ["--entry-point", "plin"], { token: "visitor" }), 1, /422.*plain/],
    [python("customer", []), 2, /--entry-point/],
    [python("agent", ["--name", "anna"], { token: "anna", env: { BATON_URL: "ftp://x" } }), 1, /not an address/],
    [run(process.execPath, [`${CLIENTS}node/bot.js`, ...BOT], { env: WITH_WS }), 2, /BATON_TOKEN/],
    [run(process.execPath, [`${CLIENTS}node/bot.js`, ...BOT], { token: "second", env: WITH_WS }), 1, /403/],
    [run(process.execPath, [`${CLIENTS}node/bot.js`, "--nmae", "x"], { token: "second", env: WITH_WS }), 2, /--help/],
  ];
  for (const [client, code, sentence] of wrong) {
    assert.equal(await within("it ends", client.end), code, client.err);
    assert.match(client.err, sentence);
    assert.doesNotMatch(client.err, /Traceback|\n\s+at /);
  }
});

test("a server that goes away is told", async () => {
  const agent = python("agent", ["--name", "anna"], { token: "anna" });
  await eventually("logged in", () => /available/.test(agent.out));
  await server.stop("SIGTERM");
  assert.equal(await within("it ends", agent.end), 1);
  assert.match(agent.err, /closed with 1001/);
});
