#!/usr/bin/env node
// exchange-bot.js - a bot that speaks the custom exchange of NICE CXone: POST in, answer out.
//
// Needs nothing but node. In the centre's file:
//   bots: [{ id: shop, type: exchange, url: "http://127.0.0.1:8090/exchange" }]
"use strict";
const http = require("node:http");
const { parseArgs } = require("node:util");

const OPTIONS = {
  host: { type: "string", default: "127.0.0.1" },
  port: { type: "string", default: "8090" },
  authorization: { type: "string" },
  help: { type: "boolean", short: "h", default: false },
};

const USAGE = `usage: exchange-bot.js [options]

Answers what it is told; "person" hands over to one, "bye" ends the contact.

  --host ADDRESS         where to listen (default: 127.0.0.1)
  --port PORT            0 takes a free one (default: 8090)
  --authorization VALUE  what the header Authorization must be

example:
  ./exchange-bot.js --port 8090
`;

const INPUTS = ["NO_INPUT", "TEXT", "BASE64_ENCODED_G711_ULAW_WAV_FILE", "USER_INPUT_ARCHIVED_AS_SPECIFIED",
  "USER_ENDED_SESSION", "AUTOMATED_TEXT", "DTMF_AS_TEXT"];

function leave(code, text) {
  (code ? process.stderr : process.stdout).write(text);
  process.exit(code);
}

// Everything that the bot knows of the session comes with the request: what it
// said last time is in botSessionState.
function answer(request) {
  const type = INPUTS[request.userInputType] ?? request.userInputType;
  const turn = (request.botSessionState?.turn ?? 0) + 1;
  const say = (branchName, text, more) => ({
    branchName,
    nextPromptSequence: { prompts: text ? [{ transcript: text }] : [] },
    nextPromptBehaviors: { silenceRules: { engageComfortSequence: false, millisecondsToWaitForUserResponse: 60000 } },
    botSessionState: { turn },
    ...more,
  });
  if (type === "AUTOMATED_TEXT") return say("PromptAndCollectNextResponse", "Hello! I am the exchange bot.");
  if (type === "NO_INPUT") return say("UserInputTimeout", "Are you still there?");
  if (type === "USER_ENDED_SESSION") return say("EndContact");
  if (/person/i.test(request.userInput)) {
    return say("ReturnControlToScript", "A colleague comes.", {
      intentInfo: { intent: "person", intentConfidence: 1, lastUserUtterance: request.userInput },
      customPayload: { topic: "billing", turns: turn },
    });
  }
  if (/\bbye\b/i.test(request.userInput)) return say("EndContact", "Goodbye!");
  return say("PromptAndCollectNextResponse", `Turn ${turn}: you said "${request.userInput}".`);
}

function serve(options, request, reply) {
  const send = (status, body) =>
    reply.writeHead(status, { "Content-Type": "application/json" }).end(JSON.stringify(body));
  const parts = [];
  request.on("data", (part) => parts.push(part));
  request.on("end", () => {
    if (options.authorization && request.headers.authorization !== options.authorization) {
      return send(401, { message: "the header Authorization is another" });
    }
    if (request.method !== "POST") return send(405, { message: "a turn is a POST" });
    try {
      const told = JSON.parse(Buffer.concat(parts));
      console.log(`${told.executionInfo?.contactId}: ${told.userInput}`);
      return send(200, answer(told));
    } catch (error) {
      return send(400, { message: error.message });
    }
  });
}

function main() {
  const options = parseArgs({ options: OPTIONS }).values;
  if (options.help) leave(0, USAGE);
  const { host, port } = options;
  const server = http.createServer((request, reply) => serve(options, request, reply));
  server.on("error", (error) => leave(1, `exchange-bot.js: cannot listen at ${host}:${port}: ${error.message}\n`));
  server.listen(Number(port), host, () => console.log(`listening at http://${host}:${server.address().port}/`));
  ["SIGINT", "SIGTERM"].forEach((signal) => process.once(signal, () => {
    server.close();
    server.closeAllConnections();
  }));
}

try {
  main();
} catch (error) { // what parseArgs or listen() does not take
  leave(2, `exchange-bot.js: ${error.message}; see --help\n`);
}
