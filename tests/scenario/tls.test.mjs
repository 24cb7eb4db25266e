// tls.test.mjs - the server's own TLS: real clients, wrong clients, renewed certificates.
import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import fs from "node:fs";
import http from "node:http";
import { createRequire } from "node:module";
import net from "node:net";
import os from "node:os";
import path from "node:path";
import { after, before, test } from "node:test";
import tls from "node:tls";
import { Peer } from "./support/peer.mjs";
import { BATON, CENTRE, eventually, Server, TOKENS, within } from "./support/server.mjs";
import { idle, take, talk } from "./support/story.mjs";

const require = createRequire(new URL("../clients/package.json", import.meta.url));
const { DebugClient } = require("@vscode/debugadapter-testsupport");

const SCRIPTS = new URL("../../examples/handover/", import.meta.url).pathname;
const here = fs.mkdtempSync(path.join(os.tmpdir(), "baton-tls-"));
const at = (name) => path.join(here, name);
let server;

function openssl(...words) {
  const { status, stderr } = spawnSync("openssl", words, { encoding: "utf8" });
  assert.equal(status, 0, stderr);
}

// A certificate that vouches for itself, and its key.
function make(name, { days = 30, kind = ["ec", "-pkeyopt", "ec_paramgen_curve:P-256"] } = {}) {
  openssl("req", "-x509", "-newkey", ...kind, "-nodes", "-keyout", at(`${name}.key`), "-out", at(`${name}.pem`),
    "-days", String(days), "-subj", `/CN=${name}`, "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1");
}
const pem = (name) => fs.readFileSync(at(`${name}.pem`));

// The scenarios' centre, over TLS.
function centre(certificate, key, more = "") {
  const text = fs.readFileSync(CENTRE, "utf8").replaceAll("../../examples/handover/", SCRIPTS);
  return `${text}\ntls: { certificate: ${certificate}, key: ${key} }\n${more}`;
}

before(async () => {
  for (const name of ["one", "two"]) make(name);
  make("rsa", { kind: ["rsa:2048"] });
  for (const name of ["pem", "key"]) fs.copyFileSync(at(`one.${name}`), at(`now.${name}`));
  fs.chmodSync(at("now.key"), 0o600);
  server = await Server.start(centre(at("now.pem"), at("now.key"), "limits: { header_us: 2000000, write_us: 2000000 }\n"), pem("one"));
});
after(async () => {
  await server?.remove();
  fs.rmSync(here, { recursive: true, force: true });
});

// However it comes.
const end = (socket) => new Promise((resolve) => socket.on("error", () => {}).on("close", resolve));

// A connection that trusts who it is with; or why there is none.
function connect(options = {}) {
  return within("TLS is agreed on", new Promise((resolve, reject) => {
    const socket = tls.connect({ port: server.port, host: "127.0.0.1", ca: server.authority, ...options }, () => resolve(socket));
    socket.on("error", reject);
  }));
}

test("a handover, with everything over TLS", async () => {
  const bot = await Peer.bot(server);
  const anna = await Peer.agent(server, "anna");
  const { id, customer } = await idle(server, bot);
  const { status } = await server.as("supervisor")("POST", `/sessions/${id}/transfer`, { queueId: "support" });
  assert.equal(status, 200);
  await take(anna, id);
  await customer.ask("message", { text: "x".repeat(3000) });
  await anna.hear("what the customer says", (f) => f.type === "message" && f.text.length === 3000);
  const told = spawnSync(BATON, ["explain", "--url", `https://localhost:${server.port}`, "--authorities", at("one.pem"),
    "--token", TOKENS.supervisor, id], { encoding: "utf8" });
  assert.equal(told.status, 0, told.stderr);
  assert.match(told.stdout, /anna/i);
  for (const peer of [bot, anna, customer]) await peer.close();
});

