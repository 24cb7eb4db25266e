// Sessions that somebody remembers something of.
import { useEffect, useState } from "react";
import { ask, wordsOf } from "../shared/problem";
import { pathOf, type SessionView } from "./api";
import { FinishedPanel } from "./finished";
import { customerOf, since, statusOf, useNow } from "./parts";
import { linkTo, type Scene } from "./view";

interface Page {
  sessions: SessionView[];
  next: number | null;
}

const ID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

export function SearchPage({ scene, query }: { scene: Scene; query: string }) {
  const { language } = scene;
  const { t } = language;
  const now = useNow();
  const [found, setFound] = useState<Page | null>(null);
  const [failed, setFailed] = useState("");
  const read = (after: number, before: SessionView[]): void => {
    const path = `${pathOf("sessions")}?limit=100&after=${after}&q=${encodeURIComponent(query)}`;
    ask<Page>(path).then((page) => setFound({ sessions: [...before, ...page.sessions], next: page.next }), (error: unknown) => setFailed(wordsOf(error, language)));
  };
  useEffect(() => {
    setFound(null);
    setFailed("");
    // A whole id may be that of a finished session: its page knows.
    if (ID.test(query)) location.hash = linkTo("session", query.toLowerCase());
    else read(0, []);
  }, [query]);
  if (failed !== "") return <p role="alert" className="bad">{failed}</p>;
  if (found === null) return <p role="status">{t("page.loading")}</p>;
  return (
    <>
      <section className="panel" aria-labelledby="found">
        <h2 id="found" dir="auto">{t("wall.found", { count: found.sessions.length, query })}</h2>
        {found.sessions.length > 0 && <ul className="found">
          {found.sessions.map((session) => (
            <li key={session.id}>
              <a dir="auto" href={linkTo("session", session.id)}>{customerOf(session, t)}</a>
              <span className="badge">{statusOf(session.status, t)}</span>
              <span className="faint">{[session.holder.name, session.entryPoint, since(session.openedAt, now)].filter((part) => part !== null).join(" · ")}</span>
            </li>
          ))}
        </ul>}
        {found.next !== null && <button type="button" className="second" onClick={() => read(found.next ?? 0, found.sessions)}>{t("wall.more")}</button>}
      </section>
      <FinishedPanel scene={scene} query={query} />
    </>
  );
}
