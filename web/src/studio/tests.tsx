// The world around the script, and what must come out of it: each case is played in
// its turn.
import { useState } from "react";
import { wordsOf } from "../shared/problem";
import { type Played, run } from "./calls";
import type { StudioLanguage } from "./messages";
import { Unplayable } from "./run";
import type { Play } from "./use_play";

interface Props {
  play: Play;
  name: string;
  source: string;
  broken: boolean;
  language: StudioLanguage;
  onStep: (number: number) => void;
}

interface Verdict {
  title: string;
  played: Played | null; // null: not yet
}

export const EXAMPLE = `# What is not said is the ticket's: a bot that has just said goodbye,
# whose connection closes a second later, and one free agent.
cases:
  - scenario: The customer comes to an agent
    expect:
      status: active
      never: [transfer.refused]
  - scenario: Nobody has the skill
    agents: []
    expect:
      status: queued
`;

export function Tests({ play, name, source, broken, language, onStep }: Props) {
  const { t } = language;
  const [verdicts, setVerdicts] = useState<readonly Verdict[] | null>(null);
  const [unplayable, setUnplayable] = useState<Played | null>(null);
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState("");
  const done = verdicts?.filter((verdict) => verdict.played !== null).length ?? 0;
  const failed = verdicts?.filter((verdict) => (verdict.played?.failures ?? 0) > 0).length ?? 0;
  const runAll = async (): Promise<void> => {
    setUnplayable(null);
    setVerdicts(null);
    const first = await run(source, name, play.scenario, 0);
    if (first.lines === undefined) {
      setUnplayable(first);
      return;
    }
    const all: Verdict[] = (first.cases ?? []).map((title, i) => ({ title, played: i === 0 ? first : null }));
    setVerdicts([...all]);
    for (let i = 1; i < all.length; i++) {
      all[i] = { title: all[i]?.title ?? "", played: await run(source, name, play.scenario, i) };
      setVerdicts([...all]);
    }
  };
  return (
    <div className="tests">
      <label>
        {t("studio.tests.scenario")}
        <textarea dir="ltr" rows={14} spellCheck={false} value={play.scenario} placeholder={EXAMPLE} onChange={(event) => play.setScenario(event.target.value)} />
      </label>
      <div className="row">
        <button type="button" disabled={busy || broken} onClick={() => { setBusy(true); setProblem(""); void runAll().catch((error: unknown) => setProblem(wordsOf(error, language))).finally(() => setBusy(false)); }}>{t("studio.tests.run")}</button>
        {play.scenario === "" && <button type="button" className="second" onClick={() => play.setScenario(EXAMPLE)}>{t("studio.tests.example")}</button>}
      </div>
      {problem !== "" && <p role="alert" className="bad">{problem}</p>}
      {unplayable !== null && <Unplayable played={unplayable} language={language} />}
      {verdicts !== null && (
        <>
          <label className="slide">
            <span role="status">{done < verdicts.length ? t("studio.tests.progress", { done, of: verdicts.length }) : t("studio.tests.done", { passed: done - failed, failed })}</span>
            <progress max={verdicts.length} value={done} aria-label={t("studio.tests.run")} />
          </label>
          <ol>
            {verdicts.map((verdict, i) => (
              <li key={`${i} ${verdict.title}`} className={verdict.played === null ? "" : (verdict.played.failures ?? 0) > 0 ? "failed" : "passed"}>
                <p>
                  <strong className={(verdict.played?.failures ?? 0) > 0 ? "bad" : "good"}>{verdict.played === null ? "…" : t((verdict.played.failures ?? 0) > 0 ? "studio.tests.failed" : "studio.tests.passed")}</strong> {verdict.title}
                </p>
                {verdict.played !== null && <button type="button" className="second" onClick={() => onStep(i)}>{t("studio.tests.step")}</button>}
                {(verdict.played?.failures ?? 0) > 0 && <pre tabIndex={0}>{verdict.played?.report}</pre>}
              </li>
            ))}
          </ol>
        </>
      )}
    </div>
  );
}
