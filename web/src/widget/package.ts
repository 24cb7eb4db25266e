// What the package @baton/widget offers: the element, and a function that puts it
// on the page.
import { BatonChat, defineChat, passedOn } from "./element";

export { BatonChat };

interface Options {
  server: string;
  entry: string;
  lang?: string;
  heading?: string;
  theme?: "light" | "dark";
  target?: Element;
}

defineChat(location.origin);

export function mount(options: Options): BatonChat {
  const element = document.createElement("baton-chat") as BatonChat;
  for (const name of passedOn) {
    const value = options[name];
    if (value !== undefined) element.setAttribute(name, value);
  }
  (options.target ?? document.body).append(element);
  return element;
}
