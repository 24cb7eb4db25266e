// Sessions that somebody remembers something of.
import { useEffect, useState } from "react";
import { ask } from "../shared/problem";
import { pathOf, type SessionView } from "./api";
import { customerOf, since, useNow } from "./parts";
import { linkTo, type Scene } from "./view";

interface Page {
  sessions: SessionView[];
  next: number | null;
}

const ID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

export function SearchPage({ scene: { state, language }, query }: { scene: Scene; query: string }) {
  const { t } = language;
  const now = useNow();
  const [found, setFound] = useState<Page | null>(null);
  const [failed, setFailed] = useState(false);
  const read = (after: number, before: SessionView[]): void => {
    const path = `${pathOf("sessions")}?limit=100&after=${after}&q=${encodeURIComponent(query)}`;
    ask<Page>(path).then((page) => setFound({ sessions: [...before, ...page.sessions], next: page.next }), () => setFailed(true));
  };
  useEffect(() => {
    setFound(null);
    setFailed(false);
    // A whole id may be that of a finished session: its page knows.
    if (ID.test(query)) location.hash = linkTo("session", query.toLowerCase());
    else read(0, []);
  }, [query]);
  const ended = state.ended.filter((one) => one.id.includes(query.toLowerCase()));
  if (failed) return <p role="alert" className="bad">{t("page.offline")}</p>;
  if (found === null) return <p role="status">{t("page.loading")}</p>;
  return (
    <section className="panel" aria-labelledby="found">
      <h2 id="found" dir="auto">{t("wall.found", { count: found.sessions.length, query })}</h2>
      <ul className="found">
        {found.sessions.map((session) => (
          <li key={session.id}>
            <a dir="auto" href={linkTo("session", session.id)}>{customerOf(session, t)}</a>
            <span className="badge">{session.status}</span>
            <span className="faint">{session.holder.name ?? session.holder.kind} · {session.entryPoint} · {since(session.openedAt, now)}</span>
          </li>
        ))}
        {ended.map((one) => (
          <li key={one.id}><a href={linkTo("session", one.id)}>…{one.id.slice(-12)}</a><span className="badge">completed</span><span className="faint">{one.reason} · {language.time(one.at)}</span></li>
        ))}
      </ul>
      {found.next !== null && <button type="button" className="second" onClick={() => read(found.next ?? 0, found.sessions)}>{t("wall.more")}</button>}
      <p className="faint">{t("wall.search.finished")}</p>
    </section>
  );
}
