// line.mjs - a line between a client and the server that can be cut: a TCP proxy.
import net from "node:net";

export class Line {
  pairs = new Set();
  refuse = false; // new connections are cut at once

  // @port: where it leads, asked for each connection.
  static async to(port) {
    const line = new Line();
    line.server = net.createServer((near) => {
      if (line.refuse) return near.destroy();
      const far = net.connect(port(), "127.0.0.1");
      const pair = { cut: () => (near.destroy(), far.destroy()) };
      line.pairs.add(pair);
      for (const [from, to] of [[near, far], [far, near]]) {
        from.setNoDelay(true);
        from.pipe(to);
        from.on("error", () => {});
        from.on("close", () => (pair.cut(), line.pairs.delete(pair)));
      }
    });
    await new Promise((resolve) => line.server.listen(0, "127.0.0.1", resolve));
    line.port = line.server.address().port;
    return line;
  }

  cut() {
    for (const pair of [...this.pairs]) pair.cut();
  }

  cutSome(share) {
    for (const pair of [...this.pairs]) if (Math.random() < share) pair.cut();
  }

  close() {
    this.refuse = true;
    this.cut();
    this.server.close();
  }
}
