// What Baton answers when it says no: RFC 9457, with what cures it.
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

// The body of an answer; throws Refused for a no, TypeError when nobody answers.
export async function ask<T>(url: string, init: RequestInit & { token?: string } = {}): Promise<T> {
  const { token, ...rest } = init;
  const headers = new Headers(rest.headers);
  if (token !== undefined) headers.set("Authorization", `Bearer ${token}`);
  if (rest.body !== undefined) headers.set("Content-Type", "application/json");
  const answer = await fetch(url, { ...rest, headers, cache: "no-store" });
  const text = await answer.text();
  const body: unknown = text === "" ? null : JSON.parse(text);
  if (!answer.ok) throw new Refused(answer.status, (body ?? {}) as Partial<Problem>);
  return body as T;
}
