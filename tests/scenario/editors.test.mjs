// editors.test.mjs - the grammar with the engine that editors use, and the
// extension: its manifest, its types, what it starts.
//
// With BATON_WRITE=1 the golden files of tests/golden/grammar are written anew.
import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import path from "node:path";
import { before, test } from "node:test";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../../", import.meta.url));
const clients = path.join(root, "tests/clients");
const extension = path.join(root, "editors/vscode");
const require = createRequire(path.join(clients, "package.json"));
const { loadWASM, createOnigScanner, createOnigString } = require("vscode-oniguruma");
const textmate = require("vscode-textmate");
const BATON = path.resolve(process.env.BATON ?? "build/gcc/baton");
const read = (name) => readFileSync(path.join(root, name), "utf8");
const json = (name) => JSON.parse(read(name));

// The words of an X-macro table: the n-th text of each row.
function words(table, macro, pick) {
  const rows = read(`src/studio/${table}`).matchAll(new RegExp(`^${macro}\\((.*)$`, "gm"));
  return [...rows].map((row) => pick(row[1]));
}
const second = (row) => row.match(/"([^"]+)"/)[1];

let grammar;

before(async () => {
  await loadWASM(readFileSync(path.join(clients, "node_modules/vscode-oniguruma/release/onig.wasm")).buffer);
  const registry = new textmate.Registry({
    onigLib: Promise.resolve({ createOnigScanner, createOnigString }),
    loadGrammar: async () => textmate.parseRawGrammar(read("editors/textmate/studio.tmLanguage.json"), "g.json"),
  });
  grammar = await registry.loadGrammar("source.studio");
});

// Each token of a script: its text and its scopes, without what all of them have.
function tokenize(source) {
  let stack = textmate.INITIAL;
  return source.split("\n").map((line) => {
    const result = grammar.tokenizeLine(line, stack);
    stack = result.ruleStack;
    return {
      line,
      tokens: result.tokens.map((t) => ({
        text: line.slice(t.startIndex, t.endIndex),
        scopes: t.scopes.slice(1).map((s) => s.replace(/\.studio$/, "")),
      })).filter((t) => t.text.trim() !== ""),
    };
  });
}

function scopeOf(line, text) {
  const token = tokenize(line)[0].tokens.find((t) => t.text.trim() === text);
  return token?.scopes.at(-1);
}

test("every word of the language has its colour", () => {
  const keywords = words("tokens.def", "KEYWORD", (row) => [second(row), /HARD/.test(row)]);
  assert.ok(keywords.length > 25);
  for (const [word, hard] of keywords) {
    for (const spelling of hard ? [word, word.toLowerCase(), word.toUpperCase()] : []) {
      assert.match(scopeOf(`${spelling} x`, spelling) ?? "", /^(keyword|storage|constant)\./, spelling);
      assert.equal(scopeOf(`o.${spelling} = 1`, spelling), "variable.other.member", `.${spelling}`);
    }
    if (!hard) assert.match(json("editors/textmate/studio.tmLanguage.json").information_for_contributors[1], new RegExp(`\\b${word}\\b`));
  }
  for (const action of words("actions.def", "ACTION", second)) {
    assert.equal(scopeOf(`r = ${action}(x)`, action), "support.function.action");
  }
  for (const builtin of words("builtins.def", "BUILTIN", second)) {
    assert.match(scopeOf(`r = ${builtin}(x)`, builtin), /^support\.function\./, builtin);
    assert.equal(scopeOf(`r = x.${builtin}(1)`, builtin), "support.function.method");
  }
  for (const event of words("events.def", "EVENT", (row) => row.match(/^\w+/)[0])) {
    assert.equal(scopeOf(`ON ${event} {`, event), "entity.name.section");
  }
});

