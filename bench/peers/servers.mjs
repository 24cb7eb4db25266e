// servers.mjs - starts the servers on 127.0.0.1 in a directory of their own, all
// durable in the same way: nothing is answered before it is on the disk.
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const START_MS = 30000;

async function freePort() {
  const server = net.createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  await once(server, 'close');
  return port;
}

async function untilListening(port, child, name) {
  for (const end = Date.now() + START_MS; Date.now() < end; await sleep(50)) {
    if (child.exitCode !== null) {
      throw new Error(`${name} ended with ${child.exitCode} before it listened`);
    }
    const socket = net.connect(port, '127.0.0.1');
    const open = await new Promise((resolve) => {
      socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
    });
    socket.destroy();
    if (open) {
      return;
    }
  }
  throw new Error(`${name} does not listen on port ${port} after ${START_MS / 1000} s`);
}

/** utime, stime, and those of children that were waited for, in seconds. */
function ticksOf(pid) {
  try {
    const stat = fs.readFileSync(`/proc/${pid}/stat`, 'latin1');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return { parent: Number(fields[1]), cpu: fields.slice(11, 15).reduce((sum, n) => sum + Number(n), 0) / 100 };
  } catch {
    return { parent: -1, cpu: 0 };
  }
}

export class Server {
  constructor(child, port, stopSignal) {
    Object.assign(this, { child, port, stopSignal });
  }

  /** CPU seconds so far, with those of its processes. */
  cpu() {
    const own = ticksOf(this.child.pid).cpu;
    return fs
      .readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name))
      .map((pid) => ticksOf(pid))
      .filter((t) => t.parent === this.child.pid)
      .reduce((sum, t) => sum + t.cpu, own);
  }

  async stop() {
    if (this.child.exitCode === null && this.child.signalCode === null) {
      const gone = once(this.child, 'exit');
      this.child.kill(this.stopSignal);
      await gone;
    }
  }
}

function start(command, words, options, dir, name) {
  const log = fs.openSync(path.join(dir, `${name}.log`), 'a');
  return spawn(command, words, { stdio: ['ignore', 'pipe', log], ...options });
}

export async function startBaton(program, dir) {
  const data = path.join(dir, `door-${Date.now()}`);
  const child = start(program, ['bench', 'peers', '--door', data], {}, dir, 'baton');
  const [line] = await once(child.stdout, 'data');
  const port = Number(/:(\d+)\n/.exec(line)?.[1]);
  return new Server(child, port, 'SIGTERM');
}

export async function startRedis(dir) {
  const port = await freePort();
  const data = path.join(dir, 'redis');
  fs.mkdirSync(data);
  const words = ['--port', port, '--bind', '127.0.0.1', '--dir', data, '--save', ''];
  words.push('--appendonly', 'yes', '--appendfsync', 'always', '--logfile', path.join(dir, 'redis.log'));
  const child = start('redis-server', words.map(String), {}, dir, 'redis');
  child.stdout.resume();
  await untilListening(port, child, 'redis-server');
  return new Server(child, port, 'SIGTERM');
}

function postgresPrograms() {
  const base = '/usr/lib/postgresql';
  const versions = fs.existsSync(base) ? fs.readdirSync(base).sort((a, b) => b - a) : [];
  if (versions.length === 0) {
    throw new Error('PostgreSQL is not installed: ./dev bench peers installs it, or leave it out with --only');
  }
  return path.join(base, versions[0], 'bin');
}

/** PostgreSQL does not run as root: then it runs as the user of its package. */
function asPostgres(dir) {
  if (process.getuid() !== 0) {
    return {};
  }
  const [, , uid, gid] = execFileSync('getent', ['passwd', 'postgres'], { encoding: 'utf8' }).split(':').map(Number);
  fs.chownSync(dir, uid, gid);
  return { uid, gid };
}

export async function startPostgres(dir) {
  const programs = postgresPrograms();
  const port = await freePort();
  const data = path.join(dir, 'postgres');
  fs.mkdirSync(data, { mode: 0o700 });
  const who = asPostgres(data);
  execFileSync(path.join(programs, 'initdb'), ['-D', data, '-U', 'postgres', '-A', 'trust', '-E', 'UTF8', '--no-instructions'], {
    ...who,
    cwd: data,
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const words = ['-D', data, '-p', String(port), '-c', 'listen_addresses=127.0.0.1', '-c', 'unix_socket_directories='];
  words.push('-c', 'fsync=on', '-c', 'synchronous_commit=on', '-c', 'max_connections=200');
  const child = start(path.join(programs, 'postgres'), words, { ...who, cwd: data }, dir, 'postgres');
  child.stdout.resume();
  await untilListening(port, child, 'postgres');
  return new Server(child, port, 'SIGINT');
}
