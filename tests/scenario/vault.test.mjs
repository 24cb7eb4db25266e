// vault.test.mjs - a master key over the keys: what the disk then holds, what is refused without it, and changing it.
import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { after, before, test } from "node:test";
import { BATON, CENTRE, eventually, Server } from "./support/server.mjs";

const CANARY = "canary-vault-51b7";
let server, data, supervisor, session;

const baton = (...words) => spawnSync(BATON, words, { encoding: "utf8" });
const file = (name) => path.join(server.data, name);
const good = (answer) => (assert.ok(answer.status < 300, `${answer.status} ${answer.text}`), answer.body);
const status = () => JSON.parse(baton("keys", "status", data, "--json").stdout);
const mark = (key) => /master key ([0-9a-f]{8})/.exec(key.stderr)[1];

function makeKey(name) {
  const made = baton("keys", "new");
  assert.match(made.stdout, /^[0-9a-f]{64}\n$/);
  fs.writeFileSync(file(name), made.stdout, { mode: 0o600 });
  return mark(made);
}

const centre = (vault) => fs.readFileSync(CENTRE, "utf8")
  .replaceAll("../../examples/", new URL("../../examples/", import.meta.url).pathname) + `\n${vault}\n`;
const replayed = (...words) => baton("replay", data, "--session", session.id, ...words);
const story = async () => (await supervisor("GET", `/sessions/${session.id}/timeline`)).text;

// A start that is refused: what it says.
async function refusal(vault) {
  server.write(centre(vault));
  const words = ["serve", server.centre, "--data", data, "--listen", "127.0.0.1:0"];
  const child = spawn(BATON, words, { stdio: ["ignore", "pipe", "pipe"] });
  let said = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (part) => (said += part));
  await eventually("it ends", () => child.exitCode !== null || /serving/.test(said));
  if (child.exitCode === null) child.kill("SIGKILL");
  assert.equal(child.exitCode, 1, said);
  return said;
}

async function again(vault) {
  server.write(centre(vault));
  await server.up();
  assert.match(await story(), new RegExp(CANARY));
}

before(async () => {
  server = await Server.start(centre(""));
  data = file("journal");
  supervisor = server.as("supervisor");
  session = good(await supervisor("POST", "/sessions", { entryPoint: "plain" }));
  good(await server.as(session.token)("POST", `/sessions/${session.id}/messages`, { text: CANARY }));
});
after(() => server?.remove());

test("without the option the keys are in the clear, as before", () => {
  assert.deepEqual([status().wrapped, status().masterKey, status().keys], [false, null, 1]);
  assert.match(replayed().stdout, new RegExp(CANARY));
});

test("a server that has the file keeps others from changing it", () => {
  makeKey("busy");
  const tried = baton("keys", "rotate", data, "--to", `file:${file("busy")}`);
  assert.equal(tried.status, 1);
  assert.match(tried.stderr, /another process uses it/);
});

test("the option wraps the keys at the next start; without the right one nothing starts", async () => {
  const one = makeKey("one");
  const other = makeKey("other");
  await server.stop();
  const clear = fs.readFileSync(path.join(data, "keys")).subarray(80, 112);
  await again("vault: { masterKey: file:one }");
  assert.deepEqual([status().wrapped, status().masterKey], [true, one]);
  assert.ok(!fs.readFileSync(path.join(data, "keys")).includes(clear));
  await server.stop("SIGKILL");

  const none = await refusal("");
  assert.match(none, new RegExp(`wrapped with the master key ${one}, and none is named`));
  assert.match(none, /masterKey: env:NAME/);
  assert.match(await refusal("vault: { masterKey: file:other }"), new RegExp(`master key ${one}, and the one that is named is ${other}`));
  fs.writeFileSync(file("short"), "abc\n", { mode: 0o600 });
  assert.match(await refusal("vault: { masterKey: file:short }"), /64 hexadecimal digits.*baton keys new/);
  assert.match(await refusal("vault: { masterKey: file:nowhere }"), /nowhere/);
  assert.match(await refusal(`vault: { masterKey: ${"ab".repeat(32)} }`), /does not stand in the file/);
  assert.match(await refusal("vault: { formerKey: file:one }"), /masterKey/);
  assert.match(await refusal("vault: { masterKey: file:one, formerkey: file:other }"), /formerKey/);

  // A copy of the directory opens nothing without the key, which is elsewhere.
  const blind = replayed();
  assert.equal(blind.status, 0, blind.stderr);
  assert.match(blind.stderr, /--master-key/);
  assert.match(blind.stdout, /\[erased\]/);
  assert.doesNotMatch(blind.stdout, new RegExp(CANARY));
  assert.match(replayed("--master-key", `file:${file("one")}`).stdout, new RegExp(CANARY));
  assert.match(replayed("--master-key", `file:${file("other")}`).stderr, /the one that is named is/);
  await again("vault: { masterKey: file:one }");
});

test("it is changed by naming both, or by hand; a reload says that it takes a start", async () => {
  const two = makeKey("two");
  server.write(centre("vault: { masterKey: file:two, formerKey: file:one }"));
  server.process.kill("SIGHUP");
  await eventually("it is told", () => /"vault\\" has changed: it takes effect at the next start/.test(server.log));
  await server.stop();
  await server.up();
  assert.match(await story(), new RegExp(CANARY));
  assert.equal(status().masterKey, two);
  await server.stop();
  assert.match(await refusal("vault: { masterKey: file:one }"), /the one that is named is/);

  const three = makeKey("three");
  for (const [words, exit, said] of [
    [["--from", `file:${file("one")}`, "--to", `file:${file("three")}`], 1, /the one that is named is/],
    [["--to", two], 1, /named by env:NAME or file:PATH/],
    [[], 2, /needs --to/],
    [["--from", `file:${file("two")}`, "--to", `file:${file("three")}`], 0, new RegExp(`wrapped with the master key ${three}`)],
  ]) {
    const ran = baton("keys", "rotate", data, ...words);
    assert.equal(ran.status, exit, ran.stderr);
    assert.match(ran.stdout + ran.stderr, said);
  }
  await again("vault: { masterKey: file:three }");
  await server.stop();
  assert.match(baton("keys", "rotate", data, "--from", `file:${file("three")}`).stdout, /in the clear/);
  await again("");
  assert.equal(baton("keys", "rotate", file("nothing"), "--to", `file:${file("one")}`).status, 1);
  assert.ok(!fs.existsSync(path.join(file("nothing"), "keys")));
});
