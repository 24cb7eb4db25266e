// genesys_api.test.mjs - OAuth, routing, users and conversations over the real purecloud-platform-client-v2.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { Table } from "./support/compatibility.mjs";
import { CLIENTS, login, newServer, party, refused, sdk, SECRETS } from "./support/genesys.mjs";
import { eventually } from "./support/server.mjs";

const table = new Table("genesys", { title: "Genesys-compatible API: login, routing, users, conversations",
  client: "`purecloud-platform-client-v2` 262.0.0, over real sockets" });
const CENTRE = `
centre: genesys
listen: 127.0.0.1:0
tokens:
  - { role: visitor,    token: test-visitor-token, name: web }
  - { role: bot,        token: test-bot-cognigy-token, subject: cognigy }
  - { role: supervisor, token: test-supervisor-token, name: supervisor }
skills: [AgentSkill, French]
queues:
  - { id: support, name: Support, skills: [AgentSkill], wrapUpTime: 600, offerTimeout: 300 }
  - { id: second, name: Second level, wrapUpTime: 600, offerTimeout: 300 }
agents:
  - { id: anna, name: Anna, skills: [{ name: AgentSkill, proficiency: 3 }], capacity: { message: 50 } }
  - { id: bert, name: Bert, queues: [second], capacity: { message: 50 } }
bots: [{ id: cognigy, name: Cognigy }]
scripts: [{ name: talks, file: talks.studio }]
entryPoints:
  - { id: messages, script: talks, channel: message, fallback: support }
  - { id: bot, bot: cognigy, channel: message, fallback: support }
genesys:
  clients:${CLIENTS}
    - { id: bert-client, secret: "env:TEST_GENESYS_BERT", role: agent, user: bert }
  entryPoint: messages
  wrapUpCodes: [Solved, "To be called back"]
`;

let server, supervisor;
const routing = new sdk.RoutingApi(), users = new sdk.UsersApi(), presence = new sdk.PresenceApi();
const conversations = new sdk.ConversationsApi(), tokens = new sdk.TokensApi();

before(async () => {
  server = newServer();
  (await import("node:fs")).writeFileSync(`${server.data}/talks.studio`, "Wait(600)\n");
  server.write(CENTRE);
  await server.up();
  supervisor = server.as("supervisor");
  await login(server);
});
after(async () => {
  await server?.remove();
  table.check();
});

const open = async (entryPoint = "messages") => {
  const { body } = await supervisor("POST", "/sessions", { entryPoint, customer: { id: "c-1", name: "Cora" },
    attributes: { topic: "billing", nested: { order: 7 } } });
  return body.id;
};
const conversation = (id) => conversations.getConversation(id);
const when = (id, what, wanted) => eventually(what, async () => {
  const found = await conversation(id);
  return wanted(found) ? found : null;
});
const alerts = (id) => when(id, "an agent alerts", (c) => party(c, "agent")?.state === "alerting");
// Anna is on the queue, and the conversation is hers.
async function active(entry) {
  await users.putUserRoutingstatus("anna", { status: "IDLE" });
  const id = await open(entry);
  await conversations.postConversationParticipantReplace(id, party(await conversation(id), "workflow").id,
    { queueId: "support" });
  const agent = party(await alerts(id), "agent");
  await conversations.patchConversationsMessageParticipant(id, agent.id, { body: { state: "connected" } });
  return { id, agent: party(await conversation(id), "agent") };
}
const finish = async (id) => {
  await supervisor("POST", `/sessions/${id}/end`);
  await supervisor("POST", `/sessions/${id}/complete`);
};

test("client credentials", table.works("POST /oauth/token (loginClientCredentialsGrant); GET, HEAD /tokens/me", async () => {
  const client = await login(server);
  assert.equal(client.authData.accessToken.length, 112);
  assert.ok(client.authData.tokenExpiryTime > Date.now() + 86_000_000);
  assert.equal((await tokens.getTokensMe()).OAuthClient.id, "admin-client");
  await tokens.headTokensMe();
}));

test("a client's id and secret as a form's values, and a scheme in any case", async () => {
  const escaped = Buffer.from(`admin-client:${SECRETS.admin.replaceAll("-", "%2D")}`).toString("base64");
  const { status, body } = await server.ask("POST", "/oauth/token", { body: "grant_type=client_credentials",
    headers: { "Content-Type": "application/x-www-form-urlencoded", Authorization: `basic ${escaped}` } });
  assert.deepEqual([status, body.token_type], [200, "bearer"]);
  assert.equal((await server.ask("GET", "/api/v2/users/me/", { headers: { Authorization: `bearer ${body.access_token}` } })).status, 200);
});

