// redis.mjs - the workload on Redis 7: sorted sets and Lua, one script call an
// operation. Idle agents stand in a set for each of their skills, best and
// longest idle last; waiting sessions in one for each combination of skills. An
// agent looks at the first of its 25 combinations, so that nothing is scanned.
import Redis from 'ioredis';

const IDLE_STEP = 274877906944; // 2^38: proficiency before idle time
const PRIORITY_STEP = 1099511627776; // 2^40: priority before arrival

const ENQUEUE = `
local id, key, agent = ARGV[1], ARGV[3], nil
local skills = {}
for s in string.gmatch(key, '%d+') do skills[#skills + 1] = 'idle:' .. s end
if #skills == 1 then
  agent = redis.call('ZRANGE', skills[1], -1, -1)[1]
else
  local common = redis.call('ZINTER', #skills, unpack(skills))
  agent = common[#common]
end
if not agent then
  redis.call('HSET', 'session:' .. id, 'skills', key, 'state', 'waiting')
  local order = redis.call('INCR', 'order')
  redis.call('ZADD', 'wait:' .. key, (9 - ARGV[2]) * ${PRIORITY_STEP} + order, id)
  return false
end
for s in string.gmatch(redis.call('HGET', 'agent:' .. agent, 'skills'), '%d+') do
  redis.call('ZREM', 'idle:' .. s, agent)
end
redis.call('HSET', 'agent:' .. agent, 'session', id)
redis.call('HSET', 'session:' .. id, 'skills', key, 'state', 'assigned', 'agent', agent)
return agent`;

const RELEASE = `
local agent, done = ARGV[1], ARGV[2]
if done ~= '0' then redis.call('DEL', 'session:' .. done) end
local of = redis.call('HMGET', 'agent:' .. agent, 'skills', 'proficiency')
local s, p = {}, {}
for n in string.gmatch(of[1], '%d+') do s[#s + 1] = n end
for n in string.gmatch(of[2], '%d+') do p[#p + 1] = tonumber(n) end
local best, score, from
local function look(key)
  local first = redis.call('ZRANGE', 'wait:' .. key, 0, 0, 'WITHSCORES')
  local at = tonumber(first[2])
  if at and (not score or at < score) then best, score, from = first[1], at, key end
end
for i = 1, #s do
  look(s[i])
  for j = i + 1, #s do
    look(s[i] .. ',' .. s[j])
    for k = j + 1, #s do look(s[i] .. ',' .. s[j] .. ',' .. s[k]) end
  end
end
if best then
  redis.call('ZREM', 'wait:' .. from, best)
  redis.call('HSET', 'session:' .. best, 'state', 'assigned', 'agent', agent)
  redis.call('HSET', 'agent:' .. agent, 'session', best)
  return best
end
local since = redis.call('INCR', 'since')
for i = 1, #s do redis.call('ZADD', 'idle:' .. s[i], p[i] * ${IDLE_STEP} - since, agent) end
redis.call('HSET', 'agent:' .. agent, 'session', '')
return false`;

const number = (text) => (text === null ? null : Number(text));

export class RedisPeer {
  constructor(port) {
    this.redis = new Redis(port, '127.0.0.1', { enableAutoPipelining: true });
    this.redis.defineCommand('enqueue', { numberOfKeys: 0, lua: ENQUEUE });
    this.redis.defineCommand('release', { numberOfKeys: 0, lua: RELEASE });
  }

  async preload(agents, idle, waiting) {
    await this.redis.flushall();
    let batch = this.redis.pipeline();
    const send = async (now) => {
      if (now || batch.length >= 4000) {
        await batch.exec();
        batch = this.redis.pipeline();
      }
    };
    for (const a of agents) {
      batch.hset(`agent:${a.id}`, 'skills', a.skills.join(), 'proficiency', a.proficiency.join(), 'session', '');
      if (a.id < idle) {
        a.skills.forEach((s, i) => batch.zadd(`idle:${s}`, a.proficiency[i] * IDLE_STEP - (a.id + 1), a.id));
      }
      await send(false);
    }
    batch.set('since', idle).set('order', waiting.length);
    for (const [i, s] of waiting.entries()) {
      batch.hset(`session:${s.id}`, 'skills', s.skills.join(), 'state', 'waiting');
      batch.zadd(`wait:${s.skills.join()}`, (9 - s.priority) * PRIORITY_STEP + i + 1, s.id);
      await send(false);
    }
    await send(true);
  }

  async enqueue(s) {
    return number(await this.redis.enqueue(s.id, s.priority, s.skills.join()));
  }

  async release(agent, done) {
    return number(await this.redis.release(agent, done));
  }

  async close() {
    this.redis.disconnect();
  }
}
