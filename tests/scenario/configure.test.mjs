// configure.test.mjs - queues, agents, skills and calendars are put, changed and taken away over the API; a file that differs is told so.
import assert from "node:assert/strict";
import fs from "node:fs";
import { after, before, test } from "node:test";
import { Peer } from "./support/peer.mjs";
import { finish, idle, take } from "./support/story.mjs";
import { CENTRE, Server, eventually } from "./support/server.mjs";

let server, admin;

before(async () => {
  server = await Server.start();
  admin = server.as("admin");
});
after(() => server?.remove());

const good = (answer) => {
  assert.ok(answer.status < 300, JSON.stringify(answer.body));
  return answer.body;
};

test("a queue is made, changed member by member, used and taken away", async () => {
  good(await admin("PUT", "/queues/vip", { skills: ["AgentSkill"], maxSize: 3, aliases: ["Very Important"] }));
  good(await admin("PATCH", "/queues/vip", { maxSize: null, priority: 8 }));
  const { configuration, configuredBy } = good(await admin("GET", "/queues/vip/configuration"));
  assert.deepEqual(configuration, { id: "vip", skills: ["AgentSkill"], aliases: ["Very Important"], priority: 8 });
  assert.deepEqual([configuredBy.source, configuredBy.who], ["api", "admin"]);
  assert.equal(good(await admin("GET", "/queues/support/configuration")).configuredBy.source, "file");

  const bot = await Peer.bot(server);
  const anna = await Peer.agent(server, "anna");
  const { id } = await idle(server, bot);
  good(await admin("POST", `/sessions/${id}/transfer`, { queueId: "Very Important" }));
  assert.equal((await admin("DELETE", "/queues/vip")).body.refusal, "in_use");
  await take(anna, id);
  await finish(server, id);
  await anna.close();
  good(await admin("DELETE", "/queues/vip"));
  assert.equal((await admin("GET", "/queues/vip")).status, 404);
  assert.ok(!good(await admin("GET", "/queues")).queues.some((q) => q.id === "vip"));
});

test("what does not fit is refused at its place, and changes nothing", async () => {
  for (const [body, pointer] of [
    [{ maxSize: "many" }, "/maxSize"], [{ maxsize: 1 }, "/maxsize"], [{ id: "other" }, "/id"],
    [{ overflow: "small" }, "/overflow"], [{ hours: "never" }, "/hours"], [{ pull: "all" }, "/pull"],
  ]) {
    const refused = await admin("PATCH", `/queues/${body.overflow ? "support" : "small"}`, body);
    assert.equal(refused.status, 422, JSON.stringify([body, refused.body]));
    assert.equal(refused.body.pointer, pointer, JSON.stringify(refused.body));
  }
  assert.equal((await admin("PATCH", "/queues/nowhere", {})).status, 404);
  assert.equal(good(await admin("GET", "/queues/small")).maxSize, 1);
});

// It comes back if a queue that nobody knows is taken over the API: who waited too long would be sent away, not on.
test("a misspelt queue is refused where sessions or agents would go, and one that is named stays", async () => {
  for (const [resource, body, pointer] of [
    ["/queues/small", { overflow: "suport" }, "/overflow"],
    ["/agents/bert", { queues: ["support", "suport"] }, "/queues/1"],
  ]) {
    const refused = await admin("PATCH", resource, body);
    assert.equal(refused.status, 422, JSON.stringify([body, refused.body]));
    assert.equal(refused.body.pointer, pointer);
    assert.match(refused.body.detail, /^No queue is called 'suport'.*: put it first, with PUT/);
  }
  assert.match((await admin("PATCH", "/agents/bert", { queues: ["suport"] })).body.detail, /did you mean 'support'\?/);
  for (const member of ["fallback", "callbacks"]) {
    const refused = await admin("PUT", "/entryPoints/side", { bot: "cognigy", [member]: "nowhere" });
    assert.deepEqual([refused.status, refused.body.pointer], [422, `/${member}`]);
  }
  good(await admin("PUT", "/queues/brief", {}));
  good(await admin("PUT", "/agents/gast", { queues: ["brief"] }));
  const kept = await admin("DELETE", "/queues/brief");
  assert.deepEqual([kept.status, kept.body.refusal], [409, "in_use"]);
  assert.equal(kept.body.detail, "Agent 'gast' names it in /queues/0.");
  good(await admin("DELETE", "/agents/gast"));
  good(await admin("DELETE", "/queues/brief"));
});

