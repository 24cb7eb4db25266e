// lsp.test.mjs - baton lsp as an editor sees it, through the client library that
// editors use.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { after, before, test } from "node:test";
import { BATON, Editor, protocol, TextDocument } from "./support/editor.mjs";

const { ErrorCodes, LSPErrorCodes } = protocol;
const uri = "file:///flow.studio";
const forum = readFileSync(new URL("../../examples/handover/forum.studio", import.meta.url), "utf8");
const codes = (findings) => findings.map((f) => f.code);
const labels = (items) => items.map((i) => i.label);

let editor;
before(async () => {
  editor = await Editor.start();
});
after(async () => {
  assert.equal(await editor.stop(), 0);
});

test("the forum's script gets its warning, and the quick fix cures it", async () => {
  const findings = await editor.open(forum);
  assert.deepEqual(codes(findings), ["transfer-refused"]);
  assert.equal(findings[0].severity, 2);
  assert.equal(editor.marked(findings[0].range), "Transfer");
  assert.match(findings[0].codeDescription.href, /^https:.*transfer-refused$/);
  const actions = await editor.ask("textDocument/codeAction",
    { textDocument: { uri }, range: findings[0].range, context: { diagnostics: findings } });
  assert.equal(actions.length, 1);
  assert.match(actions[0].title, /when:released/);
  assert.deepEqual(await editor.accept(actions[0].edit), []);
  assert.match(editor.text(), /"priority:1,when:released"\)\n/);
});

test("quick fixes for a misspelt name and for == where = sets", async () => {
  const findings = await editor.open("  ASSIGN x == 1\nTransfre(x)\n");
  assert.deepEqual(codes(findings), ["equality-in-assign", "unknown-function"]);
  const all = { start: { line: 0, character: 0 }, end: { line: 1, character: 0 } };
  const actions = await editor.ask("textDocument/codeAction",
    { textDocument: { uri }, range: all, context: { diagnostics: [] } });
  assert.deepEqual(actions.map((a) => a.title), ["Change == to =", "Change to Transfer"]);
  await editor.accept(actions[1].edit);
  assert.equal(editor.text(), "  ASSIGN x == 1\nTransfer(x)\n");
});

test("positions count UTF-16 units", async () => {
  const source = "t = \"😀😀 ä\" + länge\nlänge = \"😀{t}\" + nothing\n";
  const findings = await editor.open(source);
  const unset = findings.find((f) => f.message.includes("'nothing'"));
  assert.equal(editor.marked(unset.range), "nothing");
  const definition = await editor.at("definition", "+ län|ge");
  assert.deepEqual(definition.range.start, { line: 1, character: 0 });
  const inside = await editor.at("definition", "😀{t|}");
  assert.deepEqual(inside.range, { start: { line: 0, character: 0 }, end: { line: 0, character: 1 } });
  const edit = await editor.at("rename", "|länge = ", { newName: "größe" });
  await editor.accept(edit);
  assert.equal(editor.text(), "t = \"😀😀 ä\" + größe\ngröße = \"😀{t}\" + nothing\n");
});

test("each name is coloured as what it is", async () => {
  await editor.open("länge = \"😀\"\nFUNCTION f(p)\n  RETURN p + länge.upper()\nEND FUNCTION\n" +
    "ON Signal\n  länge = f(event.p1)\nEND ON\nTRACE \"{länge}\"\n");
  const { tokenTypes, tokenModifiers } = editor.capabilities.semanticTokensProvider.legend;
  const { data } = await editor.ask("textDocument/semanticTokens/full", { textDocument: { uri } });
  const lines = editor.text().split("\n");
  const found = [];
  for (let i = 0, line = 0, from = 0; i < data.length; i += 5) {
    from = data[i] > 0 ? data[i + 1] : from + data[i + 1];
    line += data[i];
    const bits = tokenModifiers.filter((_, bit) => data[i + 4] >> bit & 1);
    found.push([lines[line].slice(from, from + data[i + 2]), tokenTypes[data[i + 3]], ...bits].join(" "));
  }
  assert.deepEqual(found, ["länge variable declaration modification", "f function declaration modification",
    "p parameter declaration modification", "p parameter", "länge variable", "upper method defaultLibrary",
    "Signal event declaration modification", "länge variable modification", "f function", "event variable",
    "p1 property", "länge variable"]);
});

