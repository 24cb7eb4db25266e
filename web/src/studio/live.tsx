// A session that is running: its scripts line by line, breakpoints, steps, variables.
import { useEffect, useRef, useState } from "react";
import { Refused, wordsOf } from "../shared/problem";
import * as calls from "./calls";
import type { StudioLanguage } from "./messages";
import { seconds } from "./run";
import { Actions, Changes, Variables } from "./values";

interface Props {
  name: string;
  breakpoints: readonly number[];
  language: StudioLanguage;
  onStand: (line: number) => void;
}

const KINDS = ["script.started", "script.line", "script.slept", "script.resumed", "script.ended", "script.failed", "script.log", "transfer.refused"] as const;
const TOLD_MAX = 500;

interface Told {
  id: string;
  type: string;
  script?: string;
  line?: number;
  text?: string;
  detail?: string;
  refusal?: string;
  elapsedUs?: number;
  actions?: calls.Action[];
  changed?: calls.Line["changed"];
}

export function Live({ name, breakpoints, language, onStand }: Props) {
  const { t } = language;
  const [sessions, setSessions] = useState<calls.SessionEntry[] | null>(null);
  const [wanted, setWanted] = useState("");
  const [attached, setAttached] = useState<string | null>(null);
  const [told, setTold] = useState<readonly Told[]>([]);
  const [runs, setRuns] = useState<calls.RunState[]>([]);
  const [frames, setFrames] = useState<calls.Frames | null>(null);
  const [problem, setProblem] = useState("");
  const session = useRef<string | null>(null);
  session.current = attached;
  const fail = (error: unknown): void => setProblem(wordsOf(error, language));
  const list = (): void => void calls.listSessions().then(setSessions, fail);
  const look = (of: string): void => {
    calls.runsOf(of).then((now) => {
      setRuns(now);
      const still = now.find((run) => run.paused);
      onStand(still?.script === name ? still.line : 0);
      if (still === undefined) setFrames(null);
      else void calls.framesOf(of).then(setFrames, () => setFrames(null));
    }, fail);
  };
  useEffect(list, []);
  // Whoever leaves lets the script go on.
  useEffect(() => () => {
    if (session.current !== null) void calls.detach(session.current).catch(() => {});
    onStand(0);
  }, []);
  useEffect(() => {
    if (attached === null) return;
    const stream = new EventSource(calls.traceOf(attached));
    const take = (event: MessageEvent<string>): void => {
      const one = { ...(JSON.parse(event.data) as Told), id: event.lastEventId, type: event.type };
      setTold((all) => [...all.slice(-TOLD_MAX), one]);
      look(attached);
    };
    for (const kind of KINDS) stream.addEventListener(kind, take);
    // A stream does not tell why it was refused; who may not follow it may not look at frames either.
    stream.addEventListener("error", () => {
      if (stream.readyState !== EventSource.CLOSED) return;
      calls.framesOf(attached).catch((error: unknown) => error instanceof Refused && error.status === 403 && fail(error));
    });
    return () => stream.close();
  }, [attached]);
  useEffect(() => {
    if (attached !== null) calls.attach(attached, breakpoints.map((line) => ({ line, script: name }))).catch(fail);
  }, [attached, breakpoints, name]);
  const attach = (id: string): void => {
    setProblem("");
    setTold([]);
    calls.attach(id, breakpoints.map((line) => ({ line, script: name }))).then(() => {
      setAttached(id);
      look(id);
    }, fail);
  };
  const detach = (): void => {
    if (attached !== null) void calls.detach(attached).catch(() => {}).finally(() => setAttached(null));
    setRuns([]);
    setFrames(null);
    onStand(0);
  };
  const go = (how: string, of: number): void => {
    if (attached !== null) calls.step(attached, how, of).then(() => look(attached), fail);
  };
  return (
    <div className="live">
      {problem !== "" && <p role="alert" className="bad">{problem}</p>}
      {attached === null ? (
        <>
          <form className="row" onSubmit={(event) => { event.preventDefault(); if (wanted.trim() !== "") attach(wanted.trim()); }}>
            <input value={wanted} onChange={(event) => setWanted(event.target.value)} aria-label={t("studio.live.session")} placeholder={t("studio.live.session")} list="sessions" />
            <datalist id="sessions">{sessions?.map((one) => <option key={one.id} value={one.id}>{`${one.entryPoint} · ${one.status}`}</option>)}</datalist>
            <button type="submit">{t("studio.live.attach")}</button>
            <button type="button" className="second" onClick={list}>{t("studio.live.list")}</button>
          </form>
          <p className="faint">{t("studio.live.hint")}</p>
          <ul className="sessions">
            {sessions?.map((one) => (
              <li key={one.id}>
                <button type="button" className="second" onClick={() => attach(one.id)}><code>{one.id.slice(0, 13)}…</code> {one.entryPoint} <span className={`status ${one.status}`}>{one.status}</span></button>
              </li>
            ))}
          </ul>
          {sessions?.length === 0 && <p className="faint">{t("studio.live.none")}</p>}
        </>
      ) : (
        <>
          <div className="row">
            <strong><code>{attached}</code></strong>
            <button type="button" className="second" onClick={detach}>{t("studio.live.detach")}</button>
          </div>
          {runs.length === 0 && <p className="faint">{t("studio.live.quiet")}</p>}
          {runs.map((run) => (
            <div key={run.run} className="row run-state">
              <span>{run.script} · {t("studio.findings.line", { line: run.line })} · {t(run.paused ? "studio.live.paused" : "studio.live.running")}</span>
              {run.paused
                ? (["continue", "over", "in", "out"] as const).map((how) => <button key={how} type="button" className={how === "continue" ? "" : "second"} onClick={() => go(how, run.run)}>{t(`studio.live.${how}`)}</button>)
                : <button type="button" className="second" onClick={() => go("pause", run.run)}>{t("studio.live.pause")}</button>}
            </div>
          ))}
          {frames !== null && (
            <>
              {frames.frames.flatMap((frame, i) => (frame.variables.length > 0 ? [<Variables key={i} title={frame.name} values={frame.variables.map((one) => [one.name, one.value])} />] : []))}
              <Variables title={t("studio.run.variables")} values={frames.variables.flatMap((one): [string, unknown][] => (one.value === null ? [] : [[one.name, one.value]]))} />
            </>
          )}
          <ol className="told" aria-label={t("studio.live.trace")} tabIndex={0}>
            {[...told].reverse().map((one) => (
              <li key={one.id}>
                <p><code>{one.type}</code> {one.script} {one.line !== undefined && t("studio.findings.line", { line: one.line })} {one.text ?? one.detail ?? one.refusal ?? ""} {(one.elapsedUs ?? 0) > 0 && <span className="faint">{seconds(one.elapsedUs ?? 0)}</span>}</p>
                {one.actions && <Actions actions={one.actions} language={language} />}
                {one.changed && <Changes changed={one.changed} language={language} />}
              </li>
            ))}
          </ol>
        </>
      )}
    </div>
  );
}
