// links.test.mjs - bots and platforms that have no token of ours fetch what a customer sent, by links that are good for
// one file and a while: over every connector and facade that has a place for them.
import assert from "node:assert/strict";
import crypto from "node:crypto";
import fs from "node:fs";
import path from "node:path";
import { after, before, test } from "node:test";
import { Endpoint } from "./support/cognigy.mjs";
import { freePort, pair } from "./support/desk.mjs";
import { flow, SPEAK } from "./support/speak.mjs";
import { eventually, Server } from "./support/server.mjs";
import { centre, HttpBot, Talk } from "./support/turns.mjs";

const PNG = Buffer.from("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==", "base64");
process.env.TEST_URL_TOKEN = "url-token-of-the-links";
process.env.TEST_DL_SECRET = "secret-of-the-direct-line";
const NAMES = Object.keys(SPEAK);

let server, endpoint;
const bots = {};

before(async () => {
  for (const name of NAMES) {
    bots[name] = await new HttpBot().up();
    bots[name].answer = (body) => ({ body: SPEAK[name](body) });
  }
  endpoint = await Endpoint.start();
  endpoint.onInput = flow(endpoint);
  server = new Server("");
  server.port = await freePort();
  const called = NAMES.map((name) => `  - { id: ${name}, type: ${name}, url: "${bots[name].url}/", timeout: 20, failures: 0${
    name === "cognigy-rest" ? ", urlToken: env:TEST_URL_TOKEN" : ""} }`);
  const socket = `  - { id: cognigy, type: cognigy, url: "${endpoint.url}", urlToken: env:TEST_URL_TOKEN }`;
  server.write(centre([...called, socket].join("\n"), [...NAMES, "cognigy"])
    .replaceAll("idleTimeout: 1", 'idleTimeout: 1, files: ["image/*"]')
    .replace("tokens:", "tokens:\n  - { role: admin, token: test-admin-token-x, name: admin }") + `
publicUrl: "http://127.0.0.1:${server.port}"
facades: [{ id: dl, type: directline, token: env:TEST_DL_SECRET, entryPoint: webhook }]
`);
  await server.up();
});
after(async () => {
  await server?.remove();
  endpoint?.stop();
  for (const bot of Object.values(bots)) await bot.down();
});

const post = (where, id, token, name = "cat.png") => where.ask("POST", `/api/v1/sessions/${id}/files?name=${name}`,
  { token, body: PNG, headers: { "Content-Type": "application/octet-stream" } });

async function follow(url) {
  const answer = await fetch(url);
  const bytes = Buffer.from(await answer.arrayBuffer());
  const problem = /json/.test(answer.headers.get("content-type")) ? JSON.parse(bytes) : undefined;
  return { status: answer.status, headers: answer.headers, bytes, problem };
}

async function leads(url, where = server) {
  assert.ok(url.startsWith(`http://127.0.0.1:${where.port}/api/v1/files/`), url);
  const { status, headers, bytes } = await follow(url);
  assert.equal(status, 200);
  assert.deepEqual(bytes, PNG);
  assert.equal(headers.get("content-type"), "image/png");
  assert.equal(headers.get("content-disposition"), "attachment; filename*=UTF-8''cat.png");
  assert.equal(headers.get("x-content-type-options"), "nosniff");
  assert.match(headers.get("content-security-policy"), /default-src 'none'; sandbox/);
}

// The customer's file in what each bot was asked.
const LINK = {
  webhook: (b) => b.files?.[0].url,
  exchange: (b) => (b.customPayload?.files ? JSON.parse(b.customPayload.files)[0].url : undefined),
  genesys: (b) => (b.parameters?.files ? JSON.parse(b.parameters.files)[0].url : undefined),
  rasa: (b) => b.metadata?.files?.[0].url,
  "cognigy-rest": (b) => b.data?.attachments?.[0].url,
};

// A customer who has sent a file: {id, token, talk}.
async function sends(entryPoint) {
  const talk = await Talk.open(server, entryPoint);
  const { token } = talk.customer.all.find((f) => f.type === "session.opened");
  const answer = await post(server, talk.id, token);
  assert.equal(answer.status, 201, answer.text);
  return { id: talk.id, token, talk };
}

const linkOf = (name, id) => eventually(`the link for ${name}`, () =>
  bots[name].asked.map((a) => (JSON.stringify(a.body).includes(id) ? LINK[name](a.body) : undefined)).find((u) => u?.includes(id)));

for (const name of NAMES) {
  test(`a bot of type ${name} fetches what the customer sent`, async () => {
    const { id, talk } = await sends(name);
    await leads(await linkOf(name, id));
    await talk.finish();
  });
}

test("a flow behind Cognigy's socket does, too", async () => {
  const { talk } = await sends("cognigy");
  const input = await eventually("the input", () => endpoint.inputs.find((i) => i.data?.attachments));
  assert.deepEqual({ ...input.data.attachments[0], url: "" }, { fileName: "cat.png", mimeType: "image/png", size: PNG.length, url: "" });
  await leads(input.data.attachments[0].url);
  await talk.finish();
});

