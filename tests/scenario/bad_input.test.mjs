// bad_input.test.mjs - whatever comes in wrong: a problem document, and nothing half-done.
import assert from "node:assert/strict";
import net from "node:net";
import { after, before, test } from "node:test";
import { Peer } from "./support/peer.mjs";
import { finish, talk } from "./support/story.mjs";
import { Server, TOKENS } from "./support/server.mjs";

let server, bot, id, supervisor;

before(async () => {
  server = await Server.start();
  bot = await Peer.bot(server);
  ({ id } = await talk(server, bot));
  supervisor = server.as("supervisor");
});
after(() => server?.remove());

// A problem document of RFC 9457, with the members that people's scripts read.
function isProblem(answer, status, refusal, { detail, pointer } = {}) {
  assert.equal(answer.status, status, answer.text);
  assert.match(answer.type, /^application\/problem\+json/);
  const { body } = answer;
  assert.equal(body.code, status);
  for (const member of ["status", "message", "type", "title", "detail"]) {
    assert.equal(typeof body[member], "string", `${member} in ${answer.text}`);
  }
  assert.equal(body.refusal, refusal, answer.text);
  if (detail) assert.match(body.detail, detail);
  if (pointer !== undefined) assert.equal(body.pointer ?? "", pointer, answer.text); // "" is the body itself
}

const transfer = (body, headers) => supervisor("POST", `/sessions/${id}/transfer`, body, headers);

const MALFORMED = [
  ["cut off", '{"queueId":"support"', /line 1, column 21/],
  ["on the third line", '{\n"queueId":\n"support",,}', /line 3, column 11/],
  ["typographic quotes", '{“queueId”:“support”}', /column 2.*typographic/],
  ["a typographic quote at the end", '{"queueId":"support”}', /typographic/],
  ["single quotes", "{'queueId':'support'}", /column 2.*single quotes/],
  ["a comment", '{/*x*/"queueId":"support"}', /column 2/],
  ["a trailing comma", '{"queueId":"support",}', /column 21.*comma/],
  ["a member twice", '{"queueId":"support","queueId":"small"}', /column 22.*already used/],
  ["something behind it", '{"queueId":"support"} x', /column 23/],
  ["a control character", '{"queueId":"sup\u0001port"}', /column 16/],
  ["half a surrogate", '{"queueId":"\\ud800"}', /surrogate/],
  ["a number that is none", '{"priority":01}', /column 14|column 13/],
  ["NaN", '{"priority":NaN}', /column 13/],
  ["65 levels", `{"skills":${"[".repeat(64)}${"]".repeat(64)}}`, /deep|nest|level/],
  ["not UTF-8", Buffer.from('{"queueId":"\xff"}', "latin1"), /UTF-8/],
  ["an overlong form", Buffer.from('{"queueId":"\xc0\xaf"}', "latin1"), /UTF-8/],
];

for (const [what, body, detail] of MALFORMED) {
  test(`malformed: ${what}`, async () => {
    isProblem(await transfer(body), 400, "bad_request", { detail });
  });
}

const WRONG = [
  ["an unknown member, with the nearest", { queId: "support" }, "/queId", /queueId/],
  ["a member of another command", { queueId: "support", text: "hello" }, "/text", /text/],
  ["a number for a text", { queueId: 7 }, "/queueId", /number.*string|7/],
  ["a text for a number", { queueId: "support", priority: "high" }, "/priority", /0 … 1000/],
  ["a number beyond its limits", { queueId: "support", priority: 1001 }, "/priority", /0 … 1000/],
  ["a fraction", { queueId: "support", priority: 1.5 }, "/priority", /whole number/],
  ["a text for a flag", { queueId: "support", skipQueue: "yes" }, "/skipQueue", /true or false/],
  ["a word that is none of the list", { queueId: "support", when: "later" }, "/when", /released/],
  ["a wrong type deep inside", { queueId: "support", skills: [{ name: "French", minProficiency: 21 }] },
    "/skills/0/minProficiency", /20/],
  ["a list for an object", [], "", /object/],
  ["an empty text", { queueId: "" }, "/queueId", /1/],
  ["a text that is too long", { queueId: "x".repeat(257) }, "/queueId", /256/],
  ["no target", {}, "", /exactly one/],
  ["two targets", { queueId: "support", skill: "French" }, "", /exactly one/],
  ["another action", { action: "Conference", queueId: "support" }, "/action", /Transfer/],
];

