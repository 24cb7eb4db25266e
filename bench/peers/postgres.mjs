// postgres.mjs - the workload on PostgreSQL 15: one prepared statement an
// operation, FOR UPDATE SKIP LOCKED, no lock over all. An enqueue and a release
// at the same instant can miss each other: a session then waits beside an idle
// agent. That is what people build; with one request at a time it is exact.
import pg from 'pg';

const SCHEMA = `
DROP TABLE IF EXISTS agent, session CASCADE;
DROP SEQUENCE IF EXISTS since;
CREATE SEQUENCE since;
CREATE TABLE agent(id int PRIMARY KEY, skills int[] NOT NULL, proficiency int[] NOT NULL,
  idle boolean NOT NULL, since bigint NOT NULL, session bigint) WITH (fillfactor = 50);
CREATE INDEX agent_skills ON agent USING gin(skills);
CREATE TABLE session(id bigint PRIMARY KEY, priority smallint NOT NULL, skills int[] NOT NULL,
  state smallint NOT NULL, agent int) WITH (fillfactor = 80);
CREATE INDEX session_waits ON session(priority DESC, id) WHERE state = 0;`;

const ENQUEUE = {
  name: 'enqueue',
  text: `
WITH best AS (SELECT a.id FROM agent a WHERE a.idle AND a.skills @> $3::int[]
    ORDER BY (SELECT sum(a.proficiency[s + 1]) FROM unnest($3::int[]) s) DESC, a.since
    LIMIT 1 FOR UPDATE SKIP LOCKED),
  taken AS (UPDATE agent SET idle = false, session = $1::bigint FROM best
    WHERE agent.id = best.id RETURNING agent.id),
  entered AS (INSERT INTO session(id, priority, skills, state, agent) VALUES ($1::bigint,
    $2::smallint, $3::int[], CASE WHEN EXISTS (SELECT 1 FROM taken) THEN 1 ELSE 0 END,
    (SELECT id FROM taken)))
SELECT id FROM taken`,
};

const RELEASE = {
  name: 'release',
  text: `
WITH done AS (UPDATE session SET state = 2 WHERE id = $2::bigint),
  first AS (SELECT s.id FROM session s WHERE s.state = 0
    AND s.skills <@ (SELECT skills FROM agent WHERE id = $1::int)
    ORDER BY s.priority DESC, s.id LIMIT 1 FOR UPDATE SKIP LOCKED),
  taken AS (UPDATE session SET state = 1, agent = $1::int FROM first
    WHERE session.id = first.id RETURNING session.id),
  agent_now AS (UPDATE agent SET idle = NOT EXISTS (SELECT 1 FROM taken),
    since = CASE WHEN EXISTS (SELECT 1 FROM taken) THEN since ELSE nextval('since') END,
    session = (SELECT id FROM taken) WHERE id = $1::int)
SELECT id FROM taken`,
};

const inPieces = (list, size) =>
  Array.from({ length: Math.ceil(list.length / size) }, (_, i) => list.slice(i * size, (i + 1) * size));

export class PostgresPeer {
  constructor(port, connections) {
    this.pool = new pg.Pool({ host: '127.0.0.1', port, user: 'postgres', database: 'postgres', max: connections });
  }

  async preload(agents, idle, waiting) {
    await this.pool.query(SCHEMA);
    for (const piece of inPieces(agents, 2000)) {
      const rows = piece.map((a) => {
        const all = new Array(50).fill(0);
        a.skills.forEach((s, i) => (all[s] = a.proficiency[i]));
        return { id: a.id, skills: `{${a.skills}}`, all: `{${all}}`, idle: a.id < idle, since: a.id + 1 };
      });
      await this.pool.query(
        `INSERT INTO agent SELECT (x->>'id')::int, (x->>'skills')::int[], (x->>'all')::int[],
          (x->>'idle')::boolean, (x->>'since')::bigint FROM json_array_elements($1::json) x`,
        [JSON.stringify(rows)],
      );
    }
    await this.pool.query(`SELECT setval('since', ${agents.length})`);
    for (const piece of inPieces(waiting, 5000)) {
      const rows = piece.map((s) => ({ id: s.id, priority: s.priority, skills: `{${s.skills}}` }));
      await this.pool.query(
        `INSERT INTO session SELECT (x->>'id')::bigint, (x->>'priority')::smallint,
          (x->>'skills')::int[], 0 FROM json_array_elements($1::json) x`,
        [JSON.stringify(rows)],
      );
    }
    await this.pool.query('VACUUM ANALYZE agent');
    await this.pool.query('VACUUM ANALYZE session');
  }

  async #one(statement, values) {
    const { rows } = await this.pool.query({ ...statement, values });
    return rows.length === 0 || rows[0].id === null ? null : Number(rows[0].id);
  }

  enqueue(s) {
    return this.#one(ENQUEUE, [s.id, s.priority, s.skills]);
  }

  release(agent, done) {
    return this.#one(RELEASE, [agent, done]);
  }

  async close() {
    await this.pool.end();
  }
}
