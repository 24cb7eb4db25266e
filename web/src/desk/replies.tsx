// Replies that agents often give: a line that begins with / looks for one.
import type { KeyboardEvent } from "react";
import { useState } from "react";
import type { Language } from "../shared/i18n";
import type { Reply, Task } from "./desk";

const SHOWN = 8;

export interface Choice {
  found: readonly Reply[];
  at: number;
  onKey(event: KeyboardEvent): boolean; // true: it was about the list
  choose(reply: Reply): void;
}

export function useReplies(task: Task, replies: readonly Reply[], write: (text: string) => void): Choice {
  const [at, setAt] = useState(0);
  const [shut, setShut] = useState("");
  const { written } = task;
  const words = written.slice(1).toLowerCase().split(/\s+/).filter((word) => word !== "");
  const looks = written.startsWith("/") && written !== shut && !written.includes("\n");
  const found = !looks ? [] : replies
    .filter((reply) => reply.queues.length === 0 || reply.queues.includes(task.session.fromQueue ?? ""))
    .filter((reply) => words.every((word) => `${reply.name} ${reply.text}`.toLowerCase().includes(word)))
    .slice(0, SHOWN);
  const here = Math.min(at, Math.max(found.length - 1, 0));
  const choose = (reply: Reply): void => {
    setAt(0);
    write(reply.text);
  };
  const onKey = (event: KeyboardEvent): boolean => {
    const reply = found[here];
    if (reply === undefined) return false;
    if (event.key === "ArrowDown") setAt((here + 1) % found.length);
    else if (event.key === "ArrowUp") setAt((here + found.length - 1) % found.length);
    else if (event.key === "Enter" || event.key === "Tab") choose(reply);
    else if (event.key === "Escape") setShut(written);
    else return false;
    event.preventDefault();
    return true;
  };
  return { found, at: here, onKey, choose };
}

export const replyId = (at: number): string => `reply-${at}`;

export function ReplyList({ choice, language }: { choice: Choice; language: Language }) {
  if (choice.found.length === 0) return null;
  return (
    <ul className="replies" id="replies" role="listbox" aria-label={language.t("desk.replies")}>
      {choice.found.map((reply, i) => (
        <li key={reply.name} id={replyId(i)} role="option" aria-selected={i === choice.at} onMouseDown={(event) => { event.preventDefault(); choice.choose(reply); }}>
          <strong dir="auto">{reply.name}</strong> <span className="faint" dir="auto">{reply.text}</span>
        </li>
      ))}
    </ul>
  );
}
