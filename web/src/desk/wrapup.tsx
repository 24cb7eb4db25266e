// The conversation is over: how it ended, as far as the centre has words for it.
import { type FormEvent, useEffect, useState } from "react";
import type { Language } from "../shared/i18n";
import { ask } from "../shared/problem";
import type { Desk, Task } from "./desk";
import { useSecondsUntil } from "./parts";

interface Outcomes {
  dispositions: { id: string; name: string; noteRequired: boolean }[];
  free: boolean; // any other text, too
}

const ANY: Outcomes = { dispositions: [], free: true };
const OTHER = "other";

// null: not known yet. Where nobody answers any text may be written: it is judged when it is sent.
function useOutcomes(session: string, up: boolean): Outcomes | null {
  const [outcomes, setOutcomes] = useState<Outcomes | null>(null);
  useEffect(() => {
    if (up) ask<Outcomes>(`/api/v1/sessions/${session}/dispositions`).then(setOutcomes, () => setOutcomes(ANY));
  }, [session, up]);
  return outcomes;
}

export function WrapUp({ task, desk, language, up }: { task: Task; desk: Desk; language: Language; up: boolean }) {
  const { t } = language;
  const outcomes = useOutcomes(task.session.id, up);
  const [chosen, setChosen] = useState(""); // the number of an outcome, or OTHER
  const [other, setOther] = useState("");
  const [note, setNote] = useState("");
  const left = useSecondsUntil(task.deadline);
  const one = outcomes?.dispositions[chosen === "" ? -1 : Number(chosen)];
  const writes = outcomes?.dispositions.length === 0 || chosen === OTHER;
  const send = (event: FormEvent): void => {
    event.preventDefault();
    desk.complete(task.session.id, writes ? other.trim() : one?.id ?? "", one?.noteRequired ? note.trim() : "");
  };
  return (
    <form className="composer" onSubmit={send} aria-label={t("desk.wrapup")}>
      <p>{t("desk.wrapup.hint")} {left !== null && <span className="faint" role="timer">{t("desk.wrapup.left", { count: left })}</span>}</p>
      {outcomes !== null && outcomes.dispositions.length > 0 && (
        <select value={chosen} aria-label={t("desk.disposition.choose")} onChange={(event) => setChosen(event.target.value)} autoFocus>
          <option value="">{t("desk.disposition.choose")}</option>
          {outcomes.dispositions.map(({ id, name }, i) => <option key={id} value={i}>{name}</option>)}
          {outcomes.free && <option value={OTHER}>{t("desk.disposition.other")}</option>}
        </select>
      )}
      {writes && <input value={other} maxLength={128} dir="auto" aria-label={t("desk.disposition")} placeholder={t("desk.disposition")} onChange={(event) => setOther(event.target.value)} autoFocus />}
      {one?.noteRequired && <input value={note} maxLength={4096} dir="auto" required aria-label={t("desk.disposition.note")} placeholder={t("desk.disposition.note")} onChange={(event) => setNote(event.target.value)} />}
      <button type="submit" disabled={!up}>{t("desk.complete")}</button>
    </form>
  );
}
