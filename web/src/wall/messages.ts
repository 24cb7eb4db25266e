// What the wallboard says: catalogues of its own.
import de from "../../messages/wall.de.json";
import storyDe from "../../messages/story.de.json";
import en from "../../messages/wall.en.json";
import { type Key, type Language, pickLanguage } from "../shared/i18n";
import { sentencesOf } from "../shared/sentences";

const stories: Record<string, Record<string, string>> = { de: storyDe };

export type WallKey = keyof typeof en;
export type WallLanguage = Language<Key | WallKey>;

export const pickWallLanguage = (wanted: readonly string[]): WallLanguage => pickLanguage<WallKey>(wanted, { en, de });

// A session's story, line by line: null for a line that is known in English only.
// Sentences begin with a capital there, and their formats do not.
export function storyTeller({ code, detailed, said }: WallLanguage): (line: string) => string | null {
  if (code === "en") return (line) => line;
  const remedy = (text: string): string | null => (said(text) === text ? null : said(text));
  const sentence = sentencesOf(stories[code] ?? {}, (text) => detailed(text) ?? remedy(text));
  return (line) => {
    const [, blank = "", text = ""] = /^(\s*)(.*)$/su.exec(line) ?? [];
    const own = sentence(text) ?? sentence(text.charAt(0).toLowerCase() + text.slice(1));
    return own === null ? null : blank + own.charAt(0).toUpperCase() + own.slice(1);
  };
}
