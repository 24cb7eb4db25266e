// Debugging a script in an editor: the debug adapter, driven by the client that
// VS Code's own adapters are tested with.
import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";

const require = createRequire(new URL("../clients/package.json", import.meta.url));
const { DebugClient } = require("@vscode/debugadapter-testsupport");

const dir = mkdtempSync(join(tmpdir(), "baton-dap-"));
after(() => rmSync(dir, { recursive: true }));

const FLOW = `n = 1
DYNAMIC o
o.name = "Kim"
o.tags[1] = "vip"
n = twice(n)
TRACE "n is {n}"
r = Wait(20)
FOR i = 1 TO 5
  n = n + i
NEXT
LogError("done {n}")

FUNCTION twice(v) {
  w = v * 2
  RETURN w
}
`;

let files = 0;

function script(text) {
  const path = join(dir, `flow${files++}.studio`);
  writeFileSync(path, text);
  return path;
}

// Runs a story with a client of its own, and ends both.
async function withClient(story) {
  const dc = new DebugClient(process.env.BATON, "dap", "studio", { cwd: dir });
  dc.defaultTimeout = 10000;
  await dc.start();
  try {
    await story(dc);
  } finally {
    await dc.stop();
  }
}

async function top(dc) {
  const threads = (await dc.threadsRequest()).body.threads;
  const frames = (await dc.stackTraceRequest({ threadId: threads[0].id })).body.stackFrames;
  return { threadId: threads[0].id, frames, line: frames[0].line };
}

async function variables(dc, frameId, scope) {
  const scopes = (await dc.scopesRequest({ frameId })).body.scopes;
  const found = scopes.find((s) => s.name === scope);
  const list = (await dc.variablesRequest({ variablesReference: found.variablesReference })).body.variables;
  return { reference: found.variablesReference, byName: Object.fromEntries(list.map((v) => [v.name, v])) };
}

async function evaluate(dc, expression, frameId = 1, context = "watch") {
  return (await dc.evaluateRequest({ expression, frameId, context })).body.result;
}

// A request that makes the script go on, up to where it stands still again.
async function until(dc, request) {
  const stopped = dc.waitForEvent("stopped");
  await request;
  return (await stopped).body;
}

test("an adapter says what it can do", () => withClient(async (dc) => {
  const { body } = await dc.initializeRequest();
  for (const can of ["supportsConfigurationDoneRequest", "supportsConditionalBreakpoints",
    "supportsHitConditionalBreakpoints", "supportsLogPoints",
    "supportsStepBack", "supportsSetVariable", "supportsTerminateRequest"]) {
    assert.equal(body[can], true, can);
  }
  await assert.rejects(dc.customRequest("nonsense"), /'nonsense' is not known/);
}));

test("a script runs to its end without breakpoints", () => withClient(async (dc) => {
  const program = script(FLOW);
  const output = [];
  dc.on("output", (e) => output.push([e.body.category, e.body.output, e.body.line]));
  const exited = dc.waitForEvent("exited");
  await Promise.all([
    dc.configurationSequence(),
    dc.launch({ program }),
    dc.waitForEvent("terminated"),
  ]);
  assert.equal((await exited).body.exitCode, 0);
  assert.deepEqual(output, [["stdout", "n is 2\n", 6], ["stderr", "done 17\n", 11]]);
}));

test("a breakpoint stops, and variables, stack and expressions are shown", () => withClient(async (dc) => {
  const program = script(FLOW);
  await dc.hitBreakpoint({ program }, { path: program, line: 15 });
  const { frames } = await top(dc);
  assert.deepEqual(frames.map((f) => [f.name, f.line]), [["twice()", 15], ["script", 5]]);
  assert.equal(frames[0].source.path, program);
  const local = await variables(dc, frames[0].id, "Function");
  assert.equal(local.byName.w.value, "2");
  assert.equal(local.byName.w.type, "number");
  const all = await variables(dc, frames[1].id, "Script");
  const parts = (await dc.variablesRequest({ variablesReference: all.byName.o.variablesReference })).body.variables;
  assert.deepEqual(parts.map((v) => [v.name, v.value]), [["name", '"Kim"'], ["tags", '["vip"]']]);
  assert.equal(await evaluate(dc, "w + v * 10"), "12");
  assert.equal(await evaluate(dc, "o.name + \" x {n}\"", frames[1].id), '"Kim x 1"');
  await assert.rejects(dc.evaluateRequest({ expression: "w +", frameId: 1 }), /expected/);
  await assert.rejects(dc.evaluateRequest({ expression: "ww", frameId: 1 }), /no variable is called 'ww' here/);
  await assert.rejects(dc.evaluateRequest({ expression: "Hangup()", frameId: 1 }), /asks the session/);
  await assert.rejects(dc.evaluateRequest({ expression: "w", frameId: 9 }), /no frame 9/);
}));

