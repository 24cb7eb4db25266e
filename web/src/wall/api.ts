// What the server shows of the centre, as far as the wallboard reads it.
export interface QueueView {
  id: string;
  name: string;
  paused: boolean;
  draining: boolean;
  open: boolean;
  pauseReason: string | null;
  pausedUntil: string | null;
  waiting: number;
  offered: number;
  longestWaitSeconds: number;
  agents: number;
  agentsReady: number;
  estimatedWait: { seconds: number } | null;
}

export interface Contact {
  session: string;
  channel: string;
  status: string;
  queue: string | null;
  since: string;
}

export interface AgentView {
  id: string;
  name: string;
  state: "available" | "away" | "offline";
  awayReason: string | null;
  idleSince: string;
  load: Record<string, { capacity: number; offered: number; active: number; wrapup: number }>;
  contacts: Contact[];
}

// A quarter of an hour, or the sum of several.
export interface Figure {
  begin?: string;
  entered: number;
  answered: number;
  answeredInTarget: number;
  abandoned: number;
  abandonedShort: number;
  serviceLevel: number | null;
  abandonment: number | null;
  averageAnswerMs: number | null;
  averageHandleMs: number | null;
  handled: number;
}

export interface AgentFigure {
  begin?: string;
  handled: number;
  declined: number;
  unanswered: number;
  occupancy: number | null;
}

export interface Figures<F> {
  intervalSeconds: number;
  intervals: F[];
  total: F;
}

export interface SessionView {
  id: string;
  version: number;
  entryPoint: string;
  channel: string;
  customer: Record<string, unknown>;
  attributes: Record<string, unknown>;
  status: string;
  statusSince: string;
  holder: { kind: string; id: string | null; name: string | null };
  queue: { id: string; position: number; waitSeconds: number; enteredAt: string; priority: number; effectivePriority: number } | null;
  offer: { id: number; agent: string; deadline: string } | null;
  reason: string | null;
  note: string | null;
  openedAt: string;
  customerConnected: boolean;
  messageCount: number;
}

// One event of a session, or of the centre.
export interface WallEvent {
  seq: number;
  type: string;
  at: string;
  atUs: number;
  session?: string;
  status?: string;
  holder?: { kind: string; id: string | null };
  cause: { role: string; who: string | null; line?: number };
  [member: string]: unknown;
}

export interface Candidate {
  agent: string;
  state: string;
  why: string;
  [member: string]: unknown;
}

export const pathOf = (...parts: string[]): string => `/api/v1/${parts.map(encodeURIComponent).join("/")}`;
