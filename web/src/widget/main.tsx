// The script that a page includes: <script src="…/widget.js" data-entry="main">.
// Makes one <baton-chat> at the end of the page, unless the page has its own.
import { createRoot, type Root } from "react-dom/client";
import { pickLanguage } from "../shared/i18n";
import richCss from "../shared/rich.css?inline";
import { Chat } from "./chat";
import css from "./widget.css?inline";
import { Widget } from "./widget";

const script = document.currentScript instanceof HTMLScriptElement ? document.currentScript : null;
const home = script === null ? location.origin : new URL(script.src).origin;

class BatonChat extends HTMLElement {
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

// The attributes of the element, each from data-… of the script.
const passedOn = ["entry", "server", "lang", "heading", "theme"];

function insert(from: HTMLScriptElement): void {
  const element = document.createElement("baton-chat");
  for (const name of passedOn) {
    const value = from.dataset[name];
    if (value !== undefined) element.setAttribute(name, value);
  }
  document.body.append(element);
}

if (customElements.get("baton-chat") === undefined) {
  customElements.define("baton-chat", BatonChat);
  if (script?.dataset["entry"] !== undefined) {
    if (document.body === null) addEventListener("DOMContentLoaded", () => insert(script));
    else insert(script);
  }
}