test("in, over, out, and back again", () => withClient(async (dc) => {
  const program = script(FLOW);
  await Promise.all([
    dc.waitForEvent("initialized").then(() => dc.configurationDoneRequest()),
    dc.launch({ program, stopOnEntry: true }),
    dc.assertStoppedLocation("pause", { path: program, line: 1 }),
  ]);
  const { threadId } = await top(dc);
  const go = async (what, line) => {
    await until(dc, dc[what]({ threadId }));
    assert.equal((await top(dc)).line, line, what);
  };
  await assert.rejects(dc.stepBackRequest({ threadId }), /the record begins here/);
  await go("nextRequest", 2);
  await go("nextRequest", 3);
  await go("nextRequest", 4);
  await go("nextRequest", 5);
  await go("stepInRequest", 14);
  await go("nextRequest", 15);
  assert.equal(await evaluate(dc, "w"), "2");
  await go("stepBackRequest", 14);
  assert.equal(await evaluate(dc, "w"), "null");
  await go("stepBackRequest", 5);
  assert.equal((await top(dc)).frames.length, 1);
  await go("nextRequest", 15); // over the call that is still under way: the present
  await go("stepOutRequest", 6);
  assert.equal(await evaluate(dc, "n"), "2");
  await go("stepBackRequest", 15);
  await assert.rejects(dc.evaluateRequest({ expression: "ASSIGN w = 9", frameId: 1, context: "repl" }),
    /what has been cannot be changed/);
  await go("nextRequest", 6);
  await go("nextRequest", 7);
  await go("nextRequest", 8); // over twenty seconds of waiting
  await until(dc, dc.reverseContinueRequest({ threadId }));
  assert.equal((await top(dc)).line, 1);
  assert.equal(await evaluate(dc, "n"), "null");
  const ended = dc.waitForEvent("terminated");
  await dc.continueRequest({ threadId });
  await ended;
}));

test("a hit count and a log point", () => withClient(async (dc) => {
  const program = script(FLOW);
  const output = [];
  dc.on("output", (e) => output.push([e.body.output, e.body.line]));
  const stopped = dc.waitForEvent("stopped");
  await Promise.all([
    dc.waitForEvent("initialized").then(async () => {
      const { body } = await dc.setBreakpointsRequest({ source: { path: program },
        breakpoints: [{ line: 9, hitCondition: "4" }, { line: 9, logMessage: "i is {i}, \"n\" {n}" },
          { line: 11, hitCondition: "now and then" }] });
      assert.deepEqual(body.breakpoints.map((b) => b.verified), [true, true, false]);
      assert.match(body.breakpoints[2].message, /hit count/);
      await dc.configurationDoneRequest();
    }),
    dc.launch({ program }),
  ]);
  assert.equal((await stopped).body.reason, "breakpoint");
  assert.equal(await evaluate(dc, "i"), "4");
  assert.deepEqual(output, [["n is 2\n", 6], ...[[1, 2], [2, 3], [3, 5]]
    .map(([i, n]) => [`i is ${i}, "n" ${n}\n`, 9])]);
}));

test("a condition decides whether a breakpoint stops", () => withClient(async (dc) => {
  const program = script(FLOW);
  await Promise.all([
    dc.waitForEvent("initialized").then(async () => {
      const { body } = await dc.setBreakpointsRequest({ source: { path: program },
        breakpoints: [{ line: 9, condition: "i = 4" }, { line: 12 }, { line: 40 }] });
      assert.deepEqual(body.breakpoints.map((b) => [b.verified, b.line]), [[true, 9], [true, 14], [false, 40]]);
      await dc.configurationDoneRequest();
    }),
    dc.launch({ program }),
    dc.assertStoppedLocation("breakpoint", { path: program, line: 14 }),
  ]);
  const { threadId } = await top(dc);
  const stopped = await until(dc, dc.continueRequest({ threadId }));
  assert.equal(stopped.reason, "breakpoint");
  assert.equal((await top(dc)).line, 9);
  assert.equal(await evaluate(dc, "i"), "4");
  await until(dc, dc.nextRequest({ threadId }));
  const back = await until(dc, dc.reverseContinueRequest({ threadId })); // conditions count backwards, too
  assert.deepEqual([back.reason, await evaluate(dc, "i")], ["breakpoint", "4"]);
  await until(dc, dc.reverseContinueRequest({ threadId }));
  assert.equal((await top(dc)).line, 14);
  await dc.setBreakpointsRequest({ source: { path: program }, breakpoints: [] });
  const ended = dc.waitForEvent("terminated");
  await dc.continueRequest({ threadId });
  await ended;
}));

