// What the server says in sentences of its own English, said in another language. A
// catalogue has its formats as keys, with {1} where a value stands; {=1} in the words is
// a value that somebody wrote. The checks of the project (tools/web.py) hold the keys
// against the program's source.

export type Sentences = (text: string) => string | null; // null: it is not known

interface Pattern {
  form: RegExp;
  quoted: readonly boolean[]; // values that are names stay as they are
  leads: boolean; // it begins with a value
  words: string;
}

const PLACE = /\{(\d)\}/;

// @beside: what else says the values.
export function sentencesOf(catalogue: Readonly<Record<string, string>>, beside: Sentences = () => null): Sentences {
  let patterns: Pattern[] | undefined; // most pages never need them
  const say = (text: string): string | null => {
    const whole = catalogue[text];
    if (whole !== undefined) return whole;
    patterns ??= patternsOf(catalogue);
    for (const pattern of patterns) {
      const found = filled(pattern, text, sayList);
      if (found !== null) return found;
    }
    return null;
  };
  // "'idle' (…), or 'queued' (…)"
  const sayList = (text: string): string | null => {
    const parts = text.split(", or ").map((part) => say(part) ?? beside(part));
    return parts.includes(null) ? null : parts.join(catalogue[", or "] ?? ", ");
  };
  return say;
}

// The most particular first: of two that fit, it is the one that says more.
function patternsOf(catalogue: Readonly<Record<string, string>>): Pattern[] {
  return Object.keys(catalogue).filter((key) => PLACE.test(key))
    .sort((a, b) => plainOf(b).length - plainOf(a).length)
    .map((key) => patternOf(key, catalogue[key] ?? key));
}

const plainOf = (key: string): string => key.split(/\{\d\}/).join("");

function patternOf(key: string, words: string): Pattern {
  const pieces = key.split(/\{\d\}/);
  const escaped = pieces.map((piece) => piece.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&"));
  return {
    form: new RegExp(`^${escaped.join("(.*?)")}$`, "su"),
    quoted: pieces.slice(0, -1).map((piece) => /['"]$/.test(piece)),
    leads: pieces[0] === "",
    words,
  };
}

function filled({ form, quoted, leads, words }: Pattern, text: string, say: Sentences): string | null {
  const values = form.exec(text)?.slice(1);
  if (values === undefined) return null;
  const said = values.map((value, i) => (quoted[i] ? value : say(value)));
  // Half a sentence in each language is worse than one that is not translated.
  if (leads && said[0] === null && values[0]?.includes(" ")) return null;
  return words.replace(/\{(=?)(\d)\}/g, (_, raw: string, n: string) => (raw === "" ? said[Number(n) - 1] : null) ?? values[Number(n) - 1] ?? "");
}
