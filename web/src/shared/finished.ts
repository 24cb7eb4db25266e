// A finished session, as the history shows it.
import type { Key, Language } from "./i18n";

export interface Finished {
  session: string;
  openedAt: string;
  endedAt: string;
  customer: string | null;
  name: string | null;
  number: string | null;
  entryPoint: string | null;
  queue: string | null;
  agent: string | null;
  disposition: string | null;
  endReason: string | null;
  messages: number;
}

export interface FinishedPage {
  sessions: Finished[];
  next: string | null;
}

// How it ended: as one of the server's codes, or in words that somebody gave.
export function endOf(reason: string, t: Language["t"]): string {
  const key = `page.end.${reason}` as Key;
  const words = t(key);
  return words === key ? reason : words;
}
