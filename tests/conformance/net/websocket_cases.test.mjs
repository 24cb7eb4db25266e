// websocket_cases.test.mjs - the cases of the Autobahn test suite by their numbers, played
// frame by frame: each whole, and each a byte at a time. The server echoes texts of up to
// 65536 bytes, refuses binary messages (1003) and offers no extension: the suite's 12.* and
// 13.*, compression, come to 12.1 alone.
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { after, before, test } from "node:test";
import { House } from "./house.mjs";

const [CONTINUED, TEXT, BINARY, CLOSE, PING, PONG] = [0, 1, 2, 8, 9, 10];
const NORMAL = 1000, PROTOCOL = 1002, UNSUPPORTED = 1003, INVALID = 1007, TOO_LARGE = 1009;
const LIMIT = 65_536, SMALL = 4096;

let house;
before(async () => (house = await House.open()));
after(async () => assert.equal(await house.close(), 0));

// ---- frames

function frame(opcode, payload = "", { fin = true, rsv = 0 } = {}) {
  const data = Buffer.from(payload);
  const length = data.length < 126 ? [data.length] : data.length < 65_536 ? [126, data.length >> 8, data.length & 255]
    : [127, 0, 0, 0, 0, ...[24, 16, 8, 0].map((shift) => (data.length >>> shift) & 255)];
  const key = randomBytes(4);
  const head = Buffer.from([(fin ? 0x80 : 0) | (rsv << 4) | opcode, 0x80 | length[0], ...length.slice(1)]);
  return Buffer.concat([head, key, data.map((byte, i) => byte ^ key[i % 4])]);
}

const text = (payload, options) => frame(TEXT, payload, options);
const part = (opcode, payload) => frame(opcode, payload, { fin: false });
const last = (payload) => frame(CONTINUED, payload);
const ping = (payload) => frame(PING, payload);
const close = (code, reason = "") => frame(CLOSE, code === undefined ? "" : Buffer.concat([Buffer.from([code >> 8, code & 255]), Buffer.from(reason)]));
const bytes = (hex) => Buffer.from(hex.replaceAll(" ", ""), "hex");
const stars = (count, byte = "*") => Buffer.alloc(count, byte);

// Takes a whole frame out of what came.
function takeFrame(line) {
  const b = line.bytes;
  if (b.length < 2) return undefined;
  const short = b[1] & 127;
  const at = short < 126 ? 2 : short === 126 ? 4 : 10;
  if (b.length < at) return undefined;
  const length = short < 126 ? short : short === 126 ? b.readUInt16BE(2) : Number(b.readBigUInt64BE(2));
  if (b.length < at + length) return undefined;
  line.bytes = b.subarray(at + length);
  return { opcode: b[0] & 15, whole: (b[0] & 0xf0) === 0x80, masked: b[1] > 127, payload: b.subarray(at, at + length) };
}

function takeHead(line) {
  const end = line.bytes.indexOf("\r\n\r\n");
  if (end < 0) return undefined;
  const head = line.bytes.subarray(0, end).toString();
  line.bytes = line.bytes.subarray(end + 4);
  return head;
}

async function open(extensions = "") {
  const line = house.connect();
  line.send(`GET /ws HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n${extensions}`
    + "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n");
  const head = await line.until(takeHead);
  assert.match(head, /^HTTP\/1\.1 101 /);
  return { line, head };
}

// ---- what a case says, hears, and how its line ends

const heardText = (payload) => ({ opcode: TEXT, payload: Buffer.from(payload) });
const heardPong = (payload = "") => ({ opcode: PONG, payload: Buffer.from(payload) });
const H = "Hello, world!";
const echo = (...payloads) => payloads.map(heardText);
const pongs = (...payloads) => payloads.map(heardPong);

// A case: its number, what is sent, what is heard, the code with which the line is closed.
// Where that is NORMAL and the case sent no close, it is closed after what was heard.
const plain = (number, sent, heard) => ({ number, sent, heard, code: NORMAL });
const wrong = (number, sent, heard, code = PROTOCOL) => ({ number, sent, heard, code });

function framing() {
  const sizes = [0, 125, 126, 127, 128, 65_535, 65_536];
  return [...sizes.map((size, i) => plain(`1.1.${i + 1}`, [text(stars(size))], echo(stars(size)))),
    ...sizes.map((size, i) => wrong(`1.2.${i + 1}`, [frame(BINARY, stars(size, 0xfe))], [], UNSUPPORTED))];
}

function pings() {
  const binary = bytes("00fffefdfcfb00ff");
  const ten = Array.from({ length: 10 }, (_, i) => `payload-${i}`);
  return [plain("2.1", [ping()], pongs("")), plain("2.2", [ping(H)], pongs(H)), plain("2.3", [ping(binary)], pongs(binary)),
    plain("2.4", [ping(stars(125, 0xfe))], pongs(stars(125, 0xfe))), wrong("2.5", [ping(stars(126, 0xfe))], []),
    plain("2.7", [frame(PONG), text(H)], echo(H)), plain("2.8", [frame(PONG, "unsolicited"), text(H)], echo(H)),
    plain("2.9", [frame(PONG, "unsolicited"), ping("ping")], pongs("ping")), plain("2.10", ten.map(ping), pongs(...ten))];
}

