// What both halves of the desk show.
import { useEffect, useState } from "react";
import type { Language } from "../shared/i18n";
import type { Task } from "./desk";

export function useSecondsUntil(deadline: string | null): number | null {
  const [now, setNow] = useState(Date.now);
  useEffect(() => {
    if (deadline === null) return;
    const timer = setInterval(() => setNow(Date.now()), 500);
    return () => clearInterval(timer);
  }, [deadline]);
  return deadline === null ? null : Math.max(0, Math.ceil((Date.parse(deadline) - now) / 1000));
}

export function useSecondsSince(since: string | null): number | null {
  const [now, setNow] = useState(Date.now);
  useEffect(() => {
    if (since === null) return;
    setNow(Date.now());
    const timer = setInterval(() => setNow(Date.now()), 500);
    return () => clearInterval(timer);
  }, [since]);
  return since === null ? null : Math.max(0, Math.floor((now - Date.parse(since)) / 1000));
}

export function customerOf({ session }: Task, t: Language["t"]): string {
  const name = session.customer["name"] ?? session.customer["id"];
  return typeof name === "string" && name !== "" ? name : t("page.visitor", { id: session.id.slice(-6) });
}
