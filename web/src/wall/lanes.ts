// A session's events as lanes: who did what, from when to when. Pure.
import type { WallEvent } from "./api";

export const LANES = ["customer", "bot", "script", "queue", "agent"] as const;
export type Lane = (typeof LANES)[number];

export type BarKind = "here" | "invited" | "holds" | "releasing" | "runs" | "waits" | "nobody" | "offered" | "wrapup";

export interface Bar {
  lane: Lane;
  kind: BarKind;
  who: string;
  from: number; // as its place from 0 to 1, as are all of these
  to: number;
  fromUs: number;
  toUs: number;
  open: boolean; // it goes on
}

export type MarkKind = "message" | "refused" | "supervisor" | "log";

export interface Mark {
  lane: Lane;
  kind: MarkKind;
  at: number;
  atUs: number;
  event: WallEvent;
  refusal: number; // which refused transfer of the session, from 1; 0: none
}

export interface Tick {
  at: number;
  seconds: number; // since the beginning
}

export interface Story {
  bars: Bar[];
  marks: Mark[];
  ticks: Tick[];
}

type Span = Omit<Bar, "from" | "to">;

// A pause of ten minutes must not hide a window of a second: what is longer is
// drawn longer, but not in proportion.
function weightOf(us: number): number {
  return us <= 0 ? 0 : Math.log2(1 + us / 20_000) + 0.35;
}

// Places of moments from 0 to 1.
function scaleOf(moments: readonly number[]): (us: number) => number {
  const sorted = [...new Set(moments)].sort((a, b) => a - b);
  const places = new Map<number, number>();
  let sum = 0;
  sorted.forEach((us, i) => {
    sum += i === 0 ? 0 : weightOf(us - (sorted[i - 1] as number));
    places.set(us, sum);
  });
  return (us) => (sum === 0 ? 0 : (places.get(us) ?? 0) / sum);
}

// What a status is in the picture.
function spanOf(event: WallEvent): { lane: Lane; kind: BarKind; who: string } | null {
  const who = event.holder?.id ?? "";
  switch (event.status) {
    case "pending":
      return { lane: event["invited"] === "script" ? "script" : "bot", kind: "invited", who };
    case "connected":
      return { lane: event.holder?.kind === "script" ? "script" : "bot", kind: "holds", who };
    case "releasing":
      return { lane: "bot", kind: "releasing", who };
    case "idle":
      return { lane: "queue", kind: "nobody", who: "" };
    case "queued":
      return { lane: "queue", kind: "waits", who };
    case "offered":
      return { lane: "agent", kind: "offered", who: String(event["agent"] ?? "") };
    case "active":
      return { lane: "agent", kind: "holds", who };
    case "wrapup":
      return { lane: "agent", kind: "wrapup", who };
    default:
      return null;
  }
}

class Drawer {
  readonly spans: Span[] = [];
  private readonly open = new Map<string, Span>();

  begin(key: string, lane: Lane, kind: BarKind, who: string, us: number): void {
    this.open.set(key, { lane, kind, who, fromUs: us, toUs: us, open: true });
  }

  end(key: string, us: number): void {
    const span = this.open.get(key);
    if (span === undefined) return;
    this.open.delete(key);
    this.spans.push({ ...span, toUs: us, open: false });
  }

  finish(us: number): void {
    for (const span of this.open.values()) this.spans.push({ ...span, toUs: us });
  }

  kindOf(key: string): Span | undefined {
    return this.open.get(key);
  }
}

function drawHolder(draw: Drawer, event: WallEvent): void {
  if (event.status === undefined) return;
  const next = spanOf(event);
  const now = draw.kindOf("holder");
  if (now !== undefined && next !== null && now.lane === next.lane && now.kind === next.kind && now.who === next.who) return;
  draw.end("holder", event.atUs);
  // The queue goes on behind an offer.
  if (event.status !== "queued" && event.status !== "offered") draw.end("queue", event.atUs);
  if (next === null) return;
  if (next.kind !== "waits") draw.begin("holder", next.lane, next.kind, next.who, event.atUs);
  if (next.kind === "waits") {
    const waits = draw.kindOf("queue");
    if (waits !== undefined && waits.who !== next.who) draw.end("queue", event.atUs);
    if (draw.kindOf("queue") === undefined) draw.begin("queue", "queue", "waits", next.who, event.atUs);
  }
}

