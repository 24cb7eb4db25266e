// An agent's work: state, offers, conversations. Knows nothing about how it looks.
import type { Person } from "../shared/door";
import { keepLine, keptLine } from "../shared/kept-line";
import { type Frame, Line, socketUrl } from "../shared/line";
import { type Draft, gapAfter, joined, type Message, withMessages, withTold } from "../shared/message";
import { ask, type Problem, Refused, SIGNED_OUT } from "../shared/problem";
import { TYPING_SHOWN_MS, TypingTeller } from "../shared/typing";
import { uuid } from "../shared/uuid";
import { Side } from "./side";

export interface AgentView {
  id: string;
  name: string;
  state: string;
  awayReason: string | null;
  load: Record<string, { capacity: number; offered: number; active: number; wrapup: number }>;
  sessions: string[];
}

export interface SessionView {
  id: string;
  channel: string;
  entryPoint: string;
  customer: Record<string, unknown>;
  attributes: Record<string, unknown>;
  status: string;
  reason: string | null;
  note: string | null;
  openedAt: string;
  customerConnected: boolean;
  fromQueue: string | null;
  queue: { id: string } | null; // where it waits
  heldSince: string | null;
  recordingPausedSince: string | null;
  consent: boolean | null;
  consult: Consult | null;
  legs: { id: number; kind: string; party: string | null; status: string }[];
  messages?: Message[];
}

// The other session of a consultation: that of the customer, if this one is the
// talk ("answers"), or the talk.
export interface Consult {
  session: string;
  part: "asks" | "answers";
  state: "asked" | "talking" | "merged" | "ended";
  agent: string | null;
  name: string | null;
  handsOver: boolean; // who accepts the talk has the conversation
}

// What stands beside the conversation: a supervisor whispered or stepped in, or
// somebody took a note. The customer sees none of it.
export interface Aside {
  kind: "whisper" | "barge" | "note";
  after: number; // number of the message before it
  name: string;
  text: string;
  at: string;
}

const ASIDES: Readonly<Record<string, Aside["kind"]>> = {
  "supervisor.whispered": "whisper",
  "supervisor.barged": "barge",
  "session.noted": "note",
};

// What agents often write; queues: for whose sessions it is meant, none: for all.
export interface Reply {
  name: string;
  text: string;
  queues: readonly string[];
}

// One session of the desk: offered, active, or being documented.
export interface Task {
  session: SessionView;
  phase: "offered" | "active" | "wrapup";
  offer: number;
  deadline: string | null;
  messages: readonly Message[];
  asides: readonly Aside[];
  beside: readonly Message[]; // of the consultation's other session
  outbox: readonly Draft[];
  written: string; // and not sent
  unread: number;
  typing: boolean; // the customer
  problem: Problem | null; // of what was asked last
}

export interface DeskState {
  up: boolean;
  agent: AgentView | null;
  tasks: readonly Task[]; // offers first, then by the time they came
  open: string | null; // the session that is looked at
  replies: readonly Reply[];
  queues: Readonly<Record<string, string>>; // names by id
  problem: Problem | null; // that concerns no session
}

export interface Target {
  kind: "queue" | "agent" | "bot";
  id: string;
  name: string;
}

const TARGET_MEMBER = { queue: "queueId", agent: "agentId", bot: "bot" } as const;
// The session that the address names.
export const named = (): string | null => location.hash.slice(1) || null;

const EMPTY: DeskState = { up: false, agent: null, tasks: [], open: null, replies: [], queues: {}, problem: null };

export class Desk {
  private state: DeskState = { ...EMPTY, open: named() };
  private readonly watchers = new Set<() => void>();
  private readonly line: Line;
  private readonly asked = new Map<string, { what: string; session: string | null; then?: () => void }>();
  private readonly typingTimers = new Map<string, number>();
  private readonly typing = new TypingTeller();
  private readonly sides = new Map<string, Side>();

  constructor(
    private readonly person: Person,
    private readonly onOffer: (task: Task) => void,
  ) {
    this.line = new Line(
      {
        url: () => this.url(),
        frame: (frame) => this.onFrame(frame),
        up: (up) => this.onUp(up),
        lost: () => dispatchEvent(new Event(SIGNED_OUT)),
      },
      (error) => error instanceof Refused && (error.status === 401 || error.status === 403),
    );
  }

