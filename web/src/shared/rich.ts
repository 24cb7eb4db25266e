// What comes with a message beside its words: choices, cards, pictures. Bots say it
// in several ways; here it has one form. What comes from outside is not trusted:
// whatever does not fit is left out.

export type Choice = { label: string; payload: string } | { label: string; url: string };

export interface Card {
  title: string;
  text: string;
  image: string;
  choices: readonly Choice[];
}

export interface Rich {
  text: string; // in place of the message's own, if it has none
  choices: readonly Choice[];
  cards: readonly Card[];
  images: readonly { url: string; alt: string }[];
}

const MOST = 30; // choices, cards, pictures
const NOTHING: Rich = { text: "", choices: [], cards: [], images: [] };

type Members = Record<string, unknown>;

export function readRich(data: unknown): Rich {
  const all = members(data);
  const fromCognigy = members(members(all["_cognigy"])["_default"]);
  const parts = [plain(all), ...Object.values(fromCognigy).map((part) => cognigy(members(part))), ...list(all["content"]).map(genesys)];
  return parts.reduce((sum, part) => ({
    text: sum.text || part.text,
    choices: [...sum.choices, ...part.choices].slice(0, MOST),
    cards: [...sum.cards, ...part.cards].slice(0, MOST),
    images: [...sum.images, ...part.images].slice(0, MOST),
  }), NOTHING);
}

// The members as they stand: our own, and Rasa's.
function plain(data: Members): Rich {
  return {
    text: "",
    choices: [data["quickReplies"], data["quick_replies"], data["buttons"]].flatMap(choices),
    cards: list(data["cards"]).map(card),
    images: images(data["image"]),
  };
}

// One of _quickReplies, _buttons, _list, _gallery, _image, _text.
function cognigy(part: Members): Rich {
  return {
    text: text(part["text"]),
    choices: [...choices(part["quickReplies"]), ...choices(part["buttons"]), ...choices(part["button"])],
    cards: list(part["items"]).map(card),
    images: images(part),
  };
}

// One piece of Genesys' structured content.
function genesys(piece: unknown): Rich {
  const { quickReply, card: one, carousel, attachment } = members(piece);
  const file = members(attachment);
  return {
    text: "",
    choices: choices(quickReply),
    cards: [...(one === undefined ? [] : [one]), ...list(members(carousel)["cards"])].map(card),
    images: file["mediaType"] === "Image" ? images(file) : [],
  };
}

function choices(value: unknown): Choice[] {
  const values = Array.isArray(value) ? value : value === undefined ? [] : [value];
  return values.slice(0, MOST).flatMap((one) => choice(members(one)));
}

function choice(one: Members): Choice[] {
  const label = first(one, "title", "text", "label");
  const payload = first(one, "payload", "value");
  const isNumber = one["type"] === "phone_number" && payload !== "";
  const url = isNumber ? `tel:${payload}` : first(one, "url");
  if (label === "") return [];
  if (url === "") return [{ label, payload: payload || label }];
  return safeLink(url) ? [{ label, url }] : [];
}

function card(value: unknown): Card {
  const one = members(value);
  const [image] = images(one);
  return {
    title: first(one, "title"),
    text: first(one, "subtitle", "description", "text"),
    image: image?.url ?? "",
    choices: [...choices(one["buttons"]), ...choices(one["actions"])].slice(0, MOST),
  };
}

// A URL, or an object with one.
function images(value: unknown): { url: string; alt: string }[] {
  const one = typeof value === "string" ? { url: value } : members(value);
  const url = first(one, "imageUrl", "image", "url");
  return /^https?:\/\//i.test(url) ? [{ url, alt: first(one, "imageAltText", "alt") }] : [];
}

const safeLink = (url: string): boolean => /^(https?:\/\/|mailto:|tel:)/i.test(url);

const members = (value: unknown): Members =>
  typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Members) : {};
const list = (value: unknown): unknown[] => (Array.isArray(value) ? value.slice(0, MOST) : []);
const text = (value: unknown): string => (typeof value === "string" ? value : "");
const first = (one: Members, ...names: string[]): string => names.map((name) => text(one[name])).find((t) => t !== "") ?? "";
