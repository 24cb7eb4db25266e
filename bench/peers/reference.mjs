// reference.mjs - the workload by looking at everything: what an exact engine
// does when one request comes at a time, and the hashes that say it is this one.
import { createHash } from 'node:crypto';
import { Loop } from './workload.mjs';

export class Reference {
  async preload(agents, idle, waiting) {
    this.agents = agents;
    this.since = 0;
    this.idle = new Map(agents.slice(0, idle).map((a) => [a.id, ++this.since]));
    this.waiting = Array.from({ length: 10 }, () => new Map());
    for (const s of waiting) {
      this.waiting[s.priority].set(s.id, s.skills);
    }
  }

  #sum(agent, skills) {
    const at = skills.map((s) => agent.skills.indexOf(s));
    return at.includes(-1) ? -1 : at.reduce((sum, i) => sum + agent.proficiency[i], 0);
  }

  async enqueue(s) {
    let best = null;
    for (const [id, since] of this.idle) {
      const sum = this.#sum(this.agents[id], s.skills);
      if (sum > 0 && (best === null || sum > best.sum || (sum === best.sum && since < best.since))) {
        best = { id, sum, since };
      }
    }
    if (best === null) {
      this.waiting[s.priority].set(s.id, s.skills);
      return null;
    }
    this.idle.delete(best.id);
    return best.id;
  }

  async release(agent) {
    const has = this.agents[agent].skills;
    for (let priority = 9; priority >= 0; priority--) {
      for (const [id, skills] of this.waiting[priority]) {
        if (skills.every((s) => has.includes(s))) {
          this.waiting[priority].delete(id);
          return id;
        }
      }
    }
    this.idle.set(agent, ++this.since);
    return null;
  }

  async close() {}
}

/** The first `count` assignments of a peer that is asked one thing at a time. */
export async function assignments(peer, agents, backlog, count) {
  const loop = new Loop(peer, agents, backlog);
  const lines = [];
  loop.onAssigned = (line) => lines.push(line);
  await loop.preload();
  await loop.run(1, () => lines.length >= count);
  return lines.slice(0, count);
}

// SHA-256 of the first 9,000 assignments, as the definition of the workload has it.
export const GOLDEN = [
  { agents: 100, backlog: 1000, hash: '71600bf3be84dc9588b68a14d78ebc8dbe35795a2b5d404256c15e70745f3103' },
  { agents: 100, backlog: -50, hash: '3d4ade7df62f8fcd7cde3342b3531473bac228207ff102dc1c87906d69fc6b28' },
];

export const GOLDEN_LINES = 9000;

export const hashOf = (lines) => createHash('sha256').update(lines.join('\n')).digest('hex');
