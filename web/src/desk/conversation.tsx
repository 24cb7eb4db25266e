// One conversation: what was said, what is known, what can be done with it.
import { type FormEvent, Fragment, type KeyboardEvent, useEffect, useRef, useState, useSyncExternalStore } from "react";
import { AttachButton, tooLarge, UploadList } from "../shared/file-parts";
import type { Language } from "../shared/i18n";
import { isSend } from "../shared/keys";
import { partsOf } from "../shared/message";
import { type Problem, problemOf } from "../shared/problem";
import { receiptOf, type Seen } from "../shared/seen";
import { useTail } from "../shared/tail";
import { ConsultPanel, HoldBar, NoteForm, RecordingBar } from "./beside";
import type { Desk, Reply, Target, Task } from "./desk";
import { Earlier } from "./earlier";
import { AsideLine, Line } from "./lines";
import { Refusal } from "../shared/refusal";
import { customerOf } from "./parts";
import { ReplyList, replyId, useReplies } from "./replies";
import type { Side, SideState } from "./side";
import { WrapUp } from "./wrapup";

interface Props {
  task: Task;
  desk: Desk;
  replies: readonly Reply[];
  language: Language;
  up: boolean;
}

export function Conversation(props: Props) {
  const { task, desk, language, up } = props;
  const { t } = language;
  const [shown, setShown] = useState<"transfer" | "note" | null>(null);
  const session = task.session.id;
  const side = desk.side(session);
  const beside = useSyncExternalStore(side.subscribe, side.snapshot);
  const answers = task.session.consult?.part === "answers";
  const toggle = (what: "transfer" | "note"): void => setShown(shown === what ? null : what);
  return (
    <main className="conversation">
      <header>
        <button type="button" className="second back" onClick={() => desk.look(null)}>{t("desk.back")}</button>
        <div className="who">
          <h2 dir="auto" title={customerOf(task, t)}>{customerOf(task, t)}</h2>
          {!task.session.customerConnected && !answers && <span className="warn">{t("desk.customerAway")}</span>}
        </div>
        <button type="button" className="second" aria-expanded={shown === "note"} onClick={() => toggle("note")}>{t("desk.note")}</button>
        {task.phase === "active" && !answers && (
          <>
            {task.session.heldSince === null && (
              <button type="button" className="second" disabled={!up} onClick={() => desk.hold(session, true)}>{t("desk.hold")}</button>
            )}
            {task.session.recordingPausedSince === null && (
              <button type="button" className="second" disabled={!up} onClick={() => desk.pauseRecording(session, true)}>{t("desk.recording.pause")}</button>
            )}
            <button type="button" className="second" aria-expanded={shown === "transfer"} onClick={() => toggle("transfer")}>{t("desk.transfer")}</button>
            <button type="button" className="second" disabled={!up} onClick={() => desk.end(session)}>{t("desk.end")}</button>
          </>
        )}
      </header>
      <div className="beside">
        {shown === "transfer" && task.phase === "active" && <TransferForm {...props} onDone={() => setShown(null)} />}
        {shown === "note" && <NoteForm {...props} onDone={() => setShown(null)} />}
        {task.phase === "active" && <HoldBar {...props} />}
        <RecordingBar {...props} />
        <ConsultPanel {...props} />
      </div>
      {task.problem !== null && <Refusal problem={task.problem} language={language} />}
      <Log {...props} side={side} seen={beside.seen} />
      {task.phase === "wrapup" ? <WrapUp {...props} /> : <Composer {...props} side={side} beside={beside} />}
      <Known task={task} language={language} />
    </main>
  );
}

function Log({ task, desk, language, side, seen }: Props & { side: Side; seen: Seen }) {
  const { t } = language;
  useLook(side, task.messages.at(-1)?.number ?? 0);
  const own = task.messages.findLast((message) => message.from === "agent")?.number;
  const pending = task.outbox.filter((draft) => !draft.told);
  const { shown, from, isAtEnd, log, onScroll } = useTail(task.messages, `${task.asides.length} ${task.typing}`, pending.at(-1)?.id);
  const asides = (after: number) => task.asides.filter((aside) => aside.after === after)
    .map((aside) => <AsideLine key={`${aside.at} ${aside.kind} ${aside.text}`} aside={aside} language={language} />);
  return (
    <div className="log" role="log" aria-label={t("chat.log")} tabIndex={0} ref={log} onScroll={onScroll}>
      {from === 0 && asides(0)}
      {shown.map((message) => (
        <Fragment key={message.number}><Line message={message} language={language} own={message.author === desk.me} receipt={message.number === own && seen.delivered > 0 ? t(receiptOf(message.number, seen)) : ""} />{asides(message.number)}</Fragment>
      ))}
      {isAtEnd && pending.map((draft) => (
        <div key={draft.id} className="bubble agent pending"><p dir="auto">{draft.text}</p><small>{t("chat.sending")}</small></div>
      ))}
      {isAtEnd && task.typing && <p className="faint">{t("desk.types")}</p>}
    </div>
  );
}

// Whoever has the page before the eyes has read what it shows.
function useLook(side: Side, last: number): void {
  useEffect(() => {
    const look = (): void => {
      if (document.visibilityState === "visible") side.look(last);
    };
    look();
    document.addEventListener("visibilitychange", look);
    return () => document.removeEventListener("visibilitychange", look);
  }, [side, last]);
}

