// What pages say, by language. A catalogue is a flat object; {name} is replaced,
// and "key.one" or "key.other" is taken by the number in `count`.
import de from "../../messages/de.json";
import detailsDe from "../../messages/details.de.json";
import en from "../../messages/en.json";
import serverDe from "../../messages/server.de.json";
import serverEn from "../../messages/server.en.json";
import { type Sentences, sentencesOf } from "./sentences";

export type Key = keyof typeof en;
type Catalogue = Partial<Record<string, string>>;

const shared: Record<string, Catalogue> = { en, de };
// What the server says, by its own English: to people, who send no requests.
const server: Record<string, Catalogue> = { en: serverEn, de: serverDe };
// Its sentences about one case, with the values of the case.
const details: Record<string, Sentences> = { de: sentencesOf(detailsDe) };
const rightToLeft = new Set(["ar", "fa", "he", "ur"]);

export interface Language<K extends string = Key> {
  readonly code: string;
  readonly direction: "ltr" | "rtl";
  t(key: K | PluralKey<K>, values?: Record<string, string | number>): string;
  said(text: string): string; // by the server, in English
  detailed: Sentences; // the same of what it says about one case
  time(at: string): string;
  moment(at: string): string; // with its day
  day(at: string): string;
}

type PluralKey<K> = K extends `${infer Stem}.other` ? Stem : never;

// The first of the wanted languages that there is a catalogue for; English else.
// A page with much to say brings catalogues of its own, which others need not load.
export function pickLanguage<K extends string = never>(wanted: readonly string[], own: Record<string, Catalogue> = {}): Language<Key | K> {
  const found = wanted.map((w) => w.toLowerCase().split("-")[0] ?? "").find((w) => w in shared) ?? "en";
  const english = { ...en, ...own["en"] };
  const locale = wanted.find((w) => w.toLowerCase().startsWith(`${found}-`)) ?? found;
  return language(found, locale, { ...english, ...shared[found], ...own[found] });
}

function language<K extends string>(code: string, locale: string, own: Catalogue): Language<K> {
  const plural = new Intl.PluralRules(code);
  const clock = new Intl.DateTimeFormat(validLocale(locale, code), { hour: "2-digit", minute: "2-digit" });
  const calendar = new Intl.DateTimeFormat(validLocale(locale, code), { weekday: "long", day: "numeric", month: "long" });
  const moments = new Intl.DateTimeFormat(validLocale(locale, code), { dateStyle: "medium", timeStyle: "short" });
  const find = (key: string): string | undefined => own[key];
  return {
    code,
    direction: rightToLeft.has(code) ? "rtl" : "ltr",
    t(key, values = {}) {
      const count = values["count"];
      const form = typeof count === "number" ? find(`${key}.${plural.select(count)}`) ?? find(`${key}.other`) : undefined;
      const text = form ?? find(key) ?? key;
      return text.replace(/\{(\w+)\}/g, (whole, name: string) => String(values[name] ?? whole));
    },
    said: (text) => server[code]?.[text] ?? text,
    detailed: (text) => (code === "en" ? text : details[code]?.(text) ?? null),
    time: (at) => clock.format(new Date(at)),
    moment: (at) => moments.format(new Date(at)),
    day: (at) => calendar.format(new Date(at)),
  };
}

function validLocale(locale: string, otherwise: string): string {
  try {
    return Intl.getCanonicalLocales(locale)[0] ?? otherwise;
  } catch {
    return otherwise;
  }
}
