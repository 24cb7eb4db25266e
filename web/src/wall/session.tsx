// One session: where it is, what can be done, how it came here, and what is said.
import { useEffect, useRef, useState } from "react";
import { endOf } from "../shared/finished";
import { ask, Refused, problemOf } from "../shared/problem";
import { Refusal } from "../shared/refusal";
import { Reread } from "../shared/reread";
import { pathOf, type SessionView, type WallEvent } from "./api";
import { SessionActions } from "./actions";
import type { Centre } from "./centre";
import { Lanes } from "./timeline";
import { tellingOf, type Told } from "./lanes";
import { customerOf, since, statusOf, useNow } from "./parts";
import { Talk } from "./talk";
import type { Scene } from "./view";
import { Why } from "./why";

export interface Case {
  view: SessionView | null; // null: it is over, the journal alone knows it
  events: WallEvent[];
  told: Told[];
}

const READ_AT_MOST_EVERY_MS = 400;

// "unknown": there is none. Refused: it is another team's, or not to be read.
type Found = Case | "unknown" | Refused;

// Read anew whenever something happens to the session.
function useCase(id: string, centre: Centre, up: boolean): Found | null {
  const [found, setFound] = useState<Found | null>(null);
  const reread = useRef<Reread | null>(null);
  useEffect(() => {
    let closed = false;
    const reader = new Reread(async () => {
      const next = await readCase(id);
      if (!closed) setFound(next);
    }, () => READ_AT_MOST_EVERY_MS);
    reread.current = reader;
    reader.soon();
    const stop = centre.listen((event) => event.session === id && reader.soon());
    return () => {
      closed = true;
      reader.close();
      stop();
    };
  }, [id, centre]);
  useEffect(() => {
    if (up) reread.current?.soon();
  }, [up]);
  return found;
}

async function readCase(id: string): Promise<Found> {
  try {
    return await readKnown(id);
  } catch (error) {
    if (error instanceof Refused && error.status === 404) return "unknown";
    if (error instanceof Refused && error.status === 403) return error;
    throw error;
  }
}

async function readKnown(id: string): Promise<Case> {
  const [view, timeline, explained] = await Promise.all([
    ask<SessionView>(pathOf("sessions", id)).catch((error: unknown) => {
      if (error instanceof Refused && error.status === 404) return null;
      throw error;
    }),
    ask<{ events: WallEvent[] }>(pathOf("sessions", id, "timeline")),
    ask<{ text: string }>(pathOf("sessions", id, "explain"), { headers: { Accept: "application/json" } }),
  ]);
  return { view: view?.status === "completed" ? null : view, events: timeline.events, told: tellingOf(explained.text) };
}

export function SessionPage({ scene, id }: { scene: Scene; id: string }) {
  const { language, state, centre } = scene;
  const { t } = language;
  const now = useNow();
  const found = useCase(id, centre, state.up);
  if (found === null) return <p role="status">{t("page.loading")}</p>;
  if (found === "unknown") return <p>{t("wall.unknown", { id })}</p>;
  if (found instanceof Refused) return <Refusal problem={problemOf(found, language)} language={language} />;
  const { view, events, told } = found;
  const opened = events[0];
  const waits = view?.status === "queued" || view?.status === "offered";
  return (
    <article className="one">
      <header>
        <p className="faint">{t("wall.session")} <code>{id}</code></p>
        <h2 dir="auto">{customerOf({ id, customer: customerIn(found) }, t)}</h2>
        <span className="badge">{statusOf(view?.status ?? "completed", t)}</span>
        {view !== null && <span className="faint">{t("wall.status.since", { time: since(view.statusSince, now) })}</span>}
      </header>
      {view !== null && <SessionActions scene={scene} session={view} />}
      <Facts found={found} language={language} />
      <section className="panel" aria-labelledby="lanes">
        <h3 id="lanes">{t("wall.story")}</h3>
        {opened !== undefined && <Lanes events={events} told={told} language={language} open={view !== null} />}
      </section>
      <Talk scene={scene} session={view} id={id} events={events} />
      {waits && <section className="panel" aria-labelledby="why"><h3 id="why">{t("wall.why")}</h3><Why scene={scene} id={id} /></section>}
    </article>
  );
}

function customerIn({ view, events }: Case): Record<string, unknown> {
  const opened = events[0]?.["customer"];
  return view?.customer ?? (typeof opened === "object" && opened !== null ? (opened as Record<string, unknown>) : {});
}

function Facts({ found, language }: { found: Case; language: Scene["language"] }) {
  const { t } = language;
  const { view, events } = found;
  const last = (member: string): string => String(events.findLast((event) => event[member] !== undefined)?.[member] ?? "");
  const shown = (value: unknown): string => (typeof value === "string" ? value : JSON.stringify(value));
  const facts: [string, string][] = view === null
    ? [[t("wall.entry"), String(events[0]?.["entryPoint"] ?? "")], [t("wall.ended"), endOf(last("endReason"), t)], [t("wall.finished.disposition"), last("disposition")]]
    : [
        [t("wall.entry"), view.entryPoint],
        [t("wall.holder"), view.holder.name ?? ""],
        [t("wall.place"), view.queue === null ? "" : String(view.queue.position)],
        [t("wall.priority"), view.queue === null ? "" : String(Math.round(view.queue.effectivePriority))],
        [t("wall.reason"), view.reason ?? ""],
        [t("wall.note"), view.note ?? ""],
        ...Object.entries(view.attributes).map(([name, value]): [string, string] => [name, shown(value)]),
      ];
  return (
    <dl className="facts">
      {facts.filter(([, value]) => value !== "").map(([name, value], i) => <div key={`${i} ${name}`}><dt><bdi>{name}</bdi></dt><dd><bdi>{value}</bdi></dd></div>)}
    </dl>
  );
}
