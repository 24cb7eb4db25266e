// cognigy.mjs - Cognigy's Socket endpoint, played by the real socket.io 2.5.1 server, over HTTP or TLS.
import { createRequire } from "node:module";
import http from "node:http";
import https from "node:https";

const io = createRequire(new URL("../../clients/package.json", import.meta.url))("socket.io");

export class Endpoint {
  queries = []; // of each connection
  inputs = []; // every processInput, with the socket's number
  acks = 0;
  sockets = new Set();
  refuseWebSockets = false;
  ready = true; // says endpoint-ready at once
  onInput = () => {}; // (socket, input) => what a flow does

  static async start({ tls, ping = 25000, pingTimeout = 5000 } = {}) {
    const endpoint = new Endpoint();
    endpoint.http = tls ? https.createServer(tls) : http.createServer();
    endpoint.io = io(endpoint.http, { path: "/bots/socket.io", pingInterval: ping, pingTimeout, serveClient: false,
      allowRequest: (request, decide) =>
        endpoint.refuseWebSockets && request.headers.upgrade ? decide(3, false) : decide(null, true) });
    endpoint.io.on("connection", (socket) => endpoint.#serve(socket));
    await new Promise((resolve) => endpoint.http.listen(0, "127.0.0.1", resolve));
    endpoint.port = endpoint.http.address().port;
    endpoint.url = `${tls ? "https" : "http"}://127.0.0.1:${endpoint.port}/bots`;
    return endpoint;
  }

  #serve(socket) {
    this.sockets.add(socket);
    this.queries.push(socket.handshake.query);
    socket.transportName = () => socket.conn.transport.name;
    socket.on("disconnect", () => this.sockets.delete(socket));
    socket.on("processInput", (input) => {
      this.inputs.push(input);
      this.onInput(socket, input);
    });
    if (this.ready) socket.emit("endpoint-ready");
  }

  // Bot output, with an acknowledgement wanted.
  output(socket, text, data = {}, traceId = `trace-${Math.random()}`) {
    return new Promise((resolve) => {
      socket.emit("output", { type: "output", data: { text, data, source: "bot", traceId } }, () => {
        this.acks++;
        resolve();
      });
    });
  }

  // The two forms of the end of a turn.
  finalPing(socket, asOutput = false) {
    if (asOutput) socket.emit("output", { type: "finalPing", data: { type: "regular" } });
    else socket.emit("finalPing", { type: "regular" });
  }

  of(session) {
    return [...this.sockets].find((socket) => socket.handshake.query.sessionId === session);
  }

  stop() {
    this.io.close();
    this.http.closeAllConnections();
  }
}
