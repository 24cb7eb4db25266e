// The editor: the text, what is wrong with it, what can be written, what a name is.
import { autocompletion, closeBrackets, closeBracketsKeymap, completionKeymap, type CompletionContext, type CompletionResult } from "@codemirror/autocomplete";
import { defaultKeymap, history, historyKeymap } from "@codemirror/commands";
import { bracketMatching, indentUnit } from "@codemirror/language";
import { type Diagnostic, linter, lintGutter, lintKeymap } from "@codemirror/lint";
import { highlightSelectionMatches, searchKeymap } from "@codemirror/search";
import { EditorState } from "@codemirror/state";
import { drawSelection, EditorView, highlightActiveLine, highlightActiveLineGutter, hoverTooltip, keymap, lineNumbers, type Tooltip } from "@codemirror/view";
import { useEffect, useRef } from "react";
import * as calls from "./calls";
import { studioLanguage } from "./language";
import { look } from "./look";
import { marks, setBreakpoint, setStand } from "./marks";
import { placeOf, rangeOf } from "./places";
import { findingIn, sentenceIn, type StudioLanguage } from "./messages";
import { showWords } from "./words";

export interface EditorHandle {
  go(line: number): void;
  replace(source: string): void;
  apply(finding: calls.Finding): void;
  focus(): void;
}

interface Props {
  name: string;
  source: string; // at the beginning: the editor keeps it from then on
  language: StudioLanguage;
  stand: { line: number; passed: readonly number[] };
  breakpoints: readonly number[];
  onChange: (source: string) => void;
  onChecked: (checked: calls.Checked | null) => void;
  onLine: (line: number) => void;
  onBreakpoints: (lines: number[]) => void;
  onReady: (handle: EditorHandle) => void;
}

const CHECK_AFTER_MS = 250;

export function Editor(props: Props) {
  const place = useRef<HTMLDivElement>(null);
  const view = useRef<EditorView>(null);
  const latest = useRef(props);
  latest.current = props;
  useEffect(() => {
    const box = place.current;
    if (box === null) return;
    const root = box.shadowRoot ?? box.attachShadow({ mode: "open" });
    const editor = new EditorView({ parent: root, root, state: begin(latest) });
    view.current = editor;
    latest.current.onReady(handleOf(editor));
    for (const line of latest.current.breakpoints) editor.dispatch({ effects: setBreakpoint.of({ line, on: true }) });
    return () => editor.destroy();
  }, []);
  useEffect(() => {
    view.current?.dispatch({ effects: setStand.of(props.stand) });
    if (props.stand.line > 0 && view.current !== null) scrollTo(view.current, props.stand.line);
  }, [props.stand]);
  return <div ref={place} className="editor" dir="ltr" />;
}

function begin(latest: { current: Props }): EditorState {
  return EditorState.create({
    doc: latest.current.source,
    extensions: [
      marks((lines) => latest.current.onBreakpoints(lines)),
      lineNumbers(),
      lintGutter(),
      history(),
      drawSelection(),
      bracketMatching(),
      closeBrackets(),
      indentUnit.of("  "),
      highlightActiveLine(),
      highlightActiveLineGutter(),
      highlightSelectionMatches(),
      studioLanguage,
      linter((editor) => lint(editor, latest), { delay: CHECK_AFTER_MS }),
      autocompletion({ override: [offer], activateOnTyping: true }),
      hoverTooltip(explain),
      // Tab leaves the editor: keyboards must not be caught in it.
      keymap.of([...closeBracketsKeymap, ...defaultKeymap, ...searchKeymap, ...historyKeymap, ...completionKeymap, ...lintKeymap]),
      EditorView.contentAttributes.of({ "aria-label": latest.current.language.t("studio.editor"), tabindex: "0" }),
      EditorView.updateListener.of((update) => {
        if (update.docChanged) latest.current.onChange(update.state.doc.toString());
        if (update.selectionSet || update.docChanged) latest.current.onLine(update.state.doc.lineAt(update.state.selection.main.head).number);
      }),
      look,
    ],
  });
}

