// extension.js - starts `baton lsp` and `baton dap` for VS Code.
"use strict";
const vscode = require("vscode");
const { LanguageClient, TransportKind } = require("vscode-languageclient/node");

/** @type {LanguageClient | undefined} */
let client;

/** The program, as the user has set it. */
function program() {
  return vscode.workspace.getConfiguration("baton").get("path", "baton");
}

/** @returns {import("vscode-languageclient/node").ServerOptions} */
function serverOptions() {
  return { command: program(), args: ["lsp"], transport: TransportKind.stdio };
}

/** @returns {import("vscode-languageclient/node").LanguageClientOptions} */
function clientOptions() {
  const docs = vscode.workspace.getConfiguration("baton").get("findingsUrl", "");
  return {
    documentSelector: [{ language: "studio" }],
    initializationOptions: docs === "" ? {} : { docs },
  };
}

async function start() {
  client = new LanguageClient("baton", "Baton", serverOptions(), clientOptions());
  try {
    await client.start();
  } catch (error) {
    const settings = "Open settings";
    const chosen = await vscode.window.showErrorMessage(
      `Baton: '${program()} lsp' did not start: ${error instanceof Error ? error.message : error}`, settings);
    if (chosen === settings) {
      await vscode.commands.executeCommand("workbench.action.openSettings", "baton.path");
    }
  }
}

async function stop() {
  const running = client;
  client = undefined;
  if (running?.isRunning()) {
    await running.stop();
  }
}

async function restart() {
  await stop();
  await start();
}

/** A script that is open needs no launch.json.
 * @implements {vscode.DebugConfigurationProvider} */
class Configurations {
  /**
   * @param {vscode.WorkspaceFolder | undefined} _folder
   * @param {vscode.DebugConfiguration} configuration
   */
  resolveDebugConfiguration(_folder, configuration) {
    if (configuration.type || configuration.request || configuration.name) {
      return configuration;
    }
    const document = vscode.window.activeTextEditor?.document;
    if (document?.languageId !== "studio") {
      return undefined;
    }
    return { type: "baton", request: "launch", name: "Debug this script", program: document.uri.fsPath, stopOnEntry: true };
  }
}

/** @implements {vscode.DebugAdapterDescriptorFactory} */
class Adapters {
  createDebugAdapterDescriptor() {
    return new vscode.DebugAdapterExecutable(program(), ["dap"]);
  }
}

/** Text for a shell: a path may hold blanks.
 * @param {string} text */
function quote(text) {
  return `"${text.replace(/(["\\$`])/g, "\\$1")}"`;
}

async function run() {
  const document = vscode.window.activeTextEditor?.document;
  if (document?.languageId !== "studio") {
    return;
  }
  await document.save();
  const terminal = vscode.window.terminals.find((t) => t.name === "Baton") ?? vscode.window.createTerminal("Baton");
  terminal.show(true);
  terminal.sendText(`${quote(program())} run ${quote(document.uri.fsPath)}`);
}

/** @param {vscode.ExtensionContext} context */
async function activate(context) {
  context.subscriptions.push(
    vscode.commands.registerCommand("baton.restart", restart),
    vscode.commands.registerCommand("baton.run", run),
    vscode.debug.registerDebugConfigurationProvider("baton", new Configurations()),
    vscode.debug.registerDebugAdapterDescriptorFactory("baton", new Adapters()),
    vscode.workspace.onDidChangeConfiguration((change) => {
      if (change.affectsConfiguration("baton.path") || change.affectsConfiguration("baton.findingsUrl")) {
        void restart();
      }
    }));
  await start();
}

module.exports = { activate, deactivate: stop };