test("a wrong secret, no token, a foreign one, a wrong grant", table.works("errors of login and tokens: bad.credentials, authentication.required, invalid_client", async () => {
  const client = await login(server);
  const wrong = await refused(client.loginClientCredentialsGrant("admin-client", "guessed"));
  assert.equal(wrong.error, "invalid_client");
  const bare = await server.ask("GET", "/api/v2/users/me");
  assert.equal(bare.status, 401);
  assert.equal(bare.body.code, "authentication.required");
  const foreign = await server.ask("GET", "/api/v2/users/me", { token: "0".repeat(112) });
  assert.deepEqual([foreign.status, foreign.body.code], [401, "bad.credentials"]);
  for (const member of ["message", "code", "status", "contextId", "messageWithParams", "messageParams", "details", "errors"])
    assert.ok(member in foreign.body, member);
  await login(server);
}));

test("a token is given back, and stays so over a restart", table.works("DELETE /tokens/me", async () => {
  const client = await login(server);
  const old = client.authData.accessToken;
  await tokens.deleteTokensMe();
  assert.equal((await server.ask("GET", "/api/v2/users/me", { token: old })).status, 401);
  await login(server);
  const kept = client.authData.accessToken;
  await server.stop("SIGKILL");
  await server.up();
  assert.equal((await server.ask("GET", "/api/v2/users/me", { token: old })).status, 401);
  assert.equal((await server.ask("GET", "/api/v2/users/me", { token: kept })).status, 200);
}));

test("who am I", table.works("GET /users/me?expand=", async () => {
  await login(server, "anna");
  const me = await users.getUsersMe({ expand: ["routingStatus", "presence", "skills"] });
  assert.equal(me.id, "anna");
  assert.equal(me.name, "Anna");
  assert.equal(me.routingStatus.status, "OFF_QUEUE");
  assert.equal(me.presence.presenceDefinition.systemPresence, "OFFLINE");
  assert.equal(me.skills[0].name, "AgentSkill");
  await login(server);
  assert.equal((await users.getUsersMe()).id, "admin-client");
}));

test("queues: made, listed, changed, taken away", table.works("POST, GET /routing/queues (name filter with *, paging); GET, PUT, DELETE /routing/queues/{q}", async () => {
  const made = await routing.postRoutingQueues({ name: "Returns", description: "What comes back",
    skillEvaluationMethod: "BEST", scoringMethod: "TimestampAndPriority",
    mediaSettings: { message: { alertingTimeoutSeconds: 45, serviceLevel: { percentage: 0.9, durationMs: 30000 } } },
    acwSettings: { wrapupPrompt: "OPTIONAL", timeoutMs: 20000 } });
  const read = await routing.getRoutingQueue(made.id);
  assert.deepEqual(read, made);
  assert.equal(read.description, "What comes back");
  assert.equal(read.mediaSettings.message.alertingTimeoutSeconds, 45);
  assert.equal(read.mediaSettings.message.serviceLevel.durationMs, 30000);
  assert.equal(read.mediaSettings.message.serviceLevel.percentage, 0.9);
  assert.equal(read.acwSettings.wrapupPrompt, "OPTIONAL");
  assert.equal(read.skillEvaluationMethod, "BEST");
  assert.equal(read.scoringMethod, "TimestampAndPriority");
  const ours = await supervisor("GET", `/queues/${made.id}/configuration`);
  assert.deepEqual([ours.body.configuration.offerTimeout, ours.body.configuration.ageing, ours.body.configuration.strategy], [45, 1, "most_skilled"]);

  const list = await routing.getRoutingQueues({ name: "Se*", pageSize: 1, pageNumber: 1 });
  assert.deepEqual([list.total, list.pageCount, list.entities[0].id], [1, 1, "second"]);
  assert.deepEqual((await users.getUsers({ id: ["bert"] })).entities.map((u) => u.id), ["bert"]);
  const ids = async (id) => (await routing.getRoutingQueues({ id })).entities.map((q) => q.id);
  assert.deepEqual(await ids(["second"]), ["second"]);
  assert.deepEqual((await ids([made.id, "second", "nowhere"])).sort(), [made.id, "second"].sort());
  assert.deepEqual(await ids(["nowhere"]), []);
  const page = await routing.getRoutingQueues({ pageSize: 2, pageNumber: 2 });
  assert.deepEqual([page.entities.length, page.total, page.pageNumber], [1, 3, 2]);
  for (const uri of ["firstUri", "previousUri", "lastUri", "selfUri"]) assert.match(page[uri], /pageSize=2/, uri);
  assert.equal(page.nextUri, undefined);

  const changed = await routing.putRoutingQueue(made.id, { name: "Returned", scoringMethod: "PriorityOnly" });
  assert.deepEqual([changed.name, changed.scoringMethod, changed.description],
    ["Returned", "PriorityOnly", "What comes back"]);
  assert.equal((await refused(routing.postRoutingQueues({ name: "Returned" }))).code, "general.conflict");
  assert.equal((await refused(routing.postRoutingQueues({}))).details[0].fieldName, "name");
  assert.equal((await refused(routing.postRoutingQueues({ name: "x", scoringMethod: "Guess" }))).code, "invalid.value");
  await routing.deleteRoutingQueue(made.id);
  const gone = await refused(routing.getRoutingQueue(made.id));
  assert.deepEqual([gone.status, gone.code, gone.entityId], [404, "not.found", made.id]);
}));

