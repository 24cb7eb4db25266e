// Marks beside and behind the lines: breakpoints, the line where a run stands, the
// lines that it has passed.
import { type Extension, RangeSet, type Range, StateEffect, StateField } from "@codemirror/state";
import { Decoration, EditorView, gutter, GutterMarker, keymap } from "@codemirror/view";

export const setBreakpoint = StateEffect.define<{ line: number; on: boolean }>();
export const setStand = StateEffect.define<{ line: number; passed: readonly number[] }>();

class Dot extends GutterMarker {
  override toDOM(): Node {
    const dot = document.createElement("span");
    dot.className = "cm-breakpoint";
    dot.textContent = "●";
    return dot;
  }
}
const dot = new Dot();

const breakpoints = StateField.define<RangeSet<GutterMarker>>({
  create: () => RangeSet.empty,
  update(set, transaction) {
    let next = set.map(transaction.changes);
    for (const effect of transaction.effects) {
      if (!effect.is(setBreakpoint) || effect.value.line > transaction.state.doc.lines) continue;
      const at = transaction.state.doc.line(effect.value.line).from;
      next = next.update({ filter: (from) => from !== at, add: effect.value.on ? [dot.range(at)] : [] });
    }
    return next;
  },
});

export function breakpointLines(view: EditorView): number[] {
  const lines: number[] = [];
  const set = view.state.field(breakpoints);
  for (const at = set.iter(); at.value !== null; at.next()) lines.push(view.state.doc.lineAt(at.from).number);
  return [...new Set(lines)];
}

function toggle(view: EditorView, position: number, tell: (lines: number[]) => void): boolean {
  const line = view.state.doc.lineAt(position).number;
  view.dispatch({ effects: setBreakpoint.of({ line, on: !breakpointLines(view).includes(line) }) });
  tell(breakpointLines(view));
  return true;
}

const here = Decoration.line({ class: "cm-stand" });
const passed = Decoration.line({ class: "cm-passed" });

const stand = StateField.define({
  create: () => Decoration.none,
  update(marks, transaction) {
    let next = marks.map(transaction.changes);
    for (const effect of transaction.effects) {
      if (!effect.is(setStand)) continue;
      const doc = transaction.state.doc;
      const ranges: Range<Decoration>[] = [];
      const lines = new Set([...effect.value.passed, effect.value.line].filter((line) => line > 0 && line <= doc.lines));
      for (const line of lines) ranges.push((line === effect.value.line ? here : passed).range(doc.line(line).from));
      next = Decoration.set(ranges, true);
    }
    return next;
  },
  provide: (field) => EditorView.decorations.from(field),
});

export function marks(tell: (lines: number[]) => void): Extension {
  return [
    breakpoints,
    stand,
    gutter({
      class: "cm-breakpoints",
      markers: (view) => view.state.field(breakpoints),
      initialSpacer: () => dot,
      domEventHandlers: { mousedown: (view, line) => toggle(view, line.from, tell) },
    }),
    keymap.of([{ key: "F9", run: (view) => toggle(view, view.state.selection.main.head, tell) }]),
  ];
}
