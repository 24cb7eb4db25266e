// debugger.test.mjs - a supervisor looks into the script of a running session.
import assert from "node:assert/strict";
import http from "node:http";
import { after, before, test } from "node:test";
import { Peer } from "./support/peer.mjs";
import { finish, talk } from "./support/story.mjs";
import { eventually, Server, TOKENS } from "./support/server.mjs";

const FLOW = `n = 1
n = twice(n)
LogInfo("n {n}")
r = Wait(1)
n = n + 1
LogInfo("end {n}")
FUNCTION twice(v) {
  w = v * 2
  RETURN w
}
`;

let server, bot, supervisor, admin;

before(async () => {
  server = await Server.start();
  bot = await Peer.bot(server);
  supervisor = server.as("supervisor");
  admin = server.as("admin");
  assert.equal((await admin("PUT", "/scripts/flow", { source: FLOW })).status, 200);
});
after(() => server?.remove());

// A session with a debugger, whose script has been started: its requests.
async function debug(settings) {
  const { id } = await talk(server, bot);
  const ask = (method, resource, body) => supervisor(method, `/sessions/${id}/debugger${resource}`, body);
  assert.equal((await ask("PUT", "", settings)).status, 200);
  const started = await supervisor("POST", `/sessions/${id}/script`, { name: "flow" });
  assert.equal(started.status, 201);
  return { id, ask, step: (step) => ask("POST", "/step", { step }) };
}

const runs = async (d) => (await d.ask("GET", "")).body.runs;
const value = async (d, expression, more = "") =>
  (await d.ask("GET", `/evaluate?expression=${encodeURIComponent(expression)}${more}`)).body;
const logs = async (id) => (await supervisor("GET", `/sessions/${id}/timeline`)).body.events
  .filter((e) => e.type === "script.log").map((e) => e.text);
const timeline = async (id, type) => (await supervisor("GET", `/sessions/${id}/timeline`)).body.events
  .filter((e) => e.type === type);

test("a breakpoint holds the script, and only the script", async () => {
  const d = await debug({ breakpoints: [{ line: 9 }] });
  const [run] = await runs(d);
  assert.deepEqual([run.paused, run.line, run.depth], [true, 9, 2]);
  const { body } = await d.ask("GET", "/frames");
  assert.deepEqual(body.frames.map((f) => [f.part, f.name, f.line]), [["function", "twice", 9], ["main", "", 2]]);
  assert.deepEqual(body.frames[0].variables, [
    { name: "v", kind: "number", value: 1 }, { name: "w", kind: "number", value: 2 }]);
  assert.equal(body.variables.find((v) => v.name === "n").value, 1);
  bot.send("message", { session: d.id, text: "still here" });
  assert.deepEqual((await value(d, "w + v")).value, 3);
  assert.deepEqual((await value(d, "n * 10", "&frame=1")).text, "10");
  assert.equal((await d.ask("POST", "/variable", { name: "w", expression: "v + 40" })).status, 200);
  assert.equal((await d.step("over")).status, 200);
  assert.equal((await runs(d))[0].line, 3);
  assert.equal((await value(d, "n")).value, 41);
  assert.equal((await d.step("continue")).status, 200);
  await eventually("the script ends", async () => (await logs(d.id)).includes("end 42"));
  assert.deepEqual((await timeline(d.id, "script.changed")).map((e) => [e.name, e.value]), [["w", 41]]);
  await finish(server, d.id);
});

test("a condition, and the nearest line that executes something", async () => {
  const d = await debug({ breakpoints: [{ line: 5, condition: "n = 2" }, { line: 3, condition: "n > 10" }] });
  assert.equal((await runs(d))[0].paused, false);
  await eventually("it stands still", async () => (await runs(d))[0]?.paused);
  assert.equal((await runs(d))[0].line, 5);
  assert.equal((await d.ask("DELETE", "")).status, 200);
  await eventually("the script ends", async () => (await logs(d.id)).includes("end 3"));
  await finish(server, d.id);
});

// The trace as server-sent events, until it is closed.
function sse(id, after) {
  const events = [];
  const query = after === undefined ? "" : `?after=${after}`;
  const request = http.get({ host: "127.0.0.1", port: server.port, agent: false,
    path: `/api/v1/sessions/${id}/debugger/trace${query}`,
    headers: { Authorization: `Bearer ${TOKENS.supervisor}` } }, (answer) => {
    let text = "";
    answer.setEncoding("utf8");
    answer.on("error", () => {});
    answer.on("data", (part) => {
      const blocks = (text + part).split("\n\n");
      text = blocks.pop();
      for (const block of blocks) {
        const line = Object.fromEntries(block.split("\n").filter((l) => /^\w/.test(l)).map((l) => l.split(/: (.*)/s)));
        if (line.data) events.push({ id: line.id, type: line.event, ...JSON.parse(line.data) });
      }
    });
  });
  request.on("error", () => {});
  return { events, close: () => request.destroy() };
}

