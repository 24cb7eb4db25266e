// The Studio has much to say: its catalogues are its own.
import checkerDe from "../../messages/checker.de.json";
import findingsDe from "../../messages/findings.de.json";
import de from "../../messages/studio.de.json";
import en from "../../messages/studio.en.json";
import { type Key, type Language, pickLanguage } from "../shared/i18n";
import { type Sentences, sentencesOf } from "../shared/sentences";

export type StudioLanguage = Language<Key | keyof typeof en>;

export const pickStudioLanguage = (wanted: readonly string[]): StudioLanguage => pickLanguage<keyof typeof en>(wanted, { en, de });

// Of the kinds of findings, by their codes, and of the sentences about one of them.
const checker: Record<string, Partial<Record<string, string>>> = { de: checkerDe };
const findings: Record<string, Sentences> = { de: sentencesOf(findingsDe) };

// What a finding is in the reader's language, as a kind; null: the checker's own words are.
export const findingIn = (code: string, language: StudioLanguage): string | null => checker[language.code]?.[code] ?? null;

// A sentence of the checker in the reader's language; null: it is known in English only.
export const sentenceIn = (text: string, language: StudioLanguage): string | null =>
  (language.code === "en" ? text : findings[language.code]?.(text) ?? language.detailed(text));
