// What was said, as every socket and resource shows it.
import type { Language } from "./i18n";

export interface Message {
  number: number;
  from: "customer" | "bot" | "agent" | "system" | "script" | "supervisor";
  author: string; // an id
  name: string;
  text: string;
  data?: unknown; // what comes beside the words (see rich.ts)
  at: string;
}

// What the server has in the place of what it does not keep.
const NOT_KEPT = "[not kept]";
export const isKept = (text: string): boolean => text !== NOT_KEPT;

// A message in one line, for people.
export const lineOf = (text: string, t: Language["t"]): string => (isKept(text) ? text : t("page.notKept"));

const TEXT_MAX_BYTES = 16_384;

// How many messages it takes to say so much.
export const partsOf = (text: string): number => Math.ceil(new TextEncoder().encode(text).length / TEXT_MAX_BYTES);

// Something written that the server has not confirmed yet.
export interface Draft {
  id: string;
  text: string;
  payload?: string; // of a choice: what a bot reads in place of the text
  told: boolean; // it came back as a message already
}

// Those of @more that come behind what is there.
export function withMessages(have: readonly Message[], more: readonly Message[]): readonly Message[] {
  const last = have.at(-1)?.number ?? 0;
  const fresh = more.filter((message) => message.number > last);
  return fresh.length > 0 ? [...have, ...fresh] : have;
}

// The number behind which one has not come yet; null: all have, from the first on.
export function gapAfter(have: readonly Message[]): number | null {
  const at = have.findIndex((message, i) => message.number !== i + 1);
  return at < 0 ? null : at;
}

// All of both, each once and in order.
export function joined(have: readonly Message[], more: readonly Message[]): readonly Message[] {
  const all = new Map([...have, ...more].map((message) => [message.number, message]));
  return [...all.values()].sort((a, b) => a.number - b.number);
}

// The first draft of this text that has not come back has now.
export function withTold(drafts: readonly Draft[], text: string): Draft[] {
  const at = drafts.findIndex((draft) => !draft.told && draft.text === text);
  return drafts.map((draft, i) => (i === at ? { ...draft, told: true } : draft));
}