  readonly subscribe = (watcher: () => void): (() => void) => {
    this.watchers.add(watcher);
    return () => this.watchers.delete(watcher);
  };

  readonly snapshot = (): DeskState => this.state;

  close(): void {
    this.line.close();
  }

  // Files and receipts of a conversation.
  side(session: string): Side {
    const found = this.sides.get(session) ?? new Side(session, (frame) => this.line.send(frame));
    this.sides.set(session, found);
    return found;
  }

  // ---- what the agent does

  setState(state: string, reason?: string): void {
    this.ask(null, { type: "state", state, ...(reason ? { reason } : {}) });
  }

  look(wanted: string | null): void {
    const session = wanted === null ? null : this.find(wanted)?.session.id ?? null;
    this.change({ open: session });
    if (session !== null) this.alter(session, (task) => ({ ...task, unread: 0 }));
  }

  accept(task: Task): void {
    this.ask(task.session.id, { type: "offer.accept", offer: task.offer });
    this.look(task.session.id);
  }

  decline(task: Task): void {
    this.ask(task.session.id, { type: "offer.decline", offer: task.offer });
  }

  write(session: string, written: string): void {
    keepLine(lineKey(session), written);
    this.alter(session, (task) => ({ ...task, written }));
    if (written !== "") this.typing.tell(() => this.line.send({ type: "typing", session, on: true }));
  }

  say(session: string, text: string): void {
    const draft: Draft = { id: uuid(), text, told: false };
    keepLine(lineKey(session), "");
    this.typing.reset();
    this.alter(session, (task) => ({ ...task, written: "", outbox: [...task.outbox, draft] }));
    this.sendDraft(session, draft);
  }

  transfer(session: string, target: Target, note: string, then: () => void): void {
    const to = { [TARGET_MEMBER[target.kind]]: target.id };
    this.ask(session, { type: "transfer", ...to, ...(note ? { note } : {}) }, then);
  }

  // Kept beside the conversation; the field is cleared when it is.
  note(session: string, text: string, then: () => void): void {
    this.ask(session, { type: "note", text }, then);
  }

  pauseRecording(session: string, on: boolean): void {
    this.ask(session, { type: on ? "recording.pause" : "recording.resume" });
  }

  hold(session: string, on: boolean): void {
    this.ask(session, { type: on ? "hold" : "resume" });
  }

  consult(session: string, target: Target, note: string, then: () => void): void {
    const to = { [TARGET_MEMBER[target.kind]]: target.id };
    this.ask(session, { type: "consult", ...to, ...(note ? { note } : {}) }, then);
  }

  // How a consultation goes on: both with the customer, given away, or over.
  consulted(session: string, how: "merge" | "complete" | "end"): void {
    this.ask(session, { type: `consult.${how}` });
  }

  // A line for the other session of the consultation.
  sayBeside(task: Task, text: string, then: () => void): void {
    const other = task.session.consult?.session;
    const id = uuid();
    if (other === undefined || !this.line.send({ type: "message", session: other, id, text })) return;
    this.asked.set(id, { what: text, session: task.session.id, then });
  }

  // What offers it: its queue, or the skill that it asks for, as people call it.
  offeredBy({ queue, entryPoint }: SessionView): string {
    return queue === null ? entryPoint : this.state.queues[queue.id] ?? queue.id.replace(/^skill:/, "");
  }

  get me(): string {
    return this.person.id;
  }

  end(session: string): void {
    this.ask(session, { type: "end" });
  }

  complete(session: string, disposition: string, note: string): void {
    const finish = (): void => this.ask(session, { type: "complete" });
    if (disposition === "") finish();
    else this.ask(session, { type: "disposition", disposition, ...(note ? { note } : {}) }, finish);
  }

  // Where a session can go.
  async targets(): Promise<Target[]> {
    const [queues, agents, bots] = await Promise.all([
      ask<{ queues: { id: string; name: string }[] }>("/api/v1/queues"),
      ask<{ agents: { id: string; name: string }[] }>("/api/v1/agents"),
      ask<{ bots: { id: string; name: string }[] }>("/api/v1/bots"),
    ]);
    return [
      ...queues.queues.map((q) => ({ kind: "queue" as const, id: q.id, name: q.name })),
      ...agents.agents.filter((a) => a.id !== this.me).map((a) => ({ kind: "agent" as const, id: a.id, name: a.name })),
      ...bots.bots.map((b) => ({ kind: "bot" as const, id: b.id, name: b.name })),
    ];
  }

