// The conversation: listened to, and taken part in, by a supervisor. That
// somebody listens is recorded, so it is asked for and not simply shown.
import { type FormEvent, type KeyboardEvent, useEffect, useMemo, useState } from "react";
import { fetchOwn } from "../shared/files";
import { isSend } from "../shared/keys";
import { Spoken } from "../shared/spoken";
import { useTail } from "../shared/tail";
import { pathOf, type SessionView, type WallEvent } from "./api";
import { Said, useAsking } from "./parts";
import type { Scene } from "./view";

interface Props {
  scene: Scene;
  session: SessionView | null; // null: it is over
  id: string;
  events: readonly WallEvent[];
}

export function Talk({ scene, session, id, events }: Props) {
  const { t } = scene.language;
  const asking = useAsking(scene.language);
  const [listening, setListening] = useState(false);
  const over = session === null || session.status === "wrapup";
  useEffect(() => {
    if (!listening || over) return;
    const stop = (): void => {
      void fetch(pathOf("sessions", id, "listen"), { method: "DELETE", keepalive: true }).catch(() => {});
    };
    addEventListener("pagehide", stop);
    return () => {
      removeEventListener("pagehide", stop);
      stop();
    };
  }, [listening, over, id]);
  const begin = (): void => {
    if (over) setListening(true);
    else asking.run("POST", pathOf("sessions", id, "listen"), {}, { then: () => setListening(true) });
  };
  return (
    <section className="panel talk" aria-labelledby="talk">
      <h3 id="talk">{t("wall.talk")}</h3>
      {!listening && (
        <>
          <p className="faint">{t(over ? "wall.talk.over" : "wall.listen.hint")}</p>
          <button type="button" disabled={asking.busy} onClick={begin}>{t(over ? "wall.talk.read" : "wall.listen")}</button>
        </>
      )}
      <Said asking={asking} language={scene.language} />
      {listening && <Log events={events} scene={scene} />}
      {listening && !over && (
        <>
          <Speak scene={scene} session={session} id={id} events={events} />
          <button type="button" className="second" onClick={() => setListening(false)}>{t("wall.listen.stop")}</button>
        </>
      )}
    </section>
  );
}

const SAID = new Set(["message", "supervisor.whispered", "supervisor.barged"]);

function Log({ events, scene: { language, state } }: { events: readonly WallEvent[]; scene: Scene }) {
  const { t } = language;
  const lines = useMemo(() => events.filter((event) => SAID.has(event.type)), [events]);
  const { shown, from, log, onScroll } = useTail(lines, null);
  const who = ({ cause }: WallEvent): string =>
    (cause.role === "customer" ? t("wall.customer") : state.agents.find((a) => a.id === cause.who)?.name ?? cause.who ?? cause.role);
  return (
    <div className="log" role="log" aria-label={t("wall.talk")} tabIndex={0} ref={log} onScroll={onScroll}>
      {shown.map((event, i) => {
        const side = event.type === "message" ? event.cause.role : event.type === "supervisor.barged" ? "note" : "whisper";
        const text = event.type === "supervisor.barged" ? t("wall.barged", { name: who(event) }) : String(event["text"] ?? "");
        return (
          <div key={from + i} className={`bubble ${side}`}>
            <Spoken text={text} data={event["data"]} isCustomers={side === "customer"} fetchFile={fetchOwn} language={language} />
            <small>{side === "whisper" ? t("wall.whispered", { name: who(event) }) : who(event)} · <time dateTime={event.at}>{language.time(event.at)}</time></small>
          </div>
        );
      })}
    </div>
  );
}

// A whisper goes to the agent; who has stepped in speaks to everybody.
function Speak({ scene, session, id, events }: Props & { session: SessionView }) {
  const { t } = scene.language;
  const asking = useAsking(scene.language);
  const [text, setText] = useState("");
  const mine = (event: WallEvent): boolean => event.type === "supervisor.barged" && event.cause.who === scene.person.id;
  const [joined, setJoined] = useState(() => events.some(mine));
  const withAgent = session.status === "active";
  const send = (what: "whisper" | "messages"): void => {
    const said = text.trim();
    if (said === "") return;
    // What was begun meanwhile stays.
    asking.run("POST", pathOf("sessions", id, what), { text: said }, { then: () => setText((now) => (now.trim() === said ? "" : now)) });
  };
  const onSubmit = (event: FormEvent): void => {
    event.preventDefault();
    send("whisper");
  };
  const onKey = (event: KeyboardEvent): void => {
    if (!isSend(event)) return;
    event.preventDefault();
    if (withAgent) send("whisper");
  };
  const step = (): void => asking.run("POST", pathOf("sessions", id, "barge"), {}, { then: () => setJoined(true) });
  return (
    <form className="speak" onSubmit={onSubmit}>
      <textarea rows={2} dir="auto" value={text} aria-label={t("wall.speak")} placeholder={t(withAgent ? "wall.speak.hint" : "wall.speak")}
        onChange={(event) => setText(event.target.value)} onKeyDown={onKey} />
      <div className="row">
        <button type="submit" disabled={asking.busy || !withAgent}>{t("wall.whisper")}</button>
        {joined
          ? <button type="button" className="second" disabled={asking.busy} onClick={() => send("messages")}>{t("wall.say")}</button>
          : scene.person.role === "supervisor" && <button type="button" className="second" disabled={asking.busy} onClick={step}>{t("wall.barge")}</button>}
      </div>
      <Said asking={asking} language={scene.language} />
    </form>
  );
}