test("PATCH of a queue", table.works("PATCH /routing/queues/{q}", async () => {
  const { status, body } = await server.ask("PATCH", "/api/v2/routing/queues/second", {
    token: sdk.ApiClient.instance.authData.accessToken,
    body: { mediaSettings: { message: { alertingTimeoutSeconds: 200 } } } });
  assert.deepEqual([status, body.mediaSettings.message.alertingTimeoutSeconds], [200, 200]);
}));

test("members of a queue, and their rings", table.works("POST, GET, DELETE /routing/queues/{q}/members (up to 100, ?delete=); PATCH …/members/{u} {joined, ringNumber}", async () => {
  const queue = await routing.postRoutingQueues({ name: "Rings", bullseye: { rings: [
    { expansionCriteria: [{ type: "TIMEOUT_SECONDS", threshold: 30 }], actions: { skillsToRemove: [{ name: "French", id: "French" }] } },
    { expansionCriteria: [{ type: "TIMEOUT_SECONDS", threshold: 60 }] }] } });
  await routing.postRoutingQueueMembers(queue.id, [{ id: "bert" }]);
  let members = (await routing.getRoutingQueueMembers(queue.id)).entities;
  assert.deepEqual(members.map((m) => m.id).sort(), ["anna", "bert"]); // anna serves every queue
  await routing.patchRoutingQueueMember(queue.id, "bert", { id: "bert", ringNumber: 2 });
  const rings = (await supervisor("GET", `/queues/${queue.id}/configuration`)).body.configuration.rings;
  assert.deepEqual(rings[0], { after: 30, without: ["French"], agents: ["bert"] });
  await routing.patchRoutingQueueMember(queue.id, "bert", { id: "bert", joined: false, ringNumber: 1 });
  members = (await routing.getRoutingQueueMembers(queue.id)).entities;
  assert.deepEqual(members.find((m) => m.id === "bert").joined, false);
  assert.deepEqual((await routing.getRoutingQueueMembers(queue.id, { joined: true })).entities.map((m) => m.id), ["anna"]);
  await routing.postRoutingQueueMembers(queue.id, [{ id: "bert" }], { _delete: true });
  await routing.deleteRoutingQueueMember(queue.id, "anna");
  assert.deepEqual((await routing.getRoutingQueueMembers(queue.id)).entities, []);
  const many = Array.from({ length: 101 }, () => ({ id: "bert" }));
  assert.equal((await refused(routing.postRoutingQueueMembers(queue.id, many))).status, 400);
  assert.equal((await refused(routing.postRoutingQueueMembers(queue.id, [{ id: "nobody" }]))).code, "not.found");
  await routing.postRoutingQueueMembers("support", [{ id: "anna" }]); // whose queues are a list by now
  await routing.deleteRoutingQueue(queue.id);
}));

test("estimated waits", table.works("GET …/estimatedwaittime and …/mediatypes/{m}/estimatedwaittime", async () => {
  const { results } = await routing.getRoutingQueueEstimatedwaittime("support");
  assert.equal(results[0].intent, "ALL");
  const of = await routing.getRoutingQueueMediatypeEstimatedwaittime("support", "message");
  assert.equal(of.results[0].intent, "message");
}));

