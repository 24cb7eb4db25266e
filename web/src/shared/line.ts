// A WebSocket that comes back: with a pause that grows and is different for each,
// until it is closed on purpose or told that there is no way.

import { ask } from "./problem";

export interface LineEvents {
  // Called before each attempt: a ticket is good once.
  url(): Promise<string>;
  frame(frame: Frame): void;
  // True while frames can leave.
  up(up: boolean): void;
  // The end: refused for good. `why` may be a Refused.
  lost(why: unknown): void;
}

export interface Frame {
  type: string;
  [member: string]: unknown;
}

const FIRST_PAUSE_MS = 300;
const LONGEST_PAUSE_MS = 15_000;
// A network that goes away tells nobody: a question without an answer does.
const ANSWER_MS = 20_000;
// The server says so: the token is gone (1008), the conversation is over (1000).
const FINAL_CODES = new Set([1000, 1008]);

export class Line {
  private socket: WebSocket | null = null;
  private timer: number | undefined;
  private unanswered: number | undefined;
  private pause = FIRST_PAUSE_MS;
  private closed = false;

  constructor(
    private readonly events: LineEvents,
    private readonly isFinal: (error: unknown) => boolean,
  ) {
    addEventListener("online", this.hurry);
    void this.connect();
  }

  // False: the line is down, and the frame was not sent.
  send(frame: Frame): boolean {
    if (this.socket?.readyState !== WebSocket.OPEN) return false;
    this.socket.send(JSON.stringify(frame));
    if ("id" in frame) this.unanswered ??= setTimeout(() => this.drop(), ANSWER_MS);
    return true;
  }

  close(): void {
    this.closed = true;
    removeEventListener("online", this.hurry);
    clearTimeout(this.timer);
    this.heard();
    this.socket?.close(1000);
  }

  // Another network: a line from before it is dead, and may not know.
  private readonly hurry = (): void => {
    this.drop();
    if (this.timer === undefined) return;
    clearTimeout(this.timer);
    void this.connect();
  };

  private async connect(): Promise<void> {
    this.timer = undefined;
    let url: string;
    try {
      url = await this.events.url();
    } catch (error) {
      if (this.closed) return;
      if (this.isFinal(error)) this.finish(error);
      else this.later();
      return;
    }
    if (this.closed) return;
    const socket = new WebSocket(url);
    this.socket = socket;
    socket.onopen = () => {
      this.pause = FIRST_PAUSE_MS;
      this.events.up(true);
    };
    socket.onmessage = (message) => {
      if (this.socket !== socket) return;
      this.heard();
      this.events.frame(JSON.parse(String(message.data)) as Frame);
    };
    socket.onclose = ({ code, reason }) => this.onClose(socket, code, reason);
  }

  private heard(): void {
    clearTimeout(this.unanswered);
    this.unanswered = undefined;
  }

  private drop(): void {
    const { socket } = this;
    if (socket?.readyState !== WebSocket.OPEN) return;
    socket.close(); // its end is told when it has timed out: nobody waits for that
    this.onClose(socket, 0, "");
  }

  private onClose(socket: WebSocket, code: number, reason: string): void {
    if (this.socket !== socket || this.closed) return;
    this.socket = null;
    this.heard();
    this.events.up(false);
    if (FINAL_CODES.has(code)) this.finish(reason);
    else this.later();
  }

  private finish(why: unknown): void {
    this.close();
    this.events.lost(why);
  }

  private later(): void {
    const wait = this.pause * (0.5 + Math.random());
    this.pause = Math.min(this.pause * 2, LONGEST_PAUSE_MS);
    this.timer = setTimeout(() => void this.connect(), wait);
  }
}

// Where a socket is, with a ticket in place of the token or the cookie, which
// no browser sends with it.
export async function socketUrl(server: string, path: string, more: { token?: string; query?: Record<string, string> } = {}): Promise<string> {
  const { ticket } = await ask<{ ticket: string }>(new URL("/api/v1/tickets", server).href, {
    method: "POST",
    ...(more.token === undefined ? {} : { token: more.token }),
  });
  const url = new URL(path, server);
  url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
  for (const [name, value] of Object.entries({ ...more.query, ticket })) url.searchParams.set(name, value);
  return url.href;
}
