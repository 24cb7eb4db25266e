// workload.mjs - peer workload v1: who is there, who comes, and the closed loop.
//
// 50 skills. Agents have 5 of them with a proficiency of 1 … 5, 5 the best.
// Sessions need 1 to 3 skills of some agent, priority 0 … 9, 9 first. One step:
// the agent that was busy longest has done, takes the first session whose skills
// it has, or idles; then the next session enters, gets the best idle agent or
// waits. Agents and sessions are numbered; 0 is no session.
import { performance } from 'node:perf_hooks';

const SKILLS = 50;
const AGENT_SKILLS = 5;

function mulberry32(seed) {
  let a = seed >>> 0;
  return () => {
    a = (a + 0x6d2b79f5) | 0;
    let t = Math.imul(a ^ (a >>> 15), 1 | a);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

/** `count` different ones of `from`, ascending. */
function sample(random, from, count) {
  const copy = from.slice();
  for (let i = 0; i < count; i++) {
    const j = i + Math.floor(random() * (copy.length - i));
    [copy[i], copy[j]] = [copy[j], copy[i]];
  }
  return copy.slice(0, count).sort((x, y) => x - y);
}

export function makeAgents(count) {
  const random = mulberry32(1);
  const all = Array.from({ length: SKILLS }, (_, i) => i);
  return Array.from({ length: count }, (_, id) => {
    const skills = sample(random, all, AGENT_SKILLS);
    return { id, skills, proficiency: skills.map(() => 1 + Math.floor(random() * 5)) };
  });
}

export function makeSessions(agents) {
  const random = mulberry32(2);
  let id = 0;
  return () => {
    const agent = agents[Math.floor(random() * agents.length)];
    const u = random();
    const skills = sample(random, agent.skills, u < 0.5 ? 1 : u < 0.8 ? 2 : 3);
    const priority = Math.floor(random() * 10);
    return { id: ++id, priority, skills };
  };
}

/** The agents that are busy, the longest first. */
class Busy {
  #items = [];
  #head = 0;
  #sleepers = [];

  put(item) {
    this.#items.push(item);
    this.#sleepers.pop()?.();
  }

  async take() {
    while (this.#head === this.#items.length) {
      await new Promise((resolve) => this.#sleepers.push(resolve));
    }
    if (this.#head > 65536) {
      this.#items.splice(0, this.#head);
      this.#head = 0;
    }
    return this.#items[this.#head++];
  }
}

/** `backlog` sessions wait at first if it is positive, else -backlog agents idle. */
export class Loop {
  constructor(peer, agentCount, backlog) {
    this.peer = peer;
    this.agents = makeAgents(agentCount);
    this.next = makeSessions(this.agents);
    this.idle = Math.max(0, -backlog);
    this.backlog = Math.max(0, backlog);
    this.busy = new Busy();
    this.onAssigned = () => {};
    this.onDecision = () => {};
  }

  async preload() {
    const waiting = Array.from({ length: this.backlog }, () => this.next());
    await this.peer.preload(this.agents, this.idle, waiting);
    for (let id = this.idle; id < this.agents.length; id++) {
      this.busy.put({ agent: id, session: 0 });
    }
  }

  async #timed(promise) {
    const from = performance.now();
    const got = await promise;
    if (got !== null) {
      this.onDecision(performance.now() - from);
    }
    return got;
  }

  async step() {
    const { agent, session: done } = await this.busy.take();
    const taken = await this.#timed(this.peer.release(agent, done));
    if (taken !== null) {
      this.busy.put({ agent, session: taken });
      this.onAssigned(`R ${agent} ${taken}`);
    }
    const session = this.next();
    const given = await this.#timed(this.peer.enqueue(session));
    if (given !== null) {
      this.busy.put({ agent: given, session: session.id });
      this.onAssigned(`E ${session.id} ${given}`);
    }
  }

  /** Steps with `flight` requests at a time until `isOver` says so. */
  async run(flight, isOver) {
    let going = true;
    const worker = async () => {
      while (going && !isOver()) {
        await this.step();
      }
      going = false;
    };
    await Promise.race(Array.from({ length: flight }, worker));
  }
}
