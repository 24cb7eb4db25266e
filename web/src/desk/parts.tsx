// What both halves of the desk show.
import { useEffect, useState } from "react";
import type { Language } from "../shared/i18n";
import type { Problem } from "../shared/problem";
import type { Task } from "./desk";

// A no, in words, with what cures it.
export function Refusal({ problem, language }: { problem: Problem; language: Language }) {
  const remedies = problem.remedies ?? [];
  return (
    <div role="alert" className="refusal">
      <strong>{problem.title}</strong>
      <p>{problem.detail}</p>
      {remedies.length > 0 && (
        <>
          <p>{language.t("desk.remedies")}</p>
          <ul>{remedies.map((remedy) => <li key={remedy.do}>{remedy.do}</li>)}</ul>
        </>
      )}
    </div>
  );
}

export function useSecondsUntil(deadline: string | null): number | null {
  const [now, setNow] = useState(Date.now);
  useEffect(() => {
    if (deadline === null) return;
    const timer = setInterval(() => setNow(Date.now()), 500);
    return () => clearInterval(timer);
  }, [deadline]);
  return deadline === null ? null : Math.max(0, Math.ceil((Date.parse(deadline) - now) / 1000));
}

export function customerOf({ session }: Task, t: Language["t"]): string {
  const name = session.customer["name"] ?? session.customer["id"];
  return typeof name === "string" && name !== "" ? name : t("desk.customer");
}