test("skills, and those of a user", table.works("POST, GET /routing/skills; POST, GET /users/{u}/routingskills {id, proficiency 0.0–5.0}", async () => {
  const skill = await routing.postRoutingSkills({ name: "Spanish" });
  assert.equal(skill.name, "Spanish");
  assert.ok((await routing.getRoutingSkills()).entities.some((s) => s.id === skill.id));
  for (const proficiency of [0, 0.5, 1, 1.5, 2, 2.5, 3, 3.5, 4, 4.5, 5]) {
    const given = await users.postUserRoutingskills("bert", { id: skill.id, proficiency });
    assert.equal(given.proficiency, proficiency);
  }
  const { body } = await supervisor("GET", "/agents/bert/configuration");
  assert.deepEqual(body.configuration.skills, [{ name: "Spanish", proficiency: 1 }]); // 1 is our best
  assert.equal((await users.getUserRoutingskills("bert")).entities[0].proficiency, 5);
  assert.equal((await refused(users.postUserRoutingskills("bert", { id: skill.id, proficiency: 6 }))).code, "invalid.value");
  assert.equal((await refused(users.postUserRoutingskills("bert", { id: "Elvish", proficiency: 1 }))).code, "invalid.value");
}));

test("routing status and presence", table.works("PUT /users/{u}/routingstatus; PATCH /users/{u}/presences/purecloud", async () => {
  assert.equal((await users.putUserRoutingstatus("bert", { status: "IDLE" })).status, "IDLE");
  assert.equal((await supervisor("GET", "/agents/bert")).body.state, "available");
  assert.equal((await users.putUserRoutingstatus("bert", { status: "OFF_QUEUE" })).status, "OFF_QUEUE");
  assert.equal((await users.putUserRoutingstatus("bert", { status: "NOT_RESPONDING" })).status, "NOT_RESPONDING");
  const meal = await presence.patchUserPresencesPurecloud("bert", { presenceDefinition: { systemPresence: "MEAL" } });
  assert.equal(meal.presenceDefinition.systemPresence, "MEAL");
  assert.equal((await users.getUserRoutingstatus("bert")).status, "OFF_QUEUE");
  const on = await presence.patchUserPresencesPurecloud("bert", { presenceDefinition: { id: "ON_QUEUE" } });
  assert.equal(on.presenceDefinition.systemPresence, "ON_QUEUE");
  const foreign = await presence.patchUserPresencesPurecloud("bert", { presenceDefinition: { id: "e08eaf1b-ee47-4fa9-a231-1200e284798f", systemPresence: "On Queue" } });
  assert.equal(foreign.presenceDefinition.systemPresence, "ON_QUEUE");
  const off = await presence.patchUserPresencesPurecloud("bert", { presenceDefinition: { systemPresence: "OFFLINE" } });
  assert.equal(off.presenceDefinition.systemPresence, "OFFLINE");
  assert.equal((await refused(users.putUserRoutingstatus("bert", { status: "ASLEEP" }))).details[0].fieldName, "status");
}));

