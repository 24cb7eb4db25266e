// What visitors can ask for beside talking: a call, and what was said to keep.
import { type FormEvent, useId, useState } from "react";
import type { Language } from "../shared/i18n";
import { lineOf, type Message } from "../shared/message";
import { Refused, wordsOf } from "../shared/problem";
import { saveBytes } from "../shared/save";
import type { Chat, ChatState } from "./chat";

interface Props {
  chat: Chat;
  state: ChatState;
  language: Language;
}

// Something that is asked of the server, and what came of it.
function useAsked(language: Language): { busy: boolean; refused: string; run: (what: () => Promise<void>, said?: (error: unknown) => string) => void } {
  const [busy, setBusy] = useState(false);
  const [refused, setRefused] = useState("");
  const run = (what: () => Promise<void>, said = (error: unknown) => wordsOf(error, language)): void => {
    setBusy(true);
    setRefused("");
    what().catch((error: unknown) => setRefused(said(error))).finally(() => setBusy(false));
  };
  return { busy, refused, run };
}

// While nobody is there yet.
export function CallBack({ chat, state, language }: Props) {
  const { t } = language;
  const [asks, setAsks] = useState(false);
  const [number, setNumber] = useState("");
  const asked = useAsked(language);
  const field = useId();
  if (state.called !== null) return <p className="told" role="status">{t("chat.call.booked", { time: whenOf(state.called, language) })}</p>;
  if (!state.calls || state.holder.kind === "agent") return null;
  if (!asks) return <p className="told"><button type="button" className="second" onClick={() => setAsks(true)}>{t("chat.call")}</button></p>;
  const send = (event: FormEvent): void => {
    event.preventDefault();
    asked.run(() => chat.askCall(number), (error) => (error instanceof Refused && error.status === 422 ? t("chat.call.number.wrong") : wordsOf(error, language)));
  };
  return (
    <form className="ask" onSubmit={send} aria-label={t("chat.call")}>
      <label htmlFor={field}>{t(state.status === "queued" || state.status === "offered" ? "chat.call.number.keeps" : "chat.call.number")}</label>
      <input id={field} type="tel" autoComplete="tel" autoFocus required maxLength={64} value={number} onChange={(event) => setNumber(event.target.value)} />
      <button type="submit" disabled={asked.busy || number.trim() === ""}>{t("chat.call.send")}</button>
      <button type="button" className="second" onClick={() => setAsks(false)}>{t("chat.call.no")}</button>
      {asked.refused !== "" && <p role="alert">{asked.refused}</p>}
    </form>
  );
}

function whenOf(due: string, { t, day, time }: Language): string {
  const soon = due === "" || Date.parse(due) - Date.now() < 60_000;
  return soon ? t("chat.call.soon") : t("chat.call.at", { day: day(due), time: time(due) });
}

export function Transcript({ chat, state, language, speaker }: Props & { speaker: (message: Message) => string }) {
  const { t } = language;
  const [to, setTo] = useState("");
  const [sent, setSent] = useState("");
  const asked = useAsked(language);
  const field = useId();
  const name = `chat-${(state.messages[0]?.at ?? "").slice(0, 10)}`;
  const asText = (): void => saveBytes(state.messages.map((m) => `${m.at}  ${speaker(m)}: ${indented(lineOf(m.text, t))}\n`).join(""),
    "text/plain;charset=utf-8", `${name}.txt`);
  const asJson = (): void => saveBytes(`${JSON.stringify({ messages: state.messages }, null, 2)}\n`, "application/json", `${name}.json`);
  const send = (event: FormEvent): void => {
    event.preventDefault();
    asked.run(async () => {
      setSent("");
      await chat.mail(to.trim(), language.code);
      setSent(to.trim());
    });
  };
  return (
    <section className="ask" aria-label={t("chat.download")}>
      <button type="button" className="second" onClick={asText}>{t("chat.download.text")}</button>
      <button type="button" className="second" onClick={asJson}>{t("chat.download.json")}</button>
      {state.mails && (
        <form className="ask" onSubmit={send}>
          <label htmlFor={field}>{t("chat.mail")}</label>
          <input id={field} type="email" autoComplete="email" required maxLength={254} value={to} onChange={(event) => setTo(event.target.value)} />
          <button type="submit" disabled={asked.busy || to.trim() === ""}>{t("chat.mail.send")}</button>
        </form>
      )}
      {asked.refused !== "" && <p role="alert">{asked.refused}</p>}
      {sent !== "" && <p role="status">{t("chat.mail.sent", { to: sent })}</p>}
    </section>
  );
}

// Further lines stand below the first: none of them looks like what another has said.
const indented = (text: string): string => text.split(/\r\n|\r|\n/).join("\n    ");