test("soft keywords are variables where they are set", () => {
  assert.equal(scopeOf("TRACE x", "TRACE"), "support.function.action");
  assert.equal(scopeOf("trace = 1", "trace"), "variable.other");
  assert.equal(scopeOf("next = 1", "next"), "variable.other");
  assert.equal(scopeOf("NEXT i", "NEXT"), "keyword.control");
  assert.equal(scopeOf("FOR i = 1 TO 3 STEP 2", "STEP"), "keyword.control");
  assert.equal(scopeOf("to = step", "to"), "variable.other");
  assert.equal(scopeOf("END FOREACH", "END FOREACH"), "keyword.control");
  assert.equal(scopeOf("ON Teatime", "Teatime"), "invalid.illegal.event");
});

const goldens = path.join(root, "tests/golden/grammar");

function render(source) {
  return tokenize(source).map(({ line, tokens }) =>
    [`> ${line}`.trimEnd(), ...tokens.map((t) => `  ${t.text.trim()}  ${t.scopes.join(" ")}`.trimEnd())].join("\n")).join("\n");
}

for (const name of readdirSync(goldens).filter((n) => n.endsWith(".txt"))) {
  test(`scopes of ${name}`, () => {
    const file = path.join(goldens, name);
    const [source] = readFileSync(file, "utf8").match(/^[^\n]+/);
    const found = `${source}\n${render(read(source).trimEnd())}\n`;
    if (process.env.BATON_WRITE === "1") writeFileSync(file, found);
    assert.equal(found, readFileSync(file, "utf8"));
  });
}

// ---- the extension

const manifest = json("editors/vscode/package.json");

test("the manifest names what is there", () => {
  const { languages, grammars, snippets, debuggers, commands } = manifest.contributes;
  const files = [manifest.main, languages[0].configuration, grammars[0].path, snippets[0].path];
  for (const file of files) assert.ok(existsSync(path.join(extension, file)), file);
  assert.match(manifest.name, /^[a-z][a-z0-9-]*$/);
  assert.match(manifest.version, /^\d+\.\d+\.\d+$/);
  assert.equal(json(`editors/vscode/${grammars[0].path}`).scopeName, grammars[0].scopeName);
  const known = new Set(languages.map((l) => l.id));
  for (const part of [...grammars, ...snippets, ...manifest.contributes.breakpoints]) assert.ok(known.has(part.language));
  assert.deepEqual(debuggers[0].languages, ["studio"]);
  assert.ok(debuggers[0].initialConfigurations.every((c) => c.type === debuggers[0].type));
  assert.ok(commands.every((c) => c.command.startsWith("baton.") && c.title));
  assert.equal(manifest.contributes.configurationDefaults["[studio]"]["editor.defaultFormatter"],
    `${manifest.publisher}.${manifest.name}`);
  const tested = json("tests/clients/package.json").dependencies["vscode-languageclient"];
  assert.equal(manifest.dependencies["vscode-languageclient"], tested);
  const needed = json("tests/clients/node_modules/vscode-languageclient/package.json").engines.vscode;
  assert.equal(manifest.engines.vscode, needed);
});

// A snippet as it stands after Tab: each place with its default.
function expand(body) {
  return body.join("\n").replace(/\$\{\d+\|([^,|]+)[^}]*\}/g, "$1").replace(/\$\{\d+:([^}]*)\}/g, "$1").replace(/\$\d+/g, "") + "\n";
}

test("snippets are laid out as the formatter does it", () => {
  for (const [name, snippet] of Object.entries(json("editors/vscode/snippets.json"))) {
    const text = expand(snippet.body).replace(/[ \t]+$/gm, "").replace(/\n+$/, "\n").replace(/\n\n(?=END)/g, "\n");
    const laidOut = execFileSync(BATON, ["fmt", "--stdout", "-"], { input: text, encoding: "utf8" });
    assert.equal(laidOut, text, name);
  }
});