test("a conversation from script to agent to its end", table.works("GET /conversations/{c}, /conversations/messages/{c}; PATCH …/participants/{p} {state, wrapup, held}; …/communications/{k} {state}; POST …/wrapup; GET …/wrapupcodes", async () => {
  await users.putUserRoutingstatus("anna", { status: "IDLE" });
  const id = await open();
  const first = await conversation(id);
  assert.deepEqual(first.participants.map((p) => [p.purpose, p.state]), [["customer", "connected"], ["workflow", "connected"]]);
  assert.deepEqual(first.participants[0].attributes, { topic: "billing", nested: '{"order":7}' });
  await conversations.postConversationParticipantReplace(id, first.participants[1].id, { queueId: "support" });
  const waiting = await alerts(id);
  const acd = party(waiting, "acd"), agent = party(waiting, "agent");
  assert.deepEqual([acd.state, acd.queueId, acd.conversationRoutingData.skills[0].id], ["connected", "support", "AgentSkill"]);
  assert.deepEqual([agent.state, agent.userId, agent.messages[0].state], ["alerting", "anna", "alerting"]);
  assert.deepEqual([party(waiting, "workflow").state, party(waiting, "workflow").disconnectType], ["disconnected", "transfer"]);
  assert.equal((await users.getUserRoutingstatus("anna")).status, "INTERACTING");

  await conversations.patchConversationsMessageParticipant(id, agent.id, { body: { state: "connected" } });
  const active = await conversations.getConversationsMessage(id);
  assert.equal(party(active, "agent").id, agent.id); // the same leg
  assert.deepEqual([party(active, "agent").state, party(active, "acd").disconnectType], ["connected", "transfer"]);
  await conversations.patchConversationsMessageParticipant(id, agent.id, { body: { held: true } });

  const codes = await conversations.getConversationsMessageParticipantWrapupcodes(id, agent.id);
  assert.deepEqual(codes.map((c) => c.name), ["Solved", "To be called back"]);
  await conversations.patchConversationsMessageParticipantCommunication(id, agent.id, agent.messages[0].id, { state: "disconnected" });
  const wrapping = party(await conversation(id), "agent");
  assert.deepEqual([wrapping.state, wrapping.wrapupRequired, wrapping.messages[0].afterCallWorkRequired], ["disconnected", true, true]);
  await conversations.postConversationsMessageParticipantCommunicationWrapup(id, agent.id, agent.messages[0].id,
    { body: { code: "Solved", notes: "All is well." } });
  const over = await conversation(id); // a finished one is still read
  assert.equal(party(over, "agent").wrapup.code, "Solved");
  assert.ok(party(over, "agent").endAcwTime);
  assert.ok(over.endTime);
  assert.equal(party(over, "customer").state, "disconnected");
  assert.equal((await conversations.getConversationsMessageParticipantWrapup(id, agent.id)).notes, "All is well.");
}));

test("an outcome together with the end", async () => {
  const { id, agent } = await active();
  const leave = (code) => conversations.patchConversationsMessageParticipant(id, agent.id, { body: { state: "disconnected", wrapup: { code, notes: "n" } } });
  assert.equal((await refused(leave(""))).status, 400);
  assert.equal(party(await conversation(id), "agent").state, "connected");
  await leave("Solved");
  const over = await conversation(id);
  assert.deepEqual([party(over, "agent").wrapup.code, party(over, "agent").messages[0].afterCallWorkRequired], ["Solved", false]);
  assert.ok(over.endTime);
  assert.ok(!(await conversations.getConversations()).entities.some((c) => c.id === id));
});

test("an accept that comes too late", table.works("postino.error.answer.not.alerting (400)", async () => {
  await users.putUserRoutingstatus("anna", { status: "IDLE" });
  const id = await open();
  await conversations.postConversationParticipantReplace(id, party(await conversation(id), "workflow").id, { queueId: "support" });
  const agent = party(await alerts(id), "agent");
  await supervisor("POST", `/sessions/${id}/leave`); // the customer goes
  const late = await refused(conversations.patchConversationsMessageParticipant(id, agent.id, { body: { state: "connected" } }));
  assert.deepEqual([late.status, late.code], [400, "postino.error.answer.not.alerting"]);
}));

test("an offer is declined, and the session keeps waiting", table.works("PATCH …/participants/{p} {state: disconnected} while alerting: declined", async () => {
  await users.putUserRoutingstatus("anna", { status: "IDLE" });
  const id = await open();
  await conversations.postConversationParticipantReplace(id, party(await conversation(id), "workflow").id, { queueId: "support" });
  const agent = party(await alerts(id), "agent");
  await conversations.patchConversationsMessageParticipant(id, agent.id, { body: { state: "disconnected" } });
  const next = await conversation(id);
  assert.equal(next.participants.find((p) => p.id === agent.id).state, "disconnected");
  assert.equal(party(next, "acd").state, "connected");
  assert.equal(next.endTime, undefined); // not taken for the end
  await finish(id);
}));