test("an editor attaches to a session over TLS, once it knows who vouches for the server", async () => {
  const program = at("flow.studio");
  fs.writeFileSync(program, "n = 20\nn = n + 1\nLogInfo(n)\n");
  const { status } = await server.as("admin")("PUT", "/scripts/flow", { source: fs.readFileSync(program, "utf8") });
  assert.equal(status, 200);
  const bot = await Peer.bot(server);
  const { id } = await talk(server, bot);
  const editor = new DebugClient(BATON, "dap", "studio", { env: { ...process.env, BATON_TOKEN: TOKENS.supervisor } });
  editor.defaultTimeout = 30000;
  await editor.start();
  await editor.initializeRequest();
  const where = { url: `https://localhost:${server.port}`, session: id, program };
  await assert.rejects(editor.attachRequest(where), /https:\/\/localhost:\d+ cannot be trusted: TLS: .*"authorities"/);
  await assert.rejects(editor.attachRequest({ ...where, authorities: at("two.pem") }), /cannot be trusted/);
  const ready = editor.waitForEvent("initialized");
  await editor.attachRequest({ ...where, authorities: at("one.pem") });
  await ready;
  await editor.setBreakpointsRequest({ source: { path: program }, breakpoints: [{ line: 3 }] });
  await editor.configurationDoneRequest();
  const stopped = editor.waitForEvent("stopped");
  await server.as("supervisor")("POST", `/sessions/${id}/script`, { name: "flow" });
  assert.equal((await stopped).body.reason, "breakpoint");
  assert.equal((await editor.evaluateRequest({ expression: "n * 2", frameId: 1 })).body.result, "42");
  await editor.stop();
  await bot.close();
});

test("TLS 1.2 and 1.3 with forward secrecy; older versions and weaker ciphers are refused", async () => {
  for (const version of ["TLSv1.2", "TLSv1.3"]) {
    const socket = await connect({ minVersion: version, maxVersion: version, ALPNProtocols: ["h2", "http/1.1"] });
    assert.equal(socket.getProtocol(), version);
    assert.equal(socket.getEphemeralKeyInfo().type, "ECDH");
    socket.destroy();
  }
  await assert.rejects(connect({ minVersion: "TLSv1", maxVersion: "TLSv1.1", ciphers: "DEFAULT@SECLEVEL=0" }), /alert|version/i);
  for (const ciphers of ["AES256-SHA", "ECDHE-ECDSA-AES128-SHA", "AES128-GCM-SHA256"]) {
    await assert.rejects(connect({ maxVersion: "TLSv1.2", ciphers: `${ciphers}:@SECLEVEL=0` }), /handshake failure/);
  }
});

test("browsers are told to come by TLS alone, by every answer over it, unless the file says not to", async () => {
  const told = async (path, from = server) => (await from.ask("GET", path)).headers["strict-transport-security"];
  for (const path of ["/readyz", "/api/v1/queues", "/nowhere"]) assert.equal(await told(path), "max-age=31536000", path);
  const lax = await Server.start(centre(at("now.pem"), at("now.key")).replace("key: ", "strict: false, key: "), pem("one"));
  assert.equal(await told("/readyz", lax), undefined);
  await lax.remove();
  const plain = await Server.start();
  assert.equal(await told("/readyz", plain), undefined);
  await plain.remove();
});

test("who does not trust the certificate goes away, and nobody else notices", async () => {
  await assert.rejects(connect({ ca: pem("two") }), /self-signed/);
  assert.equal((await server.ask("GET", "/readyz")).status, 200);
});

test("plain HTTP is told to write https", async () => {
  const answer = await within("an answer", new Promise((resolve, reject) => {
    http.get({ port: server.port, host: "127.0.0.1", path: "/readyz", agent: false }, (res) => {
      let text = "";
      res.on("data", (part) => (text += part));
      res.on("end", () => resolve({ status: res.statusCode, text }));
    }).on("error", reject);
  }));
  assert.equal(answer.status, 400);
  assert.match(answer.text, /https:\/\//);
});

test("noise, half a handshake and silence are closed; others are served meanwhile", async () => {
  const dropped = async (bytes) => {
    const socket = net.connect(server.port, "127.0.0.1");
    const closed = end(socket);
    await once(socket, "connect");
    if (bytes) socket.write(bytes);
    socket.resume();
    return within("it is closed", closed);
  };
  const hello = Buffer.from([22, 3, 1, 2, 0, 1, 0, 1, 252, 3, 3]); // and then nothing
  const all = Promise.all([dropped(null), dropped(hello), dropped("\x00".repeat(4096)), dropped(Buffer.alloc(70_000, 255))]);
  for (let i = 0; i < 20; i++) assert.equal((await server.ask("GET", "/readyz")).status, 200);
  await all;
});

test("a reader who takes nothing is closed", async () => {
  const socket = await connect();
  const closed = end(socket);
  socket.pause();
  // Pages are the largest answers.
  const page = await server.ask("GET", "/studio");
  const asset = /src="([^"]+\.js)"/.exec(page.text)[1];
  for (let i = 0; i < 200; i++) socket.write(`GET ${asset} HTTP/1.1\r\nHost: localhost\r\n\r\n`);
  await eventually("the server lets go", () => socket.destroyed || (socket.write("x"), false));
  await closed;
  assert.equal((await server.ask("GET", "/readyz")).status, 200);
});