for (const [what, body, pointer, detail] of WRONG) {
  test(`does not fit: ${what}`, async () => {
    isProblem(await transfer(body), 422, "bad_request", { detail, pointer });
  });
}

test("form is looked at before rights, and both before the status", async () => {
  const customer = server.as("visitor");
  isProblem(await customer("POST", `/sessions/${id}/transfer`, "{"), 400, "bad_request");
  isProblem(await customer("POST", `/sessions/${id}/transfer`, { queueId: "support" }), 403, "forbidden");
  isProblem(await transfer({ queueId: "suport" }), 404, "unknown_target", { detail: /'support'/ });
});

test("a content type that is not JSON", async () => {
  const form = { "Content-Type": "application/x-www-form-urlencoded" };
  isProblem(await transfer("queueId=support", form), 415, "unsupported_type", { detail: /application\/json/ });
  const charset = { "Content-Type": "application/json; charset=utf-8" };
  isProblem(await transfer({ queueId: "support" }, charset), 409, "bot_still_holds");
});

test("a body that is encoded, or in another character set, is refused with its cure and not read as if it were not", async () => {
  const body = '{"text":"x"}';
  for (const coding of ["gzip", "br", "deflate, gzip"]) {
    isProblem(await transfer(body, { "Content-Encoding": coding }), 415, "unsupported_type", { detail: /send it as it is/ });
  }
  for (const charset of ["utf-16", "UTF-16LE", '"iso-8859-1"', "latin1; x=y"]) {
    isProblem(await transfer(body, { "Content-Type": `application/json; charset=${charset}` }), 415, "unsupported_type", { detail: /send it in UTF-8/ });
  }
  isProblem(await server.as("admin")("PUT", "/scripts/x", "TRACE 1", { "Content-Type": "text/plain; charset=utf-16" }), 415, "unsupported_type");
  for (const headers of [{ "Content-Encoding": "identity" }, { "Content-Type": "application/json; charset=UTF-8" }, { "Content-Type": 'application/json; x=1; Charset="utf-8"' },
    { "Content-Type": "application/json;" }, { "Content-Type": "application/json; charset" }]) {
    const { status } = await supervisor("POST", "/studio/format", '{"source":"TRACE 1"}', headers);
    assert.equal(status, 200, JSON.stringify(headers));
  }
});

test("a method that the resource does not know: 405, with those that it does", async () => {
  const answer = await supervisor("PUT", `/sessions/${id}/transfer`, {});
  isProblem(answer, 405, "method_not_allowed");
  assert.equal(answer.headers.allow, "POST");
  const many = await supervisor("DELETE", `/sessions/${id}`);
  assert.deepEqual(many.headers.allow.split(", ").sort(), ["GET", "PATCH"]);
});

test("a path that leads nowhere: 404, with the nearest", async () => {
  isProblem(await supervisor("GET", "/sesions"), 404, "not_found", { detail: /\/api\/v1\/sessions/ });
  isProblem(await supervisor("GET", `/sessions/${id}/timelin`), 404, "not_found", { detail: /timeline/ });
  isProblem(await server.ask("GET", "/nowhere"), 404, "not_found");
  isProblem(await supervisor("GET", "/queues/%zz"), 400, "bad_request");
  isProblem(await supervisor("GET", "/queues/%ff"), 400, "bad_request");
  isProblem(await supervisor("GET", "/sessions/%00"), 400, "bad_request");
});

