// desk.mjs - a centre whose queue is served by a desk outside, and the platform at which that desk is: another Baton, with
// its Genesys-compatible API, or a stub that misbehaves.
import fs from "node:fs";
import net from "node:net";
import { CLIENTS, HOOK_SECRET, SECRETS } from "./genesys.mjs";
import { newServer } from "./genesys.mjs";

// A port that is free now, for servers that must know each other's before they start.
export function freePort() {
  return new Promise((resolve) => {
    const probe = net.createServer().listen(0, "127.0.0.1", () => {
      const { port } = probe.address();
      probe.close(() => resolve(port));
    });
  });
}

const TOKEN_LINES = `
tokens:
  - { role: visitor,    token: test-visitor-token }
  - { role: supervisor, token: test-supervisor-token, name: supervisor }
  - { role: admin,      token: test-admin-token-x, name: admin }`;

const CENTRE = (platform, options) => `
centre: here
listen: 127.0.0.1:0
visitors: true${TOKEN_LINES}
rates: { visitor: 0, supervisor: 0, admin: 0, customer: 0 }
queues:
  - { id: support, name: Support, desk: contact${options.queue ?? ""} }
  - { id: spare, name: Spare }
scripts: [{ name: greets, file: greets.studio }]
entryPoints:
  - { id: chat, script: greets, fallback: spare, customerGrace: 2, files: ["image/*"] }
desks:
  - { id: contact, name: Contact centre, type: genesys, url: "http://127.0.0.1:${platform}", clientId: admin-client,
      clientSecret: "env:TEST_GENESYS_ADMIN", integration: web, webhookSecret: "env:TEST_GENESYS_HOOK"${options.desk ?? ""} }
publicUrl: "http://127.0.0.1:${options.port}"
`;
const GREETS = `Say("Hello, I am the robot.")
r = Transfer(session.id, "support", "reason:Wants a person")
IF r.code != 200
  Say("refused: " + r.refusal)
ENDIF
`;

const PLATFORM = (here) => `
centre: there
listen: 127.0.0.1:0${TOKEN_LINES}
rates: { supervisor: 0, admin: 0, customer: 0, visitor: 0 }
queues: [{ id: agents, name: Agents, wrapUpTime: 600, offerTimeout: 300 }]
agents:
  - { id: anna, name: Anna, capacity: { message: 100 }, staysOnNoAnswer: true }
  - { id: bert, name: Bert, capacity: { message: 100 }, staysOnNoAnswer: true }
scripts: [{ name: takes, file: takes.studio }]
rest: { allow: ["127.0.0.1:${here}", "127.0.0.1/32"] }
entryPoints: [{ id: messages, script: takes, channel: message, fallback: agents }]
genesys:
  clients:${CLIENTS}
  retrySeconds: 1
  integrations:
    - { id: web, name: Web, entryPoint: messages, webhook: "http://127.0.0.1:${here}/desks/contact/webhook",
        secret: "env:TEST_GENESYS_HOOK" }
`;

export { HOOK_SECRET, SECRETS };

// The centre, which knows a platform at this port. Not started.
export async function newCentre(platform, options = {}) {
  const here = newServer();
  here.port = await freePort();
  fs.writeFileSync(`${here.data}/greets.studio`, GREETS);
  here.write(CENTRE(platform, { ...options, port: here.port }));
  return here;
}

// The centre and a Baton that is its platform. Both are up.
export async function pair(options = {}) {
  const there = newServer();
  there.port = await freePort();
  const here = await newCentre(there.port, options);
  fs.writeFileSync(`${there.data}/takes.studio`, `Transfer(session.id, "agents")\n`);
  there.write(PLATFORM(here.port));
  await there.up();
  await here.up();
  return { here, there };
}
