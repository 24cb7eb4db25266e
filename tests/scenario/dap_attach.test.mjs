// Debugging the script of a session that a customer is in, out of an editor:
// the debug adapter at a running server, driven by the client that VS Code's
// own adapters are tested with.
import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { Peer } from "./support/peer.mjs";
import { finish, talk } from "./support/story.mjs";
import { eventually, Server, TOKENS } from "./support/server.mjs";

const require = createRequire(new URL("../clients/package.json", import.meta.url));
const { DebugClient } = require("@vscode/debugadapter-testsupport");

const dir = mkdtempSync(join(tmpdir(), "baton-attach-"));
const program = join(dir, "flow.studio");

const FLOW = `n = 1
DYNAMIC o
o.tags[1] = "vip"
r = WaitFor(GetSessionInfo().id, "completed", 1)
n = twice(n)
LogInfo("n is {n}")
FUNCTION twice(v) {
  w = v * 2
  RETURN w
}
`;

let server, bot, supervisor;

before(async () => {
  writeFileSync(program, FLOW);
  server = await Server.start();
  bot = await Peer.bot(server);
  supervisor = server.as("supervisor");
  assert.equal((await server.as("admin")("PUT", "/scripts/flow", { source: FLOW })).status, 200);
});
after(async () => {
  await server?.remove();
  rmSync(dir, { recursive: true });
});

async function withClient(story) {
  const env = { ...process.env, SUPERVISOR: TOKENS.supervisor, NOBODY: "nonsense" };
  const dc = new DebugClient(process.env.BATON, "dap", "studio", { cwd: dir, env });
  dc.defaultTimeout = 30000;
  await dc.start();
  try {
    await dc.initializeRequest();
    await story(dc);
  } finally {
    await dc.stop();
  }
}

const where = (session, more = {}) =>
  ({ url: `http://127.0.0.1:${server.port}`, tokenEnv: "SUPERVISOR", session, program, ...more });

// Attaches with breakpoints in the file that is open.
async function attach(dc, args, lines) {
  const ready = dc.waitForEvent("initialized");
  await dc.attachRequest(args);
  await ready;
  const { body } = await dc.setBreakpointsRequest({ source: { path: program }, breakpoints: lines.map((line) => ({ line })) });
  await dc.configurationDoneRequest();
  return body.breakpoints;
}

const start = (id) => supervisor("POST", `/sessions/${id}/script`, { name: "flow" });
const logs = async (id) => (await supervisor("GET", `/sessions/${id}/timeline`)).body.events
  .filter((e) => e.type === "script.log").map((e) => e.text);

async function until(dc, request) {
  const stopped = dc.waitForEvent("stopped");
  await request;
  return (await stopped).body;
}

async function top(dc) {
  const threads = (await dc.threadsRequest()).body.threads;
  const frames = (await dc.stackTraceRequest({ threadId: threads[0].id })).body.stackFrames;
  return { threads, threadId: threads[0].id, frames, line: frames[0].line };
}

const evaluate = async (dc, expression, frameId = 1, context = "watch") =>
  (await dc.evaluateRequest({ expression, frameId, context })).body.result;

