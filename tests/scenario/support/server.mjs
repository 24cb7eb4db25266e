// server.mjs - a real `baton serve` in a data directory of its own, and REST to it.
import { spawn } from "node:child_process";
import { once } from "node:events";
import fs from "node:fs";
import http from "node:http";
import https from "node:https";
import os from "node:os";
import path from "node:path";

const HERE = new URL("..", import.meta.url).pathname;
export const CENTRE = path.join(HERE, "centre.yaml");
export const BATON = process.env.BATON;
if (!BATON) throw new Error("the environment's BATON names the program: BATON=build/dev/baton node --test …");
const PATIENCE_MS = 20_000; // for a machine that has other things to do

export const TOKENS = {
  visitor: "test-visitor-token",
  cognigy: "test-bot-cognigy-token",
  second: "test-bot-second-token",
  socket: "test-bot-socket-token",
  anna: "test-agent-anna-token",
  bert: "test-agent-bert-token",
  supervisor: "test-supervisor-token",
  tess: "test-supervisor-tess-token",
  admin: "test-admin-token-x",
  ottla: "test-admin-ottla-token",
  operator: "test-operator-token",
};

export const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

// Looks until look() returns something that is true, and returns that.
export async function eventually(what, look) {
  const end = Date.now() + PATIENCE_MS;
  for (;;) {
    const found = await look();
    if (found) return found;
    if (Date.now() > end) throw new Error(`${what}: not within ${PATIENCE_MS} ms`);
    await sleep(15);
  }
}

export function within(what, promise) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${what}: not within ${PATIENCE_MS} ms`)), PATIENCE_MS);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

export class Server {
  constructor(centre) {
    this.data = fs.mkdtempSync(path.join(os.tmpdir(), "baton-scenario-"));
    this.centre = centre;
    this.port = 0;
    process.on("exit", () => this.process?.kill("SIGKILL"));
  }

  // A centre's file, or its text, which is then written beside the data.
  // @authority: in PEM, if the server speaks TLS.
  static async start(centre = CENTRE, authority = undefined) {
    const server = new Server(centre);
    server.authority = authority;
    if (centre.includes("\n")) server.write(centre);
    await server.up();
    return server;
  }

  write(text) {
    this.centre = path.join(this.data, "centre.yaml");
    fs.writeFileSync(this.centre, text);
  }

  // Also again, after an end: with the same data and port.
  async up() {
    const args = ["serve", this.centre, "--data", path.join(this.data, "journal"),
      "--listen", `127.0.0.1:${this.port}`];
    this.log = "";
    this.process = spawn(BATON, args, { stdio: ["ignore", "pipe", "pipe"] });
    this.ended = once(this.process, "exit");
    for (const stream of [this.process.stdout, this.process.stderr]) {
      stream.on("data", (part) => (this.log += part));
    }
    await eventually("the server is ready", async () => {
      if (this.process.exitCode !== null) throw new Error(`baton serve ended:\n${this.log}`);
      this.port ||= Number(/https?:\/\/127\.0\.0\.1:(\d+)/.exec(this.log)?.[1] ?? 0);
      return this.port && (await this.ask("GET", "/readyz").catch(() => null))?.status === 200;
    });
  }

  // The end, and everything that it left. Returns the exit code.
  async stop(signal = "SIGTERM") {
    this.process.kill(signal);
    const [code] = await within("the server ends", this.ended);
    return code;
  }

  async remove() {
    if (this.process.exitCode === null && this.process.signalCode === null) await this.stop("SIGKILL");
    fs.rmSync(this.data, { recursive: true, force: true });
  }

  // One request. @body: an object (sent as JSON), or text or bytes as they are.
  ask(method, target, { token, body, headers = {} } = {}) {
    const given = { ...(this.host && { Host: this.host }), ...headers };
    if (token) given.Authorization = `Bearer ${token}`;
    const raw = body === undefined || typeof body === "string" || Buffer.isBuffer(body);
    if (body !== undefined) given["Content-Type"] ??= "application/json";
    const bytes = raw ? body : JSON.stringify(body);
    if (bytes !== undefined) given["Content-Length"] = Buffer.byteLength(bytes);
    return new Promise((resolve, reject) => {
      const options = { host: "127.0.0.1", port: this.port, method, path: target, headers: given, agent: false, ca: this.authority };
      const request = (this.authority ? https : http).request(options, (answer) => {
        const parts = [];
        answer.on("data", (part) => parts.push(part));
        answer.on("end", () => resolve(readAnswer(answer, Buffer.concat(parts).toString())));
      });
      request.setTimeout(PATIENCE_MS, () => request.destroy(new Error(`${method} ${target}: no answer`)));
      request.on("error", reject);
      request.end(bytes);
    });
  }

  // The same server, asked as @host: one of its tenants.
  at(host) {
    return Object.assign(Object.create(this), { host });
  }

  // REST in somebody's name: as("supervisor")("GET", "/queues").
  as(who) {
    const token = TOKENS[who] ?? who;
    return (method, resource, body, headers) =>
      this.ask(method, `/api/v1${resource}`, { token, body, headers });
  }
}

function readAnswer(answer, text) {
  const type = answer.headers["content-type"] ?? "";
  const body = /json/.test(type) && text ? JSON.parse(text) : undefined;
  return { status: answer.statusCode, headers: answer.headers, type, text, body };
}
