// What a supervisor does to a session by hand.
import type { FormEvent, ReactNode } from "react";
import { pathOf, type SessionView } from "./api";
import { type Asking, type Choice, Choices, Said, useAsking } from "./parts";
import type { Scene } from "./view";

interface Props {
  scene: Scene;
  session: SessionView;
}

type Values = (name: string) => string;

// A form whose fields become the body of one request.
function ActForm({ asking, go, children, send }: { asking: Asking; go: string; children: ReactNode; send: (value: Values) => void }) {
  const onSubmit = (event: FormEvent<HTMLFormElement>): void => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    send((name) => String(form.get(name) ?? "").trim());
  };
  return <form className="act" onSubmit={onSubmit}>{children}<button type="submit" disabled={asking.busy}>{go}</button></form>;
}

export function SessionActions({ scene, session }: Props) {
  const { language, state } = scene;
  const { t } = language;
  const asking = useAsking(language);
  // Of those who wait, what is decided must concern what was seen: of two who
  // decide at once, one is told that it has changed.
  const waits = session.status === "queued" || session.status === "offered";
  const version = waits ? session.version : undefined;
  const post = (what: string, body: Record<string, unknown>, done: () => void): void => {
    const given = Object.fromEntries(Object.entries(body).filter(([, value]) => value !== ""));
    asking.run("POST", pathOf("sessions", session.id, ...what.split("/")), given, { version, then: done });
  };
  const reason = <label>{t("wall.reason")}<input name="reason" maxLength={512} /></label>;
  const agents = (
    <label>{t("wall.agent")}
      <select name="agentId" autoFocus required>
        {state.agents.filter((a) => a.state !== "offline").map((a) => <option key={a.id} value={a.id}>{a.name}</option>)}
      </select>
    </label>
  );
  const queues = (
    <label>{t("wall.queue")}
      <select name="queue" autoFocus required>
        {state.queues.filter((q) => q.id !== session.queue?.id).map((q) => <option key={q.id} value={q.id}>{q.name}</option>)}
      </select>
    </label>
  );
  const assign: Choice = {
    key: "assign", label: t("wall.assign"), form: (done) => (
      <ActForm asking={asking} go={t("wall.assign.go")} send={(value) => post("assign", { agentId: value("agentId"), reason: value("reason") }, done)}>
        {agents}{reason}
      </ActForm>
    ),
  };
  const move: Choice = {
    key: "move", label: t("wall.move"), form: (done) => (
      <ActForm asking={asking} go={t("wall.move.go")}
        send={(value) => (waits
          ? post("move", { queue: value("queue"), reason: value("reason"), keepClock: value("keep") !== "" }, done)
          : post("transfer", { queueId: value("queue"), reason: value("reason"), ...(session.holder.kind === "bot" ? { release: true } : {}) }, done))}>
        {queues}{reason}
        {waits && <label className="tick"><input name="keep" type="checkbox" defaultChecked /> {t("wall.keepClock")}</label>}
      </ActForm>
    ),
  };
  const priority: Choice = {
    key: "priority", label: t("wall.reprioritise"), form: (done) => (
      <ActForm asking={asking} go={t("wall.reprioritise.go")} send={(value) => post("priority", { priority: Number(value("priority")), reason: value("reason") }, done)}>
        <label>{t("wall.priority.range")}<input name="priority" type="number" min={0} max={1000} required autoFocus defaultValue={session.queue?.priority ?? 0} /></label>{reason}
      </ActForm>
    ),
  };
  const simple = (key: string, label: string, path: string): Choice => ({
    key, label, form: (done) => <ActForm asking={asking} go={label} send={(value) => post(path, { reason: value("reason") }, done)}>{reason}</ActForm>,
  });
  const over = session.status === "wrapup";
  const choices: Choice[] = [
    ...(over ? [] : [assign, move]),
    ...(waits ? [priority] : []),
    ...(session.status === "offered" ? [simple("withdraw", t("wall.withdraw"), "offer/withdraw")] : []),
    ...(session.status === "active" ? [simple("requeue", t("wall.requeue"), "requeue")] : []),
    over ? { key: "complete", label: t("wall.complete"), form: (done) => <ActForm asking={asking} go={t("wall.complete")} send={() => post("complete", {}, done)}>{null}</ActForm> }
      : simple("end", t("wall.end"), "end"),
  ];
  return (
    <>
      <Choices choices={choices} label={t("wall.actions")} />
      <Said asking={asking} language={language} />
    </>
  );
}
