// A play that one steps through, forwards and back: it has happened already, in
// virtual time, so that every step of it is there.
import { useCallback, useEffect, useMemo, useState } from "react";
import { wordsOf } from "../shared/problem";
import { run, type Line, type Played } from "./calls";
import type { StudioLanguage } from "./messages";

const PREFIX = "baton.scenario.";

export interface Play {
  scenario: string;
  setScenario(text: string): void;
  played: Played | null;
  of: string; // the source that was played
  number: number;
  at: number; // the line that one stands at, from 0; as many as there are: the end
  lines: readonly Line[];
  busy: boolean;
  problem: string | null;
  start(source: string, number?: number): void;
  go(at: number): void;
  toBreakpoint(step: 1 | -1, breakpoints: readonly number[]): void;
}

const NO_LINES: readonly Line[] = [];

export function usePlay(name: string, language: StudioLanguage): Play {
  const [scenario, keep] = useState("");
  const [result, setResult] = useState<{ played: Played; of: string; number: number } | null>(null);
  const [at, setAt] = useState(0);
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<string | null>(null);
  useEffect(() => {
    keep(localStorage.getItem(PREFIX + name) ?? "");
    setResult(null);
    setProblem(null);
  }, [name]);
  const lines = result?.played.lines ?? NO_LINES;
  const setScenario = useCallback(
    (text: string) => {
      keep(text);
      if (text === "") localStorage.removeItem(PREFIX + name);
      else localStorage.setItem(PREFIX + name, text);
    },
    [name],
  );
  const start = (source: string, number = 0): void => {
    setBusy(true);
    setProblem(null);
    run(source, name, scenario, number)
      .then(
        (played) => {
          setResult({ played, of: source, number });
          setAt(0);
        },
        (error: unknown) => setProblem(wordsOf(error, language)),
      )
      .finally(() => setBusy(false));
  };
  const toBreakpoint = (step: 1 | -1, breakpoints: readonly number[]): void => {
    let next = at + step;
    while (next > 0 && next < lines.length && !(lines[next]?.script === "" && breakpoints.includes(lines[next]?.line ?? 0))) next += step;
    setAt(Math.min(Math.max(next, 0), lines.length));
  };
  const go = (to: number): void => setAt(Math.min(Math.max(to, 0), lines.length));
  return { scenario, setScenario, played: result?.played ?? null, of: result?.of ?? "", number: result?.number ?? 0, at, lines, busy, problem, start, go, toBreakpoint };
}

// Where the editor stands: before the line that comes next.
export function useStand(play: Play, shown: boolean): { line: number; passed: readonly number[] } {
  return useMemo(() => {
    if (!shown || play.played === null) return { line: 0, passed: [] };
    const passed = play.lines.slice(0, play.at).filter((line) => line.script === "").map((line) => line.line);
    const next = play.lines[play.at];
    return { line: next?.script === "" ? next.line : 0, passed };
  }, [play.played, play.at, play.lines, shown]);
}
