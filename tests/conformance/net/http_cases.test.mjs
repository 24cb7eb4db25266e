// http_cases.test.mjs - RFC 9112 and 9110 said over the wire, section by section: what could be
// read in two ways is refused, and its line is closed, so that what hides behind it is
// never a request. Behind each case comes one more request, which is answered only if the
// case was a whole one.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { House } from "./house.mjs";

let house;
before(async () => (house = await House.open()));
after(async () => assert.equal(await house.close(), 0));

const HOST = "Host: localhost\r\n";
const NEXT = `POST /echo HTTP/1.1\r\n${HOST}Content-Length: 4\r\nConnection: close\r\n\r\nnext`;
const get = (headers = "", line = "GET /missing HTTP/1.1") => `${line}\r\n${HOST}${headers}\r\n`;
const post = (headers, body) => `POST /echo HTTP/1.1\r\n${HOST}${headers}\r\n${body}`;
const chunked = (body, headers = "") => post(`Transfer-Encoding: chunked\r\n${headers}`, body);

// A case: what is sent, and the status of its answer; taken ones with the body that comes back.
const taken = (name, sent, body, status = 200) => ({ name, sent, status, body });
const refused = (name, sent, ...statuses) => ({ name, sent, statuses: statuses.length ? statuses : [400] });

