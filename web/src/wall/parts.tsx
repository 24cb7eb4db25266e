// What all views of the wallboard use.
import { type ReactNode, useEffect, useState } from "react";
import { clock } from "../shared/clock";
import { ask, type Problem, problemOf } from "../shared/problem";
import { Refusal } from "../shared/refusal";
import type { SessionView } from "./api";
import type { WallKey, WallLanguage } from "./messages";

// The time, every second.
export function useNow(): number {
  const [now, setNow] = useState(Date.now);
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 1000);
    return () => clearInterval(timer);
  }, []);
  return now;
}

export function since(at: string, now: number): string {
  return clock((now - Date.parse(at)) / 1000);
}

export function percent(share: number | null, language: WallLanguage): string {
  return share === null ? "–" : new Intl.NumberFormat(language.code, { style: "percent", maximumFractionDigits: 0 }).format(share);
}

export function customerOf(session: Pick<SessionView, "customer" | "id">, t: WallLanguage["t"]): string {
  const name = session.customer["name"] ?? session.customer["id"];
  return typeof name === "string" && name !== "" ? name : t("page.visitor", { id: session.id.slice(-6) });
}

export function statusOf(status: string, t: WallLanguage["t"]): string {
  return t(`wall.status.${status}` as WallKey);
}

// ---- something that the server is asked to do

export interface Asking {
  busy: boolean;
  problem: Problem | null;
  run(method: string, path: string, body?: Record<string, unknown>, options?: { version?: number | undefined; then?: () => void }): void;
}

export function useAsking(language: WallLanguage): Asking {
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<Problem | null>(null);
  const run: Asking["run"] = (method, path, body = {}, { version, then } = {}) => {
    setBusy(true);
    setProblem(null);
    const headers = version === undefined ? {} : { "If-Match": `"${version}"` };
    ask(path, { method, headers, ...(method === "DELETE" ? {} : { body: JSON.stringify(body) }) })
      .then(() => then?.(), (error: unknown) => setProblem(problemOf(error, language)))
      .finally(() => setBusy(false));
  };
  return { busy, problem, run };
}

export function Said({ asking, language }: { asking: Asking; language: WallLanguage }) {
  return asking.problem === null ? null : <Refusal problem={asking.problem} language={language} />;
}

// Buttons, of which each opens its form below them.
export interface Choice {
  key: string;
  label: string;
  form: (done: () => void) => ReactNode;
}

export function Choices({ choices, label, children }: { choices: readonly Choice[]; label: string; children?: ReactNode }) {
  const [open, setOpen] = useState("");
  const chosen = choices.find((choice) => choice.key === open);
  return (
    <div className="acts" onKeyDown={(event) => event.key === "Escape" && setOpen("")}>
      <div className="row" role="group" aria-label={label}>
        {choices.map((choice) => (
          <button key={choice.key} type="button" className="second" aria-expanded={choice === chosen}
            onClick={() => setOpen(choice === chosen ? "" : choice.key)}>{choice.label}</button>
        ))}
        {children}
      </div>
      {chosen?.form(() => setOpen(""))}
    </div>
  );
}
