// announce.test.mjs - a waiting customer hears the place in the conversation itself, over whatever channel it comes.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { Peer } from "./support/peer.mjs";
import { finish, idle } from "./support/story.mjs";
import { Server } from "./support/server.mjs";

let server, bot, supervisor, admin;

before(async () => {
  server = await Server.start();
  [supervisor, admin] = [server.as("supervisor"), server.as("admin")];
  bot = await Peer.bot(server);
});
after(() => server?.remove());

test("told at once and again while it waits, also over kill -9", async () => {
  const put = await admin("PUT", "/queues/desk", { name: "Help desk", skills: ["AgentSkill"], announcements: [
    { text: "Welcome to {queue}: you are number {position}." },
    { after: 2, text: "Still number {position}." },
    { after: 1, text: "About {minutes} minutes." },
  ] });
  assert.equal(put.status, 200, JSON.stringify(put.body));
  const { customer, id } = await idle(server, bot);
  assert.equal((await supervisor("POST", `/sessions/${id}/transfer`, { queueId: "desk" })).status, 200);
  const first = await customer.hear("the welcome", (f) => f.type === "message" && f.from === "system");
  assert.equal(first.text, "Welcome to Help desk: you are number 1.");
  assert.equal(first.author, "Help desk");
  await server.stop("SIGKILL");
  await server.up();
  const again = await Peer.connect(server, `/sessions/${id}/socket`, customer.all[0].token);
  await again.hear("the second", (f) => f.type === "message" && f.text === "Still number 1.");
  const { messages } = (await supervisor("GET", `/sessions/${id}/messages`)).body;
  assert.deepEqual(messages.filter((m) => m.from === "system").map((m) => m.text),
    ["Welcome to Help desk: you are number 1.", "Still number 1."]);
  const story = (await supervisor("GET", `/sessions/${id}/explain`)).text;
  assert.match(story, /at place 1 of queue 'desk' and was told so\./);
  assert.match(story, /nothing was said, for the wait cannot be estimated yet/);
  await finish(server, id);
});

// It comes back if the place is sent at once while session.opened waits for the disk: a script has queued them already.
test("who is queued at once hears session.opened first, then the place", async () => {
  for (const [resource, body] of [["/scripts/straight", { source: 'r = Transfer(session.id, "support")\n' }],
    ["/entryPoints/straight", { script: "straight" }]]) {
    assert.equal((await admin("PUT", resource, body)).status, 200);
  }
  for (let i = 1; i <= 5; i++) {
    const customer = await Peer.customer(server, "straight");
    assert.equal((await customer.hear("queue")).position, i);
    assert.equal(customer.all[0].type, "session.opened");
  }
});

test("a word that cannot be filled in is refused with the one that was meant", async () => {
  const refused = await admin("PATCH", "/queues/desk", { announcements: [{ text: "Number {postion}" }] });
  assert.equal(refused.status, 422);
  assert.equal(refused.body.pointer, "/announcements/0/text");
  assert.match(refused.body.detail, /did you mean "position"/);
});