  // ---- the line

  private url(): Promise<string> {
    return socketUrl(location.origin, `/api/v1/agents/${encodeURIComponent(this.person.id)}/socket`);
  }

  private onUp(up: boolean): void {
    this.change({ up });
    if (!up) {
      this.asked.clear(); // the answers are lost with the line
      return;
    }
    ask<{ replies: Reply[] }>("/api/v1/replies").then(({ replies }) => this.change({ replies }), () => {});
    ask<{ queues: { id: string; name: string }[] }>("/api/v1/queues").then(
      ({ queues }) => this.change({ queues: Object.fromEntries(queues.map(({ id, name }) => [id, name])) }), () => {});
  }

  // What is refused is shown where it was asked for. While the line is down
  // nothing is asked: the buttons say so.
  private ask(session: string | null, frame: Frame, then?: () => void): void {
    const id = uuid();
    this.setProblem(session, null);
    const what = JSON.stringify([frame, session]);
    // Pressed twice, asked once.
    if ([...this.asked.values()].some((one) => one.what === what)) return;
    if (!this.line.send({ ...frame, id, ...(session === null ? {} : { session }) })) return;
    this.asked.set(id, { what, session, ...(then === undefined ? {} : { then }) });
  }

  private sendDraft(session: string, draft: Draft): void {
    this.line.send({ type: "message", session, id: draft.id, text: draft.text });
  }

  // ---- what comes in

  private onFrame(frame: Frame): void {
    const session = typeof frame["session"] === "string" ? frame["session"] : "";
    switch (frame.type) {
      case "state":
        this.onState(frame["agent"] as AgentView);
        break;
      case "offer":
        this.onOffered(frame);
        break;
      case "offer.declined":
      case "offer.expired":
      case "offer.withdrawn":
      case "session.left":
        this.drop(session);
        break;
      case "session.assigned":
        this.onAssigned(frame["session"] as SessionView, (frame["deadline"] as string | undefined) ?? null);
        this.side((frame["session"] as SessionView).id).onAssigned(frame, this.lastOf((frame["session"] as SessionView).id));
        break;
      case "seen":
        this.side(session).onSeen(frame);
        break;
      case "message":
        this.onMessage(session, frame as unknown as Message);
        break;
      case "typing":
        this.onTyping(session, frame["on"] === true);
        break;
      case "session.attributes":
        this.alterSession(session, { attributes: frame["attributes"] as Record<string, unknown> });
        break;
      case "customer.joined":
      case "customer.dropped":
        this.alterSession(session, { customerConnected: frame.type === "customer.joined" });
        break;
      case "supervisor.whispered":
      case "supervisor.barged":
      case "session.noted":
        this.onAside(session, frame);
        break;
      case "session.held":
      case "session.resumed":
        this.alterSession(session, { heldSince: frame.type === "session.held" ? String(frame["at"]) : null });
        break;
      case "recording.paused":
      case "recording.resumed":
        this.alterSession(session, { recordingPausedSince: frame.type === "recording.paused" ? String(frame["at"]) : null });
        break;
      case "consent.set":
        this.alterSession(session, { consent: frame["consent"] === true });
        break;
      case "message.once":
        this.onShownOnce(session, frame as unknown as Message);
        break;
      case "session.consult":
        this.onConsult(session, frame["consult"] as Consult | null);
        break;
      case "consult.message":
        this.alter(session, (task) => ({ ...task, beside: withMessages(task.beside, [frame as unknown as Message]) }));
        break;
      case "session.ended":
        this.onEnded(session, frame);
        break;
      case "screen.pop":
        this.onScreen(session, String(frame["url"]));
        break;
      case "done":
        this.onDone(frame);
        break;
      case "problem":
        this.onProblem(frame);
        break;
      default:
    }
  }

  // After a reconnection: what is not the agent's any more is gone.
  private onState(agent: AgentView): void {
    const mine = new Set(agent.sessions);
    const tasks = this.state.tasks.filter((task) => mine.has(task.session.id) || task.phase === "offered");
    const { open } = this.state;
    const isGone = this.state.agent === null && open !== null && !mine.has(open); // since the page was left
    this.change({ agent, tasks, ...(isGone ? { open: null } : {}) });
  }

