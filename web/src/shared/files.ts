// Files of a conversation: what a message says of them, fetching them, and sending
// them up with patience. What comes from outside is not trusted.
import { type Problem, problemIn, Refused } from "./problem";
import { uuid } from "./uuid";

export interface SentFile {
  id: string;
  name: string;
  type: string;
  size: number;
  url: string; // a path of the server
}

// What the entry point takes; null: nothing.
export interface FilesTaken {
  types: string; // as an <input accept> has them, but with blanks between
  maxBytes: number;
}

// A file on its way up.
export interface Upload {
  id: string; // also the idempotency key: sent again, it counts once
  file: File;
  share: number; // 0 … 1 that has left
  refused: unknown; // why it is not taken: words, or a Refused; null: it may be
  again: boolean; // another day it may be
}

export type FetchFile = (url: string) => Promise<Blob>;

const FILES_MOST = 10;
const PATH = /^\/api\/v1\/sessions\/[0-9a-f-]{36}\/files\/[0-9a-f]{64}$/;

export function readFiles(data: unknown): SentFile[] {
  const list = typeof data === "object" && data !== null ? (data as { files?: unknown }).files : undefined;
  return (Array.isArray(list) ? list : []).slice(0, FILES_MOST).flatMap((one: unknown) => {
    const { id, name, type, size, url } = (typeof one === "object" && one !== null ? one : {}) as Record<string, unknown>;
    return typeof id === "string" && typeof name === "string" && typeof type === "string" && typeof size === "number" && typeof url === "string" && PATH.test(url)
      ? [{ id, name, type, size, url }] : [];
  });
}

// A message whose text is only the file's name, which stands beside it anyway.
export function wordsBeside(text: string, files: readonly SentFile[]): string {
  return files.some((file) => file.name === text) ? "" : text;
}

export function readTaken(frame: Record<string, unknown>): FilesTaken | null {
  const files = frame["files"] as Partial<FilesTaken> | undefined;
  return typeof files?.types === "string" && typeof files.maxBytes === "number" ? { types: files.types, maxBytes: files.maxBytes } : null;
}

// Only what a browser draws and never runs.
const DRAWN = new Set(["image/png", "image/jpeg", "image/gif", "image/webp", "image/avif", "image/bmp"]);
export const isDrawn = (file: SentFile): boolean => DRAWN.has(file.type);

export async function fetchFile(server: string, url: string, token?: string): Promise<Blob> {
  const answer = await fetch(new URL(url, server), token === undefined ? {} : { headers: { Authorization: `Bearer ${token}` } });
  if (!answer.ok) throw new Refused(answer.status, (await answer.json().catch(() => ({}))) as Partial<Problem>);
  return answer.blob();
}

// On pages of the server's own, whose cookie goes with it.
export const fetchOwn: FetchFile = (url) => fetchFile(location.origin, url);

export function sizeText(bytes: number, locale: string): string {
  const [unit, value] = bytes < 1024 ? ["byte", bytes] as const : bytes < 1 << 20 ? ["kilobyte", bytes / 1024] as const : ["megabyte", bytes / (1 << 20)] as const;
  return new Intl.NumberFormat(locale, { style: "unit", unit, unitDisplay: "short", maximumFractionDigits: value < 10 ? 1 : 0 }).format(value);
}

// ---- up

export interface Where {
  server: string;
  session: string;
  token?: string;
}

interface Told {
  status: number; // 0: nobody answered
  problem: Partial<Problem>;
}

function post(where: Where, upload: Upload, onShare: (share: number) => void): { done: Promise<Told>; stop: () => void } {
  const request = new XMLHttpRequest(); // fetch() does not say how much has left
  const url = new URL(`/api/v1/sessions/${where.session}/files`, where.server);
  url.searchParams.set("name", upload.file.name);
  const done = new Promise<Told>((resolve) => {
    request.open("POST", url);
    if (where.token !== undefined) request.setRequestHeader("Authorization", `Bearer ${where.token}`);
    request.setRequestHeader("Idempotency-Key", upload.id);
    request.setRequestHeader("Content-Type", "application/octet-stream");
    request.upload.onprogress = (event) => onShare(event.total > 0 ? event.loaded / event.total : 0);
    request.onloadend = () => resolve({ status: request.status, problem: problemIn(request.responseText) });
    request.send(upload.file);
  });
  return { done, stop: () => request.abort() };
}

const RETRY_MS = 1500;
const RETRY_MOST_MS = 15_000;

// Files of one conversation that go up, one after the other.
export class Uploads {
  private list: readonly Upload[] = [];
  private stop: (() => void) | null = null;
  private timer: number | undefined;
  private pause = RETRY_MS;
  private closed = false;

  constructor(
    private readonly where: () => Where | null,
    private readonly change: (list: readonly Upload[]) => void,
  ) {}

  // @refused: it is not even tried, and why.
  add(file: File, refused: string | null): void {
    this.set([...this.list, { id: uuid(), file, share: 0, refused, again: false }]);
    this.next();
  }

  // Away with it, or with what is said of it.
  drop(id: string): void {
    if (this.going()?.id === id) this.stop?.();
    this.set(this.list.filter((upload) => upload.id !== id));
  }

  again(id: string): void {
    this.set(this.list.map((upload) => (upload.id === id ? { ...upload, refused: null, share: 0 } : upload)));
    this.next();
  }

  // The line is up: no need to wait longer.
  hurry(): void {
    if (this.timer === undefined) return;
    this.clear();
    this.next();
  }

  close(): void {
    this.closed = true;
    this.clear();
    this.stop?.();
  }

  private going(): Upload | undefined {
    return this.list.find((upload) => upload.refused === null);
  }

  private next(): void {
    const upload = this.going();
    const where = this.where();
    if (this.closed || this.stop !== null || this.timer !== undefined || upload === undefined) return;
    if (where === null) return this.later();
    const sending = post(where, upload, (share) => this.alter(upload.id, { share }));
    this.stop = sending.stop;
    void sending.done.then((told) => {
      this.stop = null;
      this.onTold(upload, told);
    });
  }

  private onTold(upload: Upload, { status, problem }: Told): void {
    if (status >= 200 && status < 300) {
      this.pause = RETRY_MS;
      this.set(this.list.filter((one) => one.id !== upload.id));
    } else if (status === 0 || status === 429 || status === 408 || (status >= 500 && problem.detail === undefined)) {
      this.alter(upload.id, { share: 0 });
      return this.later();
    } else {
      this.alter(upload.id, { refused: new Refused(status, problem), again: status >= 500 });
    }
    this.next();
  }

  private later(): void {
    if (this.closed) return;
    this.timer = setTimeout(() => {
      this.clear();
      this.next();
    }, this.pause);
    this.pause = Math.min(this.pause * 2, RETRY_MOST_MS);
  }

  private clear(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
  }

  private alter(id: string, part: Partial<Upload>): void {
    this.set(this.list.map((upload) => (upload.id === id ? { ...upload, ...part } : upload)));
  }

  private set(list: readonly Upload[]): void {
    this.list = list;
    this.change(list);
  }
}