test("ids that nobody has", async () => {
  const unknown = "0192f1c4-7d3e-7b2a-9f00-2f1d5a7c9e10";
  for (const session of [unknown, "x", unknown.slice(1), `${unknown}0`]) {
    isProblem(await supervisor("GET", `/sessions/${session}`), 404, "unknown_session");
    isProblem(await supervisor("POST", `/sessions/${session}/transfer`, { queueId: "support" }), 404, "unknown_session");
  }
  for (const resource of ["/queues/x", "/agents/x", "/bots/x", "/scripts/x", `/sessions/${id}/transfers/${unknown}`]) {
    isProblem(await supervisor("GET", resource), 404, "not_found");
  }
  isProblem(await supervisor("POST", "/sessions", { entryPoint: "plin" }), 422, "bad_request",
    { pointer: "/entryPoint", detail: /Did you mean 'plain'/ });
});

test("a body that is too large is refused, and no more of it is read", async () => {
  const body = `{"queueId":"${"x".repeat(300_000)}"}`;
  const answer = await transfer(body).catch((error) => error);
  // A client that is still sending may find the connection closed instead.
  if (answer instanceof Error) assert.match(answer.code, /EPIPE|ECONNRESET/);
  else isProblem(answer, 413, "too_large");
});

test("headers that are too large", async () => {
  isProblem(await transfer({}, { "X-Large": "x".repeat(17_000) }), 431, "too_large");
});

test("a message that is too long", async () => {
  isProblem(await supervisor("POST", `/sessions/${id}/messages`, { text: "x".repeat(16_385) }), 422, "bad_request",
    { pointer: "/text", detail: /16384/ });
});

// A request as bytes; the status line and body of what comes back.
function raw(bytes) {
  return new Promise((resolve, reject) => {
    const socket = net.connect(server.port, "127.0.0.1");
    let text = "";
    socket.on("data", (part) => (text += part));
    socket.on("close", () => resolve(text));
    socket.on("error", reject);
    socket.end(bytes);
  });
}

test("what is not HTTP is told so, as a problem document too", async () => {
  for (const [bytes, status] of [
    ["NONSENSE\r\n\r\n", 400],
    ["GET /healthz HTTP/1.1\r\n\r\n", 400], // no Host
    ["GET /healthz HTTP/3.0\r\nHost: a\r\n\r\n", 505],
    ["GET /healthz HTTP/1.1\r\nHost: a\r\nBad Header: x\r\n\r\n", 400],
    ["POST /api/v1/sessions HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n", 400],
    [`GET /${"x".repeat(9000)} HTTP/1.1\r\nHost: a\r\n\r\n`, 414],
  ]) {
    const answer = await raw(bytes);
    assert.match(answer, new RegExp(`^HTTP/1.1 ${status} `), bytes.slice(0, 60));
    assert.match(answer, /\r\ncontent-type: application\/problem\+json/i);
    assert.equal(JSON.parse(answer.slice(answer.indexOf("\r\n\r\n"))).code, status);
  }
});

test("headers that say something impossible", async () => {
  isProblem(await transfer({ queueId: "support" }, { "If-Match": "seven" }), 400, "bad_request", { detail: /If-Match/ });
  isProblem(await transfer({ queueId: "support" }, { "Idempotency-Key": "" }), 400, "bad_request", { detail: /Idempotency-Key/ });
  isProblem(await transfer({ queueId: "support" }, { "Idempotency-Key": "x".repeat(300) }), 400, "bad_request");
  isProblem(await server.ask("GET", "/api/v1/queues", { headers: { Authorization: "Basic eDp5" } }), 401, "unauthorized",
    { detail: /Bearer/ });
});