function reservedBits() {
  const after = (rsv) => [text(H), text(H, { rsv }), ping()];
  return [wrong("3.1", [text(H, { rsv: 1 })], []), ...[2, 3, 4].map((rsv) => wrong(`3.${rsv}`, after(rsv), echo(H))),
    wrong("3.5", [frame(BINARY, H, { rsv: 5 })], []), wrong("3.6", [frame(PING, H, { rsv: 6 })], []), wrong("3.7", [frame(CLOSE, "", { rsv: 7 })], [])];
}

function opcodes() {
  const of = (group, list) => list.flatMap((opcode, i) => [
    wrong(`4.${group}.${i + 1}`, [...(i < 2 ? [] : [text(H)]), frame(opcode, i % 2 ? "reserved" : ""), ping()], i < 2 ? [] : echo(H))]);
  return [...of(1, [3, 4, 5, 6, 7]), ...of(2, [11, 12, 13, 14, 15])];
}

function fragments() {
  const three = [part(TEXT, "fragment1"), ping("ping payload"), last("fragment2")];
  const nothing = last("non-continuation payload");
  const open = [part(TEXT, "fragment1"), last("fragment2")];
  const joined = echo("fragment1fragment2");
  const long = [part(TEXT, "fragment1"), part(CONTINUED, "fragment2"), ping("pongme 1!"), part(CONTINUED, "fragment3"), part(CONTINUED, "fragment4"),
    ping("pongme 2!"), last("fragment5")];
  const heardLong = [...pongs("pongme 1!", "pongme 2!"), ...echo("fragment1fragment2fragment3fragment4fragment5")];
  return [wrong("5.1", [part(PING, "fragment1"), last("fragment2")], []), wrong("5.2", [part(PONG, "fragment1"), last("fragment2")], []),
    plain("5.3", open, joined), plain("5.6", three, [...pongs("ping payload"), ...joined]),
    wrong("5.9", [nothing, text(H)], []), wrong("5.12", [part(CONTINUED, "non-continuation payload"), text(H)], []),
    wrong("5.15", [...open, part(CONTINUED, "fragment3"), text("fragment4")], joined), wrong("5.18", [part(TEXT, "fragment1"), text("fragment2")], []),
    plain("5.19", long, heardLong)];
}

// After Markus Kuhn's list of sequences that decoders get wrong.
const VALID = ["ceba e1bdb9 cf83 cebc ceb5", "00", "c280", "e0a080", "f0908080", "7f", "dfbf", "efbfbf", "ed9fbf", "ee8080", "efbfbd", "f48fbfbf",
  "efbfbe", "f09fbfbe", "f09fbfbf", "f0afbfbe", "f48fbfbe"];
const BROKEN = ["f888808080", "fc8480808080", "f7bfbfbf", "fbbfbfbfbf", "fdbfbfbfbfbf", "f4908080", // too large
  "80", "bf", "80bf", "80bf80", "80bf80bf80bf", "c020", "c120", "df20", "e020", "ef20", "f020", "f720", "fe", "ff", "fefeffff", // alone
  "c0", "e080", "f08080", "df", "efbf", "f7bfbf", // the last bytes are missing
  "c0af", "e080af", "f08080af", "f8808080af", "c1bf", "e09fbf", "f08fbfbf", "c080", "e08080", "f0808080", // longer than they need be
  "eda080", "edadbf", "edae80", "edafbf", "edb080", "edbe80", "edbfbf", "eda080edb080", "edafbfedbfbf"]; // surrogates

function utf8() {
  const kosme = bytes(VALID[0]);
  const letters = [0, 2, 5, 7, 9, 11];
  const prefixes = Array.from(kosme, (_, i) => i + 1).map((length) => (letters.includes(length)
    ? plain(`6.6, ${length} bytes`, [text(kosme.subarray(0, length))], echo(kosme.subarray(0, length)))
    : wrong(`6.6, ${length} bytes`, [text(kosme.subarray(0, length))], [], INVALID)));
  const said = Buffer.from("Hello-µ@ßöäüàá-UTF-8!!");
  const everyByte = Array.from(said, (byte, i) => (i === 0 ? part(TEXT, [byte]) : part(CONTINUED, [byte])));
  const edited = bytes("ceba e1bdb9 cf83 cebc ceb5 eda080 656469746564");
  return [plain("6.1.1", [text("")], echo("")), plain("6.1.2", [part(TEXT, ""), part(CONTINUED, ""), last("")], echo("")),
    plain("6.1.3", [part(TEXT, ""), part(CONTINUED, "middle"), last("")], echo("middle")),
    plain("6.2.1", [text(said)], echo(said)), plain("6.2.2", [part(TEXT, said.subarray(0, 12)), last(said.subarray(12))], echo(said)),
    plain("6.2.3", [...everyByte, last("")], echo(said)),
    wrong("6.3.1", [text(edited)], [], INVALID),
    wrong("6.3.2", Array.from(edited, (byte, i) => part(i === 0 ? TEXT : CONTINUED, [byte])), [], INVALID),
    wrong("6.4.1", [part(TEXT, kosme), part(CONTINUED, bytes("f4908080"))], [], INVALID), // and no end of it
    ...prefixes, ...VALID.map((hex) => plain(`6.*, ${hex}`, [text(bytes(hex))], echo(bytes(hex)))),
    ...BROKEN.map((hex) => wrong(`6.*, ${hex}`, [text(bytes(hex))], [], INVALID))];
}

