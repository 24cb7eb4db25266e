// The wallboard: a line above, and below it what the address names.
import { type FormEvent, useEffect, useRef, useState, useSyncExternalStore } from "react";
import type { Person } from "../shared/door";
import { AgentPage } from "./agent";
import { Centre, type CentreState } from "./centre";
import type { WallLanguage } from "./messages";
import { Overview } from "./overview";
import { QueuePage } from "./queue";
import { SearchPage } from "./search";
import { SessionPage } from "./session";

// What every view gets.
export interface Scene {
  centre: Centre;
  state: CentreState;
  person: Person;
  language: WallLanguage;
}

interface Props {
  person: Person;
  language: WallLanguage;
  onLeave: () => void;
}

// "#/queue/support" is the page queue of support.
function useRoute(): { page: string; id: string } {
  const read = (): string => location.hash;
  const subscribe = (told: () => void): (() => void) => {
    addEventListener("hashchange", told);
    return () => removeEventListener("hashchange", told);
  };
  const [, page = "", ...rest] = useSyncExternalStore(subscribe, read).split("/");
  return { page, id: decoded(rest.join("/")) };
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

export const linkTo = (page: string, id: string): string => `#/${page}/${encodeURIComponent(id)}`;

export function WallView({ person, language, onLeave }: Props) {
  const { t } = language;
  const [centre] = useState(() => new Centre());
  const state = useSyncExternalStore(centre.subscribe, centre.snapshot);
  const route = useRoute();
  useEffect(() => () => centre.close(), [centre]);
  const scene: Scene = { centre, state, person, language };
  return (
    <div className="wall">
      <Head scene={scene} onLeave={onLeave} query={route.page === "search" ? route.id : ""} />
      <main>
        {!state.up && state.loaded && <p role="status" className="warn lost">{t("wall.offline")}</p>}
        {!state.loaded ? <p className="loading" role="status">{t("page.loading")}</p> : <Body scene={scene} route={route} />}
      </main>
    </div>
  );
}

function Body({ scene, route }: { scene: Scene; route: { page: string; id: string } }) {
  switch (route.page) {
    case "queue":
      return <QueuePage key={route.id} scene={scene} id={route.id} />;
    case "agent":
      return <AgentPage key={route.id} scene={scene} id={route.id} />;
    case "session":
      return <SessionPage key={route.id} scene={scene} id={route.id} />;
    case "search":
      return <SearchPage scene={scene} query={route.id} />;
    default:
      return <Overview scene={scene} />;
  }
}

function Head({ scene, onLeave, query }: { scene: Scene; onLeave: () => void; query: string }) {
  const { t } = scene.language;
  const field = useRef<HTMLInputElement>(null);
  useEffect(() => {
    const onKey = (event: KeyboardEvent): void => {
      const target = event.target as HTMLElement;
      if (event.key !== "/" || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName)) return;
      event.preventDefault();
      field.current?.focus();
    };
    addEventListener("keydown", onKey);
    return () => removeEventListener("keydown", onKey);
  }, []);
  const search = (event: FormEvent<HTMLFormElement>): void => {
    event.preventDefault();
    const text = String(new FormData(event.currentTarget).get("q") ?? "").trim();
    location.hash = text === "" ? "#/" : linkTo("search", text);
  };
  return (
    <header className="head">
      <h1><a href="#/">{t("wall.title")}</a></h1>
      <form role="search" onSubmit={search}>
        <input ref={field} key={query} name="q" type="search" dir="auto" defaultValue={query} maxLength={200} aria-label={t("wall.search")} placeholder={t("wall.search.hint")} />
      </form>
      <span className={scene.state.up ? "live" : "live warn"} role="status">{t(scene.state.up ? "wall.live" : "wall.notLive")}</span>
      <span className="faint name">{scene.person.name}</span>
      <button type="button" className="second" onClick={onLeave}>{t("signin.out")}</button>
    </header>
  );
}