test("what an agent says is read again", table.works("POST /conversations/messages/{c}/communications/{k}/messages {textBody}; GET …/messages/{m}", async () => {
  const { id, agent } = await active();
  const said = await conversations.postConversationsMessageCommunicationMessages(id, agent.messages[0].id, { textBody: "Grüße 🎉" });
  assert.equal(said.textBody, "Grüße 🎉");
  const none = await refused(conversations.getConversationsMessageMessage(id, said.id));
  assert.deepEqual([none.status, none.code, none.messageParams.refusal], [403, "not.authorized", "no_grant"]);
  assert.ok(none.details.some((d) => d.errorCode === "remedy" && /grants/.test(d.entityName)), JSON.stringify(none.details));
  const grant = { to: "admin-client", until: new Date(Date.now() + 3600_000).toISOString(), why: "what was said" };
  assert.equal((await supervisor("POST", "/grants", grant)).status, 201);
  const read = await conversations.getConversationsMessageMessage(id, said.id);
  assert.deepEqual([read.textBody, read.direction, read.conversationId], ["Grüße 🎉", "outbound", id]);
  const listed = party(await conversation(id), "agent").messages[0].messages;
  assert.ok(listed.some((m) => m.messageId === said.id));
  const { body } = await supervisor("GET", `/sessions/${id}/messages`);
  assert.deepEqual(body.messages.map((m) => [m.from, m.author, m.text]), [["agent", "anna", "Grüße 🎉"]]);
  assert.equal((await refused(conversations.postConversationsMessageCommunicationMessages(id, agent.messages[0].id, {}))).details[0].fieldName, "textBody");
  await finish(id);
}));

test("transfers answer 202, and are seen in recentTransfers", table.works("POST …/participants/{p}/replace, …/replace/queue, …/replace/agent; of chats, messages, calls, callbacks", async () => {
  const { id, agent } = await active();
  await users.putUserRoutingstatus("bert", { status: "IDLE" });
  const answer = await server.ask("POST", `/api/v2/conversations/messages/${id}/participants/${agent.id}/replace`, {
    token: sdk.ApiClient.instance.authData.accessToken, body: { queueId: "second" } });
  assert.deepEqual([answer.status, answer.text], [202, ""]);
  let now = await when(id, "bert alerts", (c) => party(c, "agent").userId === "bert");
  assert.deepEqual([now.recentTransfers.at(-1).state, now.recentTransfers.at(-1).destination.queueId], ["Active", "second"]);
  assert.equal(now.recentTransfers.at(-1).initiator.userId, "anna");
  await conversations.patchConversationsMessageParticipant(id, party(now, "agent").id, { body: { state: "connected" } });
  now = await conversation(id);
  assert.equal(now.recentTransfers.at(-1).state, "Complete");
  // back to anna, whichever way it is asked for
  await conversations.postConversationParticipantReplaceAgent(id, party(now, "agent").id, { transferType: "Unattended", userId: "anna" });
  now = await when(id, "anna alerts", (c) => party(c, "agent").userId === "anna" && party(c, "agent").state === "alerting");
  assert.equal(now.recentTransfers.at(-1).destination.userId, "anna");
  await conversations.postConversationParticipantReplaceQueue(id, party(now, "acd").id, { transferType: "Unattended", queueName: "Second level" });
  await conversations.postConversationsCallParticipantReplace(id, party(await conversation(id), "acd").id, { queueId: "support" });
  await conversations.postConversationsCallbackParticipantReplace(id, party(await conversation(id), "acd").id, { queueId: "second" });
  await conversations.postConversationsMessageParticipantReplace(id, party(await conversation(id), "acd").id, { address: "support" });
  await finish(id);
  assert.equal((await conversation(id)).recentTransfers.at(-1).state, "Failed");
}));

test("refused transfers say why, and what would help", table.works("transfer errors: destination.required, same.party, not.connected, queue.not.found; ours in messageParams.refusal and details", async () => {
  const { id, agent } = await active();
  const replace = (body, who = agent) => refused(conversations.postConversationParticipantReplace(id, who.id, body));
  assert.equal((await replace({})).code, "conversations.error.transfer.destination.required");
  assert.equal((await replace({ userId: "anna" })).code, "conversations.error.transfer.same.party");
  assert.equal((await replace({ queueId: "support" }, party(await conversation(id), "workflow"))).code,
    "conversations.error.transfer.not.connected");
  const unknown = await replace({ queueId: "nowhere" });
  assert.deepEqual([unknown.status, unknown.code, unknown.messageParams.refusal],
    [404, "conversations.error.queue.not.found", "unknown_target"]);
  assert.ok(unknown.details.some((d) => d.errorCode === "remedy" && d.entityName));
  assert.equal((await replace({ userId: "nobody" })).code, "not.found");
  await supervisor("POST", "/queues/second/pause", { reason: "Lunch" });
  const paused = await replace({ queueId: "second" });
  assert.deepEqual([paused.status, paused.code, paused.messageParams.refusal], [409, "general.conflict", "queue_paused"]);
  await supervisor("POST", "/queues/second/open");
  const nobody = await refused(conversations.getConversation("01890000-0000-7000-8000-000000000000"));
  assert.deepEqual([nobody.status, nobody.code], [404, "conversation.error.conversation.not.found"]);
  const stranger = await refused(conversations.postConversationParticipantReplace(id, "nobody", { queueId: "second" }));
  assert.equal(stranger.code, "not.found");
  await finish(id);
}));

