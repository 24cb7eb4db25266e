// The whole centre at a glance.
import { useMemo } from "react";
import { clock } from "../shared/clock";
import type { AgentView, QueueView } from "./api";
import { inServiceOf, isReady, isWorking, occupancyOf, quartersOf, serviceOf } from "./centre";
import { Chart } from "./chart";
import type { WallLanguage } from "./messages";
import { percent, since, useNow } from "./parts";
import { Quarters } from "./quarters";
import { linkTo, type Scene } from "./view";
import { Waiting } from "./waiting";

const LAST_HOUR = 4; // quarters
const CHART_PX = 150;

export function Overview({ scene }: { scene: Scene }) {
  const { t } = scene.language;
  return (
    <div className="overview">
      <Tiles scene={scene} />
      <section className="panel" aria-labelledby="queues"><h2 id="queues">{t("wall.queues")}</h2><Queues scene={scene} /></section>
      <section className="panel" aria-labelledby="waiting"><h2 id="waiting">{t("wall.waiting")}</h2><Waiting scene={scene} /></section>
      <section className="panel trend" aria-labelledby="trend"><h2 id="trend">{t("wall.quarters")}</h2><Trend scene={scene} /></section>
      <section className="panel agents" aria-labelledby="agents"><h2 id="agents">{t("wall.agents")}</h2><Agents scene={scene} /></section>
    </div>
  );
}

// How long the first has waited, as time goes by.
export function longestOf(queue: QueueView, readAt: number, now: number): number {
  return queue.waiting === 0 ? 0 : queue.longestWaitSeconds + Math.max(0, now - readAt) / 1000;
}

function Tiles({ scene: { state, language } }: { scene: Scene }) {
  const { t } = language;
  const now = useNow();
  const longest = Math.max(0, ...state.queues.map((q) => longestOf(q, state.readAt, now)));
  const service = serviceOf([...state.figures.values()], LAST_HOUR, now);
  const there = state.agents.filter((agent) => agent.state !== "offline").length;
  const tiles: [string, string, string][] = [
    [t("wall.serviceLevel"), percent(service.serviceLevel, language), toneOf(service.serviceLevel)],
    [t("wall.waitingNow"), String(state.queues.reduce((sum, q) => sum + q.waiting, 0)), ""],
    [t("wall.longest"), longest === 0 ? "–" : clock(longest), longest > 60 ? "bad" : longest > 20 ? "warn" : ""],
    [t("wall.inService"), String(inServiceOf(state.agents)), ""],
    [t("wall.ready"), t("wall.of", { some: state.agents.filter(isReady).length, all: there }), ""],
    [t("wall.occupancy"), percent(occupancyOf(state.agents), language), ""],
  ];
  return (
    <dl className="tiles">
      {tiles.map(([name, value, tone]) => <div key={name} className={`tile ${tone}`}><dt>{name}</dt><dd>{value}</dd></div>)}
    </dl>
  );
}

export function toneOf(level: number | null): string {
  return level === null ? "" : level >= 0.8 ? "good" : level >= 0.6 ? "warn" : "bad";
}

export function QueueState({ queue, language }: { queue: QueueView; language: WallLanguage }) {
  const { t } = language;
  if (queue.open) return null;
  const what = queue.paused ? "wall.paused" : queue.draining ? "wall.draining" : "wall.closed";
  return <span className="badge warn">{t(what)}{queue.pauseReason === null ? "" : ` · ${queue.pauseReason}`}</span>;
}

