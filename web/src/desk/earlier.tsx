// What the same customer came for before.
import { useEffect, useState } from "react";
import { endOf, type Finished, type FinishedPage } from "../shared/finished";
import type { Language } from "../shared/i18n";
import { ask } from "../shared/problem";

export function Earlier({ session, language }: { session: string; language: Language }) {
  const { t } = language;
  const [found, setFound] = useState<readonly Finished[] | null>(null);
  useEffect(() => {
    let wanted = true; // the conversation may be another when the answer comes
    setFound(null);
    ask<FinishedPage>(`/api/v1/sessions/${session}/history?limit=20`).then((page) => wanted && setFound(page.sessions), () => {});
    return () => { wanted = false; };
  }, [session]);
  if (found === null) return null;
  return (
    <>
      <h3>{t("desk.earlier")}</h3>
      {found.length === 0 && <p className="faint">{t("desk.earlier.none")}</p>}
      <ul className="earlier">
        {found.map((one) => (
          <li key={one.session}>
            <time dateTime={one.endedAt}>{language.moment(one.endedAt)}</time>
            <span className="faint" dir="auto">{[one.disposition ?? endOf(one.endReason ?? "", t), one.queue, one.agent].filter(Boolean).join(" · ")}</span>
          </li>
        ))}
      </ul>
    </>
  );
}