test("a variable can be set, and the script goes on with it", () => withClient(async (dc) => {
  const program = script(FLOW);
  const output = [];
  dc.on("output", (e) => output.push(e.body.output));
  await dc.hitBreakpoint({ program }, { path: program, line: 15 });
  const { threadId } = await top(dc);
  const local = await variables(dc, 1, "Function");
  const set = await dc.setVariableRequest({ variablesReference: local.reference, name: "w", value: "v + 40" });
  assert.equal(set.body.value, "41");
  await assert.rejects(dc.setVariableRequest({ variablesReference: local.reference, name: "w", value: "nobody" }),
    /no variable is called 'nobody'/);
  for (const [value, message] of [["v +", /^(Error: )?column 4: expected a value/], ["é".repeat(3000), /^(Error: )?column 1: .*é/]]) {
    await assert.rejects(dc.setVariableRequest({ variablesReference: local.reference, name: "w", value }), message);
  }
  assert.equal(await evaluate(dc, "ASSIGN w = w + 1", 1, "repl"), "42");
  const ended = dc.waitForEvent("terminated");
  await dc.continueRequest({ threadId });
  await ended;
  assert.equal(output[0], "n is 42\n");
}));

test("what is wrong with a script is told with its place", () => withClient(async (dc) => {
  await dc.initializeRequest();
  await assert.rejects(dc.launchRequest({ program: script("n = \n") }), /flow\d+\.studio:1:\d+: error: expected/);
  await assert.rejects(dc.launchRequest({ program: join(dir, "nobody.studio") }), /nobody\.studio/);
  await assert.rejects(dc.launchRequest({}), /needs "program"/);
  await assert.rejects(dc.configurationDoneRequest(), /nothing is launched/);
}));

test("an error ends the script and is shown where it happened", () => withClient(async (dc) => {
  const program = script("n = 1\nn = n / 0\n");
  const output = [];
  dc.on("output", (e) => output.push(e.body));
  const exited = dc.waitForEvent("exited");
  await Promise.all([dc.configurationSequence(), dc.launch({ program }), dc.waitForEvent("terminated")]);
  assert.equal((await exited).body.exitCode, 1);
  assert.match(output[0].output, /flow\d+\.studio:2:\d+: error: division by zero/);
  assert.equal(output[0].line, 2);
}));

test("a scenario is the world in which it is debugged", () => withClient(async (dc) => {
  const program = script('a = Ask("name?", 30)\nLogInfo("hello {a.text}")\n');
  const scenario = join(dir, "world.yaml");
  writeFileSync(scenario, "scenario: somebody answers\nstart: idle\ncustomer:\n  answers:\n    - say: Kim\n");
  await dc.hitBreakpoint({ program, scenario }, { path: program, line: 2 });
  assert.equal(await evaluate(dc, "a.text"), '"Kim"');
}));

test("terminating in the middle ends the session in order", () => withClient(async (dc) => {
  const program = script(FLOW);
  await dc.hitBreakpoint({ program }, { path: program, line: 6 });
  const ended = dc.waitForEvent("terminated");
  await dc.terminateRequest({});
  await ended; // and the client says good-bye as it always does
}));

test("lines and columns may be counted from 0", () => withClient(async (dc) => {
  const program = script(FLOW);
  await dc.initializeRequest({ adapterID: "studio", linesStartAt1: false, columnsStartAt1: false });
  await Promise.all([
    dc.waitForEvent("initialized").then(async () => {
      await dc.setBreakpointsRequest({ source: { path: program }, breakpoints: [{ line: 5 }] });
      await dc.configurationDoneRequest();
    }),
    dc.launchRequest({ program }),
    dc.waitForEvent("stopped"),
  ]);
  const { frames } = await top(dc);
  assert.deepEqual([frames[0].line, frames[0].column], [5, 0]);
}));
