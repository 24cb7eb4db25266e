// One queue: how it goes, who waits, and what can be done with it.
import type { FormEvent } from "react";
import { clock } from "../shared/clock";
import { pathOf, type QueueView } from "./api";
import { inServiceOf } from "./centre";
import { longestOf, QueueState } from "./overview";
import { type Asking, Choices, percent, Said, useAsking, useNow } from "./parts";
import { Quarters } from "./quarters";
import type { Scene } from "./view";
import { Waiting } from "./waiting";

export function QueuePage({ scene, id }: { scene: Scene; id: string }) {
  const { state, language } = scene;
  const { t } = language;
  const now = useNow();
  const queue = state.queues.find((q) => q.id === id);
  if (queue === undefined) return <p>{t("wall.unknown", { id })}</p>;
  const total = state.figures.get(id)?.total;
  const facts: [string, string][] = [
    [t("wall.waitingNow"), String(queue.waiting)],
    [t("wall.longest"), queue.waiting === 0 ? "–" : clock(longestOf(queue, state.readAt, now))],
    [t("wall.estimate"), queue.estimatedWait === null ? "–" : clock(queue.estimatedWait.seconds)],
    [t("wall.inService"), String(inServiceOf(state.agents, id))],
    [t("wall.there"), t("wall.of", { some: queue.agentsReady, all: queue.agents })],
    [t("wall.serviceLevel.hours"), percent(total?.serviceLevel ?? null, language)],
    [t("wall.asa"), total?.averageAnswerMs == null ? "–" : clock(total.averageAnswerMs / 1000)],
    [t("wall.aht"), total?.averageHandleMs == null ? "–" : clock(total.averageHandleMs / 1000)],
    [t("wall.abandonment"), percent(total?.abandonment ?? null, language)],
  ];
  return (
    <article className="one">
      <header><p className="faint">{t("wall.queue")}</p><h2>{queue.name}</h2><QueueState queue={queue} language={language} /></header>
      <QueueActions scene={scene} queue={queue} />
      <dl className="tiles small">{facts.map(([name, value]) => <div key={name} className="tile"><dt>{name}</dt><dd>{value}</dd></div>)}</dl>
      <section className="panel" aria-labelledby="quarters"><h3 id="quarters">{t("wall.quarters")}</h3><Quarters figures={state.figures.get(id)?.intervals ?? []} language={language} /></section>
      <section className="panel" aria-labelledby="waiting"><h3 id="waiting">{t("wall.waiting")}</h3><Waiting scene={scene} queue={id} /></section>
    </article>
  );
}

function QueueActions({ scene, queue }: { scene: Scene; queue: QueueView }) {
  const { language } = scene;
  const { t } = language;
  const asking = useAsking(language);
  const open = (): void => asking.run("POST", pathOf("queues", queue.id, "open"), {}, { then: () => scene.centre.soon() });
  const form = (what: "pause" | "drain") => (done: () => void) =>
    <CloseForm what={what} scene={scene} queue={queue} asking={asking} done={done} />;
  const choices = queue.paused || queue.draining ? [] : [
    { key: "pause", label: t("wall.pause"), form: form("pause") },
    { key: "drain", label: t("wall.drain"), form: form("drain") },
  ];
  return (
    <>
      <Choices choices={choices} label={t("wall.actions")}>
        {(queue.paused || queue.draining) && <button type="button" disabled={asking.busy} onClick={open}>{t("wall.open")}</button>}
      </Choices>
      <Said asking={asking} language={language} />
    </>
  );
}

interface CloseProps {
  what: "pause" | "drain";
  scene: Scene;
  queue: QueueView;
  asking: Asking;
  done: () => void;
}

function CloseForm({ what, scene, queue, asking, done }: CloseProps) {
  const { t } = scene.language;
  const send = (event: FormEvent<HTMLFormElement>): void => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const minutes = Number(form.get("minutes"));
    const until = minutes > 0 ? { until: new Date(Date.now() + minutes * 60_000).toISOString() } : {};
    const then = (): void => {
      scene.centre.soon();
      done();
    };
    asking.run("POST", pathOf("queues", queue.id, what), { reason: String(form.get("reason")), ...until }, { then });
  };
  return (
    <form className="act" onSubmit={send}>
      <p className="faint">{t(what === "pause" ? "wall.pause.hint" : "wall.drain.hint")}</p>
      <label>{t("wall.reason")}<input name="reason" maxLength={128} required autoFocus /></label>
      <label>{t("wall.minutes")}<input name="minutes" type="number" min={1} max={10080} /></label>
      <button type="submit" disabled={asking.busy}>{t(what === "pause" ? "wall.pause.go" : "wall.drain.go")}</button>
    </form>
  );
}
