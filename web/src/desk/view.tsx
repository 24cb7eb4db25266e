// The desk as agents see it: what is there on the left, one conversation beside it.
import { useEffect, useRef, useState, useSyncExternalStore } from "react";
import type { Person } from "../shared/door";
import type { Language } from "../shared/i18n";
import { alarm } from "./alarm";
import { Conversation } from "./conversation";
import { Desk, type DeskState, named, type Task } from "./desk";
import { lineOf } from "../shared/message";
import { Refusal } from "../shared/refusal";
import { Notify } from "./notify";
import { customerOf, useSecondsUntil } from "./parts";

interface Props {
  person: Person;
  language: Language;
  onLeave: () => void;
}

export function DeskView({ person, language, onLeave }: Props) {
  const { t } = language;
  const [desk] = useState((): Desk => new Desk(person, (task) => alarm(t("desk.offer.from", { queue: desk.offeredBy(task.session) }))));
  const state = useSyncExternalStore(desk.subscribe, desk.snapshot);
  useEffect(() => () => desk.close(), [desk]);
  useAddress(desk, state.open);
  const waiting = state.tasks.reduce((sum, task) => sum + task.unread + Number(task.phase === "offered"), 0);
  useEffect(() => {
    document.title = waiting > 0 ? `(${waiting}) ${t("desk.title")}` : t("desk.title");
  }, [waiting, t]);
  const open = state.tasks.find((task) => task.session.id === state.open && task.phase !== "offered");
  return (
    <div className={open === undefined ? "desk" : "desk looking"}>
      <nav aria-label={t("desk.work")}>
        <Self state={state} desk={desk} language={language} onLeave={onLeave} name={person.name} />
        {!state.up && state.agent !== null && <p role="status" className="warn">{t("desk.offline")}</p>}
        {state.problem !== null && <Refusal problem={state.problem} language={language} />}
        <Offers tasks={state.tasks} desk={desk} language={language} />
        <ul className="tasks">
          {state.tasks.map((task) => (
            <li key={task.session.id}>
              {task.phase === "offered"
                ? <OfferCard task={task} desk={desk} language={language} up={state.up} />
                : <TaskButton task={task} desk={desk} language={language} current={task === open} />}
            </li>
          ))}
        </ul>
        {state.tasks.length === 0 && <p className="faint">{t(state.agent?.state === "available" ? "desk.empty" : "desk.away.hint")}</p>}
      </nav>
      {open !== undefined && <Conversation key={open.session.id} task={open} desk={desk} replies={state.replies} language={language} up={state.up} />}
    </div>
  );
}

// The address names the conversation that is looked at: who goes back comes to the
// one before, or to the list.
function useAddress(desk: Desk, open: string | null): void {
  useEffect(() => {
    const read = (): void => desk.look(named());
    addEventListener("popstate", read);
    return () => removeEventListener("popstate", read);
  }, [desk]);
  useEffect(() => {
    if (named() !== open) history.pushState(null, "", open === null ? location.pathname + location.search : `#${open}`);
  }, [open]);
}

// Who the agent is, and whether there may be offers.
function Self({ state, desk, language, onLeave, name }: { state: DeskState; desk: Desk; language: Language; onLeave: () => void; name: string }) {
  const { t } = language;
  const [reason, setReason] = useState("");
  const here = state.agent?.state ?? "offline";
  const chat = state.agent?.load["chat"];
  return (
    <header className="self">
      <h1>{name}</h1>
      <p className={`state ${here}`} role="status">
        {t(here === "available" ? "desk.available" : here === "away" ? "desk.away" : "desk.offlineState")}
        {state.agent?.awayReason ? ` · ${language.said(state.agent.awayReason)}` : ""}
        {chat !== undefined ? ` · ${t("desk.load", { active: chat.active + chat.offered, capacity: chat.capacity })}` : ""}
      </p>
      <div className="row">
        {here === "available" ? (
          <>
            <input value={reason} onChange={(e) => setReason(e.target.value)} placeholder={t("desk.away.reason")} aria-label={t("desk.away.reason")} maxLength={128} />
            <button type="button" disabled={!state.up} onClick={() => { desk.setState("away", reason); setReason(""); }}>{t("desk.goAway")}</button>
          </>
        ) : (
          <button type="button" disabled={!state.up} onClick={() => desk.setState("available")}>{t("desk.goAvailable")}</button>
        )}
        <button type="button" className="second" onClick={onLeave}>{t("signin.out")}</button>
      </div>
      <Notify language={language} />
    </header>
  );
}

// For who does not see them come: said by screen readers, whatever has the focus.
function Offers({ tasks, desk, language }: { tasks: readonly Task[]; desk: Desk; language: Language }) {
  const { t } = language;
  const offers = tasks.filter((task) => task.phase === "offered");
  return <p className="hidden" role="status">{offers.map((task) => `${t("desk.offer.from", { queue: desk.offeredBy(task.session) })}: ${customerOf(task, t)}`).join(". ")}</p>;
}

function OfferCard({ task, desk, language, up }: { task: Task; desk: Desk; language: Language; up: boolean }) {
  const { t } = language;
  const left = useSecondsUntil(task.deadline);
  const accept = useRef<HTMLButtonElement>(null);
  useEffect(() => {
    // Not under the fingers of somebody who is writing.
    if (document.activeElement === document.body) accept.current?.focus();
  }, []);
  return (
    <section className="offer" aria-label={t("desk.offer.from", { queue: desk.offeredBy(task.session) })}>
      <h2 dir="auto" title={customerOf(task, t)}>{customerOf(task, t)}</h2>
      <p dir="auto">{task.session.reason ?? t("desk.offer.from", { queue: desk.offeredBy(task.session) })}</p>
      <p className="faint clip" dir="auto">{lineOf(task.messages.at(-1)?.text ?? "", t)}</p>
      {left !== null && <p className="faint" role="timer">{t("desk.offer.left", { count: left })}</p>}
      <div className="row">
        <button ref={accept} type="button" disabled={!up} onClick={() => desk.accept(task)}>{t("desk.offer.accept")}</button>
        <button type="button" className="second" disabled={!up} onClick={() => desk.decline(task)}>{t("desk.offer.decline")}</button>
      </div>
      {task.problem !== null && <Refusal problem={task.problem} language={language} />}
    </section>
  );
}

function TaskButton({ task, desk, language, current }: { task: Task; desk: Desk; language: Language; current: boolean }) {
  const { t } = language;
  const last = task.messages.at(-1);
  return (
    <button type="button" className="task" aria-current={current} onClick={() => desk.look(task.session.id)}>
      <span className="who" dir="auto">{customerOf(task, t)}</span>
      <span className="faint clip" dir="auto">{task.phase === "wrapup" ? t("desk.wrapup") : task.typing ? t("desk.types") : lineOf(last?.text ?? "", t)}</span>
      {task.unread > 0 && <span className="unread">{task.unread}<span className="hidden"> {t("desk.unread")}</span></span>}
    </button>
  );
}
