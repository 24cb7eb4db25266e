// The launcher and the panel of the visitors' chat.
import { type FormEvent, type KeyboardEvent, useEffect, useRef, useState, useSyncExternalStore } from "react";
import { AttachButton, tooLarge, UploadList } from "../shared/file-parts";
import type { Key, Language } from "../shared/i18n";
import { isSend } from "../shared/keys";
import { type Message, partsOf } from "../shared/message";
import { wordsOf } from "../shared/problem";
import { receiptOf } from "../shared/seen";
import { Spoken } from "../shared/spoken";
import { useTail } from "../shared/tail";
import type { Chat, ChatState } from "./chat";
import { CallBack, Transcript } from "./extras";

interface Props {
  chat: Chat;
  language: Language;
  title: string | null;
}

export function Widget({ chat, language, title }: Props) {
  const state = useSyncExternalStore(chat.subscribe, chat.snapshot);
  const [open, setOpen] = useState(false);
  const [seen, setSeen] = useState(0);
  const launcher = useRef<HTMLButtonElement>(null);
  const last = state.messages.at(-1)?.number ?? 0;
  useEffect(() => {
    if (chat.goesOn) chat.start();
  }, [chat]);
  useEffect(() => {
    const look = (): void => {
      if (!open || document.visibilityState !== "visible") return;
      setSeen(last);
      chat.look();
    };
    look();
    document.addEventListener("visibilitychange", look);
    return () => document.removeEventListener("visibilitychange", look);
  }, [chat, open, last, state.phase, state.up]);
  // A reload would lose what is on its way.
  const busy = state.uploads.some((upload) => upload.refused === null);
  useEffect(() => {
    if (!busy) return;
    const warn = (event: BeforeUnloadEvent): void => event.preventDefault();
    addEventListener("beforeunload", warn);
    return () => removeEventListener("beforeunload", warn);
  }, [busy]);
  const unread = state.messages.filter((m) => m.number > seen && m.from !== "customer").length;
  const show = (): void => {
    setOpen(true);
    chat.start();
  };
  const hide = (): void => {
    setOpen(false);
    requestAnimationFrame(() => launcher.current?.focus());
  };
  return (
    <div className="baton" dir={language.direction} lang={language.code}>
      {open ? (
        <Panel chat={chat} state={state} language={language} title={title} onHide={hide} />
      ) : (
        <button ref={launcher} type="button" className="launcher" aria-label={language.t("chat.open")} onClick={show}>
          <BubbleIcon />
          {unread > 0 && <span className="unread">{unread}<span className="hidden">{language.t("chat.unread", { count: unread })}</span></span>}
        </button>
      )}
    </div>
  );
}

function Panel({ chat, state, language, title, onHide }: Props & { state: ChatState; onHide: () => void }) {
  const { t } = language;
  const [asksEnd, setAsksEnd] = useState(false);
  const [keeps, setKeeps] = useState(false);
  const live = state.phase === "open" || state.phase === "opening";
  const onKey = (event: KeyboardEvent): void => {
    if (event.key === "Escape") onHide();
  };
  return (
    <section className="panel" role="dialog" aria-label={title ?? t("chat.title")} onKeyDown={onKey}>
      <header>
        <h2>{title ?? t("chat.title")}</h2>
        {state.messages.length > 0 && (
          <button type="button" className="quiet" onClick={() => setKeeps(!keeps)} aria-expanded={keeps} aria-label={t("chat.download")} title={t("chat.download")}>⤓</button>
        )}
        {live && (
          <button type="button" className="quiet" onClick={() => setAsksEnd(true)} aria-label={t("chat.end")} title={t("chat.end")}>✕</button>
        )}
        <button type="button" className="quiet" onClick={onHide} aria-label={t("chat.minimise")} title={t("chat.minimise")}>–</button>
      </header>
      <Status state={state} language={language} />
      {live && <CallBack chat={chat} state={state} language={language} />}
      {keeps && <Transcript chat={chat} state={state} language={language} speaker={(message) => speaker(message, language)} />}
      <Log chat={chat} state={state} language={language} />
      {asksEnd && live && (
        <div className="ask" role="alertdialog" aria-label={t("chat.end.really")}>
          <p>{t("chat.end.really")}</p>
          <button type="button" autoFocus onClick={() => { setAsksEnd(false); chat.end(); }}>{t("chat.end")}</button>
          <button type="button" className="second" onClick={() => setAsksEnd(false)}>{t("chat.end.no")}</button>
        </div>
      )}
      {live ? (
        <>
          {state.phase === "open" && state.why !== null && <p role="alert" className="told bad">{t("chat.refused", { why: wordsOf(state.why, language) })}</p>}
          <Composer key={state.returned} chat={chat} state={state} language={language} />
        </>
      ) : (
        <div className="over">
          <p role="alert">{state.phase === "lost" ? t("chat.failed", { detail: wordsOf(state.why, language) }) : t(state.called === null ? "chat.ended" : "chat.call.ended")}</p>
          <button type="button" onClick={() => { chat.again(); chat.start(); }}>{t("chat.new")}</button>
        </div>
      )}
    </section>
  );
}

// Who is there, how long it takes, whether the line is up.
function Status({ state, language }: { state: ChatState; language: Language }) {
  return (
    <div className="status" role="status" data-status={state.status} data-up={state.up}>
      {statusText(state, language)}
    </div>
  );
}

