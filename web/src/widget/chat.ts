// One customer's conversation: opens it once, keeps the line, sends each message
// once, and remembers it over a reload. Knows nothing about how it looks.
import { fetchFile, type FilesTaken, readTaken, type Upload, Uploads } from "../shared/files";
import { keepLine, keptLine } from "../shared/kept-line";
import { type Frame, Line, socketUrl } from "../shared/line";
import { type Draft, gapAfter, joined, type Message, withMessages, withTold } from "../shared/message";
import { ask, type Problem, Refused } from "../shared/problem";
import { NOTHING_SEEN, readSeen, type Seen, SeenTeller } from "../shared/seen";
import { TYPING_SHOWN_MS, TypingTeller } from "../shared/typing";
import { uuid } from "../shared/uuid";

export interface Holder {
  kind: string;
  name: string;
}

export interface ChatState {
  // none: nothing was opened yet. lost: refused for good; `why` says it.
  phase: "none" | "opening" | "open" | "ended" | "lost";
  up: boolean;
  status: string;
  holder: Holder;
  held: boolean; // by the agent, who will come back
  unkept: boolean; // what is typed goes to the agent alone, and nowhere else
  place: { position: number; seconds?: number } | null;
  messages: readonly Message[];
  outbox: readonly Draft[];
  typing: string | null; // who
  seen: Seen; // how far the agent has got
  takes: FilesTaken | null;
  uploads: readonly Upload[];
  calls: boolean; // somebody calls back who asks for it
  mails: boolean; // transcripts go by mail
  called: string | null; // when the call is due that was asked for
  why: unknown; // the chat cannot be opened, or what was said last is not taken
  returned: number; // so often something stood in the field again
}

export interface ChatOptions {
  server: string; // its origin
  entry: string;
  storage: Storage;
}

// What is kept over a reload. `key` makes the opening happen once.
interface Kept {
  key: string;
  session?: string;
  token?: string;
  outbox: Draft[];
}

const nobody: Holder = { kind: "none", name: "" };
const fresh: ChatState = {
  phase: "none", up: false, status: "", holder: nobody, held: false, unkept: false, place: null,
  messages: [], outbox: [], typing: null, seen: NOTHING_SEEN, takes: null, uploads: [],
  calls: false, mails: false, called: null, why: null, returned: 0,
};

export class Chat {
  private state: ChatState = fresh;
  private kept: Kept | null;
  // The conversation, also when it is over: its files can still be fetched.
  private own: { session: string; token: string } | undefined;
  private line: Line | null = null;
  private readonly watchers = new Set<() => void>();
  private typingTimer: number | undefined;
  private readonly typing = new TypingTeller();
  private readonly storageKey: string;
  private readonly lineKey: string;
  private uploads = this.newUploads();
  private asked: { text: string; key: string } | undefined;
  private readonly seenTeller = new SeenTeller((seen) => this.line?.send({ type: "seen", ...seen }) === true);

  constructor(private readonly options: ChatOptions) {
    this.storageKey = `baton.chat ${options.server} ${options.entry}`;
    this.lineKey = `baton.line ${options.server} ${options.entry}`;
    this.kept = this.remembered();
  }

  readonly subscribe = (watcher: () => void): (() => void) => {
    this.watchers.add(watcher);
    return () => this.watchers.delete(watcher);
  };

  readonly snapshot = (): ChatState => this.state;

  // Is there a conversation from before a reload?
  get goesOn(): boolean {
    return this.kept !== null;
  }

  start(): void {
    if (this.line !== null) return;
    this.kept ??= { key: uuid(), outbox: [] };
    this.keep();
    this.change({ ...fresh, phase: "opening", outbox: this.kept.outbox });
    this.line = new Line(
      {
        url: () => this.url(),
        frame: (frame) => this.onFrame(frame),
        up: (up) => this.onUp(up),
        lost: (why) => this.onLost(why),
      },
      (error) => error instanceof Refused && error.status >= 400 && error.status < 500 && error.status !== 429,
    );
  }

  // @payload: of a choice; a bot reads it in place of the words.
  say(text: string, payload?: string): void {
    if (this.kept === null) this.start();
    const draft: Draft = { id: uuid(), text, told: false, ...(payload === undefined ? {} : { payload }) };
    this.change({ why: null });
    this.setOutbox([...this.state.outbox, draft]);
    this.typing.reset();
    this.sendDraft(draft);
  }

  // What stands in the field and is not sent.
  get written(): string {
    return keptLine(this.lineKey);
  }

