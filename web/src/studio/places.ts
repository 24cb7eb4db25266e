// The server counts lines and columns from 1, columns in code points; the editor
// counts UTF-16 units from the beginning.
import type { Text } from "@codemirror/state";

export function unitsOf(line: string, codePoints: number): number {
  let units = 0;
  for (const character of line) {
    if (codePoints-- <= 0) break;
    units += character.length;
  }
  return units;
}

export function rangeOf(doc: Text, place: { line: number; column: number; length: number }): { from: number; to: number } {
  const line = doc.line(Math.min(Math.max(place.line, 1), doc.lines));
  const from = unitsOf(line.text, place.column - 1);
  const to = unitsOf(line.text, place.column - 1 + place.length);
  return { from: line.from + from, to: line.from + Math.max(to, from) };
}

export function placeOf(doc: Text, position: number): { line: number; column: number } {
  const line = doc.lineAt(position);
  return { line: line.number, column: [...line.text.slice(0, position - line.from)].length + 1 };
}