function statusText(state: ChatState, { t }: Language): string {
  if (state.phase === "opening") return t("chat.connecting");
  if (state.phase !== "open") return "";
  if (!state.up) return t("chat.reconnecting");
  if (state.status === "queued" || state.status === "offered") return waitText(state, t);
  if (state.holder.kind === "agent") return t(agentKey(state), { name: state.holder.name });
  if (state.holder.kind === "bot") return t("chat.holder.bot", { name: state.holder.name });
  return "";
}

function agentKey({ held, unkept }: ChatState): Key {
  if (held) return "chat.held";
  return unkept ? "chat.unkept" : "chat.holder.agent";
}

function waitText({ place }: ChatState, t: Language["t"]): string {
  if (place === null) return t("chat.waiting");
  const parts = [t("chat.waiting"), t("chat.place", { position: place.position })];
  if (place.seconds !== undefined) parts.push(t("chat.wait", { count: Math.max(1, Math.round(place.seconds / 60)) }));
  return parts.join(" ");
}

function Log({ chat, state, language }: { chat: Chat; state: ChatState; language: Language }) {
  const { t } = language;
  const pending = state.outbox.filter((draft) => !draft.told);
  const own = state.messages.findLast((m) => m.from === "customer")?.number;
  const answered = pending.length > 0 || state.phase !== "open" ? Infinity : own ?? 0;
  const { shown, isAtEnd, log, onScroll } = useTail(state.messages, state.typing, pending.at(-1)?.id);
  return (
    <div className="log" role="log" aria-label={t("chat.log")} tabIndex={0} ref={log} onScroll={onScroll}>
      {shown.map((message) => (
        <Bubble key={message.number} message={message} language={language} chat={chat} asks={message.number > answered}
          receipt={message.number === own && state.seen.delivered > 0 ? t(receiptOf(message.number, state.seen)) : ""} />
      ))}
      {isAtEnd && pending.map((draft) => (
        <div key={draft.id} className="bubble customer pending">
          <p dir="auto">{draft.text}</p>
          <small>{t(state.up ? "chat.sending" : "chat.unsent")}</small>
        </div>
      ))}
      {isAtEnd && state.typing !== null && <p className="typing">{t("chat.typing", { name: state.typing })}</p>}
    </div>
  );
}

interface BubbleProps {
  message: Message;
  language: Language;
  chat: Chat;
  asks: boolean; // its choices can still be made
  receipt: string;
}

function Bubble({ message, language, chat, asks, receipt }: BubbleProps) {
  return (
    <div className={`bubble ${message.from}`}>
      <Spoken text={message.text} data={message.data} isCustomers={message.from === "customer"} fetchFile={chat.fetchFile} language={language}
        onChoose={asks ? (choice) => chat.say(choice.label, choice.payload) : undefined} />
      <small>
        {speaker(message, language)} · <time dateTime={message.at}>{language.time(message.at)}</time>
        {receipt !== "" && <span className="receipt"> · {receipt}</span>}
      </small>
    </div>
  );
}

function speaker({ from, name }: Message, { t }: Language): string {
  if (from === "customer") return t("chat.you");
  if (from === "bot") return t("chat.bot", { name });
  return from === "agent" ? t("chat.agent", { name }) : t("chat.system");
}

function Composer({ chat, state, language }: { chat: Chat; state: ChatState; language: Language }) {
  const { t } = language;
  const { takes } = state;
  const [text, setText] = useState(chat.written);
  const field = useRef<HTMLTextAreaElement>(null);
  const parts = partsOf(text);
  useEffect(() => field.current?.focus(), []);
  const send = (event?: FormEvent): void => {
    event?.preventDefault();
    const words = text.trim();
    if (words === "" || parts > 1) return;
    chat.say(words);
    write("");
    field.current?.focus();
  };
  const write = (words: string): void => {
    setText(words);
    chat.write(words);
  };
  const onKey = (event: KeyboardEvent): void => {
    if (isSend(event)) send(event);
  };
  const attach = (files: readonly File[]): void => {
    if (takes !== null) files.forEach((file) => chat.attach(file, tooLarge(file, takes, language)));
  };
  const take = (event: { preventDefault: () => void }, files: FileList): void => {
    if (files.length === 0 || takes === null) return;
    event.preventDefault();
    attach([...files]);
  };
  return (
    <form className="composer" onSubmit={send} onDragOver={(event) => event.preventDefault()} onDrop={(event) => take(event, event.dataTransfer.files)}>
      <UploadList uploads={state.uploads} language={language} onDrop={(id) => chat.dropUpload(id)} onAgain={(id) => chat.againUpload(id)} />
      {parts > 1 && <p role="alert">{t("chat.tooLong", { count: parts })}</p>}
      {takes !== null && <AttachButton taken={takes} language={language} onFiles={attach} />}
      <textarea
        ref={field} rows={1} onPaste={(event) => take(event, event.clipboardData.files)} value={text} dir="auto" aria-label={t("chat.write")} placeholder={t("chat.write")}
        onKeyDown={onKey} onChange={(event) => write(event.target.value)}
      />
      <button type="submit" disabled={text.trim() === "" || parts > 1} aria-label={t("chat.send")}><SendIcon /></button>
    </form>
  );
}

function BubbleIcon() {
  return (
    <svg viewBox="0 0 24 24" width="26" height="26" aria-hidden="true">
      <path fill="currentColor" d="M4 3h16a2 2 0 0 1 2 2v10a2 2 0 0 1-2 2H9l-5 4v-4a2 2 0 0 1-2-2V5a2 2 0 0 1 2-2z" />
    </svg>
  );
}

function SendIcon() {
  return (
    <svg viewBox="0 0 24 24" width="20" height="20" aria-hidden="true">
      <path fill="currentColor" d="M3 20v-6l8-2-8-2V4l19 8z" />
    </svg>
  );
}
