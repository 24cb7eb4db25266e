// What the Studio asks of the server.
import { ask } from "../shared/problem";

export interface Finding {
  severity: "error" | "warning" | "note";
  code: string;
  line: number;
  column: number;
  length: number;
  message: string;
  hint?: string;
  edit?: string;
}

export interface GraphNode {
  kind: "start" | "steps" | "action" | "choice" | "loop" | "end";
  line: number;
  lastLine: number;
  name: string;
}

export interface GraphEdge {
  from: number;
  to: number;
  kind: "next" | "yes" | "no" | "case" | "round" | "again" | "done";
  line: number;
}

export interface Graph {
  nodes: GraphNode[];
  edges: GraphEdge[];
}

export interface Checked {
  findings: Finding[];
  graph: Graph | null; // null: it does not compile
  statuses?: { line: number; can: string[] }[];
}

export interface Completion {
  kind: "keyword" | "variable" | "function" | "builtin" | "action" | "member" | "event";
  label: string;
  detail: string;
  doc: string;
}

export interface Hover {
  line?: number;
  column?: number;
  length?: number;
  text: string;
}

export interface ScriptEntry {
  name: string;
  version: string;
  lines: number;
}

export interface Version {
  version: string;
  lines: number;
  current: boolean;
  publishedAt: string | null;
  role: string;
  by: string;
}

const post = <T>(what: string, body: object, signal?: AbortSignal): Promise<T> =>
  ask<T>(`/api/v1/studio/${what}`, { method: "POST", body: JSON.stringify(body), ...(signal ? { signal } : {}) });

const script = (name: string): string => `/api/v1/scripts/${encodeURIComponent(name)}`;

export const check = (source: string, name: string): Promise<Checked> => post("check", { source, name });
export const complete = (source: string, line: number, column: number): Promise<{ items: Completion[] }> =>
  post("complete", { source, line, column });
export const hover = (source: string, line: number, column: number): Promise<Hover> => post("hover", { source, line, column });
export const format = (source: string): Promise<{ source: string | null }> => post("format", { source });

export const listScripts = async (): Promise<ScriptEntry[]> => (await ask<{ scripts: ScriptEntry[] }>("/api/v1/scripts")).scripts;
export const readScript = (name: string): Promise<ScriptEntry & { source: string }> => ask(script(name));
export const listVersions = async (name: string): Promise<Version[]> => (await ask<{ versions: Version[] }>(`${script(name)}/versions`)).versions;
export const readVersion = (name: string, version: string): Promise<{ source: string }> => ask(`${script(name)}/versions/${version}`);
export const publish = (name: string, source: string): Promise<unknown> =>
  ask(script(name), { method: "PUT", body: JSON.stringify({ source }) });

// ---- playing, and looking into sessions

export interface Action {
  action: string;
  arguments: unknown[];
  result?: unknown;
  error?: string;
}

export interface Line {
  atUs: number;
  elapsedUs: number;
  script: string; // empty: the one under test
  section?: string;
  line: number;
  depth: number;
  back?: boolean;
  actions: Action[];
  changed: Record<string, { old: unknown; new: unknown }>;
  error?: string;
}

export interface Played {
  findings: { severity: string; file: string; line: number; column: number; message: string }[];
  cases?: string[];
  // Missing where nothing could be played.
  ending?: "finished" | "failed" | "stopped" | "waiting";
  error?: string;
  errorLine?: number;
  tookTooLong?: boolean;
  startUs?: number;
  endUs?: number;
  lines?: Line[];
  linesLeftOut?: number;
  output?: string[];
  statuses?: string[];
  troubles?: string[];
  events?: { atUs: number; status: string; event: { type: string; line?: number } & Record<string, unknown> }[];
  failures?: number;
  report?: string;
}

export const run = (source: string, name: string, scenario: string, number: number): Promise<Played> =>
  post("run", { source, name, scenario, number });

export interface SessionEntry {
  id: string;
  status: string;
  entryPoint: string;
}

export interface RunState {
  run: number;
  script: string;
  paused: boolean;
  line: number;
  waitsFor?: string;
}

export interface Frames {
  script: string;
  frames: { part: string; name: string; line: number; variables: Variable[] }[];
  variables: Variable[];
}

export interface Variable {
  name: string;
  kind: string;
  value: unknown;
}

const debuggerOf = (session: string): string => `/api/v1/sessions/${encodeURIComponent(session)}/debugger`;

export const listSessions = async (): Promise<SessionEntry[]> => (await ask<{ sessions: SessionEntry[] }>("/api/v1/sessions?limit=200")).sessions;
export const attach = (session: string, breakpoints: { line: number; script: string }[]): Promise<unknown> =>
  ask(debuggerOf(session), { method: "PUT", body: JSON.stringify({ breakpoints, trace: true }) });
export const detach = (session: string): Promise<unknown> => ask(debuggerOf(session), { method: "DELETE" });
export const step = (session: string, how: string, of: number): Promise<unknown> =>
  ask(`${debuggerOf(session)}/step`, { method: "POST", body: JSON.stringify({ step: how, run: of }) });
export const runsOf = async (session: string): Promise<RunState[]> => (await ask<{ runs: RunState[] }>(debuggerOf(session))).runs;
export const framesOf = (session: string): Promise<Frames> => ask(`${debuggerOf(session)}/frames`);
export const traceOf = (session: string): string => `${debuggerOf(session)}/trace`;
