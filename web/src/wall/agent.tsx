// One agent: what it does, how it went, and its state set by a supervisor.
import { type FormEvent, useEffect, useState } from "react";
import { ask } from "../shared/problem";
import { type AgentFigure, type AgentView, type Figures, pathOf, type SessionView } from "./api";
import { stateOf } from "./overview";
import type { WallKey } from "./messages";
import { Choices, customerOf, percent, Said, since, statusOf, useAsking, useNow } from "./parts";
import { linkTo, type Scene } from "./view";

const HOURS = 8;
const FIGURES_EVERY_MS = 15_000;

export function AgentPage({ scene, id }: { scene: Scene; id: string }) {
  const { state, language } = scene;
  const { t } = language;
  const agent = state.agents.find((a) => a.id === id);
  const total = useFigures(id)?.total;
  if (agent === undefined) return <p>{t("wall.unknown", { id })}</p>;
  const { tone, words } = stateOf(agent, language);
  const facts: [string, string][] = [
    [t("wall.occupancy.hours"), percent(total?.occupancy ?? null, language)],
    [t("wall.handled"), String(total?.handled ?? "–")],
    [t("wall.declined"), String(total?.declined ?? "–")],
    [t("wall.unanswered"), String(total?.unanswered ?? "–")],
    ...Object.entries(agent.load).filter(([, load]) => load.capacity > 0).map(([channel, load]): [string, string] =>
      [t("wall.load", { channel: t(`wall.channel.${channel}` as WallKey) }), t("wall.of", { some: load.active + load.wrapup + load.offered, all: load.capacity })]),
  ];
  return (
    <article className="one">
      <header><p className="faint">{t("wall.agent")}</p><h2>{agent.name}</h2><span className={`badge ${tone}`}>{words}</span></header>
      <StateAction scene={scene} agent={agent} />
      <dl className="tiles small">{facts.map(([name, value]) => <div key={name} className="tile"><dt>{name}</dt><dd>{value}</dd></div>)}</dl>
      <section className="panel" aria-labelledby="hand"><h3 id="hand">{t("wall.inHand")}</h3><InHand scene={scene} agent={agent} /></section>
    </article>
  );
}

function useFigures(id: string): Figures<AgentFigure> | null {
  const [figures, setFigures] = useState<Figures<AgentFigure> | null>(null);
  useEffect(() => {
    const read = (): void => {
      ask<Figures<AgentFigure>>(`${pathOf("agents", id, "figures")}?hours=${HOURS}`).then(setFigures, () => {});
    };
    read();
    const timer = setInterval(read, FIGURES_EVERY_MS);
    return () => clearInterval(timer);
  }, [id]);
  return figures;
}

// Who the sessions are of; read when they are others than before.
function useCustomers(ids: readonly string[]): ReadonlyMap<string, SessionView> {
  const [views, setViews] = useState<ReadonlyMap<string, SessionView>>(new Map());
  const key = ids.join();
  useEffect(() => {
    let old = false;
    void Promise.all(ids.map((id) => ask<SessionView>(pathOf("sessions", id)).catch(() => null)))
      .then((found) => old || setViews(new Map(found.flatMap((view) => (view === null ? [] : [[view.id, view]])))));
    return () => {
      old = true;
    };
  }, [key]);
  return views;
}

function InHand({ scene: { state, language }, agent }: { scene: Scene; agent: AgentView }) {
  const { t } = language;
  const now = useNow();
  const views = useCustomers(agent.contacts.map((contact) => contact.session));
  const nameOf = (id: string): string => customerOf(views.get(id) ?? { id, customer: {} }, t);
  if (agent.contacts.length === 0) return <p className="faint">{t("wall.nothingInHand")}</p>;
  return (
    <table>
      <thead><tr><th scope="col">{t("wall.customer")}</th><th scope="col">{t("wall.status")}</th><th scope="col">{t("wall.queue")}</th><th scope="col" className="number">{t("wall.since")}</th></tr></thead>
      <tbody>
        {agent.contacts.map((contact) => (
          <tr key={contact.session}>
            <th scope="row"><a dir="auto" href={linkTo("session", contact.session)}>{nameOf(contact.session)}</a></th>
            <td>{statusOf(contact.status, t)}</td>
            <td>{state.queues.find((q) => q.id === contact.queue)?.name ?? contact.queue ?? "–"}</td>
            <td className="number">{since(contact.since, now)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function StateAction({ scene, agent }: { scene: Scene; agent: AgentView }) {
  const { language } = scene;
  const { t } = language;
  const asking = useAsking(language);
  const send = (event: FormEvent<HTMLFormElement>, done: () => void): void => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const body = { state: String(form.get("state")), reason: String(form.get("reason")), ...(form.get("force") === null ? {} : { force: true }) };
    const then = (): void => {
      scene.centre.soon();
      done();
    };
    asking.run("PUT", pathOf("agents", agent.id, "state"), body, { then });
  };
  const form = (done: () => void) => (
    <form className="act" onSubmit={(event) => send(event, done)}>
      <label>{t("wall.newState")}
        <select name="state" defaultValue="away" autoFocus>
          <option value="available">{t("wall.available")}</option>
          <option value="away">{t("wall.away")}</option>
          <option value="offline">{t("wall.offlineState")}</option>
        </select>
      </label>
      <label>{t("wall.reason")}<input name="reason" maxLength={128} required /></label>
      <label className="tick"><input name="force" type="checkbox" /> {t("wall.force")}</label>
      <button type="submit" disabled={asking.busy}>{t("wall.setState.go")}</button>
    </form>
  );
  return (
    <>
      <Choices choices={[{ key: "state", label: t("wall.setState"), form }]} label={t("wall.actions")} />
      <Said asking={asking} language={language} />
    </>
  );
}
