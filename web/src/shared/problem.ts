// What Baton answers when it says no: RFC 9457, with what cures it.
import type { Language } from "./i18n";
import type { components } from "./openapi.gen";

export type Problem = components["schemas"]["Problem"];

export class Refused extends Error {
  constructor(
    readonly status: number,
    readonly problem: Partial<Problem>,
  ) {
    super(problem.detail ?? problem.message ?? `HTTP ${status}`);
  }
}

// Heard by the door of the page (see door.tsx): the sign-in has ended.
export const SIGNED_OUT = "baton-signed-out";

// The body of an answer; throws Refused for a no, TypeError when nobody answers.
export async function ask<T>(url: string, init: RequestInit & { token?: string } = {}): Promise<T> {
  const { token, ...rest } = init;
  const headers = new Headers(rest.headers);
  if (token !== undefined) headers.set("Authorization", `Bearer ${token}`);
  if (rest.body !== undefined) headers.set("Content-Type", "application/json");
  const answer = await fetch(url, { ...rest, headers, cache: "no-store" });
  const text = await answer.text();
  if (answer.status === 401 && token === undefined) dispatchEvent(new Event(SIGNED_OUT));
  if (!answer.ok) throw new Refused(answer.status, problemIn(text));
  return (text === "" ? null : JSON.parse(text)) as T;
}

// What stands between the page and Baton may say no in words of its own.
export function problemIn(text: string): Partial<Problem> {
  try {
    return (JSON.parse(text) ?? {}) as Partial<Problem>;
  } catch {
    return {};
  }
}

const NOBODY: Problem = { code: 0, status: "", message: "", type: "about:blank", title: "", detail: "", refusal: "unavailable" };

// What went wrong, to be shown with its cures (see refusal.tsx).
export function problemOf(error: unknown, { t }: Pick<Language, "t">): Problem {
  return { ...NOBODY, title: t("page.offline"), ...(error instanceof Refused ? error.problem : {}) };
}

// The same in a line. Where a detail is English only, who reads another language is
// told less, but understands it.
export function wordsOf(error: unknown, { t, said, detailed }: Pick<Language, "t" | "said" | "detailed">): string {
  const title = error instanceof Refused ? error.problem.title : undefined;
  if (!(error instanceof Refused) || title === undefined) return t("page.offline");
  return detailed(error.message) ?? (said(title) === title ? error.message : said(title));
}