function Composer({ task, desk, replies, language, up, side, beside }: Props & { side: Side; beside: SideState }) {
  const { t } = language;
  const choice = useReplies(task, replies, (text) => desk.write(task.session.id, text));
  const listed = choice.found.length > 0;
  const { takes, uploads } = beside;
  const attach = (files: readonly File[]): void => {
    if (takes !== null) files.forEach((file) => side.uploads.add(file, tooLarge(file, takes, language)));
  };
  const parts = partsOf(task.written);
  const field = useRef<HTMLTextAreaElement>(null);
  useEffect(() => field.current?.focus(), []);
  const send = (event: FormEvent): void => {
    event.preventDefault();
    const text = task.written.trim();
    if (text !== "" && parts === 1) desk.say(task.session.id, text);
  };
  const onKey = (event: KeyboardEvent): void => {
    if (!choice.onKey(event) && isSend(event)) send(event);
  };
  return (
    <form className="composer" onSubmit={send}>
      <ReplyList choice={choice} language={language} />
      {parts > 1 && <p role="alert" className="bad">{t("chat.tooLong", { count: parts })}</p>}
      <UploadList uploads={uploads} language={language} onDrop={(id) => side.uploads.drop(id)} onAgain={(id) => side.uploads.again(id)} />
      {takes !== null && <AttachButton taken={takes} language={language} onFiles={attach} />}
      <textarea ref={field} rows={2} dir="auto" value={task.written} aria-label={t("chat.write")} placeholder={t(!up ? "desk.offline" : replies.length > 0 ? "desk.write.replies" : "chat.write")}
        aria-autocomplete="list" aria-controls={listed ? "replies" : undefined} aria-activedescendant={listed ? replyId(choice.at) : undefined}
        onKeyDown={onKey} onChange={(event) => desk.write(task.session.id, event.target.value)} />
      <button type="submit" disabled={task.written.trim() === "" || parts > 1}>{t("chat.send")}</button>
    </form>
  );
}

function TransferForm({ task, desk, language, up, onDone }: Props & { onDone: () => void }) {
  const { t } = language;
  const [targets, setTargets] = useState<Target[] | null>(null);
  const [failed, setFailed] = useState<Problem | null>(null);
  const [chosen, setChosen] = useState(0);
  const [note, setNote] = useState("");
  useEffect(() => {
    desk.targets().then(setTargets, (error: unknown) => setFailed(problemOf(error, language)));
  }, []);
  const target = targets?.[chosen];
  const send = (event: FormEvent): void => {
    event.preventDefault();
    if (target !== undefined) desk.transfer(task.session.id, target, note.trim(), onDone);
  };
  const consult = (): void => {
    if (target !== undefined) desk.consult(task.session.id, target, note.trim(), onDone);
  };
  if (failed !== null) return <Refusal problem={failed} language={language} />;
  if (targets?.length === 0) return <p className="strip">{t("desk.transfer.none")}</p>;
  return (
    <form className="transfer" onSubmit={send} aria-label={t("desk.transfer")}>
      <label>
        {t("desk.transfer.to")}
        <select value={chosen} onChange={(event) => setChosen(Number(event.target.value))} autoFocus>
          {targets?.map((target, i) => (
            <option key={`${target.kind} ${target.id}`} value={i}>{t(`desk.transfer.${target.kind}`, { name: target.name })}</option>
          ))}
        </select>
      </label>
      <label>{t("desk.transfer.note")}<input value={note} maxLength={4096} onChange={(event) => setNote(event.target.value)} /></label>
      <button type="submit" disabled={!up || target === undefined}>{t("desk.transfer.go")}</button>
      {target !== undefined && target.kind !== "bot" && task.session.consult === null && (
        <button type="button" className="second" disabled={!up} onClick={consult}>{t("desk.consult.ask")}</button>
      )}
    </form>
  );
}

// What the bot and the script found out before.
function Known({ task, language }: { task: Task; language: Language }) {
  const { t } = language;
  const { session } = task;
  const answers = session.consult?.part === "answers";
  const facts: [string, string][] = [
    [t("desk.known.entry"), session.entryPoint],
    [t("desk.known.reason"), session.reason ?? ""],
    [t("desk.known.note"), session.note ?? ""],
    ...Object.entries(session.customer).map(([name, value]): [string, string] => [name, shown(value)]),
    ...Object.entries(session.attributes).map(([name, value]): [string, string] => [name, shown(value)]),
    [t("desk.known.before"), session.legs.filter((leg) => leg.kind !== "customer").map((leg) => leg.party ?? leg.kind).join(" → ")],
  ];
  return (
    <aside className="known" aria-label={t("desk.known")} tabIndex={0}>
      <h3>{t("desk.known")}</h3>
      <dl>
        {facts.filter(([, value]) => value !== "").map(([name, value], i) => (
          <div key={`${i} ${name}`}><dt>{name}</dt><dd><bdi>{/^https?:\/\//.test(value) ? <a href={value} target="_blank" rel="noopener noreferrer">{value}</a> : value}</bdi></dd></div>
        ))}
      </dl>
      {!answers && <Earlier session={session.id} language={language} />}
    </aside>
  );
}

const shown = (value: unknown): string => (typeof value === "string" ? value : JSON.stringify(value));
