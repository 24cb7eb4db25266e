// outside.test.mjs - what scripts ask of other hosts, over real sockets: answers, failures, and what is not called.
import assert from "node:assert/strict";
import fs from "node:fs";
import http from "node:http";
import https from "node:https";
import net from "node:net";
import path from "node:path";
import { after, before, test } from "node:test";
import { eventually, Server } from "./support/server.mjs";

const SUPPORT = new URL("support", import.meta.url).pathname;
const PEM = fs.readFileSync(path.join(SUPPORT, "outside.pem"));
const asked = []; // what the host outside was asked

function serve(request, answer) {
  const parts = [];
  request.on("data", (part) => parts.push(part));
  request.on("end", () => {
    const body = Buffer.concat(parts).toString();
    asked.push({ method: request.method, url: request.url, headers: request.headers, body });
    const { pathname } = new URL(request.url, "http://x");
    const say = (code, type, text, more = {}) => answer.writeHead(code, { "Content-Type": type, ...more }).end(text);
    if (pathname === "/json") say(200, "application/json", JSON.stringify({ name: "Kim", visits: [3, 4], body }));
    else if (pathname === "/text") say(404, "text/plain", "not json");
    else if (pathname === "/large") say(200, "text/plain", "x".repeat(40_000));
    else if (pathname === "/slow") setTimeout(() => say(200, "text/plain", "late"), 10_000).unref();
    else if (pathname === "/hop") say(302, "text/plain", "", { Location: "/json" });
    else if (pathname === "/away") say(302, "text/plain", "", { Location: `http://localhost:${ports.plain}/json` });
    else if (pathname === "/inside") say(302, "text/plain", "", { Location: "http://169.254.169.254/latest/meta-data" });
    else if (pathname === "/loop") say(302, "text/plain", "", { Location: "/loop" });
    else say(204, "text/plain", "");
  });
}

const listen = (server, host = "127.0.0.1") =>
  new Promise((resolve) => server.listen(0, host, () => resolve(server.address().port)));

const ports = {};
const hosts = { plain: http.createServer(serve), tls: https.createServer({ key: PEM, cert: PEM }, serve) };
let server, free;

// One call: what the script saw.
const SCRIPT = `
session = GetSessionInfo()
c = session.attributes
proxy = GetRESTProxy()
IF c.timeout > 0 { proxy.ProxyTimeoutSeconds = c.timeout }
IF c.type.length() > 0 { proxy.ContentType = c.type }
FOREACH name IN c.headers.keys() { proxy.AddHeader(name, c.headers[name]) }
reply = proxy.MakeRestRequest(c.url, c.payload, c.kind, c.verb)
DYNAMIC seen
seen.code = proxy.StatusCode
seen.why = proxy.StatusDescription
seen.reply = reply
SetAttribute("seen", seen)
`;

const centre = (rest) => `
centre: outside
listen: 127.0.0.1:0
tokens:
  - { role: visitor,    token: test-visitor-token, name: web }
  - { role: supervisor, token: test-supervisor-token, name: supervisor }
queues:
  - { id: support }
scripts:
  - { name: calls, file: calls.studio }
entryPoints:
  - { id: calls, script: calls, fallback: support }
${rest}
`;

before(async () => {
  for (const name of Object.keys(hosts)) ports[name] = await listen(hosts[name]);
  const closed = net.createServer();
  free = await listen(closed);
  closed.close();
  server = new Server("");
  fs.writeFileSync(path.join(server.data, "calls.studio"), SCRIPT);
  server.write(centre(`rest:
  allow: ["127.0.0.1:${ports.plain}", "https://127.0.0.1:${ports.tls}", "127.0.0.1:${free}",
          "localhost:${ports.plain}", "nowhere.invalid"]`));
  await server.up();
});
after(async () => {
  await server?.remove();
  for (const host of Object.values(hosts)) {
    host.closeAllConnections();
    host.close();
  }
});

async function call(verb, url, { payload = "", kind = 0, headers = {}, timeout = 0, type = "" } = {}) {
  asked.length = 0;
  const customer = server.as("test-visitor-token");
  const opened = await customer("POST", "/sessions",
    { entryPoint: "calls", attributes: { verb, url, payload, kind, headers, timeout, type } });
  assert.equal(opened.status, 201, JSON.stringify(opened.body));
  return eventually("the script has its reply", async () => {
    const { body } = await server.as("supervisor")("GET", `/sessions/${opened.body.session?.id ?? opened.body.id}`);
    return body.attributes.seen;
  });
}

const plain = (resource) => `http://127.0.0.1:${ports.plain}${resource}`;

test("a reply in JSON is a dynamic object; headers and payload go out as they were set", async () => {
  const seen = await call("post", plain("/json?q=1"), {
    payload: '{"id":7}', type: "application/json", kind: "JSON", headers: { Authorization: "Basic dTpw", "X-Trace": "42" } });
  assert.deepEqual({ code: seen.code, why: seen.why }, { code: 200, why: "OK" });
  assert.deepEqual(seen.reply, { name: "Kim", visits: [3, 4], body: '{"id":7}' });
  const [request] = asked;
  assert.equal(request.method, "POST");
  assert.equal(request.url, "/json?q=1");
  assert.equal(request.headers["content-type"], "application/json");
  assert.equal(request.headers.authorization, "Basic dTpw");
  assert.equal(request.headers["x-trace"], "42");
});

