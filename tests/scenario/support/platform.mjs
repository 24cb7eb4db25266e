// platform.mjs - a platform at which a desk is, as small as it can be, which misbehaves when it is told to.
import crypto from "node:crypto";
import http from "node:http";
import { createRequire } from "node:module";
import { HOOK_SECRET } from "./genesys.mjs";
import { eventually } from "./server.mjs";

const { WebSocketServer } = createRequire(new URL("../../clients/package.json", import.meta.url))("ws");

export const LOST = -1; // it is taken, and the answer does not arrive

export class Platform {
  heard = []; // every request: {what, path, body, at, status}
  conversations = new Map(); // by id: {id, from, messages, agent, over}
  sockets = new Set();
  misbehave = () => undefined; // (what, body) => status, [status, headers], 0 to cut the line, LOST, or a promise of it
  expires = 3600;
  shows = (conversation) => conversation; // what is shown of one, in its place
  #known = new Map(); // messageId and time → answer
  #tokens = 0;

  async up(port = this.port ?? 0) {
    this.server = http.createServer((request, reply) => this.#serve(request, reply));
    this.streams = new WebSocketServer({ server: this.server });
    this.streams.on("connection", (socket) => {
      this.sockets.add(socket);
      socket.on("close", () => this.sockets.delete(socket));
    });
    await new Promise((resolve) => this.server.listen(port, "127.0.0.1", resolve));
    this.port = this.server.address().port;
    this.url = `http://127.0.0.1:${this.port}`;
    return this;
  }

  down() {
    for (const socket of this.sockets) socket.terminate();
    this.server.closeAllConnections();
    return new Promise((resolve) => this.server.close(resolve));
  }

  async #serve(request, reply) {
    const parts = [];
    for await (const part of request) parts.push(part);
    const text = Buffer.concat(parts).toString();
    const path = request.url.replace(/^\/api\/v2/, "").split("?")[0];
    const body = text.startsWith("{") || text.startsWith("[") ? JSON.parse(text) : text;
    const what = path === "/oauth/token" ? "token"
      : path === "/notifications/channels" ? "channel"
      : path.endsWith("/subscriptions") ? "subscribe"
      : path.endsWith("/message") ? "message"
      : path.endsWith("/event") ? "event"
      : path.endsWith("/receipt") ? "receipt"
      : path.endsWith("/disconnect") ? "disconnect" : "look";
    const one = { what, path, body, at: Date.now(), authorization: request.headers.authorization };
    this.heard.push(one);
    const wrong = await this.misbehave(what, body);
    const [status, headers] = Array.isArray(wrong) ? wrong : [wrong, {}];
    one.status = status ?? 200;
    if (status === 0) return request.socket.destroy();
    if (status === LOST) {
      this.#answer(what, path, body);
      return request.socket.destroy();
    }
    if (status !== undefined && status >= 300) return reply.writeHead(status, headers).end("{}");
    if (what !== "token" && one.authorization !== `Bearer token-${this.#tokens}`) {
      one.status = 401;
      return reply.writeHead(401).end("{}");
    }
    const answer = this.#answer(what, path, body);
    if (answer === undefined) return reply.writeHead(404).end("{}");
    reply.writeHead(200, { "Content-Type": "application/json" }).end(JSON.stringify(answer));
  }

  #answer(what, path, body) {
    switch (what) {
      case "token": return { access_token: `token-${++this.#tokens}`, expires_in: this.expires };
      case "channel": return { id: "one", connectUri: this.connectUri ?? `ws://127.0.0.1:${this.port}/channels/one`, expires: "" };
      case "subscribe": return { entities: body };
      case "message": return this.#take(body);
      case "look": return this.shows(this.#show(path.split("/").at(-1)));
      case "disconnect": {
        const c = this.conversations.get(path.split("/").at(-2));
        if (c) c.over = true;
        return c && {};
      }
      default: return {};
    }
  }

  #take(body) {
    const key = `${body.channel.messageId} ${body.channel.time}`;
    if (this.#known.has(key)) return this.#known.get(key);
    const from = body.channel.from.id;
    let c = [...this.conversations.values()].find((one) => one.from === from && !one.over);
    if (!c) {
      c = { id: crypto.randomUUID(), from, messages: [], agent: null, over: false };
      this.conversations.set(c.id, c);
    }
    c.messages.push(body.text);
    const answer = { id: crypto.randomUUID(), conversationId: c.id };
    this.#known.set(key, answer);
    return answer;
  }

  #show(id) {
    const c = this.conversations.get(id);
    if (!c) return undefined;
    const state = (there) => (there ? "connected" : "disconnected");
    return { id, participants: [{ id: "c", purpose: "customer", state: state(!c.over) },
      { id: "q", purpose: "acd", state: state(!c.over && !c.agent) },
      ...(c.agent ? [{ id: "a", purpose: "agent", name: c.agent, state: state(!c.over) }] : [])] };
  }

  // The conversation of a session; looked for until it is there.
  of(session) {
    return eventually("the conversation", () => [...this.conversations.values()].findLast((c) => c.from.startsWith(`${session}.`)));
  }

  // What a notification channel would say; lost if nobody listens.
  stir(c, what = "user.start", written = (frame) => frame) {
    const frame = { topicName: `v2.detail.events.conversation.${c.id}.${what}`, version: "2", eventBody: { conversationId: c.id } };
    for (const socket of this.sockets) socket.send(written(JSON.stringify(frame)));
  }

  answers(c, name = "Ada") {
    c.agent = name;
    this.stir(c);
  }

  leaves(c) {
    c.over = true;
    this.stir(c, "user.end");
  }

  // What the webhook at @server is told. Returns the status.
  async says(server, c, text, { id = crypto.randomUUID(), secret = HOOK_SECRET, more = {}, spoil = (b) => b } = {}) {
    const body = JSON.stringify({ id, channel: { id: "ch", platform: "Open", type: "Private", to: { id: c.from },
      from: { nickname: c.agent ?? "Robot", id: "x", idType: "Opaque" }, time: new Date().toISOString(), messageId: id },
    type: "Text", text, originatingEntity: "Human", direction: "Outbound", conversationId: c.id, ...more });
    const signature = `sha256=${crypto.createHmac("sha256", secret).update(body).digest("base64")}`;
    return (await server.ask("POST", "/desks/contact/webhook", { body: spoil(body),
      headers: secret === "" ? {} : { "X-Hub-Signature-256": signature } })).status;
  }

  // Calls of a kind about a session, in the order in which they came.
  calls(what, session) {
    return this.heard.filter((h) => h.what === what && (!session || JSON.stringify(h.body ?? "").includes(session)));
  }
}
