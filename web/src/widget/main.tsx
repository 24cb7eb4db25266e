// The script that a page includes: <script src="…/widget.js" data-entry="main">.
// Makes one <baton-chat> at the end of the page, unless the page has its own.
import { defineChat, passedOn } from "./element";

const script = document.currentScript instanceof HTMLScriptElement ? document.currentScript : null;

// The attributes of the element, each from data-… of the script.
function insert(from: HTMLScriptElement): void {
  const element = document.createElement("baton-chat");
  for (const name of passedOn) {
    const value = from.dataset[name];
    if (value !== undefined) element.setAttribute(name, value);
  }
  document.body.append(element);
}

if (defineChat(script === null ? location.origin : new URL(script.src).origin) && script?.dataset["entry"] !== undefined) {
  if (document.body === null) addEventListener("DOMContentLoaded", () => insert(script));
  else insert(script);
}