  private onOffered(frame: Frame): void {
    const session = frame["session"] as SessionView;
    const task = newTask(session, "offered", Number(frame["offer"]), (frame["deadline"] as string | undefined) ?? null);
    this.put(task);
    this.onOffer(task);
  }

  private onAssigned(session: SessionView, deadline: string | null): void {
    const before = this.find(session.id);
    const phase = session.status === "wrapup" ? "wrapup" : "active";
    const task = newTask(session, phase, 0, deadline);
    const messages = joined(before?.messages ?? [], session.messages ?? []);
    const outbox = (before?.outbox ?? []).filter((draft) => !draft.told);
    this.put({ ...task, outbox, messages, written: before?.written ?? task.written });
    const gap = gapAfter(messages);
    if (gap !== null) void this.recallMessages(session.id, gap).catch(() => {});
    if (this.state.open === null) this.look(session.id);
    if (before?.phase !== "offered" || session.status !== "active") void this.recallAsides(session.id).catch(() => {});
    if (session.consult !== null) void this.recallBeside(session.id, session.consult).catch(() => {});
    for (const draft of outbox) this.sendDraft(session.id, draft);
  }

  private onMessage(session: string, message: Message): void {
    const own = message.from === "agent" && message.author === this.person.id;
    const seen = own || this.state.open === session;
    this.alter(session, (task) => ({
      ...task,
      typing: false,
      messages: withMessages(task.messages, [message]),
      outbox: own ? withTold(task.outbox, message.text) : task.outbox,
      unread: seen ? task.unread : task.unread + 1,
    }));
    this.side(session).onMessage(message.number);
  }

  // What is kept nowhere stands in this page alone, and is gone with it.
  private onShownOnce(session: string, shown: Message): void {
    this.alter(session, (task) => ({ ...task, messages: task.messages.map((m) => (m.number === shown.number ? { ...m, text: shown.text } : m)) }));
  }

  private lastOf(session: string): number {
    return this.find(session)?.messages.at(-1)?.number ?? 0;
  }

  private onAside(session: string, frame: Frame): void {
    const kind = ASIDES[frame.type];
    if (kind === undefined) return;
    const seen = this.state.open === session || kind === "note";
    this.alter(session, (task) => ({
      ...task,
      asides: [...task.asides, { kind, after: task.messages.at(-1)?.number ?? 0, name: String(frame["name"]), text: String(frame["text"] ?? ""), at: String(frame["at"]) }],
      unread: seen ? task.unread : task.unread + 1,
    }));
  }

  // A socket begins with the last of many.
  private async recallMessages(session: string, after: number): Promise<void> {
    const { messages } = await ask<{ messages: Message[] }>(`/api/v1/sessions/${session}/messages?after=${after}`);
    this.alter(session, (task) => ({ ...task, messages: joined(messages, task.messages) }));
  }

  // After a reload: asides are no messages, the session's story has them.
  private async recallAsides(session: string): Promise<void> {
    const { events } = await ask<{ events: Frame[] }>(`/api/v1/sessions/${session}/timeline`);
    const asides: Aside[] = [];
    let after = 0;
    for (const event of events) {
      if (event.type === "message") after++;
      const kind = ASIDES[event.type];
      if (kind === undefined) continue;
      const name = String((event["cause"] as { who: string }).who);
      asides.push({ kind, after, name, text: String(event["text"] ?? ""), at: String(event["at"]) });
    }
    this.alter(session, (task) => ({ ...task, asides }));
  }

  private onConsult(session: string, consult: Consult | null): void {
    const before = this.find(session)?.session.consult?.session;
    this.alterSession(session, { consult });
    if (consult !== null && consult.session !== before) {
      this.alter(session, (task) => ({ ...task, beside: [] }));
      void this.recallBeside(session, consult).catch(() => {});
    }
  }

  // What was said in the other session before it was followed.
  private async recallBeside(session: string, consult: Consult): Promise<void> {
    const { messages } = await ask<{ messages: Message[] }>(`/api/v1/sessions/${consult.session}/messages`);
    this.alter(session, (task) => ({ ...task, beside: withMessages(messages, task.beside) }));
  }