test("the editor's own indentation follows blocks", () => {
  const { indentationRules, wordPattern } = json("editors/vscode/language-configuration.json");
  const more = new RegExp(indentationRules.increaseIndentPattern);
  const less = new RegExp(indentationRules.decreaseIndentPattern);
  for (const line of ["IF x = 1", "  for i = 1 to 3", "ELSE", "ON Signal {", "CASE 1", "x = 1 {"]) assert.match(line, more);
  for (const line of ["IF x { y = 1 }", "ASSIGN x = 1", "END IF", "Transfer(x)"]) assert.doesNotMatch(line, more);
  for (const line of ["END IF", "  endif", "}", "} ELSE {", "NEXT i"]) assert.match(line, less);
  assert.equal("längst_$1 x".match(new RegExp(wordPattern))[0], "längst_$1");
});

test("the extension's code has the types that the editor offers", () => {
  const modules = path.join(clients, "node_modules");
  const folder = mkdtempSync(path.join(tmpdir(), "baton-types-"));
  const options = json("editors/vscode/jsconfig.json");
  writeFileSync(path.join(folder, "tsconfig.json"), JSON.stringify({
    compilerOptions: { ...options.compilerOptions, typeRoots: [path.join(modules, "@types")], types: ["node", "vscode"],
      paths: { "vscode-languageclient/node": [path.join(modules, "vscode-languageclient/lib/node/main.d.ts")] } },
    files: [path.join(extension, "extension.js")],
  }));
  const done = spawnSync(process.execPath, [path.join(modules, "typescript/bin/tsc"), "-p", folder], { encoding: "utf8" });
  rmSync(folder, { recursive: true });
  assert.equal(done.stdout + done.stderr, "");
  assert.equal(done.status, 0);
});

// The editor's side of the extension, as far as it is used: what it was given.
function fakeEditor() {
  const seen = { commands: [], debug: [], clients: [], stopped: 0 };
  const disposable = { dispose() {} };
  const vscode = {
    commands: { registerCommand: (name) => (seen.commands.push(name), disposable) },
    debug: {
      registerDebugConfigurationProvider: (type, provider) => (seen.debug.push([type, provider]), disposable),
      registerDebugAdapterDescriptorFactory: (type, factory) => (seen.debug.push([type, factory]), disposable),
    },
    workspace: {
      getConfiguration: () => ({ get: (name, otherwise) => (name === "path" ? BATON : otherwise) }),
      onDidChangeConfiguration: () => disposable,
    },
    window: { activeTextEditor: { document: { languageId: "studio", uri: { fsPath: "/flows/a b.studio" } } } },
    DebugAdapterExecutable: class {
      constructor(command, args) {
        Object.assign(this, { command, args });
      }
    },
  };
  class LanguageClient {
    constructor(id, name, server, options) {
      seen.clients.push({ id, name, server, options });
    }
    async start() {}
    async stop() {
      seen.stopped++;
    }
    isRunning() {
      return true;
    }
  }
  return { seen, modules: { vscode, "vscode-languageclient/node": { LanguageClient, TransportKind: { stdio: 0 } } } };
}

test("the extension starts baton lsp, and baton dap for a debug session", async () => {
  const { seen, modules } = fakeEditor();
  const module = { exports: {} };
  new Function("require", "module", "exports", readFileSync(path.join(extension, manifest.main), "utf8"))(
    (name) => modules[name], module, module.exports);
  const context = { subscriptions: [] };
  await module.exports.activate(context);
  assert.deepEqual(seen.commands.sort(), manifest.contributes.commands.map((c) => c.command).sort());
  assert.equal(context.subscriptions.length, 5);
  const [{ server, options }] = seen.clients;
  assert.deepEqual(options.documentSelector, [{ language: "studio" }]);
  const ended = spawnSync(server.command, [...server.args, "--stdio"], { input: "" });
  assert.equal(ended.status, 1, "baton lsp is there, and ends with its input");
  const [[type, configurations], [, adapters]] = seen.debug;
  assert.equal(type, manifest.contributes.debuggers[0].type);
  const configuration = configurations.resolveDebugConfiguration(undefined, {});
  assert.equal(configuration.program, "/flows/a b.studio");
  assert.deepEqual(adapters.createDebugAdapterDescriptor().args, ["dap"]);
  await module.exports.deactivate();
  assert.equal(seen.stopped, 1);
});
