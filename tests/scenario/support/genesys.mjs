// genesys.mjs - the real purecloud-platform-client-v2 at our Genesys-compatible API, and a webhook that listens.
import crypto from "node:crypto";
import fs from "node:fs";
import http from "node:http";
import { createRequire } from "node:module";
import os from "node:os";
import path from "node:path";
import { eventually, Server } from "./server.mjs";

export const SECRETS = { admin: "secret-of-the-admin-client", boss: "secret-of-the-boss-client",
  anna: "secret-of-annas-client", bert: "secret-of-berts-client" };
export const HOOK_SECRET = "secret-of-the-webhook";
for (const [name, secret] of Object.entries(SECRETS)) process.env[`TEST_GENESYS_${name.toUpperCase()}`] = secret;
process.env.TEST_GENESYS_HOOK = HOOK_SECRET;
// The SDK watches a configuration file below HOME, and reads the environment once.
process.env.HOME = fs.mkdtempSync(path.join(os.tmpdir(), "baton-genesys-home-"));
process.on("exit", () => fs.rmSync(process.env.HOME, { recursive: true, force: true }));

export const sdk = createRequire(new URL("../../clients/package.json", import.meta.url))("purecloud-platform-client-v2");

export const CLIENTS = `
    - { id: admin-client, secret: "env:TEST_GENESYS_ADMIN", role: admin }
    - { id: boss-client, secret: "env:TEST_GENESYS_BOSS" }
    - { id: anna-client, secret: "env:TEST_GENESYS_ANNA", role: agent, user: anna }`;

// The SDK has one ApiClient for all: who logs in last asks.
export async function login(server, who = "admin") {
  const client = sdk.ApiClient.instance;
  client.setGateway({ protocol: "http", host: "127.0.0.1", port: server.port });
  await client.loginClientCredentialsGrant(`${who}-client`, SECRETS[who]);
  return client;
}

// What a call was refused with.
export async function refused(promise) {
  try {
    await promise;
  } catch (error) {
    return error.body ?? error.response?.data ?? error;
  }
  throw new Error("it was not refused");
}

// The platform's side of open messaging: what Baton sends out.
export class Webhook {
  heard = []; // {body, bytes, headers, at}
  answer = () => 200; // (body, count) => status, or a promise of it; 0 cuts the line
  #listeners = [];

  async up(port = 0) {
    this.server = http.createServer((request, reply) => {
      const parts = [];
      request.on("data", (part) => parts.push(part));
      request.on("end", async () => {
        const bytes = Buffer.concat(parts);
        const one = { body: JSON.parse(bytes), bytes, headers: request.headers, at: Date.now() };
        this.heard.push(one);
        const status = await this.answer(one.body, this.heard.length);
        one.status = status;
        if (status === 0) return request.socket.destroy();
        reply.writeHead(status).end();
      });
    });
    await new Promise((resolve) => this.server.listen(port, "127.0.0.1", resolve));
    this.port = this.server.address().port;
    this.url = `http://127.0.0.1:${this.port}/hook`;
    return this;
  }

  down() {
    this.server.closeAllConnections();
    return new Promise((resolve) => this.server.close(resolve));
  }

  // The first that fits, past or to come.
  hears(what, wanted) {
    return eventually(`the webhook hears ${what}`, () => this.heard.find((h) => wanted(h.body)));
  }

  texts(conversation) {
    return this.heard.filter((h) => h.status === 200 && h.body.conversationId === conversation && h.body.type === "Text")
      .map((h) => h.body.text);
  }

  static signed({ bytes, headers }, secret = HOOK_SECRET) {
    return headers["x-hub-signature-256"] ===
      `sha256=${crypto.createHmac("sha256", secret).update(bytes).digest("base64")}`;
  }
}

let count = 0;
export const inbound = (from, text, more = {}) => ({
  channel: { from: { id: from, idType: "Opaque", nickname: "Cora", ...more.from }, time: new Date().toISOString(),
    messageId: `m-${process.pid}-${++count}`, ...more.channel },
  ...(text === undefined ? {} : { text }), ...more.body });

// What a conversation has in it: the last participant of a purpose, or all of them.
export const party = (conversation, purpose) => conversation.participants.findLast((p) => p.purpose === purpose);

export function newServer() {
  return new Server("");
}
