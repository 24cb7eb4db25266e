// simulate.test.mjs - the journal of a real server, played again by `baton simulate --history`.
import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { after, before, test } from "node:test";
import { Peer } from "./support/peer.mjs";
import { finish, idle, take } from "./support/story.mjs";
import { BATON, CENTRE, Server } from "./support/server.mjs";

let server;

before(async () => {
  server = await Server.start();
});
after(() => server?.remove());

const simulate = (...args) => JSON.parse(execFileSync(BATON,
  ["simulate", CENTRE, "--history", path.join(server.data, "journal"), "--json", "--runs", "3", ...args],
  { stdio: ["ignore", "pipe", "inherit"] }));
const all = (result) => result.queues.findLast((row) => row.all);

test("who came and who worked is in the journal, while the server goes on and after it", async () => {
  const supervisor = server.as("supervisor");
  const bot = await Peer.bot(server);
  const anna = await Peer.agent(server, "anna");
  for (let i = 0; i < 2; i++) {
    const { id } = await idle(server, bot);
    assert.equal((await supervisor("POST", `/sessions/${id}/transfer`, { queueId: "support" })).status, 200);
    await take(anna, id);
    await finish(server, id);
  }
  const running = simulate();
  await server.stop();
  const stopped = simulate("--change", "queue.support.strategy=most_skilled");
  for (const result of [running, stopped]) {
    assert.deepEqual([all(result).contacts.mean, all(result).answered.mean], [2, 2]);
    assert.equal(result.queues.find((row) => row.queue === "support").answered.mean, 2);
  }
  assert.equal(all(stopped.change.differences).serviceLevel.mean, 0);
});

// It comes back if who is out of the simulation's time counts as nobody: then it asks for the --history that is there.
test("a journal of other days than the simulation's is named", () => {
  const plan = path.join(server.data, "plan.yaml");
  fs.writeFileSync(plan, 'from: "2020-01-01 00:00"\nto: "2020-01-02 00:00"\n');
  const { status, stderr } = spawnSync(BATON, ["simulate", CENTRE, "--plan", plan, "--history", path.join(server.data, "journal")],
    { encoding: "utf8" });
  assert.equal(status, 1);
  assert.match(stderr, /nobody comes within the simulation: all 2 contacts are before "from" or not before "to"/);
});

test("a table as a spreadsheet may save it: UTF-16 is named, with the cure", () => {
  const table = path.join(server.data, "utf16.csv");
  fs.writeFileSync(table, Buffer.from("\ufeffat,queue\n08:00,support\n", "utf16le"));
  const { status, stderr } = spawnSync(BATON, ["simulate", CENTRE, "--arrivals", table], { encoding: "utf8" });
  assert.equal(status, 1);
  assert.match(stderr, /utf16\.csv:1:1: error: the table is not UTF-8: save it as CSV UTF-8/);
});
