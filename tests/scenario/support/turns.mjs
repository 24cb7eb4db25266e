// turns.mjs - a bot that is called over HTTP, and the centre in which it holds sessions: what the tests of such
// connectors share.
import http from "node:http";
import { Peer } from "./peer.mjs";
import { Server } from "./server.mjs";

export const never = () => new Promise(() => {});

export class HttpBot {
  asked = []; // {body, bytes, headers, path}
  answer = () => ({}); // (body) => {code, body} or a promise of it; code 0 cuts the line

  async up(port = 0) {
    this.server = http.createServer((request, reply) => {
      const parts = [];
      request.on("data", (part) => parts.push(part));
      request.on("end", async () => {
        const bytes = Buffer.concat(parts).toString();
        const body = JSON.parse(bytes);
        this.asked.push({ body, bytes, headers: request.headers, path: request.url });
        const { code = 200, body: said = "" } = (await this.answer(body, this.asked.length)) ?? {};
        if (code === 0) return request.socket.destroy();
        reply.writeHead(code, { "Content-Type": "application/json" })
          .end(typeof said === "string" ? said : JSON.stringify(said));
      });
    });
    await new Promise((resolve) => this.server.listen(port, "127.0.0.1", resolve));
    this.port = this.server.address().port;
    this.url = `http://127.0.0.1:${this.port}`;
    return this;
  }

  down() {
    this.server.closeAllConnections();
    return new Promise((resolve) => this.server.close(resolve));
  }
}

// A centre with these bots (lines of YAML) and a script for each name; each entry point `NAME` has the bot NAME, and
// each script an entry point of its own.
export function centre(bots, entries, scripts = {}) {
  const names = Object.keys(scripts);
  return `
centre: turns
listen: 127.0.0.1:0
tokens:
  - { role: visitor,    token: test-visitor-token, name: web }
  - { role: agent,      token: test-agent-anna-token, subject: anna }
  - { role: supervisor, token: test-supervisor-token, name: supervisor }
queues: [{ id: support, wrapUpTime: 600 }]
agents: [{ id: anna, name: Anna, capacity: { chat: 50 } }]
bots:
${bots.trimEnd()}
scripts: [${names.map((name) => `{ name: ${name}, file: ${name}.studio }`).join(", ")}]
entryPoints:
${entries.map((bot) => `  - { id: ${bot}, bot: ${bot}, fallback: support, idleTimeout: 1 }`).join("\n")}
${names.map((name) => `  - { id: ${name}, script: ${name}, fallback: support }`).join("\n")}
`;
}

export class Talk {
  static async open(server, entryPoint, members = "") {
    const talk = new Talk();
    talk.server = server;
    talk.customer = await Peer.connect(server, `/chat?entryPoint=${entryPoint}${members}`, "visitor");
    talk.id = (await talk.customer.hear("session.opened")).session.id;
    return talk;
  }

  say(text) {
    this.customer.send("message", { text });
  }

  hears(text) {
    return this.customer.hear(`"${text}"`, (f) => f.type === "message" && f.text === text);
  }

  becomes(status) {
    return this.customer.hear(status, (f) => f.type === "session.status" && f.status === status);
  }

  ended() {
    return this.customer.hear("session.ended");
  }

  async session() {
    return (await this.server.as("supervisor")("GET", `/sessions/${this.id}?messages=true`)).body;
  }

  async events() {
    return (await this.server.as("supervisor")("GET", `/sessions/${this.id}/timeline`)).body.events;
  }

  async note() {
    return (await this.events()).filter((e) => e.type === "bot.note").map((e) => e.note).join("\n");
  }

  async texts() {
    return (await this.session()).messages.filter((m) => m.from === "bot").map((m) => m.text);
  }

  finish() {
    const supervisor = this.server.as("supervisor");
    return supervisor("POST", `/sessions/${this.id}/end`).then(() =>
      supervisor("POST", `/sessions/${this.id}/complete`));
  }
}

export function newServer() {
  return new Server("");
}
