// Beside the conversation: hold, notes, and asking somebody else.
import { type FormEvent, type ReactNode, useState } from "react";
import { clock } from "../shared/clock";
import type { Language } from "../shared/i18n";
import { useTail } from "../shared/tail";
import type { Desk, Task } from "./desk";
import { Line } from "./lines";
import { useSecondsSince } from "./parts";

interface Props {
  task: Task;
  desk: Desk;
  language: Language;
  up: boolean;
}

export function HoldBar({ task, desk, language, up }: Props) {
  const { t } = language;
  const seconds = useSecondsSince(task.session.heldSince);
  if (seconds === null) return null;
  return (
    <div className="strip">
      <p role="timer">{t("desk.held", { time: clock(seconds) })}</p>
      <button type="button" disabled={!up} onClick={() => desk.hold(task.session.id, false)}>{t("desk.resume")}</button>
    </div>
  );
}

// What the customer types is kept nowhere: it is shown here, once.
export function RecordingBar({ task, desk, language, up }: Props) {
  const { t } = language;
  const paused = task.session.recordingPausedSince !== null;
  if (task.phase !== "active" || (!paused && task.session.consent !== false)) return null;
  return (
    <div className="strip">
      <p role="status">{t(paused ? "desk.recording.paused" : "desk.recording.refused")}</p>
      {paused && <button type="button" disabled={!up} onClick={() => desk.pauseRecording(task.session.id, false)}>{t("desk.recording.resume")}</button>}
    </div>
  );
}

// One line to write, which stays until it is taken.
function OneLine({ label, go, up, onSend }: { label: string; go: string; up: boolean; onSend: (text: string, then: () => void) => void }) {
  const [text, setText] = useState("");
  const send = (event: FormEvent): void => {
    event.preventDefault();
    if (text.trim() !== "") onSend(text.trim(), () => setText(""));
  };
  return (
    <form className="strip" onSubmit={send}>
      <input value={text} maxLength={4096} dir="auto" aria-label={label} placeholder={label} onChange={(event) => setText(event.target.value)} />
      <button type="submit" disabled={!up || text.trim() === ""}>{go}</button>
    </form>
  );
}

export function NoteForm({ task, desk, language, up, onDone }: Props & { onDone: () => void }) {
  const { t } = language;
  return <OneLine label={t("desk.note.write")} go={t("desk.note.keep")} up={up} onSend={(text, then) => desk.note(task.session.id, text, () => { then(); onDone(); })} />;
}

// Who asks sees the talk here, and who is asked what it is about.
export function ConsultPanel(props: Props) {
  const { task, desk, language, up } = props;
  const { t } = language;
  const consult = task.session.consult;
  const { shown, log, onScroll } = useTail(task.beside, consult?.state);
  if (consult === null) return null;
  const answers = consult.part === "answers";
  const name = consult.name ?? t("desk.somebody");
  const state = consult.handsOver ? t("desk.consult.offered") : answers ? t(consult.state === "merged" ? "desk.consult.letIn" : "desk.consult.about") : t(`desk.consult.${consult.state}`, { name });
  return (
    <section className="consult" aria-label={t("desk.consult")}>
      <header className="strip">
        <h3>{state}</h3>
        <Ways {...props} talking={consult.state === "talking" || consult.state === "merged"} merged={consult.state === "merged"} answers={answers} />
      </header>
      <div className="log" role="log" aria-label={state} tabIndex={0} ref={log} onScroll={onScroll}>
        {shown.map((message) => <Line key={message.number} message={message} language={language} own={message.author === desk.me} />)}
      </div>
      {!consult.handsOver && (!answers || consult.state === "merged") && (
        <OneLine label={t(answers ? "desk.consult.toCustomer" : "desk.consult.write")} go={t("chat.send")} up={up} onSend={(text, then) => desk.sayBeside(task, text, then)} />
      )}
    </section>
  );
}

function Ways({ task, desk, language, up, talking, merged, answers }: Props & { talking: boolean; merged: boolean; answers: boolean }) {
  const { t } = language;
  const way = (how: "merge" | "complete" | "end", words: string): ReactNode => (
    <button type="button" className="second" disabled={!up} onClick={() => desk.consulted(task.session.id, how)}>{words}</button>
  );
  return (
    <>
      {!answers && talking && !merged && way("merge", t("desk.consult.merge"))}
      {!answers && talking && way("complete", t("desk.consult.complete"))}
      {way("end", t(task.session.consult?.handsOver ? "desk.consult.takeBack" : "desk.consult.end"))}
    </>
  );
}
