// editor.mjs - an editor at our language server: Microsoft's own client library
// over the pipes of a real process.
import { spawn } from "node:child_process";
import { createRequire } from "node:module";

const require = createRequire(new URL("../../clients/package.json", import.meta.url));
const protocol = require("vscode-languageserver-protocol/node");
const { TextDocument } = require("vscode-languageserver-textdocument");

export { protocol, TextDocument };

export const BATON = process.env.BATON ?? "build/gcc/baton";

export class Editor {
  documents = new Map(); // uri → TextDocument, as the editor has it
  findings = new Map(); // uri → diagnostics, as published last
  waiting = [];
  log = [];

  static async start(initializationOptions = undefined) {
    const editor = new Editor();
    await editor.launch();
    editor.capabilities = (await editor.ask("initialize", {
      processId: process.pid, rootUri: null, capabilities: {}, initializationOptions })).capabilities;
    editor.tell("initialized", {});
    return editor;
  }

  async launch() {
    this.process = spawn(BATON, ["lsp", "--stdio"], { stdio: ["pipe", "pipe", "inherit"] });
    this.exited = new Promise((resolve) => this.process.on("exit", (code, signal) => resolve(code ?? signal)));
    this.connection = protocol.createProtocolConnection(
      new protocol.StreamMessageReader(this.process.stdout),
      new protocol.StreamMessageWriter(this.process.stdin));
    this.connection.onNotification("textDocument/publishDiagnostics", (p) => {
      this.findings.set(p.uri, p);
      this.waiting = this.waiting.filter((w) => !w(p));
    });
    this.connection.onNotification("window/logMessage", (p) => this.log.push(p.message));
    this.connection.onError(() => {});
    this.connection.listen();
  }

  ask(method, params) {
    return this.connection.sendRequest(method, params);
  }

  tell(method, params) {
    return this.connection.sendNotification(method, params);
  }

  // The findings of this version of the document.
  published(uri, version) {
    const there = this.findings.get(uri);
    if (there?.version === version) return Promise.resolve(there.diagnostics);
    return new Promise((resolve) => this.waiting.push((p) => {
      const fits = p.uri === uri && p.version === version;
      if (fits) resolve(p.diagnostics);
      return fits;
    }));
  }

  open(text, uri = "file:///flow.studio") {
    this.documents.set(uri, TextDocument.create(uri, "studio", 1, text));
    this.findings.delete(uri);
    this.tell("textDocument/didOpen", { textDocument: { uri, languageId: "studio", version: 1, text } });
    return this.published(uri, 1);
  }

  change(contentChanges, uri = "file:///flow.studio") {
    const document = this.documents.get(uri);
    const version = document.version + 1;
    TextDocument.update(document, contentChanges, version);
    this.tell("textDocument/didChange", { textDocument: { uri, version }, contentChanges });
    return this.published(uri, version);
  }

  // What a user sees after accepting an edit of the workspace.
  accept(edit) {
    const [[uri, edits]] = Object.entries(edit.changes);
    return this.change([{ text: TextDocument.applyEdits(this.documents.get(uri), edits) }], uri);
  }

  text(uri = "file:///flow.studio") {
    return this.documents.get(uri).getText();
  }

  // Asks about the place behind the first @marker of the text, or in the middle
  // of it where it has a |.
  at(method, marker, extra = {}, uri = "file:///flow.studio") {
    const document = this.documents.get(uri);
    const plain = marker.replace("|", "");
    const from = document.getText().indexOf(plain);
    if (from < 0) throw new Error(`no '${plain}' in the text`);
    const inside = marker.indexOf("|");
    const position = document.positionAt(from + (inside < 0 ? plain.length : inside));
    return this.ask(`textDocument/${method}`, { textDocument: { uri }, position, ...extra });
  }

  marked(range, uri = "file:///flow.studio") {
    return this.documents.get(uri).getText(range);
  }

  async stop() {
    await this.ask("shutdown");
    this.tell("exit");
    const code = await this.exited;
    this.connection.dispose();
    return code;
  }
}