test("without a type a payload is form data; every verb goes", async () => {
  for (const verb of ["PUT", "PATCH", "DELETE"]) {
    const seen = await call(verb, plain("/nothing"), { payload: "a=1" });
    assert.equal(seen.code, 204);
    assert.equal(asked[0].method, verb);
    assert.equal(asked[0].body, "a=1");
    assert.equal(asked[0].headers["content-type"], "application/x-www-form-urlencoded");
  }
});

test("a status is no failure; a text is a text; kind 2 reads nothing", async () => {
  const text = await call("GET", plain("/text"));
  assert.deepEqual([text.code, text.why, text.reply], [404, "Not Found", "not json"]);
  const ignored = await call("GET", plain("/json"), { kind: 2 });
  assert.deepEqual([ignored.code, ignored.reply], [200, null]);
});

test("StatusCode -1, and StatusDescription says which", async () => {
  const table = [
    ["GET", "http://nowhere.invalid/", {}, /^DNS: /],
    ["GET", `http://127.0.0.1:${free}/`, {}, /^refused: /],
    ["GET", plain("/slow"), { timeout: 1 }, /^timeout/],
    ["GET", `https://127.0.0.1:${ports.tls}/json`, {}, /^TLS: /],
    ["GET", plain("/large"), {}, /^too large: a reply holds 32768 bytes at most$/],
    ["GET", "http://example.com/", {}, /^blocked by policy: rest\.allow of the centre does not name example\.com$/],
    ["GET", `http://127.0.0.1:${ports.tls}/`, {}, /^blocked by policy: rest\.allow/],
    ["GET", "ftp://127.0.0.1/", {}, /^blocked by policy: a URL begins with https:/],
    ["GET", plain("/json"), { payload: "x" }, /^failed: GET with a body is refused/],
    ["BREW", plain("/json"), {}, /^failed: the verb is GET/],
    ["GET", plain("/json"), { kind: "YAML" }, /^failed: the kind is 0 or/],
    ["GET", plain("/json"), { headers: { "X-A": "1\r\nX-B: 2" } }, /^failed: the header 'X-A' holds a line end/],
  ];
  for (const [verb, url, options, why] of table) {
    const seen = await call(verb, url, options);
    assert.equal(seen.code, -1, `${verb} ${url}: ${JSON.stringify(seen)}`);
    assert.match(seen.why, why);
  }
});

test("a redirect goes as far as the list does, and takes no secrets elsewhere", async () => {
  const hop = await call("POST", plain("/hop"), { payload: "a=1", headers: { Authorization: "Bearer s" } });
  assert.equal(hop.code, 200);
  assert.deepEqual(asked.map((r) => [r.method, r.url, r.headers.authorization]),
    [["POST", "/hop", "Bearer s"], ["GET", "/json", "Bearer s"]]);
  const away = await call("GET", plain("/away"), { headers: { Authorization: "Bearer s", "X-A": "1" } });
  assert.equal(away.code, 200);
  assert.equal(asked[1].headers.authorization, undefined);
  assert.equal(asked[1].headers["x-a"], undefined, "any header may hold a key");
  const inside = await call("GET", plain("/inside"));
  assert.equal(inside.code, -1);
  assert.match(inside.why, /^blocked by policy: rest\.allow of the centre does not name 169\.254\.169\.254$/);
  const loop = await call("GET", plain("/loop"));
  assert.match(loop.why, /^failed: more than 5 redirects$/);
});

test("a script waits for an answer through kill -9, and asks again", async () => {
  asked.length = 0;
  const opened = await server.as("test-visitor-token")("POST", "/sessions",
    { entryPoint: "calls", attributes: { verb: "GET", url: plain("/slow"), kind: 0, headers: {}, timeout: 60, payload: "", type: "" } });
  await eventually("the host is asked", () => asked.length === 1);
  await server.stop("SIGKILL");
  await server.up();
  await eventually("the host is asked again", () => asked.length === 2);
  await server.as("supervisor")("POST", `/sessions/${opened.body.session?.id ?? opened.body.id}/end`);
});

test("a reload changes the list; another authority makes TLS good", async () => {
  fs.copyFileSync(path.join(SUPPORT, "outside-authority.pem"), path.join(server.data, "authority.pem"));
  server.write(centre(`rest:
  allow: ["https://127.0.0.1:${ports.tls}"]
  replyBytes: 100000
  authorities: authority.pem`));
  server.process.kill("SIGHUP");
  await eventually("the list has changed", async () =>
    (await call("GET", plain("/json"))).why.startsWith("blocked by policy"));
  const seen = await call("GET", `https://127.0.0.1:${ports.tls}/json`);
  assert.equal(seen.code, 200, seen.why);
  assert.equal(seen.reply.name, "Kim");
  assert.equal((await call("GET", `https://127.0.0.1:${ports.tls}/large`)).reply.length, 40_000);
});

test("a centre that lists nothing calls nobody, and a wrong list is told with its line", async () => {
  const other = new Server("");
  fs.writeFileSync(path.join(other.data, "calls.studio"), SCRIPT);
  other.write(centre('rest:\n  allow: ["ftp://x", "10.0.0.0/40", "good.example.com"]\n  replyByte: 5'));
  await assert.rejects(other.up(), (error) => {
    assert.match(error.message, /only http:\/\/ and https:\/\/ can be called/);
    assert.match(error.message, /a network has 1 … 32 bits/);
    assert.match(error.message, /replyByte/);
    return true;
  });
  await other.remove();
  const kept = server;
  server = new Server("");
  fs.writeFileSync(path.join(server.data, "calls.studio"), SCRIPT);
  server.write(centre(""));
  await server.up();
  assert.match((await call("GET", plain("/json"))).why, /^blocked by policy/);
  assert.equal(asked.length, 0);
  await server.remove();
  server = kept;
});
