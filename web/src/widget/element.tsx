// The element <baton-chat>: a chat in a shadow root.
import { createRoot, type Root } from "react-dom/client";
import { pickLanguage } from "../shared/i18n";
import richCss from "../shared/rich.css?inline";
import { Chat } from "./chat";
import css from "./widget.css?inline";
import { Widget } from "./widget";

// Where the server is that the element does not name.
let home = "";

// The attributes of the element.
export const passedOn = ["entry", "server", "lang", "heading", "theme"] as const;

export class BatonChat extends HTMLElement {
  private root: Root | null = null;
  private chat: Chat | null = null;

  connectedCallback(): void {
    const entry = this.getAttribute("entry");
    if (entry === null || entry === "") {
      console.error('baton-chat: the attribute "entry" is missing: the name of the entry point, such as entry="main"');
      return;
    }
    const shadow = this.shadowRoot ?? this.attachShadow({ mode: "open" });
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(css + richCss);
    shadow.adoptedStyleSheets = [sheet];
    const lang = this.getAttribute("lang") ?? document.documentElement.lang;
    const language = pickLanguage([...(lang === "" ? [] : [lang]), ...navigator.languages]);
    this.chat = new Chat({ server: this.getAttribute("server") ?? home, entry, storage: localStorage });
    this.root = createRoot(shadow);
    this.root.render(<Widget chat={this.chat} language={language} title={this.getAttribute("heading")} />);
  }

  disconnectedCallback(): void {
    this.root?.unmount();
    this.chat?.close();
    this.root = this.chat = null;
  }
}

// A page may load it twice.
export function defineChat(server: string): boolean {
  if (customElements.get("baton-chat") !== undefined) return false;
  home = server;
  customElements.define("baton-chat", BatonChat);
  return true;
}