test("completion knows where it is", async () => {
  await editor.open("ASSIGN session = GetSessionInfo()\nASSIGN choice = Menu(\"a\", \"b|c\", 5)\n" +
    "choice.extra = 1\nFUNCTION greet(who)\n  local = who\n  RETURN local\nEND FUNCTION\nON Signal {\n}\n" +
    "TRACE session.x\nTRACE choice.x\nse\n// se\nTRACE \"se {se\"\n");
  const members = labels(await editor.at("completion", "TRACE session."));
  assert.ok(members.includes("attributes") && members.includes("code") && members.includes("upper"));
  assert.ok(!members.includes("choice") && !members.includes("IF") && !members.includes("Wait"));
  const chosen = labels(await editor.at("completion", "TRACE choice."));
  assert.ok(chosen.includes("index") && chosen.includes("extra") && !chosen.includes("attributes"));
  const words = await editor.at("completion", "\nse");
  assert.ok(["session", "greet", "Transfer", "IF", "left"].every((w) => labels(words).includes(w)));
  assert.ok(!labels(words).includes("who"), "a function's own names are known in it only");
  const transfer = words.find((w) => w.label === "Transfer");
  assert.match(transfer.detail, /^Transfer\(id, target/);
  assert.match(transfer.documentation.value, /moves the session/);
  assert.ok(labels(await editor.at("completion", "local = wh")).includes("who"));
  assert.deepEqual(labels(await editor.at("completion", "// se")), []);
  assert.deepEqual(labels(await editor.at("completion", "\"se ")), []);
  assert.ok(labels(await editor.at("completion", "{se")).includes("session"));
  assert.ok(labels(await editor.at("completion", "ON Sig")).includes("BotReleased"));
});

test("the parameters of the call that is being written", async () => {
  await editor.open("FUNCTION f(a, b)\nEND FUNCTION\nr = Transfer(s.id, min(1, 2), \nx = f(1, \ny = t.replace(\"a\", \n");
  const transfer = await editor.at("signatureHelp", "min(1, 2), ");
  assert.match(transfer.signatures[0].label, /^Transfer\(id, target \[, options\]\)/);
  assert.deepEqual(transfer.signatures[0].parameters.map((p) => p.label), ["id", "target", "options"]);
  assert.equal(transfer.activeParameter, 2);
  assert.equal((await editor.at("signatureHelp", "min(1, ")).activeParameter, 1);
  const own = await editor.at("signatureHelp", "f(1, ");
  assert.equal(own.signatures[0].label, "f(a, b)");
  const method = await editor.at("signatureHelp", "replace(\"a\", ");
  assert.equal(method.activeParameter, 1);
  assert.equal(method.signatures[0].label, "text.replace(part, by)");
  assert.deepEqual(method.signatures[0].parameters.map((p) => p.label), ["part", "by"]);
  assert.equal(await editor.at("signatureHelp", "END FUNCTION"), null);
});

test("hover tells what the tables know", async () => {
  await editor.open("s = GetSessionInfo()\nTRACE s.waitSeconds + \"a\".left(1)\nON Queued\n  TRACE event.queue\nEND ON\n");
  const action = await editor.at("hover", "GetSession|Info");
  assert.match(action.contents.value, /```studio\nGetSessionInfo\(\[id\]\)\n```/);
  assert.match((await editor.at("hover", ".le|ft")).contents.value, /text\.left\(count\)[^]*`"handover"\.left\(4\)` gives `hand`/);
  assert.match((await editor.at("hover", "wait|Seconds")).contents.value, /how long it has waited/);
  assert.match((await editor.at("hover", "TRACE |s.")).contents.value, /variable of the script, set first on line 1/);
  assert.match((await editor.at("hover", "ON Que|ued")).contents.value, /joined a queue/);
  assert.equal(await editor.at("hover", "TRA|CE"), null);
});

test("definition, references and rename tell names apart", async () => {
  await editor.open("total = 1\nFUNCTION add(n)\n  sum = n + total\n  RETURN sum\nEND FUNCTION\n" +
    "sum = add(2) + Add(sum)\nTRACE \"{SUM} {total}\"\n");
  const places = await editor.at("references", "|sum = add", { context: { includeDeclaration: true } });
  assert.deepEqual(places.map((p) => p.range.start.line), [5, 5, 6]);
  const others = await editor.at("references", "|sum = add", { context: { includeDeclaration: false } });
  assert.equal(others.length, 2);
  assert.equal((await editor.at("definition", "+ Ad|d(")).range.start.line, 1);
  assert.equal((await editor.at("documentHighlight", "{tot|al}")).length, 3);
  await assert.rejects(editor.at("rename", "|sum = add", { newName: "total" }),
    (e) => e.code === LSPErrorCodes.RequestFailed && /something else/.test(e.message));
  await assert.rejects(editor.at("rename", "|sum = add", { newName: "IF" }), /cannot be a name/);
  await assert.rejects(editor.at("prepareRename", "Func|tion".toUpperCase()), /no name here/);
  await editor.accept(await editor.at("rename", "|sum = n", { newName: "result" }));
  assert.match(editor.text(), /  result = n \+ total\n  RETURN result\nEND FUNCTION\nsum = add/);
  await editor.accept(await editor.at("rename", "add|(2)", { newName: "plus" }));
  assert.match(editor.text(), /FUNCTION plus\(n\)[^]*plus\(2\) \+ plus\(sum\)/);
});

test("the outline, and the layout", async () => {
  await editor.open("x=1\nfunction f(a,b){\nreturn a\n}\non signal\ntrace event.p1\nend on\n");
  const outline = await editor.ask("textDocument/documentSymbol", { textDocument: { uri } });
  assert.deepEqual(outline.map((s) => [s.name, s.detail, s.range.start.line, s.range.end.line]),
    [["f", "(a, b)", 1, 3], ["Signal", undefined, 4, 6], ["x", undefined, 0, 0]]);
  const options = { tabSize: 2, insertSpaces: true };
  const edits = await editor.ask("textDocument/formatting", { textDocument: { uri }, options });
  await editor.accept({ changes: { [uri]: edits } });
  assert.equal(editor.text(), "x = 1\nFUNCTION f(a, b) {\n  RETURN a\n}\nON Signal\n  TRACE event.p1\nEND ON\n");
  assert.deepEqual(await editor.ask("textDocument/formatting", { textDocument: { uri }, options }), []);
  await editor.open("IF x\n");
  assert.equal(await editor.ask("textDocument/formatting", { textDocument: { uri }, options }), null);
});

// A fixed sequence that looks random: a failure repeats.
function dice(seed) {
  return (n) => {
    seed = (seed * 1103515245 + 12345) % 2147483648;
    return Math.floor(seed / 65536) % n;
  };
}

test("many small changes leave the server with the editor's text", async () => {
  const pieces = ["\n", "x = 1\n", "😀", "IF y == 2\n", "END IF\n", "\"a{", "}\"", " + ", "ä", "\r\n", "Foo(", ")", "// c"];
  const roll = dice(7);
  await editor.open(forum);
  for (let round = 0; round < 150; round++) {
    const changes = [];
    const copy = TextDocument.create(uri, "studio", 1, editor.text());
    for (let i = roll(3); i >= 0; i--) { // each is about what the one before has left
      const whole = (at) => /[\udc00-\udfff]/.test(copy.getText().charAt(at)) ? at - 1 : at;
      const from = whole(roll(copy.getText().length + 1));
      const start = copy.positionAt(from);
      const end = copy.positionAt(whole(from + roll(6)));
      changes.push({ range: { start, end }, text: pieces[roll(pieces.length)] });
      TextDocument.update(copy, changes.slice(-1), 1);
    }
    const findings = await editor.change(changes);
    const fresh = await editor.open(editor.text(), "file:///copy.studio");
    assert.deepEqual(findings, fresh, JSON.stringify(editor.text()));
  }
});

test("what does not fit is a typed error", async () => {
  await editor.open("x = 1\n");
  const position = { line: 0, character: 0 };
  const code = (expected) => (e) => e.code === expected;
  await assert.rejects(editor.ask("textDocument/teleport", {}), code(ErrorCodes.MethodNotFound));
  await assert.rejects(editor.ask("textDocument/hover", {}), code(ErrorCodes.InvalidParams));
  await assert.rejects(editor.ask("textDocument/hover", { textDocument: { uri }, position: { line: -1, character: 0 } }),
    code(ErrorCodes.InvalidParams));
  await assert.rejects(editor.ask("textDocument/hover", { textDocument: { uri: "file:///closed.studio" }, position }),
    code(ErrorCodes.InvalidParams));
  await assert.rejects(editor.ask("textDocument/rename", { textDocument: { uri }, position }), code(ErrorCodes.InvalidParams));
  await assert.rejects(editor.ask("initialize", { capabilities: {} }), code(ErrorCodes.InvalidRequest));
  editor.tell("textDocument/didChange", { textDocument: { uri, version: 9 }, contentChanges: [{ range: 1, text: "y" }] });
  editor.tell("no/such/notification", {});
  const far = { line: 99999, character: 99999 };
  assert.equal(await editor.ask("textDocument/hover", { textDocument: { uri }, position: far }), null);
  assert.match(editor.log.at(-1), /A change is/);
});

test("before initialize nothing else, after shutdown only exit", async () => {
  const early = new Editor();
  await early.launch();
  await assert.rejects(early.ask("textDocument/hover", {}), (e) => e.code === ErrorCodes.ServerNotInitialized);
  early.tell("exit");
  assert.equal(await early.exited, 1);
  const late = await Editor.start();
  await late.ask("shutdown");
  await assert.rejects(late.ask("textDocument/hover", {}), (e) => e.code === ErrorCodes.InvalidRequest);
  late.tell("exit");
  assert.equal(await late.exited, 0);
});

const frame = (body) => `Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;

// What a server without a client answers to these bytes.
async function raw(bytes) {
  const child = spawn(BATON, ["lsp"], { stdio: ["pipe", "pipe", "pipe"] });
  let answer = "";
  child.stdout.on("data", (d) => (answer += d));
  child.stdin.on("error", () => {});
  child.stdin.end(bytes);
  const code = await new Promise((resolve) => child.on("close", resolve));
  return { code, answers: answer.split(/Content-Length: \d+\r\n\r\n/).filter((a) => a).map((a) => JSON.parse(a)) };
}

test("broken messages are answered, and the stream goes on", async () => {
  const { code, answers } = await raw(frame("{\"jsonrpc\":") + frame("[]") + frame("{\"id\":{}}") + frame("17") +
    frame("{\"id\":1,\"method\":7}") + frame("{\"id\":1,\"result\":null}") + frame("{\"id\":\"a\",\"method\":\"shutdown\"}"));
  assert.deepEqual(answers.map((a) => a.error.code), [ErrorCodes.ParseError, ErrorCodes.InvalidRequest,
    ErrorCodes.InvalidRequest, ErrorCodes.InvalidRequest, ErrorCodes.InvalidRequest, ErrorCodes.ServerNotInitialized]);
  assert.equal(answers.at(-1).id, "a");
  assert.equal(code, 1, "the input ended without a shutdown");
});

test("a frame that nobody can find the end of stops the server with a word", async () => {
  const { code, answers } = await raw("Content-Length: many\r\n\r\n{}");
  assert.equal(code, 1);
  assert.deepEqual(answers, []);
});
