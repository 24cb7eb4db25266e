// What pages say, by language. A catalogue is a flat object; {name} is replaced,
// and "key.one" or "key.other" is taken by the number in `count`.
import de from "../../messages/de.json";
import en from "../../messages/en.json";

export type Key = keyof typeof en;
type Catalogue = Partial<Record<string, string>>;

const catalogues: Record<string, Catalogue> = { en, de };
const rightToLeft = new Set(["ar", "fa", "he", "ur"]);

export interface Language {
  readonly code: string;
  readonly direction: "ltr" | "rtl";
  t(key: Key | PluralKey, values?: Record<string, string | number>): string;
  time(at: string): string;
}

type PluralKey = Key extends infer K ? (K extends `${infer Stem}.other` ? Stem : never) : never;

// The first of the wanted languages that there is a catalogue for; English else.
export function pickLanguage(wanted: readonly string[]): Language {
  const found = wanted.map((w) => w.toLowerCase().split("-")[0] ?? "").find((w) => w in catalogues);
  return language(found ?? "en", wanted[0] ?? "en");
}

function language(code: string, locale: string): Language {
  const own: Catalogue = catalogues[code] ?? en;
  const plural = new Intl.PluralRules(code);
  const clock = new Intl.DateTimeFormat(validLocale(locale, code), { hour: "2-digit", minute: "2-digit" });
  const find = (key: string): string | undefined => own[key] ?? (en as Catalogue)[key];
  return {
    code,
    direction: rightToLeft.has(code) ? "rtl" : "ltr",
    t(key, values = {}) {
      const count = values["count"];
      const form = typeof count === "number" ? find(`${key}.${plural.select(count)}`) ?? find(`${key}.other`) : undefined;
      const text = form ?? find(key) ?? key;
      return text.replace(/\{(\w+)\}/g, (whole, name: string) => String(values[name] ?? whole));
    },
    time: (at) => clock.format(new Date(at)),
  };
}

function validLocale(locale: string, otherwise: string): string {
  try {
    return Intl.getCanonicalLocales(locale)[0] ?? otherwise;
  } catch {
    return otherwise;
  }
}
