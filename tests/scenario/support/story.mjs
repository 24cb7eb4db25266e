// story.mjs - the beginnings that most scenarios share.
import { Peer } from "./peer.mjs";

// A customer whose session the bot holds: {customer, id}.
export async function talk(server, bot, entryPoint = "plain") {
  const customer = await Peer.customer(server, entryPoint);
  const { session } = await customer.hear("session.opened");
  await bot.hear("session.invited", (f) => f.type === "session.invited" && f.session.id === session.id);
  bot.send("session.accept", { session: session.id });
  await customer.hear("session.status", (f) => f.type === "session.status" && f.status === "connected");
  return { customer, id: session.id };
}

// The same, and the bot has said goodbye: its connection is not closed yet.
export async function goodbye(server, bot, entryPoint) {
  const told = await talk(server, bot, entryPoint);
  bot.send("session.goodbye", { session: told.id, outcome: "escalate", reason: "asks for a person" });
  await told.customer.hear("releasing", (f) => f.type === "session.status" && f.status === "releasing");
  return told;
}

// The same, and it is closed: nobody holds the session.
export async function idle(server, bot, entryPoint) {
  const told = await goodbye(server, bot, entryPoint);
  bot.send("session.close", { session: told.id });
  await told.customer.hear("idle", (f) => f.type === "session.status" && f.status === "idle");
  return told;
}

// An agent takes what it is offered: the session.
export async function take(agent, id) {
  const offer = await agent.hear("offer", (f) => f.type === "offer" && f.session.id === id);
  agent.send("offer.accept", { session: id, offer: offer.offer });
  return agent.hear("session.assigned", (f) => f.type === "session.assigned" && f.session.id === id);
}

// Over for everybody, whatever it was.
export async function finish(server, id) {
  const supervisor = server.as("supervisor");
  await supervisor("POST", `/sessions/${id}/end`);
  await supervisor("POST", `/sessions/${id}/complete`);
}
