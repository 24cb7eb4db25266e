// The Studio has much to say: its catalogues are its own.
import checkerDe from "../../messages/checker.de.json";
import de from "../../messages/studio.de.json";
import en from "../../messages/studio.en.json";
import { type Key, type Language, pickLanguage } from "../shared/i18n";

export type StudioLanguage = Language<Key | keyof typeof en>;

export const pickStudioLanguage = (wanted: readonly string[]): StudioLanguage => pickLanguage<keyof typeof en>(wanted, { en, de });

// Of the kinds of findings, by their codes. The checker itself says more, in English.
const checker: Record<string, Partial<Record<string, string>>> = { de: checkerDe };

// What a finding is in the reader's language; null: the checker's own words are.
export const findingIn = (code: string, language: StudioLanguage): string | null => checker[language.code]?.[code] ?? null;
