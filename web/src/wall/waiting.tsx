// Who waits, the longest first; of one queue in the order in which they are served.
import { useEffect, useState } from "react";
import { clock } from "../shared/clock";
import { ask } from "../shared/problem";
import { pathOf, type SessionView } from "./api";
import { customerOf, statusOf, useNow } from "./parts";
import { linkTo, type Scene } from "./view";

const SHOWN = 200;

export function Waiting({ scene: { state, language }, queue }: { scene: Scene; queue?: string }) {
  const { t } = language;
  const now = useNow();
  const [sessions, setSessions] = useState<SessionView[]>([]);
  useEffect(() => {
    let old = false;
    // Who is being offered keeps the place until somebody accepts.
    const read = (status: string) => ask<{ sessions: SessionView[] }>(`${pathOf("sessions")}?status=${status}&limit=${SHOWN}`);
    Promise.all([read("queued"), read("offered")]).then((pages) => old || setSessions(pages.flatMap((page) => page.sessions)), () => {});
    return () => {
      old = true;
    };
  }, [state.readAt]);
  const mine = sessions.filter((s) => s.queue !== null && (queue === undefined || s.queue.id === queue));
  mine.sort((a, b) => (queue === undefined
    ? Date.parse(a.queue?.enteredAt ?? "") - Date.parse(b.queue?.enteredAt ?? "")
    : (a.queue?.position ?? 0) - (b.queue?.position ?? 0)));
  if (mine.length === 0) return <p className="faint">{t("wall.nobodyWaits")}</p>;
  return (
    <div className="scrolls" tabIndex={0} role="region" aria-label={t("wall.waiting")}>
      <table>
        <thead>
          <tr>
            <th scope="col">{t("wall.customer")}</th>
            <th scope="col">{t(queue === undefined ? "wall.queue" : "wall.place")}</th>
            <th scope="col" className="number">{t("wall.waits")}</th>
            <th scope="col" className="number">{t("wall.priority")}</th>
          </tr>
        </thead>
        <tbody>
          {mine.map((s) => (
            <tr key={s.id}>
              <th scope="row"><a dir="auto" href={linkTo("session", s.id)}>{customerOf(s, t)}</a>{s.status === "offered" && <> <span className="badge">{statusOf(s.status, t)}</span></>}</th>
              <td>{queue === undefined ? state.queues.find((q) => q.id === s.queue?.id)?.name ?? s.queue?.id : s.queue?.position}</td>
              <td className="number">{clock((now - Date.parse(s.queue?.enteredAt ?? "")) / 1000)}</td>
              <td className="number">{Math.round(s.queue?.effectivePriority ?? 0)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
