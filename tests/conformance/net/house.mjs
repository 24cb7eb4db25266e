// house.mjs - the server of server.c, and lines to it that say what is not allowed to be said.
// With BATON_TEST_LAX it is another, of node's, that is lax: the control of the cases.
import { spawn } from "node:child_process";
import { once } from "node:events";
import http from "node:http";
import { createRequire } from "node:module";
import net from "node:net";
import tls from "node:tls";

export const IDENTITY = process.env.BATON_TEST_IDENTITY;
// Of the lax one it is known that it does not close what it ought to.
const PATIENCE_MS = process.env.BATON_TEST_LAX ? 1000 : 60_000;

async function openLax() {
  const { WebSocketServer } = createRequire(new URL("../../clients/", import.meta.url))("ws");
  const server = http.createServer({ insecureHTTPParser: true, requireHostHeader: false }, (request, answer) => request.pipe(answer));
  const sockets = new WebSocketServer({ server, skipUTF8Validation: true });
  sockets.on("connection", (socket) => socket.on("error", () => {}).on("message", (data, binary) => socket.send(data, { binary })));
  await once(server.listen(0, "127.0.0.1"), "listening");
  const close = () => {
    for (const socket of sockets.clients) socket.terminate();
    server.closeAllConnections();
    server.close();
    return 0;
  };
  return { port: server.address().port, connect: House.prototype.connect, close };
}

export class House {
  static async open() {
    if (process.env.BATON_TEST_LAX) return openLax();
    const house = new House();
    house.process = spawn(process.env.BATON_TEST_SERVER, IDENTITY ? [IDENTITY] : [], { stdio: ["ignore", "pipe", "inherit"] });
    process.on("exit", () => house.process.kill("SIGKILL"));
    house.port = Number((await once(house.process.stdout, "data")).toString());
    return house;
  }

  // Its exit code.
  async close() {
    this.process.kill("SIGTERM");
    return (await once(this.process, "exit"))[0];
  }

  connect() {
    return new Line((IDENTITY ? tls : net).connect(this.port, "127.0.0.1"));
  }
}

// What comes is kept until somebody looks at it.
export class Line {
  bytes = Buffer.alloc(0);
  over = false;
  #waiting = () => {};

  constructor(socket) {
    this.socket = socket;
    socket.setNoDelay(true);
    socket.on("data", (part) => {
      this.bytes = Buffer.concat([this.bytes, part]);
      this.#waiting();
    });
    for (const end of ["error", "close", "end"]) {
      socket.on(end, () => {
        this.over = true;
        this.#waiting();
      });
    }
  }

  send(bytes) {
    this.socket.write(bytes);
  }

  // Until take() finds something in what came, or nothing more comes.
  async until(take) {
    const deadline = setTimeout(() => this.socket.destroy(new Error("nothing came")), PATIENCE_MS);
    try {
      for (;;) {
        const found = take(this);
        if (found !== undefined || this.over) return found;
        await new Promise((resolve) => (this.#waiting = resolve));
      }
    } finally {
      clearTimeout(deadline);
    }
  }

  drop() {
    this.socket.destroy();
  }
}
