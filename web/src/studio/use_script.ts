// One script on the page: its published text, the draft, what the checker says.
import { useCallback, useEffect, useRef, useState } from "react";
import { type Problem, problemOf, Refused } from "../shared/problem";
import * as calls from "./calls";
import { draftNames, dropDraft, keepDraft, readDraft } from "./drafts";
import type { EditorHandle } from "./editor";
import type { StudioLanguage } from "./messages";
import { TOUR } from "./tour";

export interface Script {
  name: string;
  opened: number; // counts: another one means another text in the editor
  published: { version: string; source: string } | null;
  base: string;
  source: string;
}

export interface Workshop {
  scripts: readonly string[];
  script: Script | null;
  missing: string | null; // what the address asks for, and nobody has
  checked: calls.Checked | null;
  problem: Problem | null;
  fail(error: unknown): void; // shows what went wrong
  meanwhile: boolean; // somebody else has published
  said: "published" | null;
  loaded: boolean; // the list is there
  asked: boolean; // for a script, by the address
  editor: { current: EditorHandle | null };
  open(name: string): void;
  enter(name: string, source: string): void; // one that nobody has published
  make(name: string): boolean;
  write(source: string): void;
  setChecked(checked: calls.Checked | null): void;
  revert(): void;
  format(): void;
  publish(anyway?: boolean): void;
  publishText(source: string): void;
}

export function useWorkshop(language: StudioLanguage): Workshop {
  const [scripts, setScripts] = useState<readonly string[]>([]);
  const [script, setScript] = useState<Script | null>(null);
  const [missing, setMissing] = useState<string | null>(null);
  const [checked, setChecked] = useState<calls.Checked | null>(null);
  const [problem, setProblem] = useState<Problem | null>(null);
  const [meanwhile, setMeanwhile] = useState(false);
  const [said, setSaid] = useState<"published" | null>(null);
  const [loaded, setLoaded] = useState(false);
  const [asked] = useState(() => new URLSearchParams(location.search).has("script"));
  const editor = useRef<EditorHandle | null>(null);
  const opened = useRef(0);
  const latest = useRef(script);
  latest.current = script;
  const fail = useCallback((error: unknown) => setProblem(problemOf(error, language)), [language]);

  // Only what was asked for last is opened: an answer may come late.
  const asks = useRef(0);
  const enter = useCallback((name: string, published: Script["published"], begun = "") => {
    asks.current += 1;
    const kept = readDraft(name);
    const source = kept?.source ?? published?.source ?? begun;
    opened.current += 1;
    setChecked(null);
    setProblem(null);
    setMeanwhile(false);
    setSaid(null);
    setMissing(null);
    setScript({ name, opened: opened.current, published, base: kept?.base ?? published?.version ?? "", source });
    if (name === TOUR) return;
    const url = new URL(location.href);
    url.searchParams.set("script", name);
    history.replaceState(null, "", url);
  }, []);

  const open = useCallback(
    (name: string) => {
      const mine = (asks.current += 1);
      calls.readScript(name).then(
        (found) => mine === asks.current && enter(found.name, { version: found.version, source: found.source }),
        (error: unknown) => mine === asks.current && (error instanceof Refused && error.status === 404 ? enter(name, null) : fail(error)),
      );
    },
    [enter, fail],
  );

  useEffect(() => {
    calls.listScripts().then((found) => {
      const names = [...new Set([...found.map((entry) => entry.name), ...draftNames()])].sort((a, b) => a.localeCompare(b));
      setScripts(names);
      setLoaded(true);
      const wanted = new URLSearchParams(location.search).get("script");
      if (wanted !== null && !names.includes(wanted)) setMissing(wanted);
      const first = wanted ?? names[0];
      if (first !== undefined && names.includes(first) && latest.current === null) open(first);
    }, fail);
  }, [open, fail]);

  const write = (source: string): void => {
    setSaid(null);
    setScript((now) => {
      if (now === null) return now;
      if (now.name === TOUR) return { ...now, source };
      if (source === now.published?.source) dropDraft(now.name);
      else keepDraft(now.name, { base: now.base, source });
      return { ...now, source };
    });
  };

  const put = async (name: string, source: string): Promise<void> => {
    await calls.publish(name, source);
    const found = await calls.readScript(name);
    setProblem(null);
    setMeanwhile(false);
    const now = latest.current;
    if (now !== null && now.name === name) {
      const clean = now.source === source || now.source === now.published?.source;
      const kept = clean ? source : now.source;
      if (clean) dropDraft(name);
      else keepDraft(name, { base: found.version, source: kept });
      setScript({ ...now, published: { version: found.version, source: found.source }, base: found.version, source: kept });
      if (kept !== now.source) editor.current?.replace(kept);
      setSaid("published"); // behind the replacement, which is no writing
    }
    setScripts((now) => (now.includes(name) ? now : [...now, name].sort((a, b) => a.localeCompare(b))));
  };

  const publish = async (anyway: boolean): Promise<void> => {
    if (script === null) return;
    const known = script.published === null ? [] : await calls.listVersions(script.name);
    const current = known.find((version) => version.current)?.version ?? "";
    if (!anyway && current !== script.base) setMeanwhile(true);
    else await put(script.name, script.source);
  };

  return {
    scripts,
    script,
    missing,
    checked,
    problem,
    fail,
    meanwhile,
    said,
    loaded,
    asked,
    editor,
    open,
    enter: (name, source) => enter(name, null, source),
    write,
    setChecked,
    make(name) {
      if (scripts.some((known) => known.toLowerCase() === name.toLowerCase())) return false;
      keepDraft(name, { base: "", source: "" });
      setScripts([...scripts, name].sort((a, b) => a.localeCompare(b)));
      enter(name, null);
      return true;
    },
    revert() {
      if (script?.published) {
        setScript({ ...script, base: script.published.version });
        editor.current?.replace(script.published.source);
      }
    },
    format() {
      if (script !== null) {
        calls.format(script.source).then(({ source }) => source !== null && source !== script.source && editor.current?.replace(source), fail);
      }
    },
    publish: (anyway = false) => void publish(anyway).catch(fail),
    publishText: (source) => script !== null && void put(script.name, source).catch(fail),
  };
}
