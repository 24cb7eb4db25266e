// adherence.test.mjs - an agent's time against the plan, kept over kill -9.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { Peer } from "./support/peer.mjs";
import { Server, eventually } from "./support/server.mjs";

let server, admin;

before(async () => {
  server = await Server.start();
  admin = server.as("admin");
});
after(() => server?.remove());

const total = async (agent) => (await admin("GET", `/agents/${agent}/figures`)).body.total;
const always = Object.fromEntries(["mon", "tue", "wed", "thu", "fri", "sat", "sun"].map((d) => [d, "00:00-24:00"]));

test("who is there adheres, who is away does not", async () => {
  assert.equal((await admin("PATCH", "/agents/bert", { shift: "night" })).body.pointer, "/shift");
  assert.equal((await admin("PUT", "/hours/night", always)).status, 200);
  for (const agent of ["anna", "bert"]) {
    assert.equal((await admin("PATCH", `/agents/${agent}`, { shift: "night" })).status, 200);
  }
  const anna = await Peer.agent(server, "anna");
  await eventually("anna has worked for a second", async () => (await total("anna")).adherentMs >= 1000);
  const there = await total("anna");
  assert.ok(there.plannedMs >= there.adherentMs && there.adherence > 0.3, JSON.stringify(there));
  const absent = await total("bert");
  assert.ok(absent.plannedMs >= 1000, JSON.stringify(absent));
  assert.deepEqual([absent.adherentMs, absent.adherence, absent.unplannedMs], [0, 0, 0]);
  await anna.ask("state", { state: "away", reason: "lunch" });
  const kept = (await total("anna")).adherentMs;
  await server.stop("SIGKILL");
  await server.up();
  const later = await total("anna");
  assert.equal(later.adherentMs, kept);
  assert.ok(later.plannedMs > later.adherentMs);
  assert.equal((await admin("DELETE", "/hours/night")).body.refusal, "in_use");
});