// The participant of that agent which came last.
const of = (c, user) => c.participants.filter((p) => p.purpose === "agent" && p.userId === user).at(-1);
const states = (c) => [of(c, "anna")?.state, of(c, "bert")?.state, c.recentTransfers.at(-1)?.state];
const attended = "transferType: Attended (…/replace/queue, …/replace/agent): the agent stays until the transfer is accepted";

test("an attended transfer keeps the agent until somebody accepts", table.works(attended, async () => {
  const { id, agent } = await active();
  await users.putUserRoutingstatus("bert", { status: "IDLE" });
  for (const [how, body] of [["postConversationParticipantReplaceQueue", { queueId: "second" }], ["postConversationParticipantReplaceAgent", { userId: "bert" }]]) {
    const here = of(await conversation(id), "anna");
    await conversations[how](id, here.id, { transferType: "Attended", ...body });
    let now = await when(id, "bert alerts", (c) => of(c, "bert")?.state === "alerting");
    assert.deepEqual(states(now), ["connected", "alerting", "Active"]);
    assert.equal(party(now, "acd").state, "connected");
    assert.deepEqual([now.recentTransfers.at(-1).transferType, now.recentTransfers.at(-1).initiator.userId], ["Attended", "anna"]);
    const alerting = of(now, "bert").id;
    await conversations.postConversationsMessageCommunicationMessages(id, here.messages[0].id, { textBody: "A colleague comes." }); // still hers
    await login(server, "bert"); // who sees it, and accepts it himself
    const listed = (await conversations.getConversations({ communicationType: "message" })).entities;
    assert.deepEqual(listed.map((c) => c.id), [id]);
    await conversations.patchConversationsMessageParticipant(id, alerting, { body: { state: "connected" } });
    await login(server);
    now = await conversation(id);
    assert.deepEqual(states(now), ["disconnected", "connected", "Complete"]);
    assert.deepEqual([of(now, "anna").disconnectType, of(now, "bert").id, party(now, "acd").state], ["transfer", alerting, "disconnected"]);
    assert.equal(of(now, "anna").messages[0].messages.length > 0, true); // what she said stays hers
    const talk = await supervisor("GET", `/sessions/${id}`);
    assert.deepEqual([talk.body.holder.id, talk.body.transfer.state, talk.body.consult], ["bert", "done", null]);
    await conversations.postConversationParticipantReplaceAgent(id, alerting, { transferType: "Unattended", userId: "anna" });
    now = await when(id, "anna alerts", (c) => of(c, "anna").state === "alerting");
    await conversations.patchConversationsMessageParticipant(id, of(now, "anna").id, { body: { state: "connected" } });
  }
  await finish(id);
  assert.equal(agent.userId, "anna");
}));

