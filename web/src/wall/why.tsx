// For each agent: would it be offered the session now, and if not, why not.
import { useEffect, useState } from "react";
import { ask } from "../shared/problem";
import { type Candidate, pathOf } from "./api";
import type { WallKey, WallLanguage } from "./messages";
import type { Scene } from "./view";

export function Why({ scene: { state, language }, id }: { scene: Scene; id: string }) {
  const { t } = language;
  const [candidates, setCandidates] = useState<Candidate[] | null>(null);
  useEffect(() => {
    let old = false;
    ask<{ candidates: Candidate[] }>(pathOf("sessions", id, "candidates")).then(
      (found) => old || setCandidates(found.candidates), () => {});
    return () => {
      old = true;
    };
  }, [id, state.readAt]);
  if (candidates === null) return <p role="status">{t("page.loading")}</p>;
  const nameOf = (agent: string): string => state.agents.find((a) => a.id === agent)?.name ?? agent;
  // Those who can, and then those who nearly can: the server tries reasons in an order.
  const sorted = [...candidates].sort((a, b) => rankOf(a) - rankOf(b));
  return (
    <div className="scrolls" tabIndex={0} role="region" aria-label={t("wall.why")}>
      <table className="why">
        <thead><tr><th scope="col">{t("wall.agent")}</th><th scope="col">{t("wall.state")}</th><th scope="col">{t("wall.whyNot")}</th><th scope="col">{t("wall.numbers")}</th></tr></thead>
        <tbody>
          {sorted.map((c) => (
            <tr key={c.agent} className={rankOf(c) === 0 ? "can" : ""}>
              <th scope="row">{nameOf(c.agent)}</th>
              <td>{t(`wall.shown.${c.state}` as WallKey)}</td>
              <td>{t(`wall.why.${c.why}` as WallKey)}</td>
              <td>{numbersOf(c, nameOf, language).join(" · ")}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

const NEAREST = ["would_be_offered", "offered", "other_session_first", "other_agent_first", "reserved", "other_preferred", "declined", "at_capacity",
  "blocked", "queue_paused", "pull_only", "away", "lost", "not_logged_in", "outside_ring"];

function rankOf(candidate: Candidate): number {
  const at = NEAREST.indexOf(candidate.why);
  return candidate.why === "would_be_offered" || candidate.why === "offered" ? 0 : at < 0 ? NEAREST.length : at;
}

function numbersOf(c: Candidate, nameOf: (agent: string) => string, { t, time }: WallLanguage): string[] {
  const numbers: string[] = [];
  if (typeof c["skill"] === "string") {
    numbers.push(t("wall.why.skill", { skill: c["skill"], needed: String(c["neededProficiency"]), has: String(c["hasProficiency"] || "–") }));
  }
  if (typeof c["capacity"] === "number") numbers.push(t("wall.of", { some: Number(c["used"]), all: c["capacity"] }));
  if (typeof c["ring"] === "number") numbers.push(t("wall.why.ring", { ring: c["ring"] }));
  if (typeof c["until"] === "string") numbers.push(t("wall.why.until", { time: time(c["until"]) }));
  if (typeof c["otherAgent"] === "string") numbers.push(nameOf(c["otherAgent"]));
  if (typeof c["otherPriority"] === "number" && c["otherPriority"] !== c["priority"]) {
    numbers.push(t("wall.why.priority", { mine: Number(c["priority"]), theirs: c["otherPriority"] }));
  }
  return numbers;
}