  write(text: string): void {
    keepLine(this.lineKey, text);
    if (text !== "") this.typing.tell(() => this.line?.send({ type: "typing", on: true }) === true);
  }

  attach(file: File, refused: string | null): void {
    if (this.kept === null) this.start();
    this.uploads.add(file, refused);
  }

  dropUpload(id: string): void {
    this.uploads.drop(id);
  }

  againUpload(id: string): void {
    this.uploads.again(id);
  }

  readonly fetchFile = (url: string): Promise<Blob> => fetchFile(this.options.server, url, this.own?.token);

  // The number to call. Throws Refused.
  async askCall(number: string): Promise<void> {
    const { due } = await this.post<{ due: string }>("callback", { number });
    this.change({ called: due });
  }

  async mail(to: string, lang: string): Promise<void> {
    await this.post("transcript", { to, lang });
  }

  // The same asked again after a cut line is the same.
  private async post<T>(what: string, body: Record<string, string>): Promise<T> {
    const { own } = this;
    if (own === undefined) throw new Error("closed");
    const text = JSON.stringify(body);
    if (this.asked?.text !== what + text) this.asked = { text: what + text, key: uuid() };
    return ask<T>(new URL(`/api/v1/sessions/${own.session}/${what}`, this.options.server).href, {
      method: "POST", token: own.token, headers: { "Idempotency-Key": this.asked.key }, body: text,
    });
  }

  // Somebody has the conversation before the eyes, up to its end.
  look(): void {
    this.seenTeller.read(this.state.messages.at(-1)?.number ?? 0);
  }

  end(): void {
    if (this.line?.send({ type: "leave" }) !== true) this.finish();
  }

  // Forgets the conversation that is over; the next start() opens another.
  again(): void {
    this.close();
    this.uploads = this.newUploads();
    this.kept = null;
    this.own = this.asked = undefined;
    this.options.storage.removeItem(this.storageKey);
    this.change(fresh);
  }

  close(): void {
    this.uploads.close();
    this.line?.close();
    this.line = null;
  }

  private newUploads(): Uploads {
    return new Uploads(() => this.whereFiles(), (uploads) => this.change({ uploads }));
  }

  private whereFiles(): { server: string; session: string; token: string } | null {
    const { session, token } = this.kept ?? {};
    return this.state.phase === "open" && session !== undefined && token !== undefined ? { server: this.options.server, session, token } : null;
  }

  // ---- opening

  private async url(): Promise<string> {
    const kept = this.kept;
    if (kept === null) throw new Error("closed");
    if (kept.session === undefined || kept.token === undefined) {
      const opened = await ask<{ id: string; token: string }>(new URL("/api/v1/sessions", this.options.server).href, {
        method: "POST",
        headers: { "Idempotency-Key": kept.key },
        body: JSON.stringify({ entryPoint: this.options.entry }),
      });
      kept.session = opened.id;
      kept.token = opened.token;
      this.keep();
    }
    const { session, token } = kept;
    this.own = { session, token };
    const last = this.state.messages.at(-1)?.number ?? 0;
    const query = { after: String(last) };
    return socketUrl(this.options.server, `/api/v1/sessions/${session}/socket`, { token, query });
  }

  // ---- what comes in

  private onUp(up: boolean): void {
    this.change({ up, typing: null });
  }

  private onLost(why: unknown): void {
    this.line = null;
    if (this.state.phase === "ended") return;
    if (why instanceof Refused && why.status === 404) {
      // The server has forgotten it: a conversation that ended long ago.
      this.finish();
      return;
    }
    this.change({ phase: "lost", why });
  }

  private onFrame(frame: Frame): void {
    switch (frame.type) {
      case "session.opened":
        this.onOpened(frame["session"] as OpenedSession, frame);
        break;
      case "seen":
        this.change({ seen: readSeen(frame) });
        break;
      case "message":
        this.onMessage(frame as unknown as Message);
        break;
      case "session.status":
        this.change({ status: String(frame["status"]), holder: frame["holder"] as Holder });
        if (frame["status"] !== "queued") this.change({ place: null });
        if (frame["status"] !== "active") this.change({ held: false, unkept: false });
        break;
      case "session.held":
      case "session.resumed":
        this.change({ held: frame.type === "session.held" });
        break;
      case "recording.paused":
      case "recording.resumed":
        this.change({ unkept: frame.type === "recording.paused" });
        break;
      case "queue":
        this.onPlace(frame);
        break;
      case "typing":
        this.onTyping(frame);
        break;
      case "session.ended":
        if (frame["reason"] === "callback") this.change({ called: this.state.called ?? "" });
        this.finish();
        break;
      case "done":
        this.setOutbox(this.state.outbox.filter((draft) => draft.id !== frame["id"]));
        break;
      case "problem":
        this.onProblem(frame);
        break;
      default:
    }
  }

