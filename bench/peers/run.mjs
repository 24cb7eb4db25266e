// run.mjs - peer workload v1 on Baton, Redis and PostgreSQL in one interleaved
// run: `baton bench peers` starts it.
//
//   node run.mjs BATON PEERS SECONDS ROUNDS FLIGHT json|text
import fs from 'node:fs';
import path from 'node:path';
import { BatonPeer } from './baton.mjs';
import { PostgresPeer } from './postgres.mjs';
import { RedisPeer } from './redis.mjs';
import { assignments, GOLDEN, GOLDEN_LINES, hashOf, Reference } from './reference.mjs';
import { startBaton, startPostgres, startRedis } from './servers.mjs';
import { Loop } from './workload.mjs';

const CASES = [
  { name: 'backlog', agents: 1000, backlog: 10000 },
  { name: 'surplus', agents: 1000, backlog: -500 },
];
const PROOF_LINES = 1000;
const WARM_MS = 1000;

const [program, list, ...numbers] = process.argv.slice(2);
const [seconds, rounds, flight] = numbers.slice(0, 3).map(Number);
const asJson = numbers[3] === 'json';
const say = (text) => asJson || console.log(text);
const note = (text) => process.stderr.isTTY && process.stderr.write(`\r\x1b[K${text}`);

const dir = fs.mkdtempSync(path.resolve('baton-bench.'));
fs.chmodSync(dir, 0o755);
const lasting = new Map(); // servers that serve the whole run

/** A journal that others have written would not be the same work: a door is new each time. */
const PEERS = {
  baton: {
    open: async () => {
      const server = await startBaton(program, dir);
      return { server, peer: new BatonPeer(server.port), last: true };
    },
  },
  redis: {
    start: () => startRedis(dir),
    open: async (server) => ({ server, peer: new RedisPeer(server.port) }),
  },
  postgres: {
    start: () => startPostgres(dir),
    open: async (server) => ({ server, peer: new PostgresPeer(server.port, flight) }),
  },
};

async function withPeer(name, use) {
  const { server, peer, last } = await PEERS[name].open(lasting.get(name));
  try {
    return await use(peer, server);
  } finally {
    await peer.close();
    if (last) {
      await server.stop();
    }
  }
}

const median = (values) => values.slice().sort((a, b) => a - b)[Math.floor(values.length / 2)];
const at = (sorted, share) => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))];

function measure(name, { agents, backlog }) {
  return withPeer(name, async (peer, server) => {
    const loop = new Loop(peer, agents, backlog);
    const times = [];
    await loop.preload();
    const begin = performance.now() + WARM_MS;
    let from = null;
    loop.onDecision = (ms) => from !== null && times.push(ms);
    await loop.run(flight, () => {
      const now = performance.now();
      if (from === null && now >= begin) {
        from = { now, cpu: server.cpu() };
      }
      return now >= begin + seconds * 1000;
    });
    const spent = server.cpu() - from.cpu;
    const wall = (performance.now() - from.now) / 1000;
    times.sort((a, b) => a - b);
    return {
      decisions_per_s: times.length / wall,
      cpu_s_per_1000: (spent / times.length) * 1000,
      ms_p50: at(times, 0.5),
      ms_p99: at(times, 0.99),
    };
  });
}

/** One request at a time: the very assignments of the reference. */
async function prove(names) {
  const proofs = [];
  for (const { agents, backlog, hash } of GOLDEN) {
    const exact = await assignments(new Reference(), agents, backlog, GOLDEN_LINES);
    if (hashOf(exact) !== hash) {
      throw new Error(`the reference is not the workload's: ${hashOf(exact)}`);
    }
    for (const name of names) {
      note(`proving ${name}, ${agents} agents, ${backlog}`);
      const lines = await withPeer(name, (peer) => assignments(peer, agents, backlog, PROOF_LINES));
      const wrong = lines.findIndex((line, i) => line !== exact[i]);
      proofs.push({ peer: name, agents, backlog, identical: wrong < 0 ? PROOF_LINES : wrong });
    }
  }
  note('');
  return proofs;
}

async function measureAll(names) {
  const rows = [];
  for (const c of CASES) {
    const found = Object.fromEntries(names.map((name) => [name, []]));
    for (let round = 0; round < rounds; round++) {
      for (const name of names) {
        note(`${c.name}, round ${round + 1} of ${rounds}: ${name}`);
        found[name].push(await measure(name, c));
      }
    }
    for (const name of names) {
      const row = { case: c.name, peer: name, agents: c.agents, backlog: c.backlog };
      for (const key of Object.keys(found[name][0])) {
        row[key] = Number(median(found[name].map((f) => f[key])).toPrecision(4));
      }
      rows.push(row);
    }
  }
  note('');
  return rows;
}

function print(proofs, rows) {
  for (const p of proofs) {
    const whole = p.identical === PROOF_LINES;
    say(`${p.peer.padEnd(9)} ${p.agents} agents, ${p.backlog}: ${whole ? `first ${PROOF_LINES} assignments identical` : `DIFFERS at assignment ${p.identical + 1}`}`);
  }
  say('');
  say('case     peer      decisions/s  CPU s/1,000   p50 ms   p99 ms   Baton: decisions  CPU');
  for (const r of rows) {
    const own = rows.find((o) => o.case === r.case && o.peer === 'baton');
    const ratios =
      own && own !== r
        ? `${(own.decisions_per_s / r.decisions_per_s).toFixed(1).padStart(15)}x ${(own.cpu_s_per_1000 / r.cpu_s_per_1000).toFixed(2).padStart(5)}`
        : '';
    say(
      `${r.case.padEnd(8)} ${r.peer.padEnd(9)} ${r.decisions_per_s.toFixed(0).padStart(11)} ${r.cpu_s_per_1000.toFixed(3).padStart(12)} ${r.ms_p50.toFixed(2).padStart(8)} ${r.ms_p99.toFixed(2).padStart(8)} ${ratios}`,
    );
  }
}

async function main() {
  const names = list.split(',');
  const unknown = names.find((name) => !Object.hasOwn(PEERS, name));
  if (unknown !== undefined) {
    throw new Error(`'${unknown}' is no peer; there are ${Object.keys(PEERS).join(', ')}`);
  }
  for (const name of names.filter((n) => PEERS[n].start)) {
    note(`starting ${name}`);
    lasting.set(name, await PEERS[name].start());
  }
  const proofs = await prove(names);
  const rows = await measureAll(names);
  print(proofs, rows);
  if (asJson) {
    console.log(JSON.stringify({ flight, seconds, rounds, proofs, rows }));
  }
  return proofs.every((p) => p.identical === PROOF_LINES);
}

async function end(code) {
  for (const server of lasting.values()) {
    await server.stop();
  }
  fs.rmSync(dir, { recursive: true, force: true });
  process.exit(code);
}

process.on('SIGINT', () => end(130));
process.on('SIGTERM', () => end(143));
main().then(
  (identical) => end(identical ? 0 : 1),
  (error) => {
    note('');
    console.error(`baton: ${error.message}`);
    return end(1);
  },
);