test("numbers and words of the query", async () => {
  isProblem(await supervisor("GET", "/sessions?limit=501"), 422, "bad_request");
  isProblem(await supervisor("GET", "/sessions?limit=-1"), 422, "bad_request");
  for (const [method, asked, near] of [["GET", "/queues/suport", "support"], ["GET", "/agents/Ana", "anna"], ["GET", "/agents/bret/figures", "bert"], ["GET", "/skills/Frensh/figures", "French"],
    ["POST", "/queues/smal/pause", "small"], ["GET", "/bots/cognygi", "cognigy"], ["GET", "/scripts/forumm", "forum"]]) {
    const absent = await supervisor(method, asked, method === "POST" ? {} : undefined);
    isProblem(absent, 404, "not_found");
    assert.match(absent.body.detail, new RegExp(`^The centre has no .*'\\. Did you mean '${near}'\\?$`, "i"));
  }
  for (const asked of ["/sessions?limit=0", "/history?limit=0", "/queues/support/figures?hours=0", "/queues/support/figures?hours=25"]) {
    const refused = await supervisor("GET", asked);
    isProblem(refused, 422, "bad_request");
    assert.match(refused.body.detail, /^\?(limit|hours)= must be a whole number 1 … \d+\.$/);
  }
  isProblem(await supervisor("GET", "/sessions?status=wating"), 422, "bad_request");
  isProblem(await supervisor("GET", `/sessions/${id}/messages?after=x`), 422, "bad_request");
});

test("a socket's resource without a WebSocket", async () => {
  isProblem(await server.as("cognigy")("GET", "/bots/cognigy/socket"), 400, "bad_request", { detail: /WebSocket/ });
});

const FRAMES = [
  ["not JSON", "hello", "bad_request", /column 1/],
  ["typographic quotes", "{“type”:“message”}", "bad_request", /typographic/],
  ["no object", "[1]", "bad_request", /object/],
  ["no type", '{"text":"x"}', "bad_request", /type/],
  ["an unknown type, with the nearest", '{"type":"mesage"}', "bad_request", /"message"/],
  ["an unknown member", '{"type":"message","session":"SESSION","txt":"x"}', "bad_request", /text/],
  ["a wrong type", '{"type":"message","session":"SESSION","text":7}', "bad_request", /text/],
  ["no session", '{"type":"message","text":"x"}', "bad_request", /session/],
  ["a session that nobody has", '{"type":"message","session":"x","text":"x"}', "unknown_session", /id/],
  ["an id that is none", '{"type":"message","id":[],"text":"x"}', "bad_request", /id/],
  ["65 levels", `{"type":"message","x":${"[".repeat(70)}${"]".repeat(70)}}`, "bad_request", /deep|nest|level/],
];

for (const [what, text, refusal, detail] of FRAMES) {
  test(`a frame that is wrong: ${what}`, async () => {
    bot.socket.send(text.replace("SESSION", id));
    const { problem } = await bot.hear("problem");
    assert.equal(problem.refusal, refusal);
    assert.match(problem.detail, detail);
  });
}

test("a text of 16 KiB fits its frame, however much of it is escaped; one more is told", async () => {
  const text = '"\\'.repeat(8_192);
  const sent = await bot.ask("message", { session: id, text });
  assert.notEqual(sent.type, "problem", JSON.stringify(sent));
  const { problem } = await bot.ask("message", { session: id, text: `${text}x` });
  assert.equal(problem.refusal, "bad_request");
  assert.match(problem.detail, /text/);
});

test("a frame that is too long closes its socket alone", async () => {
  const other = await Peer.bot(server, "second");
  other.socket.send(`{"type":"message","text":"${"x".repeat(66_000)}"}`);
  assert.equal((await other.over).code, 1009);
  const binary = await Peer.bot(server, "second");
  binary.socket.send(Buffer.from("{}"));
  assert.equal((await binary.over).code, 1003);
});

test("after all that the server is well, and the session is where it was", async () => {
  assert.equal((await server.ask("GET", "/readyz")).status, 200);
  const session = await supervisor("GET", `/sessions/${id}`);
  assert.equal(session.body.status, "connected");
  assert.equal(session.body.queue, null);
  assert.equal(session.body.messageCount, 1);
  bot.send("message", { session: id, text: "still here" });
  assert.equal(await bot.ask("session.goodbye", { session: id, outcome: "escalate" }).then((f) => f.type), "done");
  await finish(server, id);
  assert.equal(await server.stop(), 0);
});
