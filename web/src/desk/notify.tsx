// Whether offers are told when the page is not in front; asked only by a press.
import { useEffect, useState } from "react";
import type { Language } from "../shared/i18n";
import { mayNotify, wantNotify } from "./alarm";

export function Notify({ language }: { language: Language }) {
  const { t } = language;
  const [may, setMay] = useState(mayNotify);
  useEffect(() => {
    // It can also be changed in the browser's settings, while the page is open.
    const gone = new AbortController();
    navigator.permissions?.query({ name: "notifications" }).then((told) => {
      told.addEventListener("change", () => setMay(mayNotify()), { signal: gone.signal });
    }, () => {});
    return () => gone.abort();
  }, []);
  if (may === "default") return <button type="button" className="second" onClick={() => void wantNotify().then(setMay)}>{t("desk.notify")}</button>;
  return <p className="faint">{t(may === "granted" ? "desk.notify.granted" : "desk.notify.denied")}</p>;
}
