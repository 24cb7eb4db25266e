#!/usr/bin/env node
// bot.js - the bot of ../python/bot.py, in Node: greets, answers once, hands over.
//
// Needs either node 22, whose WebSocket is built in, or `npm install` (package ws).
"use strict";
const { parseArgs } = require("node:util");

const OPTIONS = {
  url: { type: "string", default: process.env.BATON_URL || "http://127.0.0.1:8080" },
  token: { type: "string", default: process.env.BATON_TOKEN },
  name: { type: "string" },
  "close-after": { type: "string", default: "1" },
  sessions: { type: "string", default: "0" },
  greeting: { type: "string", default: "Hello! I am the bot. What can I do for you?" },
  goodbye: { type: "string", default: "I will get you a colleague. Goodbye!" },
  json: { type: "boolean", default: false },
  help: { type: "boolean", short: "h", default: false },
};

const USAGE = `usage: bot.js --name NAME [options]

Serves any number of sessions over one connection. A moment after its goodbye it
closes its part of the session; the last of --sessions N together with the
connection.

  --name NAME            the bot's id in the centre
  --url URL              the server (default: BATON_URL, or http://127.0.0.1:8080)
  --token TOKEN          a token of the centre (default: BATON_TOKEN)
  --close-after SECONDS  from the goodbye to the close (default: 1)
  --sessions N           end after so many (default: serve for ever)
  --greeting TEXT        what it says first
  --goodbye TEXT         what it answers to the customer's first message
  --json                 print every frame, one JSON object a line

example:
  BATON_TOKEN=… ./bot.js --name greeter
`;

function fail(text, code = 1) {
  process.stderr.write(`bot.js: ${text}\n`);
  process.exit(code);
}

function readOptions() {
  let values;
  try {
    ({ values } = parseArgs({ options: OPTIONS }));
  } catch (error) {
    fail(`${error.message}; see --help`, 2);
  }
  if (values.help) {
    process.stdout.write(USAGE);
    process.exit(0);
  }
  for (const name of ["close-after", "sessions"]) {
    values[name] = Number(values[name]);
    if (!(values[name] >= 0)) fail(`--${name} takes a number; see --help`, 2);
  }
  if (!values.name) fail("--name is needed: the bot's id in the centre", 2);
  if (!values.token) fail("a token is needed: --token or the environment's BATON_TOKEN", 2);
  return values;
}

// A ticket, good once, stands in for the token: the built-in WebSocket, as in
// browsers, sends no header of ours, and a token in a URL ends up in logs.
async function connectBuiltIn(options, path) {
  const answer = await fetch(new URL("/api/v1/tickets", options.url), {
    method: "POST",
    headers: { Authorization: `Bearer ${options.token}` },
  });
  const body = await answer.json();
  if (!answer.ok) throw new Error(`the server answered ${answer.status}: ${body.detail || body.message}`);
  const url = new URL(`${path}?ticket=${encodeURIComponent(body.ticket)}`, options.url);
  return new WebSocket(url.href.replace(/^http/, "ws"));
}

function connectWithWs(options, path) {
  let Ws;
  try {
    Ws = require("ws");
  } catch {
    fail(`node ${process.versions.node} has no WebSocket of its own; run 'npm install' beside bot.js`);
  }
  const url = new URL(path, options.url).href.replace(/^http/, "ws");
  return new Ws(url, { headers: { Authorization: `Bearer ${options.token}` } });
}

class Bot {
  held = new Set(); // sessions in which we talk
  leaving = new Map(); // session: the timer that will close our part
  done = 0;

  constructor(options) {
    this.options = options;
  }

  async connect() {
    const path = `/api/v1/bots/${encodeURIComponent(this.options.name)}/socket`;
    const connect = typeof WebSocket === "function" ? connectBuiltIn : connectWithWs;
    this.socket = await connect(this.options, path);
    this.socket.addEventListener("open", () => this.say(`bot '${this.options.name}' is connected and waits for sessions`));
    this.socket.addEventListener("error", (event) => fail(event.message || `cannot reach ${this.options.url}`));
    this.socket.addEventListener("message", (event) => this.hear(JSON.parse(event.data)));
    this.socket.addEventListener("close", (event) => this.over(event));
  }

  hear(frame) {
    this.print("in", frame);
    const { type, session } = frame;
    if (type === "session.invited") this.begin(session.id);
    else if (type === "customer.message" && this.held.has(session)) this.goodbye(session);
    else if (type === "session.released") this.leave(session);
    else if (type === "problem") this.say(`refused: ${frame.problem.detail || frame.problem.message}`);
  }

  begin(session) {
    this.say(`${session}: invited, greeting`);
    this.held.add(session);
    this.send("session.accept", { session });
    this.send("message", { session, text: this.options.greeting });
  }

  goodbye(session) {
    const seconds = this.options["close-after"];
    this.say(`${session}: goodbye, closing in ${seconds} s`);
    this.held.delete(session);
    this.send("session.goodbye", {
      session,
      outcome: "escalate",
      reason: "the customer asks for a person",
      attributes: { topic: "billing" },
      text: this.options.goodbye,
    });
    this.leaving.set(session, setTimeout(() => {
      if (this.done + 1 !== this.options.sessions) this.send("session.close", { session });
      this.leave(session);
    }, seconds * 1000));
  }

  // Our part is over: we closed it, or the server took it from us.
  leave(session) {
    clearTimeout(this.leaving.get(session));
    this.leaving.delete(session);
    this.held.delete(session);
    this.done += 1;
    this.say(`${session}: closed`);
    if (this.isDone()) this.socket.close(1000);
  }

  isDone() {
    return this.options.sessions > 0 && this.done >= this.options.sessions;
  }

  stop() {
    this.stopped = true;
    this.socket.close(1000);
  }

  over(event) {
    for (const timer of this.leaving.values()) clearTimeout(timer);
    if (!this.stopped && !this.isDone()) fail(`the connection was closed with ${event.code}: ${event.reason || "no reason given"}`);
  }

  send(type, members) {
    const frame = { type, ...members };
    this.socket.send(JSON.stringify(frame));
    this.print("out", frame);
  }

  say(text) {
    if (!this.options.json) console.log(`${new Date().toTimeString().slice(0, 8)}  ${text}`);
  }

  print(dir, frame) {
    if (this.options.json) console.log(JSON.stringify({ at: Date.now() / 1000, dir, frame }));
  }
}

const bot = new Bot(readOptions());
bot.connect().then(
  () => ["SIGINT", "SIGTERM"].forEach((signal) => process.once(signal, () => bot.stop())),
  (error) => fail(error.cause ? `cannot reach ${bot.options.url}: ${error.cause.message}` : error.message),
);