test("a renewed certificate is shown to who comes next, and nobody is cut; a broken one is not used", async () => {
  const anna = await Peer.agent(server, "anna");
  const fingerprint = async (ca) => {
    const socket = await connect({ ca });
    const shown = socket.getPeerCertificate().fingerprint256;
    socket.destroy();
    return shown;
  };
  const before = await fingerprint(pem("one"));
  fs.copyFileSync(at("two.pem"), at("now.pem")); // its key is still the other's
  server.process.kill("SIGHUP");
  await eventually("it is refused", () => /the key is not the certificate's/.test(server.log));
  await eventually("it says what stands", () => /configuration\.kept/.test(server.log));
  assert.equal(await fingerprint(pem("one")), before);
  fs.copyFileSync(at("rsa.pem"), at("now.pem"));
  fs.copyFileSync(at("rsa.key"), at("now.key"));
  server.process.kill("SIGHUP");
  await eventually("it is loaded", () => /configuration\.loaded/.test(server.log));
  server.authority = pem("rsa");
  assert.notEqual(await fingerprint(pem("rsa")), before);
  await anna.ask("state", { state: "break", reason: "lunch" });
  await anna.close();
  const { text } = await server.ask("GET", "/metrics", { token: TOKENS.admin });
  const expires = Number(/^baton_tls_certificate_expiry_seconds (\d+)/m.exec(text)[1]);
  assert.ok(Math.abs(expires - Date.now() / 1000 - 30 * 86_400) < 3600, `${expires}`);
});

test("what is wrong with a certificate is said at its line", () => {
  make("old", { days: 3 });
  openssl("pkey", "-in", at("one.key"), "-aes256", "-passout", "pass:secret", "-out", at("locked.key"));
  fs.writeFileSync(at("words.pem"), "not a certificate\n");
  fs.writeFileSync(at("torn.pem"), pem("one").toString() + "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n");
  fs.chmodSync(at("one.key"), 0o644);
  fs.chmodSync(at("two.key"), 0o600);
  const check = (certificate, key) => {
    fs.writeFileSync(at("c.yaml"), `centre: c\ntls:\n  certificate: ${certificate}\n  key: ${key}\n`);
    const { stdout, stderr, status } = spawnSync(BATON, ["serve", "--check-config", at("c.yaml")], { encoding: "utf8" });
    return { status, text: stdout + stderr };
  };
  for (const [certificate, key, status, said] of [
    ["one.pem", "one.key", 0, /c\.yaml:4:\d+: warning: others on this machine can read the key: chmod 600/],
    ["old.pem", "old.key", 0, /c\.yaml:3:\d+: warning: the certificate expires in less than [34] days/],
    ["one.pem", "two.key", 1, /c\.yaml:4:\d+: error: the key is not the certificate's/],
    ["one.pem", "locked.key", 1, /c\.yaml:4:\d+: error: there is no private key in PEM in it that needs no password/],
    ["one.pem", "missing.key", 1, /c\.yaml:4:\d+: error: cannot read .*missing\.key: No such file/],
    ["words.pem", "one.key", 1, /c\.yaml:3:\d+: error: there is no certificate in PEM in it/],
    ["torn.pem", "one.key", 1, /c\.yaml:3:\d+: error: what follows its first certificate is broken/],
  ]) {
    const found = check(certificate, key);
    assert.match(found.text, said);
    assert.equal(found.status, status, found.text);
  }
});

test("openssl's own client finds nothing to complain about", async () => {
  const client = spawn("openssl", ["s_client", "-connect", `127.0.0.1:${server.port}`, "-CAfile", at("rsa.pem"),
    "-verify_return_error", "-servername", "localhost", "-quiet", "-ign_eof"], { stdio: ["pipe", "pipe", "ignore"] });
  let said = "";
  client.stdout.on("data", (part) => (said += part));
  client.stdin.write("GET /readyz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
  const [code] = await within("it ends", once(client, "exit"));
  assert.equal(code, 0);
  assert.match(said, /^HTTP\/1\.1 200 OK/);
});
