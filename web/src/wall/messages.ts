// What the wallboard says: catalogues of its own.
import de from "../../messages/wall.de.json";
import en from "../../messages/wall.en.json";
import { type Key, type Language, pickLanguage } from "../shared/i18n";

export type WallKey = keyof typeof en;
export type WallLanguage = Language<Key | WallKey>;

export const pickWallLanguage = (wanted: readonly string[]): WallLanguage => pickLanguage<WallKey>(wanted, { en, de });