function closing() {
  const good = [1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 3000, 3999, 4000, 4999];
  const bad = [0, 999, 1004, 1005, 1006, 1016, 1100, 2000, 2999, 5000, 65_535];
  return [plain("7.1.1", [text(H), close(NORMAL)], echo(H)), plain("7.1.2", [close(NORMAL), close(NORMAL)], []),
    plain("7.1.3", [close(NORMAL), ping()], []), plain("7.1.4", [close(NORMAL), text(H)], []),
    plain("7.1.5", [part(TEXT, "fragment1"), close(NORMAL), last("fragment2")], []),
    wrong("7.3.1", [close()], [], NORMAL), wrong("7.3.2", [frame(CLOSE, "a")], []), plain("7.3.3", [close(NORMAL)], []),
    plain("7.3.4", [close(NORMAL, "Hello World!")], []), plain("7.3.5", [close(NORMAL, stars(123))], []), wrong("7.3.6", [close(NORMAL, stars(124))], []),
    wrong("7.5.1", [close(NORMAL, bytes("ceba e1bdb9 eda080"))], [], INVALID),
    ...good.map((code, i) => wrong(`7.7.${i + 1}`, [close(code)], [], code)), ...bad.map((code, i) => wrong(`7.9.${i + 1}`, [close(code)], []))];
}

function limits() {
  const pieces = (size) => Array.from({ length: LIMIT / size }, (_, i) =>
    frame(i === 0 ? TEXT : CONTINUED, stars(size), { fin: (i + 1) * size === LIMIT }));
  const many = Array.from({ length: 1000 }, () => stars(16));
  return [plain("9.1.1", [text(stars(LIMIT))], echo(stars(LIMIT))), wrong("9.1.2", [text(stars(4 * LIMIT))], [], TOO_LARGE),
    ...[64, 256, 1024, 4096, 16_384].map((size, i) => plain(`9.3.${i + 1}`, pieces(size), echo(stars(LIMIT)))),
    wrong("9.3.9", [part(TEXT, stars(LIMIT)), part(CONTINUED, "x")], [], TOO_LARGE), plain("9.7.2", many.map((one) => text(one)), echo(...many))];
}

const GROUPS = { "1 framing": framing(), "2 pings and pongs": pings(), "3 reserved bits": reservedBits(), "4 opcodes": opcodes(),
  "5 fragmentation": fragments(), "6 UTF-8": utf8(), "7 closing": closing(), "9 limits": limits() };

// ---- playing

function say(line, sent, byteByByte) {
  const all = Buffer.concat(sent);
  if (!byteByByte) return line.send(all);
  for (const byte of all) line.send(Buffer.from([byte]));
}

const codeOf = (payload) => (payload.length >= 2 ? payload.readUInt16BE(0) : NORMAL);

async function play({ number, sent, heard, code }, byteByByte) {
  const { line } = await open();
  const name = byteByByte ? `${number}, a byte at a time` : number;
  say(line, sent, byteByByte);
  for (const wanted of heard) {
    const came = await line.until(takeFrame);
    assert.ok(came, `${name}: the line ended`);
    assert.deepEqual({ opcode: came.opcode, payload: came.payload }, wanted, name);
    assert.ok(came.whole && !came.masked, `${name}: one frame, and not masked`);
  }
  if (code === NORMAL && !sent.some((bytes) => (bytes[0] & 15) === CLOSE)) line.send(close(NORMAL));
  const end = await line.until(takeFrame);
  assert.deepEqual(end && [end.opcode, codeOf(end.payload)], [CLOSE, code], name);
  if (code !== NORMAL) line.send(close(code));
  assert.equal(await line.until(takeFrame), undefined, `${name}: something comes after the close`);
  line.drop();
}

for (const [group, cases] of Object.entries(GROUPS)) {
  test(`${group}: ${cases.length} cases`, async () => {
    for (const one of cases) {
      await play(one, false);
      if (Buffer.concat(one.sent).length <= SMALL) await play(one, true);
    }
  });
}

test("12.1 compression is not agreed on, and what is compressed is refused", async () => {
  const { line, head } = await open("Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\n");
  assert.doesNotMatch(head, /Sec-WebSocket-Extensions/i);
  line.send(text(bytes("f248cdc9c90700"), { rsv: 4 }));
  const { opcode, payload } = await line.until(takeFrame);
  assert.deepEqual([opcode, codeOf(payload)], [CLOSE, PROTOCOL]);
  line.drop();
});

test("none is left out", () => {
  const count = Object.values(GROUPS).flat().length + 1;
  console.log(`${count} cases of the Autobahn suite`);
  assert.equal(count, 178);
});