test("the trace is told live over both streams, resumes, and is what one steps back in", async () => {
  const { id } = await talk(server, bot);
  const ask = (method, resource, body) => supervisor(method, `/sessions/${id}/debugger${resource}`, body);
  await ask("PUT", "", { trace: true });
  const live = sse(id);
  const socket = await Peer.connect(server, `/sessions/${id}/debugger/trace/socket`, "supervisor");
  await supervisor("POST", `/sessions/${id}/script`, { name: "flow" });
  const ended = (e) => e.type === "script.ended";
  await eventually("both have heard the end", () =>
    live.events.some(ended) && socket.all.some((f) => f.type === "event" && ended(f.event)));
  const lines = live.events.filter((e) => e.type === "script.line");
  assert.deepEqual(lines.map((e) => e.line), [1, 2, 8, 9, 2, 3, 4, 5, 6]);
  assert.deepEqual(lines[0].changed, { n: { old: null, new: 1 } });
  assert.equal(lines[5].actions[0].action, "LogInfo");
  assert.equal(lines[6].actions[0].result.code, 200);
  assert.ok(lines[6].elapsedUs >= 900000, `${lines[6].elapsedUs}`);
  assert.ok(live.events.every((e) => e.session === id));
  assert.deepEqual(socket.all.filter((f) => f.type === "event").map((f) => f.id), live.events.map((e) => e.id));
  const again = sse(id, lines[3].id);
  await eventually("what came after it", () => again.events.some(ended));
  const from = live.events.findIndex((e) => e.id === lines[3].id) + 1;
  assert.deepEqual(again.events.map((e) => e.id), live.events.slice(from).map((e) => e.id));
  // Behind line 8, however long ago: inside the function, before line 9.
  const at = `&at=${lines[2].id}`;
  assert.equal((await ask("GET", `/frames?at=${lines[2].id}`)).body.frames[0].line, 9);
  assert.equal((await ask("GET", `/evaluate?expression=w${at}`)).body.value, 2);
  assert.equal((await ask("GET", `/evaluate?expression=twice(n)&frame=1${at}`)).body.value, 2);
  live.close();
  again.close();
  await socket.close();
  await finish(server, id);
});

test("a pause ends by itself, and the debugger is gone", async () => {
  const d = await debug({ breakpoints: [{ line: 3 }, { line: 6 }], pauseLimit: 1 });
  assert.equal((await runs(d))[0].paused, true);
  await eventually("the script ends", async () => (await logs(d.id)).includes("end 3"));
  assert.equal((await d.ask("GET", "")).body.attached, false);
  assert.equal((await timeline(d.id, "debugger.gone"))[0].reason, "the pause lasted too long");
  await finish(server, d.id);
});

test("what cannot be is refused with a reason", async () => {
  const d = await debug({ breakpoints: [{ line: 9 }] });
  const cases = [
    ["GET", "/evaluate?expression=w%20%2B", 422, /expected/],
    ["GET", "/evaluate?expression=nobody", 422, /no variable is called 'nobody' here/],
    ["GET", "/evaluate?expression=Hangup()", 422, /asks the session/],
    ["GET", "/evaluate?expression=1&frame=7", 422, /a call in progress/],
    ["GET", "/evaluate?expression=1&run=999999", 404, /none has this number/],
    ["GET", "/frames?at=x", 422, /an event's id/],
    ["GET", "/frames?at=1.1", 422, /no event of this session/],
    ["GET", "/frames?line=1", 422, /unknown query parameter/],
  ];
  for (const [method, resource, status, why] of cases) {
    const answer = await d.ask(method, resource);
    assert.equal(answer.status, status, resource);
    assert.match(answer.body.detail, why, resource);
  }
  const bad = await d.ask("PUT", "", { breakpoints: [{ line: 0 }] });
  assert.deepEqual([bad.status, bad.body.pointer], [422, "/breakpoints"]);
  assert.match((await d.step("back")).body.detail, /continue, in, over, out and pause/);
  assert.equal((await d.step("continue")).status, 200);
  assert.equal((await d.step("continue")).body.refusal, "not_paused");
  for (const who of ["anna", "cognigy"]) {
    for (const resource of ["", "/frames", "/trace"]) {
      const answer = await server.as(who)("GET", `/sessions/${d.id}/debugger${resource}`);
      assert.equal(answer.status, 403, `${who} ${resource}`);
    }
  }
  await finish(server, d.id);
});

test("a paused script survives kill -9, and goes on without its debugger", async () => {
  const d = await debug({ breakpoints: [{ line: 3 }] });
  assert.equal((await runs(d))[0].paused, true);
  await server.stop("SIGKILL");
  await server.up();
  await eventually("it went on", async () => (await logs(d.id)).includes("end 3"));
  assert.equal((await timeline(d.id, "debugger.gone"))[0].reason, "the server restarted");
  bot = await Peer.bot(server);
  await finish(server, d.id);
});
