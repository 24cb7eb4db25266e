// baton.mjs - the workload on Baton's door: a line for each operation, answered
// when everything that it led to is in the journal on the disk.
import net from 'node:net';

const BEST = 6; // the workload's best proficiency is 5, Baton's is 1

export class BatonPeer {
  #tag = 0;
  #waiting = new Map();
  #rest = '';
  #out = '';

  constructor(port) {
    this.socket = net.connect({ port, host: '127.0.0.1', noDelay: true });
    this.socket.setEncoding('latin1');
    this.socket.on('data', (text) => this.#hear(text));
    this.socket.on('error', (error) => this.#fail(error));
    this.socket.on('close', () => this.#fail(new Error('the door has closed')));
  }

  #fail(error) {
    for (const { reject } of this.#waiting.values()) {
      reject(error);
    }
    this.#waiting.clear();
  }

  #hear(text) {
    const lines = (this.#rest + text).split('\n');
    this.#rest = lines.pop();
    for (const line of lines) {
      const [tag, value] = line.split(' ');
      const waiting = this.#waiting.get(tag);
      this.#waiting.delete(tag);
      waiting.resolve(value === '-' ? null : value === 'ok' ? 0 : Number(value));
    }
  }

  /** What is asked in one turn of the loop leaves in one piece, as Redis's client does it. */
  #write(line) {
    if (this.#out === '') {
      setImmediate(() => {
        this.socket.write(this.#out);
        this.#out = '';
      });
    }
    this.#out += line;
  }

  #ask(word, rest) {
    const tag = String(++this.#tag);
    this.#write(`${word} ${tag}${rest}\n`);
    return new Promise((resolve, reject) => this.#waiting.set(tag, { resolve, reject }));
  }

  async preload(agents, idle, waiting) {
    for (const a of agents) {
      const skills = a.skills.map((s, i) => `${s}:${BEST - a.proficiency[i]}`);
      this.#write(`agent ${a.id} ${skills.join()} ${a.id < idle ? 'idle' : 'busy'}\n`);
      if (a.id % 500 === 499) {
        await this.#ask('ready', '');
      }
    }
    for (let i = 0; i < waiting.length; i += 1000) {
      await Promise.all(waiting.slice(i, i + 1000).map((s) => this.enqueue(s)));
    }
    await this.#ask('ready', '');
  }

  enqueue(s) {
    return this.#ask('E', ` ${s.id} ${s.priority} ${s.skills.join()}`);
  }

  release(agent, done) {
    return this.#ask('R', ` ${agent} ${done}`);
  }

  async close() {
    this.socket.removeAllListeners('close');
    this.socket.end();
  }
}
