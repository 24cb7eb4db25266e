// What was said, line by line, and what stands beside it.
import { memo } from "react";
import { fetchOwn } from "../shared/files";
import type { Language } from "../shared/i18n";
import type { Message } from "../shared/message";
import { Spoken } from "../shared/spoken";
import type { Aside } from "./desk";

export const Line = memo(function Line({ message, language, own, receipt = "" }: { message: Message; language: Language; own: boolean; receipt?: string }) {
  const { t } = language;
  const who = message.from === "customer" ? t("desk.customer") : message.from === "bot" ? t("chat.bot", { name: message.name }) : message.name;
  return (
    <div className={message.from === "agent" && !own ? "bubble agent other" : `bubble ${message.from}`}>
      <Spoken text={message.text} data={message.data} isCustomers={message.from === "customer"} fetchFile={fetchOwn} language={language} />
      <small>{who} · <time dateTime={message.at}>{language.time(message.at)}</time>{receipt !== "" && <span className="receipt"> · {receipt}</span>}</small>
    </div>
  );
});

// For the agent's eyes alone.
export function AsideLine({ aside, language }: { aside: Aside; language: Language }) {
  const { t } = language;
  if (aside.kind === "barge") return <p className="faint aside">{t("desk.barged", { name: aside.name })}</p>;
  return (
    <div className={`bubble ${aside.kind}`}>
      <p dir="auto">{aside.text}</p>
      <small>{t(aside.kind === "note" ? "desk.note.by" : "desk.whisper", { name: aside.name })} · <time dateTime={aside.at}>{language.time(aside.at)}</time></small>
    </div>
  );
}
