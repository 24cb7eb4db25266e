// What was said, line by line, and what stands beside it.
import { memo, useMemo } from "react";
import { FileParts } from "../shared/file-parts";
import { readFiles, wordsBeside } from "../shared/files";
import type { Language } from "../shared/i18n";
import type { Message } from "../shared/message";
import { readRich } from "../shared/rich";
import { RichParts } from "../shared/rich-parts";
import type { Aside } from "./desk";
import { fetchOwn } from "./side";

export const Line = memo(function Line({ message, language, own, receipt = "" }: { message: Message; language: Language; own: boolean; receipt?: string }) {
  const { t } = language;
  const rich = useMemo(() => readRich(message.from === "customer" ? undefined : message.data), [message]);
  const files = useMemo(() => readFiles(message.data), [message]);
  const words = wordsBeside(message.text || rich.text, files);
  const who = message.from === "customer" ? t("desk.customer") : message.from === "bot" ? t("chat.bot", { name: message.name }) : message.name;
  return (
    <div className={message.from === "agent" && !own ? "bubble agent other" : `bubble ${message.from}`}>
      {words !== "" && <p dir="auto">{words}</p>}
      <FileParts files={files} fetchFile={fetchOwn} language={language} />
      <RichParts rich={rich} language={language} />
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