const SECTIONS = {
  "9112 2.2, lines": [
    taken("an empty line before the request", `\r\n${post("Content-Length: 1\r\n", "x")}`, "x"),
    refused("a bare LF after the first line", `GET / HTTP/1.1\n${HOST}\r\n`),
    refused("a bare LF after a header", "GET / HTTP/1.1\r\nHost: a\n\r\n"),
    refused("a bare LF as the empty line", "GET / HTTP/1.1\r\nHost: a\r\n\n"),
    refused("a bare CR in a header", "GET / HTTP/1.1\r\nHost: a\r\nX: a\rY: b\r\n\r\n"),
    refused("a bare CR in the first line", `GET /\r HTTP/1.1\r\n${HOST}\r\n`),
    refused("blanks before the first header", `GET / HTTP/1.1\r\n ${HOST}\r\n`),
    refused("a greeting of TLS", "\x16\x03\x01\x00\xa5\x01\x00\x00\xa1\x03\x03\r\n\r\n"),
    refused("the preface of HTTP/2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505),
  ],
  "9112 2.3, versions": [
    taken("a later 1.x", post("Content-Length: 1\r\n", "x").replace("1.1", "1.9"), "x"),
    refused("HTTP/2.0", get("", "GET / HTTP/2.0"), 505),
    refused("HTTP/0.9", get("", "GET / HTTP/0.9"), 505),
    refused("HTTP/0.9 as it was", "GET /\r\n\r\n"),
    ...["HTTP/1", "HTTP/1.1.1", "http/1.1", "HTTP/1.10", "HTTP/01.1", "HTTP 1.1", "HTPP/1.1", "HTTP/1.1 x", "HTTP/+1.1", "HTTP/1,1"].map((version) =>
      refused(`version ${version}`, get("", `GET / ${version}`))),
  ],
  "9112 3, the first line": [
    refused("two blanks", get("", "GET  / HTTP/1.1")),
    refused("a tab", get("", "GET\t/ HTTP/1.1")),
    refused("a blank at its end", get("", "GET / HTTP/1.1 ")),
    refused("a blank at its beginning", get("", " GET / HTTP/1.1")),
    refused("no target", get("", "GET HTTP/1.1")),
    refused("a fragment", get("", "GET /a#b HTTP/1.1")),
    refused("a target of letters above 127", Buffer.from(get("", "GET /\xe9 HTTP/1.1"), "latin1")),
    refused("NUL in the target", get("", "GET /a\0b HTTP/1.1")),
    refused("half an escape", get("", "GET /%4 HTTP/1.1")),
    refused("a target too long", get("", `GET /${"x".repeat(70_000)} HTTP/1.1`), 414),
    refused("a method that nobody knows", get("", "BREW /missing HTTP/1.1"), 501),
    refused("a method in small letters", get("", "get /missing HTTP/1.1"), 501),
    refused("a method that is no token", get("", "G@T\" / HTTP/1.1")),
    refused("CONNECT", get("", "CONNECT localhost:443 HTTP/1.1"), 400, 405, 501),
    refused("TRACE", get("", "TRACE / HTTP/1.1"), 405, 501),
    taken("a whole URL", get("", "GET http://localhost/missing HTTP/1.1"), "no such page", 404),
  ],
  "9112 3.2, Host": [
    refused("none", "GET / HTTP/1.1\r\n\r\n"),
    refused("two", get(HOST)),
    refused("two that differ", get("Host: other\r\n")),
    ...["a b", "a/b", "user@a", "a,b", "a:b:c", "http://a", "a#b", "a?b"].map((host) => refused(`Host: ${host}`, `GET / HTTP/1.1\r\nHost: ${host}\r\n\r\n`)),
  ],
  "9112 5, headers": [
    refused("a blank before the colon", get("X : a\r\n")),
    refused("a tab before the colon", get("X\t: a\r\n")),
    refused("a name with a blank", get("X Y: a\r\n")),
    refused("no name", get(": a\r\n")),
    refused("no colon", get("nothing\r\n")),
    refused("a folded header", get("X: a\r\n b\r\n")),
    refused("a header folded by a tab", get("X: a\r\n\tb\r\n")),
    refused("NUL in a value", get("X: a\0b\r\n")),
    refused("a control sign in a value", get("X: a\x01b\r\n")),
    refused("a name of letters above 127", Buffer.from(get("X\xe9: a\r\n"), "latin1")),
    refused("a name with a slash", get("X/Y: a\r\n")),
    refused("too many", get("A: b\r\n".repeat(300)), 431),
    refused("too long", get(`A: ${"b".repeat(70_000)}\r\n`), 431),
    taken("an empty value", get("X:\r\n"), "no such page", 404),
    taken("blanks around a value", post("Content-Length: \t1 \r\n", "x"), "x"),
  ],
  "9112 6.2, Content-Length": [
    refused("two that differ", post("Content-Length: 1\r\nContent-Length: 2\r\n", "xy")),
    refused("two that are the same", post("Content-Length: 1\r\nContent-Length: 1\r\n", "x")),
    ...["1, 1", "1, 2", "+1", "-1", "0x1", "1 1", "1.0", "1e0", "", "one", "\u00b9", "1;", "'1'", ",1", "1,"].map((length) =>
      refused(`Content-Length: ${length}`, post(`Content-Length: ${length}\r\n`, "x"))),
    refused("2^64 + 1", post("Content-Length: 18446744073709551617\r\n", "x"), 400, 413),
    refused("more than is taken", post("Content-Length: 999999999\r\n", "x"), 413),
    taken("none: no body", post("", ""), ""),
    taken("a body with GET is read, and is no request", get(`Content-Length: ${NEXT.length}\r\n`) + NEXT, "no such page", 404),
  ],
  "9112 6.1, Transfer-Encoding": [
    refused("with a length behind it", post("Transfer-Encoding: chunked\r\nContent-Length: 5\r\n", "0\r\n\r\n")),
    refused("with a length before it", post("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n")),
    refused("in HTTP/1.0", "POST /echo HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
    refused("twice", post("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n")),
    refused("a blank before the colon", post("Transfer-Encoding : chunked\r\n", "0\r\n\r\n")),
    refused("folded", post("Transfer-Encoding:\r\n chunked\r\n", "0\r\n\r\n")),
    refused("another coding behind it: 400, and no other (RFC 9112 6.3)", post("Transfer-Encoding: chunked, gzip\r\n", "0\r\n\r\n"), 400),
    refused("an unknown coding alone: 400", post("Transfer-Encoding: gzip\r\n", "0\r\n\r\n"), 400),
    ...["xchunked", "chunked, identity", "identity, chunked", "gzip, chunked", "\"chunked\"", "chunked;q=1", "chunked,", ",chunked", "chunked chunked",
      "identity", "", "\x0bchunked", "chunked\x00"].map((coding) => refused(`Transfer-Encoding: ${JSON.stringify(coding)}`,
      post(`Transfer-Encoding: ${coding}\r\n`, "0\r\n\r\n"), 400, 501)),
    taken("in capital letters", post("TRANSFER-ENCODING: CHUNKED\r\n", "1\r\nx\r\n0\r\n\r\n"), "x"),
  ],
  "9112 7.1, chunks": [
    taken("two", chunked("2\r\nab\r\n1\r\nc\r\n0\r\n\r\n"), "abc"),
    taken("large hexadecimal digits, and zeros before", chunked("00A\r\n0123456789\r\n0\r\n\r\n"), "0123456789"),
    taken("extensions", chunked("1;a;b=c;d=\"e f\"\r\nx\r\n0;last\r\n\r\n"), "x"),
    taken("trailers", chunked("1\r\nx\r\n0\r\nExpires: never\r\n\r\n"), "x"),
    taken("trailers that are headers elsewhere do nothing", chunked("1\r\nx\r\n0\r\nContent-Length: 9\r\nHost: b\r\n\r\n"), "x"),
    ...["g\r\nx\r\n", "-1\r\nx\r\n", "+1\r\nx\r\n", "0x1\r\nx\r\n", " 1\r\nx\r\n", "1 \r\nx\r\n", "1_0\r\nx\r\n", "\r\nx\r\n", ";a\r\nx\r\n", "1\nx\r\n", "1;a\nx\r\n",
      "1;a\rx\r\n", "1;\0\r\nx\r\n", "1\r\nxy\r\n", "2\r\nx\r\n0", "1\r\nx\n", "1\r\nx\r", "1\r\nx0\r\n\r\n", "ffffffffffffffff1\r\nx", "0\r\nbad name: x\r\n\r\n",
      "0\r\n folded\r\n\r\n", "0\r\nA: b\nC: d\r\n\r\n", `1;${"a".repeat(20_000)}\r\nx\r\n`].map((body) =>
      refused(`chunk ${JSON.stringify(body).slice(0, 40)}`, chunked(`${body}0\r\n\r\n`))),
    refused("a chunk of 2^60", chunked("fffffffffffffff\r\nx"), 413),
  ],
  "9112 9, connections": [
    taken("HTTP/1.0 is closed after its answer", "POST /echo HTTP/1.0\r\nContent-Length: 1\r\n\r\nx", "x"),
    taken("close is heard in any case, among others", post("Connection: a, CLOSE\r\nContent-Length: 1\r\n", "x"), "x"),
  ],
  "9110 10.1.1, Expect": [refused("what nobody knows", post("Expect: money\r\nContent-Length: 1\r\n", "x"), 417)],
};

function takeAnswers(text) {
  const found = [];
  while (text.length > 0) {
    const end = text.indexOf("\r\n\r\n");
    assert.ok(end > 0, `no answer: ${text}`);
    const head = text.slice(0, end);
    const length = Number(/^content-length: (\d+)/im.exec(head)?.[1] ?? 0);
    found.push({ status: Number(/^HTTP\/1\.1 (\d{3}) /.exec(head)?.[1]), body: text.slice(end + 4, end + 4 + length), head });
    text = text.slice(end + 4 + length);
  }
  return found;
}

async function answersTo(sent) {
  const line = house.connect();
  line.send(Buffer.concat([Buffer.from(sent), Buffer.from(NEXT)]));
  await line.until(() => undefined); // the server closes it in every case
  line.drop();
  return takeAnswers(line.bytes.toString());
}

async function play({ name, sent, statuses, status, body }) {
  const answers = await answersTo(sent);
  if (statuses) {
    assert.equal(answers.length, 1, `${name}: ${answers.length} answers`);
    assert.ok(statuses.includes(answers[0].status), `${name}: ${answers[0].status}`);
    assert.match(answers[0].head, /^connection: close$/im, name);
    return;
  }
  assert.deepEqual([answers[0]?.status, answers[0]?.body], [status, body], name);
  const closes = /^connection: close$/im.test(answers[0].head);
  assert.deepEqual(answers.slice(1).map((answer) => answer.body), closes ? [] : ["next"], name);
}

for (const [section, cases] of Object.entries(SECTIONS)) {
  test(`RFC ${section}: ${cases.length} cases`, async () => {
    for (const one of cases) await play(one);
  });
}

test("none is left out", () => {
  const count = Object.values(SECTIONS).flat().length;
  console.log(`${count} cases of RFC 9112 and 9110`);
  assert.ok(count > 130, `${count}`);
});
