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
