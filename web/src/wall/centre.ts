// The centre as it is now, kept up to date by its events. Knows nothing about how
// it looks.
import { type Frame, Line, socketUrl } from "../shared/line";
import { ask, Refused, SIGNED_OUT } from "../shared/problem";
import { Reread } from "../shared/reread";
import { type AgentView, type Figure, type Figures, pathOf, type QueueView, type WallEvent } from "./api";

// What was, every few seconds: the trend of the last minutes.
export interface Sample {
  at: number; // seconds since 1970
  waiting: number;
  inService: number;
  ready: number;
}

export interface CentreState {
  up: boolean;
  loaded: boolean;
  readAt: number; // when queues and agents were read
  queues: readonly QueueView[];
  agents: readonly AgentView[];
  figures: ReadonlyMap<string, Figures<Figure>>;
  samples: readonly Sample[];
}

const READ_AT_LEAST_EVERY_MS = 5000;
const READ_AT_MOST_EVERY_MS = 1000;
// A large centre takes long to show: it is asked for a share of the time only.
const READING_SHARE = 10;
const FIGURES_EVERY_MS = 15_000;
const FIGURES_HOURS = 8;
const SAMPLE_EVERY_MS = 2000;
const SAMPLES_MAX = 600;

const EMPTY: CentreState = {
  up: false, loaded: false, readAt: 0, queues: [], agents: [], figures: new Map(), samples: [],
};

export class Centre {
  private state = EMPTY;
  private readonly watchers = new Set<() => void>();
  private readonly listeners = new Set<(event: WallEvent) => void>();
  private readonly line: Line;
  private readonly timers: number[] = [];
  private last = ""; // id of the last event: the stream goes on behind it
  private readonly reread = new Reread(() => this.read(), (tookMs) => Math.max(READ_AT_MOST_EVERY_MS, tookMs * READING_SHARE));

  constructor() {
    this.line = new Line(
      {
        url: () => socketUrl(location.origin, "/api/v1/events/socket", { query: this.last === "" ? {} : { after: this.last } }),
        frame: (frame) => this.onFrame(frame),
        up: (up) => {
          this.change({ up });
          if (up) this.soon();
        },
        lost: () => dispatchEvent(new Event(SIGNED_OUT)),
      },
      (error) => error instanceof Refused && (error.status === 401 || error.status === 403),
    );
    this.soon();
    this.timers.push(setInterval(() => this.soon(), READ_AT_LEAST_EVERY_MS));
    this.timers.push(setInterval(() => void this.readFigures(), FIGURES_EVERY_MS));
    this.timers.push(setInterval(() => this.sample(), SAMPLE_EVERY_MS));
  }

  readonly subscribe = (watcher: () => void): (() => void) => {
    this.watchers.add(watcher);
    return () => this.watchers.delete(watcher);
  };

  readonly snapshot = (): CentreState => this.state;

  // Each event of the centre, as it happens.
  readonly listen = (listener: (event: WallEvent) => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  close(): void {
    this.line.close();
    this.reread.close();
    for (const timer of this.timers) clearInterval(timer);
  }

  // Reads queues and agents anew, not more often than makes sense.
  soon(): void {
    this.reread.soon();
  }

  private async read(): Promise<void> {
    const [queues, agents] = await Promise.all([
      ask<{ queues: QueueView[] }>(pathOf("queues")),
      ask<{ agents: AgentView[] }>(pathOf("agents")),
    ]);
    const first = !this.state.loaded;
    this.change({ queues: queues.queues, agents: agents.agents, loaded: true, readAt: Date.now() });
    if (first) {
      this.sample();
      void this.readFigures();
    }
  }

  private async readFigures(): Promise<void> {
    const queues = this.state.queues;
    try {
      const all = await Promise.all(
        queues.map((q) => ask<Figures<Figure>>(`${pathOf("queues", q.id, "figures")}?hours=${FIGURES_HOURS}`)),
      );
      this.change({ figures: new Map(queues.map((q, i) => [q.id, all[i] as Figures<Figure>])) });
    } catch {
      // The next time does it.
    }
  }

  private sample(): void {
    if (!this.state.loaded || !this.state.up) return;
    const { queues, agents } = this.state;
    const sample: Sample = {
      at: Date.now() / 1000,
      waiting: queues.reduce((sum, q) => sum + q.waiting, 0),
      inService: inServiceOf(agents),
      ready: agents.filter(isReady).length,
    };
    this.change({ samples: [...this.state.samples, sample].slice(-SAMPLES_MAX) });
  }

  private onFrame(frame: Frame): void {
    if (frame.type !== "event") return;
    this.last = String(frame["id"]);
    const event = frame["event"] as WallEvent;
    for (const listener of this.listeners) listener(event);
    this.soon();
  }

  private change(part: Partial<CentreState>): void {
    this.state = { ...this.state, ...part };
    for (const watcher of this.watchers) watcher();
  }
}

// ---- what the figures are

export function isWorking(agent: AgentView): boolean {
  return agent.contacts.some((c) => c.status === "active" || c.status === "wrapup");
}

export function isReady(agent: AgentView): boolean {
  return agent.state === "available" && agent.contacts.length === 0;
}

export function inServiceOf(agents: readonly AgentView[], queue?: string): number {
  return agents.reduce(
    (sum, agent) => sum + agent.contacts.filter((c) => c.status === "active" && (queue === undefined || c.queue === queue)).length, 0);
}

// At work, of those who are at work or available.
export function occupancyOf(agents: readonly AgentView[]): number | null {
  const working = agents.filter(isWorking).length;
  const there = agents.filter((agent) => isWorking(agent) || agent.state === "available").length;
  return there === 0 ? null : working / there;
}

// Several together.
function sumOf(figures: readonly Figure[]): Figure {
  const sum: Figure = {
    entered: 0, answered: 0, answeredInTarget: 0, abandoned: 0, abandonedShort: 0, handled: 0,
    serviceLevel: null, abandonment: null, averageAnswerMs: null, averageHandleMs: null,
  };
  for (const one of figures) {
    for (const key of ["entered", "answered", "answeredInTarget", "abandoned", "abandonedShort", "handled"] as const) sum[key] += one[key];
  }
  const counted = sum.answered + sum.abandoned - sum.abandonedShort;
  sum.serviceLevel = counted > 0 ? sum.answeredInTarget / counted : null;
  return sum;
}

// Several queues together, over the last @quarters quarters of an hour.
export function serviceOf(figures: readonly (Figures<Figure> | undefined)[], quarters: number, nowMs: number): Figure {
  return sumOf(figures.flatMap((one) => {
    const since = nowMs - quarters * (one?.intervalSeconds ?? 900) * 1000;
    return (one?.intervals ?? []).filter((interval) => Date.parse(interval.begin ?? "") >= since);
  }));
}

// Several queues together, quarter by quarter.
export function quartersOf(figures: readonly Figures<Figure>[]): Figure[] {
  const all = figures.flatMap((one) => one.intervals);
  const begins = [...new Set(all.map((interval) => interval.begin ?? ""))].sort();
  return begins.map((begin) => ({ ...sumOf(all.filter((interval) => interval.begin === begin)), begin }));
}