test("an attended transfer that nobody accepts leaves the conversation where it is", table.works(`${attended}; declined, taken back, ended`, async () => {
  const { id, agent } = await active();
  const replace = (body) => conversations.postConversationParticipantReplaceQueue(id, agent.id, { transferType: "Attended", queueId: "second", ...body });
  await users.putUserRoutingstatus("bert", { status: "IDLE" });
  await replace({});
  let now = await when(id, "bert alerts", (c) => of(c, "bert")?.state === "alerting");
  const again = await refused(replace({}));
  assert.deepEqual([again.status, again.messageParams.refusal], [409, "consult_pending"]);
  await conversations.patchConversationsMessageParticipant(id, of(now, "bert").id, { body: { state: "disconnected" } });
  now = await conversation(id);
  assert.deepEqual([states(now)[0], states(now)[2], party(now, "acd").state], ["connected", "Active", "connected"]); // it waits on
  await conversations.patchConversationsMessageParticipant(id, party(now, "acd").id, { body: { state: "disconnected" } });
  now = await conversation(id);
  assert.deepEqual([states(now)[0], states(now)[2], party(now, "acd").state], ["connected", "Canceled", "disconnected"]);
  const late = await refused(conversations.patchConversationsMessageParticipant(id, of(now, "bert").id, { body: { state: "connected" } }));
  assert.equal(late.code, "postino.error.answer.not.alerting");
  await replace({});
  await conversations.postConversationParticipantReplaceQueue(id, agent.id, { transferType: "Unattended", queueId: "second" }); // she waits no longer
  now = await conversation(id);
  assert.deepEqual([states(now)[0], ...now.recentTransfers.map((t) => [t.transferType, t.state]).slice(-2)],
    ["disconnected", ["Attended", "Canceled"], ["Unattended", "Active"]]);
  await conversations.postConversationDisconnect(id);
  assert.equal((await refused(replace({ transferType: "Blind" }))).details[0].fieldName, "transferType");
  const other = await active();
  await conversations.postConversationParticipantReplaceQueue(other.id, other.agent.id, { transferType: "Attended", queueId: "second" });
  await finish(other.id);
  assert.equal((await conversation(other.id)).recentTransfers.at(-1).state, "Failed");
  assert.ok((await conversation(other.id)).participants.every((p) => p.state === "disconnected"));
  await server.stop("SIGKILL");
  await server.up(); // what is told is folded from what happened
  await login(server);
  assert.deepEqual((await conversation(other.id)).recentTransfers.at(-1).state, "Failed");
  await users.putUserRoutingstatus("anna", { status: "IDLE" });
}));

test("assign, attributes, disconnect", table.works("POST /conversations/{c}/assign; PATCH …/participants/{p}/attributes; POST /conversations/{c}/disconnect; GET /conversations?communicationType=message", async () => {
  await users.putUserRoutingstatus("anna", { status: "OFF_QUEUE" });
  const id = await open();
  const workflow = party(await conversation(id), "workflow");
  await conversations.patchConversationParticipantAttributes(id, workflow.id, { attributes: { topic: "tax", big: "123456789012345678901234567890", "naïve": "ключ" } });
  assert.deepEqual(party(await conversation(id), "customer").attributes,
    { topic: "tax", nested: '{"order":7}', big: "123456789012345678901234567890", "naïve": "ключ" });
  await conversations.postConversationParticipantReplace(id, workflow.id, { queueId: "support" });
  await users.putUserRoutingstatus("bert", { status: "IDLE" });
  await conversations.postConversationAssign(id, { id: "bert" });
  assert.equal(party(await conversation(id), "agent").userId, "bert");
  const list = await conversations.getConversations({ communicationType: "message" });
  assert.ok(list.entities.some((c) => c.id === id));
  await login(server, "anna"); // sees her own
  assert.ok(!(await conversations.getConversations({ communicationType: "message" })).entities.some((c) => c.id === id));
  assert.equal((await refused(conversations.getConversation(id))).status, 404);
  await login(server);
  await conversations.postConversationDisconnect(id);
  assert.equal((await conversation(id)).state, "disconnected");
  await finish(id);
  await users.putUserRoutingstatus("anna", { status: "IDLE" });
}));

test("rights", table.works("not.authorized (403)", async () => {
  await login(server, "boss");
  assert.equal((await refused(routing.postRoutingQueues({ name: "Mine" }))).code, "not.authorized");
  await login(server, "anna");
  const no = await refused(users.putUserRoutingstatus("bert", { status: "IDLE" }));
  assert.deepEqual([no.status, no.code], [403, "not.authorized"]);
  await login(server);
}));

test("other paths, other methods, broken bodies", table.works("not.found, method.not.allowed, bad.request", async () => {
  const token = sdk.ApiClient.instance.authData.accessToken;
  const ask = async (method, path, options) => (await server.ask(method, `/api/v2${path}`, { token, ...options })).body;
  assert.equal((await ask("GET", "/gdpr/requests")).code, "not.found");
  assert.equal((await ask("DELETE", "/users/me")).status, 405);
  assert.equal((await ask("PUT", "/users/bert/routingstatus", { body: "{“status”: 1}" })).code, "bad.request");
  assert.equal((await ask("GET", "/routing/queues?pageSize=0")).code, "invalid.value");
  assert.equal(SECRETS.admin.includes(" "), false);
  assert.ok(!server.log.includes(SECRETS.admin)); // no secret in the log
  assert.ok(!server.log.includes(token));
}));
