// What the package offers; src/widget/package.ts is behind it.

export interface ChatOptions {
  /** Where Baton is, such as "https://baton.example". */
  server: string;
  /** The entry point of its centre that takes the visitors of this page. */
  entry: string;
  /** "en", "de"; else the page's language, then the visitor's own. */
  lang?: string;
  /** The title in place of "Chat with us". */
  heading?: string;
  /** Else as the visitor's system says. */
  theme?: "light" | "dark";
  /** Where the element is put; the end of the page if it is left out. */
  target?: Element;
}

/** The element <baton-chat>. Its attributes are the members of ChatOptions but target. */
export class BatonChat extends HTMLElement {}

/** Puts the chat on the page. Take it away with remove(): the conversation goes on when it is mounted again. */
export function mount(options: ChatOptions): BatonChat;
