// scenario_files.test.mjs - scenario files as people write them, and what a failure of one looks like.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { after, test } from "node:test";

const BATON = path.resolve(process.env.BATON ?? "build/baton");
const folder = fs.mkdtempSync(path.join(os.tmpdir(), "baton-scenarios-"));
after(() => fs.rmSync(folder, { recursive: true }));

const write = (name, text) => fs.writeFileSync(path.join(folder, name), text);
const baton = (...args) => spawnSync(BATON, args, { cwd: folder, encoding: "utf8" });

test("a menu that nobody answers has the index 0, and a failure tells each event on one line", () => {
  write("menu.studio", 'm = Menu("Which?", "Sales|Support", 5)\nTRACE "{m.code} {m.index} [{m.choice}]"\n');
  write("silent.yaml", 'script: menu.studio\nstart: script\nexpect: { output: ["408 0 []"] }\n');
  assert.equal(baton("test", "silent.yaml").status, 0);
  write("wrong.yaml", 'script: menu.studio\nstart: script\nexpect: { output: [nothing] }\n');
  const wrong = baton("test", "wrong.yaml");
  assert.equal(wrong.status, 1);
  assert.match(wrong.stdout, /text: Which\? ⏎ 1\. Sales ⏎ 2\. Support\n/);
});

test("a queue is paused, full or has people waiting when the script begins", () => {
  write("go.studio", 'r = Transfer(GetSessionInfo().id, "Sales", "when:released")\nTRACE "{r.code} {r.refusal}"\n');
  const queue = (members, output) => `script: go.studio\nqueues: [{ id: Sales, ${members} }]\nexpect: { output: ["${output}"] }\n`;
  write("paused.yaml", queue("paused: true", "409 queue_paused"));
  write("full.yaml", queue("full: true", "409 queue_full"));
  write("waiting.yaml", queue("waiting: 2", "200 "));
  const played = baton("test", "paused.yaml", "full.yaml", "waiting.yaml");
  assert.equal(played.status, 0, played.stdout);
});

test("the world without a scenario has the queue that a payload in JSON names", () => {
  write("payload.studio", "Wait(2)\nr = Transfer(fromjson('{\"action\":\"Transfer\",\"queueId\":\"Sales\"}'))\nTRACE r.code\n");
  assert.equal(baton("run", "--quiet", "payload.studio").stdout, "200\n");
});
