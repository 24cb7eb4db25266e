// watch.mjs - what the stream of events says must hold after every step: invariants 3, 5 and 6 of a centre, judged
// from the outside, by nothing but the events and the configuration in them.
//
//   const watch = new Watch();
//   for (const event of events) watch.see(event);
//   watch.end(); assert.deepEqual(watch.broken, []);
//
// It knows queues with skills, rings, sticky agents, pauses and declined offers. It does not know calendars and desks.
const CAPACITY = { chat: 3, voice: 1, message: 5 };
const AVAILABLE = 2; // presence of an agent, as events have it
const HELD = ["offered", "active", "wrapup"];
const COUNTS = { // what an agent has in hand: offered, active, in wrap-up
  "agent.reserved": [1, 0, 0], "agent.accepted": [-1, 1, 0], "agent.declined": [-1, 0, 0], "agent.unanswered": [-1, 0, 0],
  "agent.withdrawn": [-1, 0, 0], "agent.assigned": [0, 1, 0], "agent.finished": [0, -1, 0], "agent.wrappingUp": [0, -1, 1],
  "agent.wrappedUp": [0, 0, -1],
};
const skill = (given) => (typeof given === "string" ? { name: given } : given);

export class Watch {
  broken = []; // what did not hold, in words
  waits = 0; // times that somebody waited at the end of a step, with an available agent there: what was looked at
  offers = 0;
  #sessions = new Map(); // those that are open
  #agents = new Map();
  #queues = new Map();
  #beside = new Map(); // "session agent" → since when they could have been matched
  #seq = 0;
  #now = 0;

  constructor({ patienceMs = 1000 } = {}) {
    this.patienceUs = patienceMs * 1000;
  }

  // The next event of the stream, as a supervisor hears it.
  see(event) {
    if (event.seq !== this.#seq) this.#step();
    this.#seq = event.seq;
    if (event.atUs < this.#now) this.#say("the clock went back");
    this.#now = event.atUs;
    if (event.type === "agent.put") this.#agent(event.config.id).config = event.config;
    else if (event.type === "queue.put") this.#queue(event.config.id).config = event.config;
    else if (event.type === "queue.paused") this.#queue(event.queue).paused = true;
    else if (/^queue\.(opened|draining)$/.test(event.type)) this.#queue(event.queue).paused = false;
    else if (event.type === "agent.excluded") {
      this.#agent(event.agent).declined.set(event.session, event.until ? Date.parse(event.until) * 1000 : Infinity);
    } else if (event.type.startsWith("agent.") && event.presence !== undefined) this.#present(event);
    if (event.session) this.#seeSession(event);
  }

  end() {
    this.#step();
  }

  #say(what) {
    this.broken.push(`${what} (event ${this.#seq})`);
  }

  #agent(id) {
    if (!this.#agents.has(id)) this.#agents.set(id, { id, config: {}, declined: new Map(), hand: [0, 0, 0], presence: 0 });
    return this.#agents.get(id);
  }

  #queue(id) {
    if (!this.#queues.has(id)) this.#queues.set(id, { config: {}, paused: false });
    return this.#queues.get(id);
  }

  #present(event) {
    const agent = this.#agent(event.agent);
    agent.presence = event.presence;
    (COUNTS[event.type] ?? []).forEach((by, i) => (agent.hand[i] += by));
  }