function Queues({ scene: { state, language } }: { scene: Scene }) {
  const { t } = language;
  const now = useNow();
  return (
    <table>
      <thead>
        <tr>
          <th scope="col">{t("wall.queue")}</th>
          <th scope="col" className="number">{t("wall.waitingNow")}</th>
          <th scope="col" className="number">{t("wall.longest")}</th>
          <th scope="col" className="number wide">{t("wall.inService")}</th>
          <th scope="col" className="number wide">{t("wall.there")}</th>
          <th scope="col" className="number">{t("wall.serviceLevel")}</th>
          <th scope="col" className="number wide">{t("wall.abandoned")}</th>
        </tr>
      </thead>
      <tbody>
        {state.queues.map((queue) => {
          const service = serviceOf([state.figures.get(queue.id)], LAST_HOUR, now);
          return (
            <tr key={queue.id}>
              <th scope="row"><a href={linkTo("queue", queue.id)}>{queue.name}</a> <QueueState queue={queue} language={language} /></th>
              <td className="number">{queue.waiting}</td>
              <td className="number">{queue.waiting === 0 ? "–" : clock(longestOf(queue, state.readAt, now))}</td>
              <td className="number wide">{inServiceOf(state.agents, queue.id)}</td>
              <td className="number wide">{t("wall.of", { some: queue.agentsReady, all: queue.agents })}</td>
              <td className={`number ${toneOf(service.serviceLevel)}`}>{percent(service.serviceLevel, language)}</td>
              <td className="number wide">{service.abandoned}</td>
            </tr>
          );
        })}
      </tbody>
    </table>
  );
}

// The hours as the server has counted them; the minutes as this page has seen them.
function Trend({ scene: { state, language } }: { scene: Scene }) {
  const { t } = language;
  const { samples, figures } = state;
  const xs = useMemo(() => samples.map((s) => s.at), [samples]);
  const series = useMemo(() => [
    { label: t("wall.waitingNow"), colour: "warn" as const, values: samples.map((s) => s.waiting) },
    { label: t("wall.inService"), colour: "accent" as const, values: samples.map((s) => s.inService) },
    { label: t("wall.ready"), colour: "good" as const, values: samples.map((s) => s.ready) },
  ], [samples, t]);
  const last = samples.at(-1);
  const words = t("wall.trend.words", { waiting: last?.waiting ?? 0, service: last?.inService ?? 0, ready: last?.ready ?? 0 });
  const quarters = useMemo(() => quartersOf([...figures.values()]), [figures]);
  return (
    <>
      <Quarters figures={quarters} language={language} height={CHART_PX} />
      <h3>{t("wall.trend")}</h3>
      <Chart label={words} xs={xs} series={series} time={language.time} percent={(share) => percent(share, language)} height={CHART_PX} />
    </>
  );
}

function Agents({ scene: { state, language } }: { scene: Scene }) {
  const now = useNow();
  return (
    <ul className="team">
      {state.agents.map((agent) => <li key={agent.id}><AgentCard agent={agent} language={language} now={now} /></li>)}
    </ul>
  );
}

// Since when the agent does what it does: the longest of what is in hand.
function sinceOf(agent: AgentView): string {
  return agent.contacts.map((c) => c.since).sort()[0] ?? agent.idleSince;
}

export function stateOf(agent: AgentView, { t, said }: WallLanguage): { tone: string; words: string } {
  if (agent.state === "offline") return { tone: "offline", words: t("wall.offlineState") };
  if (agent.contacts.some((c) => c.status === "offered")) return { tone: "ringing", words: t("wall.ringing") };
  if (isWorking(agent)) {
    const active = agent.contacts.filter((c) => c.status === "active").length;
    return { tone: "working", words: active > 0 ? t("wall.talks", { count: active }) : t("wall.wrapup") };
  }
  if (agent.state === "away") return { tone: "away", words: agent.awayReason === null ? t("wall.away") : `${t("wall.away")} · ${said(agent.awayReason)}` };
  return { tone: "available", words: t("wall.available") };
}

function AgentCard({ agent, language, now }: { agent: AgentView; language: WallLanguage; now: number }) {
  const { tone, words } = stateOf(agent, language);
  const chat = agent.load["chat"];
  const used = chat === undefined ? 0 : chat.active + chat.wrapup + chat.offered;
  return (
    <a className={`member ${tone}`} href={linkTo("agent", agent.id)}>
      <strong className="clip">{agent.name}</strong>
      <span className="clip">{words}</span>
      <span className="faint">{agent.state === "offline" ? "" : since(sinceOf(agent), now)}</span>
      {chat !== undefined && <span className="faint load">{language.t("wall.of", { some: used, all: chat.capacity })}</span>}
    </a>
  );
}
