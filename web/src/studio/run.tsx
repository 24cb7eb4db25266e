// A run against a scenario: forwards, back, to a breakpoint; what each line did.
import { useMemo } from "react";
import type { Line, Played } from "./calls";
import { sentenceIn, type StudioLanguage } from "./messages";
import type { Play } from "./use_play";
import { Actions, Changes, Variables } from "./values";

interface Props {
  play: Play;
  source: string;
  broken: boolean;
  breakpoints: readonly number[];
  language: StudioLanguage;
}

export const seconds = (us: number): string => `${(us / 1e6).toFixed(3)} s`;

export function Run({ play, source, broken, breakpoints, language }: Props) {
  const { t } = language;
  const { played, lines, at } = play;
  return (
    <div className="run">
      <div className="row">
        <button type="button" disabled={play.busy || broken} onClick={() => play.start(source)}>{t(played === null ? "studio.run.start" : "studio.run.again")}</button>
        {(played?.cases?.length ?? 0) > 1 && (
          <select aria-label={t("studio.run.case")} value={play.number} onChange={(event) => play.start(source, Number(event.target.value))}>
            {played?.cases?.map((title, i) => <option key={`${i} ${title}`} value={i}>{title}</option>)}
          </select>
        )}
        <span className="faint">{t(play.scenario === "" ? "studio.run.ticket" : "studio.run.own")}</span>
      </div>
      {play.problem !== null && <p role="alert" className="bad">{play.problem}</p>}
      {broken && <p className="faint">{t("studio.run.broken")}</p>}
      {played === null && !broken && <p className="faint">{t("studio.run.hint")}</p>}
      {played !== null && played.lines === undefined && <Unplayable played={played} language={language} />}
      {played?.lines !== undefined && (
        <>
          {play.of !== source && <p className="warn">{t("studio.run.stale")}</p>}
          <div className="row steps" dir="ltr">
            <button type="button" className="second" disabled={at === 0} onClick={() => play.go(0)} aria-label={t("studio.run.first")} title={t("studio.run.first")}>|◀</button>
            <button type="button" className="second" disabled={at === 0} onClick={() => play.toBreakpoint(-1, breakpoints)} aria-label={t("studio.run.backTo")} title={t("studio.run.backTo")}>◀●</button>
            <button type="button" className="second" disabled={at === 0} onClick={() => play.go(at - 1)}>{t("studio.run.back")}</button>
            <button type="button" disabled={at >= lines.length} onClick={() => play.go(at + 1)}>{t("studio.run.forward")}</button>
            <button type="button" className="second" disabled={at >= lines.length} onClick={() => play.toBreakpoint(1, breakpoints)} aria-label={t("studio.run.forwardTo")} title={t("studio.run.forwardTo")}>●▶</button>
            <button type="button" className="second" disabled={at >= lines.length} onClick={() => play.go(lines.length)} aria-label={t("studio.run.last")} title={t("studio.run.last")}>▶|</button>
          </div>
          <label className="slide">
            <span>{at < lines.length ? t("studio.run.step", { at: at + 1, of: lines.length }) : t("studio.run.over")}</span>
            <input type="range" min={0} max={lines.length} value={at} onChange={(event) => play.go(Number(event.target.value))} />
          </label>
          <Moment played={played} lines={lines} at={at} language={language} />
        </>
      )}
    </div>
  );
}

export function Unplayable({ played, language }: { played: Played; language: StudioLanguage }) {
  return (
    <div role="alert" className="refusal">
      <strong>{language.t("studio.run.unplayable")}</strong>
      <ul>{played.findings.map((finding) => <li key={`${finding.line} ${finding.message}`}>{language.t("studio.findings.line", { line: finding.line })}: <span lang={sentenceIn(finding.message, language) === null ? "en" : undefined}>{sentenceIn(finding.message, language) ?? finding.message}</span></li>)}</ul>
    </div>
  );
}

function statusAt(played: Played, us: number): string {
  return played.events?.filter((event) => event.status !== "" && event.atUs <= us).at(-1)?.status ?? "";
}

function Moment({ played, lines, at, language }: { played: Played; lines: readonly Line[]; at: number; language: StudioLanguage }) {
  const { t } = language;
  const last = at > 0 ? lines[at - 1] : undefined;
  const startUs = played.startUs ?? 0;
  const nowUs = at >= lines.length ? played.endUs ?? startUs : lines[at]?.atUs ?? startUs;
  const status = statusAt(played, nowUs);
  const values = useMemo(() => {
    const all = new Map<string, unknown>();
    for (const line of lines.slice(0, at)) {
      if (line.script === "") for (const [name, change] of Object.entries(line.changed)) all.set(name, change.new);
    }
    return [...all].sort(([a], [b]) => a.localeCompare(b));
  }, [lines, at]);
  return (
    <div className="moment" aria-live="polite">
      <p>
        <time dir="ltr">{`+${seconds(nowUs - startUs)}`}</time>
        {status !== "" && <> · {t("studio.run.status")} <span className={`status ${status}`}>{status}</span></>}
      </p>
      {last !== undefined && (
        <section className="did">
          <h3>{last.script === "" ? t("studio.run.did", { line: last.line }) : t("studio.run.other", { line: last.line })}</h3>
          {last.elapsedUs > 0 && <p className="faint">{t("studio.run.took", { time: seconds(last.elapsedUs) })}</p>}
          <Actions actions={last.actions} language={language} />
          <Changes changed={last.changed} language={language} />
          {last.error && <p className="bad">{last.error}</p>}
          {last.actions.length === 0 && Object.keys(last.changed).length === 0 && !last.error && <p className="faint">{t("studio.run.nothing")}</p>}
        </section>
      )}
      <Variables values={values} title={t("studio.run.variables")} />
      {at >= lines.length && <Ending played={played} language={language} />}
    </div>
  );
}

function Ending({ played, language }: { played: Played; language: StudioLanguage }) {
  const { t } = language;
  const startUs = played.startUs ?? 0;
  return (
    <section className="ending">
      <h3>{t(`studio.run.ending.${played.ending ?? "finished"}`)}</h3>
      {played.error && <p className="bad">{t("studio.findings.line", { line: played.errorLine ?? 0 })}: {played.error}</p>}
      {played.tookTooLong && <p className="warn">{t("studio.run.tooLong")}</p>}
      {(played.linesLeftOut ?? 0) > 0 && <p className="warn">{t("studio.run.leftOut", { count: played.linesLeftOut ?? 0 })}</p>}
      {played.troubles?.map((trouble) => <p key={trouble} className="warn">{trouble}</p>)}
      {(played.output?.length ?? 0) > 0 && <><h4>{t("studio.run.output")}</h4><pre>{played.output?.join("\n")}</pre></>}
      <h4>{t("studio.run.events")}</h4>
      <ol className="events">
        {played.events?.map(({ atUs, status, event }, i) => (
          <li key={i}>
            <time dir="ltr">{`+${seconds(atUs - startUs)}`}</time> <code>{event.type}</code>
            {status !== "" && <> <span className={`status ${status}`}>{status}</span></>}
            {typeof event["refusal"] === "string" && <strong className="bad"> {event["refusal"]}</strong>}
          </li>
        ))}
      </ol>
    </section>
  );
}