function scrollTo(editor: EditorView, line: number): void {
  const at = editor.state.doc.line(Math.min(Math.max(line, 1), editor.state.doc.lines));
  editor.dispatch({ effects: EditorView.scrollIntoView(at.from, { y: "nearest", yMargin: 60 }) });
}

function handleOf(editor: EditorView): EditorHandle {
  return {
    go(line) {
      const at = editor.state.doc.line(Math.min(Math.max(line, 1), editor.state.doc.lines));
      editor.dispatch({ selection: { anchor: at.from }, effects: EditorView.scrollIntoView(at.from, { y: "center" }) });
      editor.focus();
    },
    replace(source) {
      editor.dispatch({ changes: { from: 0, to: editor.state.doc.length, insert: source } });
    },
    apply: (finding) => applyEdit(editor, finding),
    focus: () => editor.focus(),
  };
}

// ---- findings

// A finding's edit is what its line should say, without its indentation.
function applyEdit(editor: EditorView, finding: calls.Finding): void {
  if (finding.edit === undefined || finding.line > editor.state.doc.lines) return;
  const line = editor.state.doc.line(finding.line);
  const indent = line.text.length - line.text.trimStart().length;
  editor.dispatch({ changes: { from: line.from + indent, to: line.to, insert: finding.edit }, userEvent: "input.cure" });
  editor.focus();
}

async function lint(editor: EditorView, latest: { current: Props }): Promise<Diagnostic[]> {
  const { name, onChecked, language } = latest.current;
  const doc = editor.state.doc;
  try {
    const checked = await calls.check(doc.toString(), name);
    if (editor.state.doc === doc) onChecked(checked);
    return editor.state.doc === doc ? checked.findings.map((finding) => diagnosticOf(editor, finding, language)) : [];
  } catch {
    onChecked(null);
    return [];
  }
}

// In the reader's language; what is known in English only stands behind what it is.
function wordsOf({ code, message, hint }: calls.Finding, language: StudioLanguage): string {
  const own = sentenceIn(message, language);
  const head = own === null ? [findingIn(code, language), message] : [own];
  return [...head, hint === undefined ? "" : sentenceIn(hint, language) ?? hint].filter(Boolean).join("\n");
}

function diagnosticOf(editor: EditorView, finding: calls.Finding, language: StudioLanguage): Diagnostic {
  return {
    ...rangeOf(editor.state.doc, finding),
    severity: finding.severity === "note" ? "info" : finding.severity,
    source: finding.code,
    message: wordsOf(finding, language),
    ...(finding.edit ? { actions: [{ name: language.t("studio.apply"), apply: () => applyEdit(editor, finding) }] } : {}),
  };
}

// ---- words

const TYPES: Record<calls.Completion["kind"], string> = {
  keyword: "keyword",
  variable: "variable",
  function: "function",
  builtin: "function",
  action: "method",
  member: "property",
  event: "enum",
};

async function offer(context: CompletionContext): Promise<CompletionResult | null> {
  const word = context.matchBefore(/[\p{L}\p{N}_$]*/u);
  const from = word?.from ?? context.pos;
  const afterDot = context.state.sliceDoc(Math.max(0, from - 1), from) === ".";
  if (!context.explicit && !afterDot && from === context.pos) return null;
  const at = placeOf(context.state.doc, context.pos);
  const { items } = await calls.complete(context.state.doc.toString(), at.line, at.column);
  return {
    from,
    validFor: /^[\p{L}\p{N}_$]*$/u,
    options: items.map((item) => ({
      label: item.label,
      type: TYPES[item.kind],
      detail: item.detail.replace(item.label, ""),
      ...(item.doc ? { info: () => showWords(item.doc) } : {}),
    })),
  };
}

async function explain(editor: EditorView, position: number): Promise<Tooltip | null> {
  const at = placeOf(editor.state.doc, position);
  const found = await calls.hover(editor.state.doc.toString(), at.line, at.column).catch(() => null);
  if (found === null || found.text === "" || found.line === undefined) return null;
  const range = rangeOf(editor.state.doc, { line: found.line, column: found.column ?? 1, length: found.length ?? 1 });
  return { pos: range.from, end: range.to, create: () => ({ dom: showWords(found.text) }) };
}