test("a breakpoint in a running session: frames, variables, changes, steps, and on", () => withClient(async (dc) => {
  const { id } = await talk(server, bot);
  const output = [];
  dc.on("output", (e) => output.push([e.body.category, e.body.output, e.body.line]));
  const set = await attach(dc, where(id), [9, 10]);
  assert.deepEqual(set.map((b) => [b.verified, b.line]), [[true, 9], [false, 10]]);
  const stopped = await until(dc, start(id));
  assert.equal(stopped.reason, "breakpoint");
  const { threads, threadId, frames } = await top(dc);
  assert.deepEqual(threads.map((t) => t.name), ["flow"]);
  assert.deepEqual(frames.map((f) => [f.name, f.line, f.source.path]),
    [["twice()", 9, program], ["script", 5, program]]);
  const scopes = (await dc.scopesRequest({ frameId: 1 })).body.scopes;
  const list = async (reference) =>
    (await dc.variablesRequest({ variablesReference: reference })).body.variables;
  assert.deepEqual((await list(scopes[0].variablesReference)).map((v) => [v.name, v.value, v.type]),
    [["v", "1", "number"], ["w", "2", "number"]]);
  const o = (await list(scopes[1].variablesReference)).find((v) => v.name === "o");
  assert.deepEqual((await list(o.variablesReference)).map((v) => [v.name, v.value]), [["tags", '["vip"]']]);
  assert.equal(await evaluate(dc, "w + v * 10"), "12");
  assert.equal(await evaluate(dc, "o.tags[1].upper()", 2), '"VIP"');
  await assert.rejects(dc.evaluateRequest({ expression: "Hangup()", frameId: 1 }), /asks the session/);
  await assert.rejects(dc.evaluateRequest({ expression: "w", frameId: 9 }), /no frame 9/);
  const changed = await dc.setVariableRequest({ variablesReference: scopes[0].variablesReference, name: "w", value: "v + 40" });
  assert.equal(changed.body.value, "41");
  await until(dc, dc.stepBackRequest({ threadId }));
  assert.equal((await top(dc)).line, 8);
  assert.equal(await evaluate(dc, "w"), "null");
  await assert.rejects(dc.evaluateRequest({ expression: "ASSIGN w = 9", frameId: 1, context: "repl" }), /cannot be changed/);
  await until(dc, dc.nextRequest({ threadId }));
  assert.equal((await top(dc)).line, 9);
  await until(dc, dc.stepOutRequest({ threadId }));
  assert.equal((await top(dc)).line, 6);
  assert.equal(await evaluate(dc, "ASSIGN n = n + 1", 1, "repl"), "42");
  await dc.continueRequest({ threadId });
  await eventually("the log", () => output.some(([, text]) => text === "n is 42\n"));
  assert.deepEqual(output.find(([, text]) => text === "n is 42\n"), ["stdout", "n is 42\n", 6]);
  await eventually("the thread has gone", async () => (await dc.threadsRequest()).body.threads.length === 0);
  await finish(server, id);
}));

test("who goes away lets the script go on", async () => {
  const { id } = await talk(server, bot);
  await withClient(async (dc) => {
    await attach(dc, where(id), [2]);
    await until(dc, start(id));
    assert.equal((await top(dc)).line, 2);
  });
  await eventually("the script ends", async () => (await logs(id)).includes("n is 2"));
  assert.equal((await supervisor("GET", `/sessions/${id}/debugger`)).body.attached, false);
  await finish(server, id);
});

test("a session is found by its script; a script that stands still is shown; its text comes from the server", () =>
  withClient(async (dc) => {
    const { id } = await talk(server, bot);
    await supervisor("PUT", `/sessions/${id}/debugger`, { breakpoints: [{ line: 3 }] });
    await start(id);
    const ready = dc.waitForEvent("initialized");
    await dc.attachRequest({ ...where(undefined), program: undefined, script: "flow" });
    await ready;
    const stopped = await until(dc, dc.configurationDoneRequest());
    assert.equal(stopped.reason, "pause");
    const { frames, threadId } = await top(dc);
    assert.equal(frames[0].line, 3);
    assert.equal(frames[0].source.path, undefined);
    const { body } = await dc.customRequest("source", { sourceReference: frames[0].source.sourceReference });
    assert.equal(body.content, FLOW);
    await dc.continueRequest({ threadId });
    await eventually("the script ends", async () => (await logs(id)).includes("n is 2"));
    await finish(server, id);
  }));

test("what cannot be attached to is refused with its reason", () => withClient(async (dc) => {
  const { id } = await talk(server, bot);
  const cases = [
    [where("019b78c9-0a80-7f99-86fb-0b01c12ab5ec"), /404: No session has the id/],
    [where("../agents"), /is not the id of a session/],
    [where(undefined), /attach needs "session"/],
    [{ ...where(undefined), script: "nosuch" }, /no open session runs the script 'nosuch'/],
    [where(id, { tokenEnv: "UNSET_HERE" }), /no variable UNSET_HERE/],
    [where(id, { tokenEnv: "NOBODY" }), /does not know the token/],
    [where(id, { url: "http://127.0.0.1:1" }), /does not answer/],
    [where(id, { url: "https://127.0.0.1:1" }), /does not answer: refused:/],
    [where(id, { url: "http://:" }), /is no address/],
    [where(id, { pauseLimit: 0 }), /422: .*pauseLimit/],
  ];
  for (const [args, why] of cases) {
    await assert.rejects(dc.attachRequest(args), why, JSON.stringify(args));
  }
  await attach(dc, where(id), []);
  await assert.rejects(dc.attachRequest(where(id)), /one script is debugged already/);
  await assert.rejects(dc.stackTraceRequest({ threadId: 1 }), /does not stand still/);
  await finish(server, id);
}));

test("a server that goes away ends it", () => withClient(async (dc) => {
  const { id } = await talk(server, bot);
  await attach(dc, where(id), []);
  const ended = dc.waitForEvent("terminated");
  await server.stop("SIGKILL");
  await ended;
}));