// It comes back if names of nothing, or of something else, are taken over the API: rings that open for nobody, a transfer that goes to the other queue.
test("names of nobody, and names that another queue has, are refused at their place", async () => {
  for (const [path, body, pointer, detail] of [
    ["/queues/small", { owners: ["bret"] }, "/owners/0", /^No agent is called 'bret' \(did you mean 'bert'\?\): put it first, with PUT/],
    ["/queues/small", { rings: [{ after: 5, agents: ["Bert", "nobody"] }] }, "/rings/0/agents/1", /^No agent is called 'nobody': put it first/],
    ["/queues/small", { agents: ["anna", "zoe"] }, "/agents/1", /^No agent is called 'zoe'/],
    ["/queues/small", { desk: "genesys" }, "/desk", /^No desk is called 'genesys': desks stand in the centre's file/],
    ["/agents/bert", { skills: ["Frensh"] }, "/skills/0", /^No skill is called 'Frensh' \(did you mean 'French'\?\)/],
    ["/queues/small", { aliases: ["little", "french desk"] }, "/aliases/1", /^'french desk' is a name of the queue 'french' already/],
    ["/queues/small", { name: "Support" }, "/name", /^'Support' is a name of the queue 'support' already/],
    ["/agents/bert", { name: "ANNA" }, "/name", /^'ANNA' is a name of the agent 'anna' already/],
  ]) {
    const refused = await admin("PATCH", path, body);
    assert.deepEqual([refused.status, refused.body.pointer], [422, pointer], JSON.stringify(refused.body));
    assert.match(refused.body.detail, detail);
  }
  assert.equal((await admin("PUT", "/queues/French%20desk", {})).body.pointer, "/id");
});

test("a calendar is put and changed, with the clock of its zone", async () => {
  good(await admin("PUT", "/hours/night", { timeZone: "Asia/Tokyo", mon: "00:00-24:00" }));
  good(await admin("PATCH", "/hours/night", { mon: null, sun: "09:00-10:00", holidays: ["2099-01-01"] }));
  const night = good(await admin("GET", "/hours/night"));
  assert.equal(night.timeZone, "Asia/Tokyo");
  assert.deepEqual(night.configuration,
    { id: "night", timeZone: "Asia/Tokyo", sun: "09:00-10:00", holidays: ["2099-01-01"] });
  const next = new Date(night.open ? night.closesAt : night.opensAt);
  assert.equal(next.getUTCHours(), night.open ? 1 : 0); // nine or ten in Tokyo
  assert.equal((await admin("PUT", "/hours/moon", { timeZone: "Moon/Crater" })).body.pointer, "/timeZone");
  good(await admin("PATCH", "/queues/nobody", { hours: "night" }));
  assert.equal((await admin("DELETE", "/hours/night")).body.refusal, "in_use");
  good(await admin("PATCH", "/queues/nobody", { hours: null }));
  good(await admin("DELETE", "/hours/night"));
  assert.deepEqual(good(await admin("GET", "/hours")).hours, []);
});

test("an agent's skills and capacity change under way, and an agent goes", async () => {
  assert.equal((await admin("PUT", "/agents/cleo", { skills: ["Welding"] })).body.pointer, "/skills/0");
  good(await admin("PUT", "/skills/Welding", {}));
  good(await admin("PUT", "/agents/cleo", { skills: ["Welding"], capacity: { chat: 2 } }));
  good(await admin("PATCH", "/agents/cleo", { capacity: { chat: 5 } }));
  assert.equal(good(await admin("GET", "/agents/cleo")).load.chat.capacity, 5);
  assert.equal((await admin("DELETE", "/skills/Welding")).body.refusal, "in_use");
  good(await admin("DELETE", "/agents/cleo"));
  assert.equal((await admin("GET", "/agents/cleo")).status, 404);
  assert.ok(!good(await admin("GET", "/agents")).agents.some((a) => a.id === "cleo"));
  good(await admin("DELETE", "/skills/Welding"));
  assert.ok(!good(await admin("GET", "/skills")).skills.includes("Welding"));
});

test("after kill -9 the API's changes stand, and the log says where the file differs", async () => {
  good(await admin("PATCH", "/queues/small", { maxSize: 7 }));
  good(await admin("DELETE", "/queues/owned"));
  await server.stop("SIGKILL");
  await server.up();
  assert.equal(good(await admin("GET", "/queues/small")).maxSize, 7);
  assert.equal((await admin("GET", "/queues/owned")).status, 404);
  assert.match(server.log, /configuration\.conflict.*queues, .*small.* in line \d+ of the file: The queue was changed by admin .*admin.*; the file differs in maxSize\./);
  assert.match(server.log, /configuration\.conflict.*owned.*The queue was removed by admin/);
  // What the file says, said over the API: no conflict any more.
  good(await admin("PUT", "/queues/small", { name: "Small", skills: ["AgentSkill"], maxSize: 1, overflow: "support" }));
  good(await admin("PUT", "/queues/owned", { name: "Owned", skills: ["AgentSkill"], owners: ["bert"] }));
  await server.stop("SIGKILL");
  await server.up();
  assert.doesNotMatch(server.log, /configuration\.conflict/);
  assert.equal(good(await admin("GET", "/queues/small/configuration")).configuredBy.source, "file");
});

// It comes back if the file's names are matched one by one with those of before, or if a name that the API has used keeps the server from starting.
test("a file may exchange two names, and one that the API has used is a conflict", async () => {
  const written = fs.readFileSync(CENTRE, "utf8").replaceAll("../../examples/", new URL("../../examples/", import.meta.url).pathname);
  const two = await Server.start(written);
  try {
    const root = two.as("admin");
    const shown = async () => Object.fromEntries(good(await root("GET", "/queues")).queues.map((q) => [q.id, q.name]));
    good(await root("PUT", "/queues/extra", { name: "Fresh", aliases: ["Spare"] }));
    two.write(written.replace("name: French desk", "name: SWAP").replace("name: Nobody serves it", "name: French desk").replace("name: SWAP", "name: Nobody serves it")
      .replace("queues:\n", "queues:\n  - { id: fresh }\n  - { id: other, name: spare }\n"));
    two.process.kill("SIGHUP");
    await eventually("it is loaded", () => /configuration\.loaded/.test(two.log));
    for (let again = 0; again < 2; again++) {
      const names = await shown();
      assert.deepEqual([names.french, names.nobody, names.extra, names.fresh, names.other], ["Nobody serves it", "French desk", "Fresh", undefined, undefined]);
      assert.equal(good(await root("GET", "/queues/French%20desk")).id, "nobody");
      assert.equal(good(await root("GET", "/queues/Nobody%20serves%20it")).id, "french");
      assert.match(two.log, /configuration\.conflict.*fresh.*in line \d+ of the file: 'fresh' is a name of the queue 'extra' already/);
      assert.match(two.log, /configuration\.conflict.*other.*'spare' is a name of the queue 'extra' already/);
      await two.stop("SIGKILL");
      await two.up();
    }
  } finally {
    await two.remove();
  }
});