  private onTyping(session: string, on: boolean): void {
    clearTimeout(this.typingTimers.get(session));
    const show = (typing: boolean): void => this.alter(session, (task) => ({ ...task, typing }));
    show(on);
    if (on) this.typingTimers.set(session, setTimeout(() => show(false), TYPING_SHOWN_MS));
  }

  private onEnded(session: string, frame: Frame): void {
    if (frame["status"] === "completed") {
      this.drop(session);
      return;
    }
    const deadline = (frame["deadline"] as string | undefined) ?? null;
    this.alter(session, (task) => ({ ...task, phase: "wrapup", deadline, typing: false }));
  }

  // A page of the script's choice is shown as a link: browsers block what nobody
  // has clicked.
  private onScreen(session: string, url: string): void {
    const task = this.find(session);
    if (task !== undefined && /^https?:/.test(url)) {
      this.alterSession(session, { attributes: { ...task.session.attributes, "screen": url } });
    }
  }

  private onDone(frame: Frame): void {
    const id = String(frame["id"]);
    const asked = this.asked.get(id);
    if (asked !== undefined) {
      this.asked.delete(id);
      asked.then?.();
      return;
    }
    const tasks = this.state.tasks.map((task) => ({ ...task, outbox: task.outbox.filter((d) => d.id !== id) }));
    this.change({ tasks });
  }

  private onProblem(frame: Frame): void {
    const id = String(frame["id"]);
    const asked = this.asked.get(id);
    const problem = frame["problem"] as Problem;
    this.asked.delete(id);
    const said = this.state.tasks.find((task) => task.outbox.some((draft) => draft.id === id));
    if (said !== undefined) {
      this.giveBack(said, id);
      this.setProblem(said.session.id, problem);
      return;
    }
    this.setProblem(asked?.session ?? null, problem);
  }

  // What cannot be sent is not lost: it stands in the field again.
  private giveBack(task: Task, id: string): void {
    const draft = task.outbox.find((d) => d.id === id);
    const written = [draft?.text ?? "", task.written].filter((text) => text !== "").join("\n");
    keepLine(lineKey(task.session.id), written);
    this.alter(task.session.id, (t) => ({ ...t, written, outbox: t.outbox.filter((d) => d.id !== id) }));
  }

  // ---- tasks

  private find(session: string): Task | undefined {
    return this.state.tasks.find((task) => task.session.id === session);
  }

  private put(task: Task): void {
    const others = this.state.tasks.filter((t) => t.session.id !== task.session.id);
    const tasks = [...others, task];
    tasks.sort((a, b) => Number(b.phase === "offered") - Number(a.phase === "offered") || (a.session.openedAt < b.session.openedAt ? -1 : 1));
    this.change({ tasks });
  }

  private alter(session: string, how: (task: Task) => Task): void {
    this.change({ tasks: this.state.tasks.map((task) => (task.session.id === session ? how(task) : task)) });
  }

  private alterSession(session: string, part: Partial<SessionView>): void {
    this.alter(session, (task) => ({ ...task, session: { ...task.session, ...part } }));
  }

  private setProblem(session: string | null, problem: Problem | null): void {
    if (session === null || this.find(session) === undefined) this.change({ problem });
    else this.alter(session, (task) => ({ ...task, problem }));
  }

  private drop(session: string): void {
    keepLine(lineKey(session), "");
    this.sides.get(session)?.uploads.close();
    this.sides.delete(session);
    const tasks = this.state.tasks.filter((task) => task.session.id !== session);
    const next = tasks.find((task) => task.phase !== "offered")?.session.id ?? null;
    this.change({ tasks, open: this.state.open === session ? next : this.state.open });
  }

  private change(part: Partial<DeskState>): void {
    this.state = { ...this.state, ...part };
    for (const watcher of this.watchers) watcher();
  }
}

function newTask(session: SessionView, phase: Task["phase"], offer: number, deadline: string | null): Task {
  return {
    session, phase, offer, deadline,
    messages: session.messages ?? [],
    asides: [],
    beside: [],
    outbox: [],
    written: keptLine(lineKey(session.id)),
    unread: 0,
    typing: false,
    problem: null,
  };
}

const lineKey = (session: string): string => `baton.desk ${session}`;
