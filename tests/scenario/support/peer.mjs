// peer.mjs - a WebSocket whose frames are awaited: customer, bot, agent, listener.
import { randomUUID } from "node:crypto";
import { createRequire } from "node:module";
import { TOKENS, within } from "./server.mjs";

const WebSocket = createRequire(new URL("../../clients/package.json", import.meta.url))("ws");

export class Peer {
  frames = []; // heard, and not asked for yet
  all = []; // everything heard
  closed = null; // {code, reason}
  #waiting = [];
  #name = randomUUID(); // an id belongs to one frame of a session, whatever the connection
  #asked = 0;

  static async connect(server, resource, who) {
    const peer = new Peer();
    const headers = who ? { Authorization: `Bearer ${TOKENS[who] ?? who}` } : {};
    if (server.host) headers.Host = server.host;
    const scheme = server.authority ? "wss" : "ws";
    peer.socket = new WebSocket(`${scheme}://127.0.0.1:${server.port}/api/v1${resource}`, { headers, ca: server.authority });
    peer.socket.on("message", (data) => peer.#hear(JSON.parse(data)));
    peer.over = new Promise((resolve) => {
      peer.socket.on("close", (code, reason) => {
        peer.closed = { code, reason: reason.toString() };
        for (const wait of peer.#waiting.splice(0)) peer.#giveUp(wait);
        resolve(peer.closed);
      });
    });
    await within(`${resource} opens`, new Promise((resolve, reject) => {
      peer.socket.on("open", resolve);
      peer.socket.on("error", reject); // also a refused handshake
      peer.socket.on("unexpected-response", (_, answer) => {
        let text = "";
        answer.on("data", (part) => (text += part));
        answer.on("end", () => reject(Object.assign(new Error(`answered ${answer.statusCode}: ${text}`),
          { status: answer.statusCode, problem: JSON.parse(text) })));
      });
    }));
    return peer;
  }

  static customer(server, entryPoint, who = "visitor") {
    return Peer.connect(server, `/chat?entryPoint=${entryPoint}`, who);
  }

  static async agent(server, name = "anna") {
    const agent = await Peer.connect(server, `/agents/${name}/socket`, name);
    await agent.ask("state", { state: "available" });
    return agent;
  }

  static bot(server, name = "cognigy") {
    return Peer.connect(server, `/bots/${name}/socket`, name);
  }

  send(type, members = {}) {
    this.socket.send(JSON.stringify({ type, ...members }));
  }

  // Sends a frame with an id; what is answered to it: done, or a problem.
  async ask(type, members = {}) {
    const id = `${this.#name}-${++this.#asked}`;
    this.send(type, { id, ...members });
    return this.hear(`the answer to ${type}`, (f) => (f.type === "done" || f.type === "problem") && f.id === id);
  }

  // The next frame of this type (or that a function wants), past or to come.
  hear(what, wanted = (f) => f.type === what) {
    const heard = new Promise((resolve, reject) => {
      const at = this.frames.findIndex(wanted);
      const wait = { wanted, resolve, reject, what };
      if (at >= 0) resolve(this.frames.splice(at, 1)[0]);
      else if (this.closed) this.#giveUp(wait);
      else this.#waiting.push(wait);
    });
    return within(`hearing ${what}; heard: ${this.all.map((f) => f.type)}`, heard);
  }

  async close() {
    this.socket.close(1000);
    return this.over;
  }

  // The line is cut without a word.
  cut() {
    this.socket.terminate();
    return this.over;
  }

  #hear(frame) {
    this.all.push(frame);
    const at = this.#waiting.findIndex((wait) => wait.wanted(frame));
    if (at >= 0) this.#waiting.splice(at, 1)[0].resolve(frame);
    else this.frames.push(frame);
  }

  #giveUp({ what, reject }) {
    reject(new Error(`${what}: closed with ${this.closed.code} ${this.closed.reason}`));
  }
}