  private onOpened(session: OpenedSession, frame: Frame): void {
    const seen = readSeen(frame["seen"]);
    this.change({
      phase: "open", status: session.status, holder: session.holder ?? nobody, held: (session.heldSince ?? null) !== null,
      unkept: (session.recordingPausedSince ?? null) !== null, takes: readTaken(frame), seen,
      calls: frame["callback"] === true, mails: frame["mail"] === true,
    });
    this.seenTeller.anew();
    this.addMessages(session.messages ?? []);
    const gap = gapAfter(this.state.messages);
    if (gap !== null) void this.recall(gap).catch(() => {});
    for (const draft of this.state.outbox) this.sendDraft(draft);
    this.uploads.hurry();
  }

  // The line begins with the last of many.
  private async recall(after: number): Promise<void> {
    const { own } = this;
    if (own === undefined) return;
    const url = new URL(`/api/v1/sessions/${own.session}/messages?after=${after}`, this.options.server).href;
    const { messages } = await ask<{ messages: Message[] }>(url, { token: own.token });
    if (this.own === own) this.change({ messages: joined(messages, this.state.messages) });
  }

  private onMessage(message: Message): void {
    if (message.from === "customer") this.setOutbox(withTold(this.state.outbox, message.text));
    else this.change({ typing: null });
    this.addMessages([message]);
  }

  private addMessages(more: readonly Message[]): void {
    this.change({ messages: withMessages(this.state.messages, more) });
    this.seenTeller.delivered(this.state.messages.at(-1)?.number ?? 0);
  }

  private onPlace(frame: Frame): void {
    const seconds = frame["estimatedWaitSeconds"];
    const position = Number(frame["position"]);
    this.change({ place: typeof seconds === "number" ? { position, seconds } : { position } });
  }

  private onTyping(frame: Frame): void {
    clearTimeout(this.typingTimer);
    this.change({ typing: frame["on"] === true ? String(frame["name"]) : null });
    this.typingTimer = setTimeout(() => this.change({ typing: null }), TYPING_SHOWN_MS);
  }

  // What cannot be sent is not sent for ever, and not lost: it stands in the field again.
  private onProblem(frame: Frame): void {
    const draft = this.state.outbox.find((one) => one.id === frame["id"]);
    if (draft === undefined) return;
    this.setOutbox(this.state.outbox.filter((one) => one !== draft));
    if (draft.payload === undefined) keepLine(this.lineKey, [draft.text, this.written].filter((text) => text !== "").join("\n"));
    const problem = frame["problem"] as Problem;
    this.change({ why: new Refused(problem.code, problem), returned: this.state.returned + 1 });
  }

  private finish(): void {
    this.close();
    this.kept = null;
    this.options.storage.removeItem(this.storageKey);
    this.change({ phase: "ended", up: false, place: null, typing: null });
  }

  // ---- what goes out

  // Sent again after each reconnection: its id makes it count once.
  private sendDraft(draft: Draft): void {
    const data = draft.payload === undefined ? {} : { data: { payload: draft.payload } };
    if (this.state.phase === "open") this.line?.send({ type: "message", id: draft.id, text: draft.text, ...data });
  }

  private setOutbox(outbox: Draft[]): void {
    if (this.kept !== null) {
      this.kept.outbox = outbox;
      this.keep();
    }
    this.change({ outbox });
  }

  // ---- memory

  private remembered(): Kept | null {
    try {
      const kept = JSON.parse(this.options.storage.getItem(this.storageKey) ?? "null") as Kept | null;
      return kept !== null && typeof kept.key === "string" && Array.isArray(kept.outbox) ? kept : null;
    } catch {
      return null;
    }
  }

  private keep(): void {
    try {
      this.options.storage.setItem(this.storageKey, JSON.stringify(this.kept));
    } catch {
      // A full or forbidden storage: the chat works, but not over a reload.
    }
  }

  private change(part: Partial<ChatState>): void {
    this.state = { ...this.state, ...part };
    for (const watcher of this.watchers) watcher();
  }
}

interface OpenedSession {
  status: string;
  holder?: Holder;
  heldSince?: string | null;
  recordingPausedSince?: string | null;
  messages?: Message[];
}