function drawOther(draw: Drawer, event: WallEvent): void {
  const run = `run ${String(event["run"] ?? "")}`;
  switch (event.type) {
    case "customer.joined":
      draw.begin("customer", "customer", "here", "", event.atUs);
      break;
    case "customer.dropped":
    case "session.ended":
    case "session.wrapping":
      draw.end("customer", event.atUs);
      break;
    case "script.started":
      draw.begin(run, "script", "runs", String(event["script"] ?? ""), event.atUs);
      break;
    case "script.ended":
    case "script.failed":
      draw.end(run, event.atUs);
      break;
    default:
  }
}

function laneOfRole(role: string): Lane {
  return role === "customer" || role === "bot" || role === "script" ? role : role === "system" ? "queue" : "agent";
}

function markKind(event: WallEvent): MarkKind | null {
  if (event.type === "message") return "message";
  if (event.type === "transfer.refused" || event.type === "command.refused") return "refused";
  if (event.type.startsWith("supervisor.")) return "supervisor";
  return event.type === "script.log" ? "log" : null;
}

// @nowUs is the end of the picture while the session is open.
export function storyOf(events: readonly WallEvent[], nowUs: number): Story {
  const draw = new Drawer();
  for (const event of events) {
    drawHolder(draw, event);
    drawOther(draw, event);
  }
  const first = events[0]?.atUs ?? nowUs;
  const last = events.at(-1);
  const endUs = last === undefined || last.status === "completed" ? (last?.atUs ?? nowUs) : Math.max(nowUs, last.atUs);
  draw.finish(endUs);
  const place = scaleOf([...events.map((e) => e.atUs), endUs]);
  let refusals = 0;
  const marks = events.flatMap((event): Mark[] => {
    const kind = markKind(event);
    if (kind === null) return [];
    const refusal = event.type === "transfer.refused" ? ++refusals : 0;
    return [{ lane: laneOfRole(event.cause.role), kind, at: place(event.atUs), atUs: event.atUs, event, refusal }];
  });
  const bars = draw.spans.map((span) => ({ ...span, from: place(span.fromUs), to: place(span.toUs) }));
  return { bars, marks, ticks: ticksOf(bars, first, place(endUs), endUs) };
}

// The moments at which something begins, as far as there is room to say them.
const TICKS_APART = 0.09;

function ticksOf(bars: readonly Bar[], firstUs: number, end: number, endUs: number): Tick[] {
  const ticks: Tick[] = [];
  const add = (at: number, us: number): void => {
    if (ticks.every((tick) => Math.abs(tick.at - at) >= TICKS_APART)) ticks.push({ at, seconds: (us - firstUs) / 1e6 });
  };
  for (const bar of bars) if (bar.kind === "releasing") add(bar.from, bar.fromUs);
  add(end, endUs);
  add(0, firstUs);
  for (const bar of [...bars].sort((a, b) => a.from - b.from)) add(bar.from, bar.fromUs);
  return ticks;
}

// ---- the story in words

export interface Told {
  time: string; // "+0.314 s", or empty
  text: string;
  more: string[]; // what stands below it
  refused: boolean;
}

// The server's explanation, entry by entry. What is indented deeper belongs to
// the entry above it.
export function tellingOf(text: string): Told[] {
  const told: Told[] = [];
  for (const line of text.split("\n")) {
    const found = /^\s*(\+[\d.:]+(?:\s(?:s|ms|min|h))?)\s{2}(.*)$/.exec(line);
    const last = told.at(-1);
    if (found !== null) told.push({ time: found[1] ?? "", text: found[2] ?? "", more: [], refused: / refused: \d{3} /.test(line) });
    else if (line.trim() !== "" && last !== undefined) last.more.push(line.replace(/\s+$/, ""));
  }
  return told;
}
