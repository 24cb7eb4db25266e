// The Studio has much to say: its catalogues are its own.
import de from "../../messages/studio.de.json";
import en from "../../messages/studio.en.json";
import { type Key, type Language, pickLanguage } from "../shared/i18n";

export type StudioLanguage = Language<Key | keyof typeof en>;

export const pickStudioLanguage = (wanted: readonly string[]): StudioLanguage => pickLanguage<keyof typeof en>(wanted, { en, de });
