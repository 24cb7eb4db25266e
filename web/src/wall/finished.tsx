// Finished sessions, by what people know of them.
import { type FormEvent, useEffect, useRef, useState } from "react";
import { endOf, type Finished, type FinishedPage } from "../shared/finished";
import { ask, wordsOf } from "../shared/problem";
import { linkTo, type Scene } from "./view";

const FIELDS = ["customer", "number", "queue", "agent", "disposition"] as const;

// A day of the form is a whole day of this clock.
function instant(day: FormDataEntryValue | null, more: number): string {
  const at = new Date(`${String(day)}T00:00:00`);
  at.setDate(at.getDate() + more);
  return Number.isNaN(at.getTime()) ? "" : at.toISOString();
}

function termsOf(form: FormData): [string, string][] {
  const terms = FIELDS.map((name): [string, string] => [name, String(form.get(name) ?? "").trim()]);
  terms.push(["from", instant(form.get("from"), 0)], ["to", instant(form.get("to"), 1)]);
  return terms.filter(([, value]) => value !== "");
}

const nameOf = (all: readonly { id: string; name: string }[], id: string | null): string | null => all.find((one) => one.id === id)?.name ?? id;

export function FinishedPanel({ scene: { language, state }, query }: { scene: Scene; query: string }) {
  const { t } = language;
  const [terms, setTerms] = useState<readonly [string, string][]>([]);
  const [found, setFound] = useState<readonly Finished[] | null>(null);
  const [next, setNext] = useState<string | null>(null);
  const [said, setSaid] = useState("");
  const asking = useRef(0);
  const read = (after: string | null, before: readonly Finished[]): void => {
    const mine = ++asking.current; // an answer to an earlier question comes too late
    const asked = new URLSearchParams([...terms, ...(query === "" ? [] : [["q", query]]), ...(after === null ? [] : [["after", after]])]);
    ask<FinishedPage>(`/api/v1/history?${asked}`).then((page) => {
      if (mine !== asking.current) return;
      setFound([...before, ...page.sessions]);
      setNext(page.next);
      setSaid("");
    }, (error: unknown) => setSaid(wordsOf(error, language)));
  };
  useEffect(() => read(null, []), [query, terms]);
  const send = (event: FormEvent<HTMLFormElement>): void => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const [from, to] = [String(form.get("from")), String(form.get("to"))];
    if (from !== "" && to !== "" && to < from) setSaid(t("wall.finished.turned"));
    else setTerms(termsOf(form));
  };
  return (
    <section className="panel" aria-labelledby="finished">
      <h2 id="finished">{t("wall.finished")}</h2>
      <form className="terms" onSubmit={send}>
        {FIELDS.map((name) => <label key={name}>{t(`wall.finished.${name}`)}<input name={name} maxLength={128} /></label>)}
        <label>{t("wall.finished.from")}<input name="from" type="date" /></label>
        <label>{t("wall.finished.to")}<input name="to" type="date" /></label>
        <button type="submit">{t("wall.finished.find")}</button>
      </form>
      {said !== "" && <p role="alert" className="bad">{said}</p>}
      {found !== null && <p role="status" className="faint">{t("wall.finished.count", { count: found.length })}</p>}
      {found !== null && found.length > 0 && <ul className="found">
        {found.map((one) => (
          <li key={one.session}>
            <a dir="auto" href={linkTo("session", one.session)}>{one.name ?? one.customer ?? one.number ?? `…${one.session.slice(-12)}`}</a>
            <span className="badge" dir="auto">{one.disposition ?? endOf(one.endReason ?? "", t)}</span>
            <span className="faint" dir="auto">{[language.moment(one.endedAt), nameOf(state.queues, one.queue), nameOf(state.agents, one.agent)].filter((part) => part !== null).join(" · ")}</span>
          </li>
        ))}
      </ul>}
      {next !== null && <button type="button" className="second" onClick={() => read(next, found ?? [])}>{t("wall.more")}</button>}
    </section>
  );
}
