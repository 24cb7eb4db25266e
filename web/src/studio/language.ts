// The script language for the editor: what a word is comes from the language's own
// tables (words.gen.ts); here is only how a line is read.
import { HighlightStyle, LanguageSupport, StreamLanguage, type StringStream, syntaxHighlighting } from "@codemirror/language";
import { tags } from "@lezer/highlight";
import { actions, builtins, events, hard, soft } from "./words.gen";

const keywords = new Map<string, string>(hard.map(([word, scope]) => [word.toLowerCase(), scope]));
const softWords = new Set<string>(soft.map(([word]) => word.toLowerCase()));
const actionNames = new Set<string>(actions.map((name) => name.toLowerCase()));
const builtinNames = new Set<string>(builtins.map((name) => name.toLowerCase()));
const eventNames = new Set<string>(events.map((name) => name.toLowerCase()));

const WORD = /^[\p{L}_][\p{L}\p{N}_$]*/u;
const OPEN = /^\$?["“”„'‘’‚]/u;
const DOUBLE = /["“”„]/u;

interface State {
  // Texts that are open, innermost last: how each closes, whether it has escapes,
  // and how many braces are open in what is computed within it (0: in the text).
  texts: { double: boolean; escapes: boolean; braces: number }[];
  afterOn: boolean;
}

function readText(stream: StringStream, state: State): string {
  const text = state.texts.at(-1);
  while (text !== undefined && !stream.eol()) {
    const next = stream.next() ?? "";
    if (text.escapes && next === "\\") {
      stream.next();
    } else if (next === "{" && !/^\s*(\}|["'][^{}:]*["']\s*:)/.test(stream.string.slice(stream.pos))) {
      text.braces = 1;
      return "string";
    } else if (text.double ? DOUBLE.test(next) : /['‘’‚]/u.test(next)) {
      state.texts.pop();
      return "string";
    }
  }
  // A text ends with its line at the latest.
  state.texts = [];
  return "string";
}

function readWord(stream: StringStream, state: State, word: string): string {
  const name = word.toLowerCase();
  const before = stream.string.slice(0, stream.start).trimEnd();
  const after = stream.string.slice(stream.pos).trimStart();
  const isCall = after.startsWith("(");
  if (before.endsWith(".")) return isCall ? "typeName" : "propertyName";
  if (state.afterOn) {
    state.afterOn = false;
    if (eventNames.has(name)) return "labelName";
  }
  const scope = keywords.get(name);
  if (scope !== undefined) return scope.startsWith("constant") ? "atom" : "keyword";
  if (isCall && actionNames.has(name)) return "macroName";
  if (isCall && builtinNames.has(name)) return "typeName";
  if (isCall) return "variableName.function";
  // Soft keywords stand at a statement's beginning, or within a loop's header.
  const begins = before === "" || /[{}]$/.test(before) || /^\s*end$/i.test(before);
  const inLoop = /^\s*for(each)?\b/i.test(before);
  if (softWords.has(name) && (begins || inLoop) && !/^(=(?!=)|\.|\[)/.test(after)) {
    state.afterOn = name === "on";
    return "keyword";
  }
  return "variableName";
}

function readCode(stream: StringStream, state: State): string | null {
  if (stream.eatSpace()) return null;
  if (stream.match("//")) {
    stream.skipToEnd();
    return "comment";
  }
  const open = stream.match(OPEN) as RegExpMatchArray | null;
  if (open !== null) {
    state.texts.push({ double: DOUBLE.test(open[0]), escapes: open[0].startsWith("$"), braces: 0 });
    return readText(stream, state);
  }
  if (stream.match(/^\d+(\.\d+)?([eE][+-]?\d+)?/)) return "number";
  const word = stream.match(WORD) as RegExpMatchArray | null;
  if (word !== null) return readWord(stream, state, word[0]);
  const sign = stream.next() ?? "";
  const text = state.texts.at(-1);
  if (text !== undefined && (sign === "{" || sign === "}")) text.braces += sign === "{" ? 1 : -1;
  return /[=<>+~*/%^&|\\!-]/.test(sign) ? "operator" : /[()[\]{}]/.test(sign) ? "bracket" : "punctuation";
}

const language = StreamLanguage.define<State>({
  name: "studio",
  startState: () => ({ texts: [], afterOn: false }),
  copyState: (state) => ({ texts: state.texts.map((text) => ({ ...text })), afterOn: state.afterOn }),
  token(stream, state) {
    if (stream.sol()) {
      state.texts = [];
      state.afterOn = false;
    }
    const text = state.texts.at(-1);
    return text !== undefined && text.braces === 0 ? readText(stream, state) : readCode(stream, state);
  },
  languageData: { commentTokens: { line: "//" }, closeBrackets: { brackets: ["(", "[", "{", '"'] } },
});

const colours = HighlightStyle.define([
  { tag: tags.keyword, color: "var(--code-word)", fontWeight: "600" },
  { tag: tags.atom, color: "var(--code-value)" },
  { tag: tags.number, color: "var(--code-value)" },
  { tag: tags.string, color: "var(--code-text)" },
  { tag: tags.comment, color: "var(--faint)", fontStyle: "italic" },
  { tag: tags.macroName, color: "var(--code-action)", fontWeight: "600" },
  { tag: tags.typeName, color: "var(--code-built)" },
  { tag: tags.labelName, color: "var(--code-action)" },
  { tag: tags.function(tags.variableName), color: "var(--code-built)" },
  { tag: tags.propertyName, color: "var(--code-member)" },
  { tag: tags.operator, color: "var(--faint)" },
]);

export const studioLanguage = new LanguageSupport(language, [syntaxHighlighting(colours)]);