  #seeSession(event) {
    const { type, status, cause } = event;
    if (type === "session.opened") this.#sessions.set(event.session, { id: event.session, channel: event.channel ?? "chat", ring: 0, epoch: 0 });
    const session = this.#sessions.get(event.session);
    if (!session) return;
    if (type === "session.queued" || type === "queue.overflowed") session.ring = 0;
    if (/^(session\.(queued|requeued)|queue\.overflowed)$/.test(type)) session.preferred = null;
    if (type === "session.queued") session.skills = event.skills ?? [];
    if (type === "session.widened") Object.assign(session, { ring: event.ring ?? session.ring, preferred: null });
    if (event.preferredAgent) session.preferred = event.preferredAgent;
    if (type === "session.reprioritised" && event.skills) session.skills = event.skills;
    if (!status) return;
    const holder = event.holder ? `${event.holder.kind} ${event.holder.id}` : session.holder;
    if (event.fromStatus && session.status && event.fromStatus !== session.status) this.#say(`${type} comes from ${event.fromStatus}, not ${session.status}`);
    if (event.epoch < session.epoch || (session.holder && holder !== session.holder && event.epoch === session.epoch)) {
      this.#say(`${session.id} went from ${session.holder} to ${holder} in one epoch`);
    }
    if (type === "offer.made" && session.status !== "queued") this.#say(`${session.id} was offered while ${session.status}`);
    if (type === "session.connected" && session.status === "offered" && session.agent !== event.agent && cause.role === "agent") {
      this.#say(`${event.agent} took what was offered to ${session.agent}`);
    }
    if (type === "offer.made" && !this.#fits(session, this.#agent(event.agent), this.#hands().get(event.agent), true)) {
      this.#say(`${session.id} was offered to ${event.agent}, who may not have it`);
    }
    const claims = type === "offer.made" || (type === "session.connected" && session.agent !== event.agent);
    this.offers += type === "offer.made";
    Object.assign(session, { holder, status, epoch: event.epoch, queue: event.holder?.kind === "queue" ? event.holder.id : event.queue ?? session.queue,
      agent: HELD.includes(status) ? event.agent ?? session.agent : null });
    if (claims) this.#agent(event.agent).claimed = session.channel;
    if (status === "completed") this.#sessions.delete(session.id);
  }

  // What each agent has in hand, by the sessions' own events.
  #hands() {
    const hands = new Map([...this.#agents.keys()].map((id) => [id, { chat: 0, voice: 0, message: 0, offered: 0, active: 0, wrapup: 0 }]));
    for (const session of this.#sessions.values()) {
      if (!session.agent) continue;
      hands.get(session.agent)[session.channel]++;
      hands.get(session.agent)[session.status]++;
    }
    return hands;
  }

  // The end of a step: all its events together are one batch of the journal.
  #step() {
    if (!this.#seq) return;
    const hands = this.#hands();
    for (const agent of this.#agents.values()) {
      const hand = hands.get(agent.id);
      if (`${agent.hand}` !== `${[hand.offered, hand.active, hand.wrapup]}`) {
        this.#say(`${agent.id} has ${agent.hand} in hand, and sessions say ${JSON.stringify(hand)}`);
      }
      // A capacity that was made less takes nothing away; only a new claim must fit.
      if (agent.claimed && hand[agent.claimed] > this.#capacity(agent, agent.claimed)) this.#say(`${agent.id} is over capacity: ${JSON.stringify(hand)}`);
      agent.claimed = null;
    }
    this.#lookForIdle(hands);
  }

  #lookForIdle(hands) {
    const there = [...this.#agents.values()].filter((agent) => agent.presence === AVAILABLE);
    const now = new Set();
    for (const session of this.#sessions.values()) {
      if (session.status !== "queued") continue;
      for (const agent of there) {
        this.waits++;
        if (!this.#fits(session, agent, hands.get(agent.id))) continue;
        const pair = `${session.id} beside ${agent.id}`;
        now.add(pair);
        if (!this.#beside.has(pair)) this.#beside.set(pair, this.#now);
        if (this.#now - this.#beside.get(pair) >= this.patienceUs) this.#say(`${pair} for ${(this.#now - this.#beside.get(pair)) / 1000} ms`);
      }
    }
    for (const pair of this.#beside.keys()) if (!now.has(pair)) this.#beside.delete(pair);
  }

  #capacity(agent, channel) {
    return agent.config.capacity?.[channel] ?? CAPACITY[channel];
  }

  // @alone: who declined is asked again, because nobody else is there.
  #fits(session, agent, hand, alone = false) {
    const own = session.queue.startsWith("agent:"); // somebody's own queue
    if (own) {
      if (session.queue !== `agent:${agent.id}`) return false;
    }
    const { config, paused } = own ? { config: {}, paused: false } : this.#queue(session.queue);
    if (paused || hand[session.channel] >= this.#capacity(agent, session.channel)) return false;
    if (agent.config.notDuring?.[session.channel]?.some((channel) => hand[channel] > 0)) return false;
    if (session.preferred && session.preferred !== agent.id) return false;
    if (!alone && (agent.declined.get(session.id) ?? 0) > this.#now) return false;
    const rings = (config.rings ?? []).slice(0, session.ring);
    if (!own && agent.config.queues && !agent.config.queues.includes(session.queue) && !rings.some((ring) => ring.agents?.includes(agent.id))) return false;
    const relaxed = rings.reduce((sum, ring) => sum + (ring.proficiency ?? 0), 0);
    return [...(config.skills ?? []), ...session.skills ?? []].map(skill).every((need) => {
      if (rings.some((ring) => ring.without?.includes(need.name))) return true;
      const has = (agent.config.skills ?? []).map(skill).find(({ name }) => name === need.name);
      return has && (has.proficiency ?? 1) <= (need.minProficiency ?? need.proficiency ?? 20) + relaxed;
    });
  }
}