test("a Direct Line client has it as an attachment", async () => {
  const line = (method, where, body) => server.ask(method, `/v3/directline/conversations${where}`, { token: process.env.TEST_DL_SECRET, body });
  const { conversationId } = (await line("POST", "")).body;
  await line("POST", `/${conversationId}/activities`, { type: "message", from: { id: "user-1" }, text: "hello" });
  const { body } = await server.as("supervisor")("GET", "/sessions");
  const { id } = body.sessions.find((s) => s.customer?.address === `directline:dl:${conversationId}`);
  const by = await post(server, id, "test-supervisor-token");
  assert.equal(by.status, 201, by.text);
  const activity = await eventually("the activity", async () =>
    (await line("GET", `/${conversationId}/activities`)).body.activities.find((a) => a.attachments));
  assert.deepEqual({ ...activity.attachments[0], contentUrl: "" }, { contentType: "image/png", contentUrl: "", name: "cat.png" });
  await leads(activity.attachments[0].contentUrl);
});

test("people in a Genesys organisation get it as an attachment, also what was sent before they came", async () => {
  const { here, there } = await pair();
  try {
    const desk = () => here.as("supervisor")("GET", "/agents/contact");
    await eventually("the desk can be reached", async () => (await desk()).body.state === "available");
    const { body } = await here.as("visitor")("POST", "/sessions", { entryPoint: "chat" });
    const first = await post(here, body.id, body.token);
    assert.equal(first.status, 201, first.text);
    const attached = (count) => eventually(`${count} attachments`, async () => {
      const { sessions } = (await there.as("supervisor")("GET", "/sessions")).body;
      const all = await Promise.all(sessions.map((s) => there.as("supervisor")("GET", `/sessions/${s.id}/messages`)));
      const urls = all.flatMap((a) => a.body.messages ?? []).flatMap((m) => m.data?.content ?? []).map((c) => c.attachment?.url);
      return urls.length >= count && urls;
    });
    await leads((await attached(1))[0], here);
    await post(here, body.id, body.token, "dog.png");
    const [, second] = await attached(2);
    assert.deepEqual((await follow(second)).bytes, PNG);
  } finally {
    await here.remove();
    await there.remove();
  }
});

test("a link is good for one file of one session until its time, and for nothing else", async () => {
  const { id, talk } = await sends("webhook");
  const { id: other, talk: another } = await sends("webhook");
  const url = await linkOf("webhook", id);
  const turn = (text, at) => text.slice(0, at) + (text[at] === "0" ? "1" : "0") + text.slice(at + 1);
  for (const [what, changed] of Object.entries({
    "another file": url.replace(/\/([0-9a-f]{64})\?/, (_, file) => `/${turn(file, 9)}?`),
    "another session": url.replace(id, other),
    "a later end": url.replace(/expires=(\d+)/, (_, s) => `expires=${Number(s) + 1}`),
    "no end": url.replace(/expires=\d+&/, ""),
    "an end that is no number": url.replace(/expires=\d+/, "expires=never"),
    "another signature": turn(url, url.length - 1),
    "half a signature": url.slice(0, -32),
    "no signature": url.replace(/&signature=.*/, ""),
    "a path that leads out": url.replace(/[0-9a-f]{64}\?/, "..%2f..%2fsecret?"),
    "no session": url.replace(id, "..%2f.."),
  })) {
    const answer = await follow(changed);
    assert.deepEqual([answer.status, answer.problem.refusal], [403, "bad_link"], `${what}: ${changed}`);
  }

  // As this server signed it yesterday.
  const secret = fs.readFileSync(path.join(server.data, "journal", "secret"));
  const mac = (key, text) => crypto.createHmac("sha256", key).update(text);
  const file = /\/([0-9a-f]{64})\?/.exec(url)[1];
  const signed = (seconds) => {
    const where = `/api/v1/files/${id}/${file}?expires=${seconds}`;
    return `http://127.0.0.1:${server.port}${where}&signature=${mac(mac(secret, "baton links to files").digest(), where).digest("hex")}`;
  };
  const now = Math.floor(Date.now() / 1000);
  await leads(signed(now + 3600));
  const late = await follow(signed(now - 60));
  assert.deepEqual([late.status, late.problem.refusal], [410, "link_expired"]);
  assert.match(late.problem.detail, /^The link was good until 20\d\d-/);
  assert.ok(late.problem.remedies.length > 0);

  // What was erased is gone for whoever has a link, too.
  await talk.finish();
  await eventually("it may be erased", async () =>
    (await server.as("admin")("POST", "/erasures", { session: id })).status === 200);
  const gone = await follow(url);
  assert.deepEqual([gone.status, gone.problem.refusal], [404, "not_found"]);
  await another.finish();
});
