// The tour: the forum's script, its 409, and the cures, on the page itself.
import { useEffect } from "react";
import type { StudioLanguage } from "./messages";
import type { Tab } from "./tabs";
import type { Play } from "./use_play";
import type { Workshop } from "./use_script";

export const FORUM = `// Get current session
ASSIGN session = GetSessionInfo()

// Attempt transfer
ASSIGN result = Transfer(session.id, "AgentSkill", "priority:1")

IF result.code == 200
 // Success path
ELSE
 // Fails here
 LogError("Transfer failed: " + result.message)
END IF
`;

const released = FORUM.replace('"priority:1"', '"priority:1,when:released"');
const before = (line: string): string => FORUM.replace("// Attempt transfer", `${line}\n\n// Attempt transfer`);

interface Stop {
  key: "begin" | "refused" | "flow" | "released" | "end" | "wait" | "hangup" | "over";
  source: string;
  tab: Tab;
  plays: boolean;
}

const STOPS: readonly Stop[] = [
  { key: "begin", source: FORUM, tab: "flow", plays: false },
  { key: "refused", source: FORUM, tab: "run", plays: true },
  { key: "flow", source: FORUM, tab: "flow", plays: false },
  { key: "released", source: released, tab: "run", plays: true },
  { key: "end", source: before("EndConversation(session.id)"), tab: "run", plays: true },
  { key: "wait", source: before('WaitFor(session.id, "idle", 10)'), tab: "run", plays: true },
  { key: "hangup", source: before("Hangup()"), tab: "run", plays: true },
  { key: "over", source: released, tab: "flow", plays: false },
];

// No script of the centre: nothing of the tour is kept or published.
export const TOUR = "~tour";

interface Props {
  at: number;
  shop: Workshop;
  play: Play;
  language: StudioLanguage;
  onTab: (tab: Tab) => void;
  onGo: (at: number) => void;
  onEnd: () => void;
}

export function Tour({ at, shop, play, language, onTab, onGo, onEnd }: Props) {
  const { t } = language;
  const stop = STOPS[at] ?? STOPS[0];
  const ready = shop.script?.name === TOUR;
  useEffect(() => {
    if (!ready || stop === undefined) return;
    shop.editor.current?.replace(stop.source);
    play.setScenario("");
    onTab(stop.tab);
    if (stop.plays) play.start(stop.source);
  }, [at, ready]);
  useEffect(() => {
    // The refusal is the second line's: one stands behind it. The cures are seen from their end.
    if (stop?.plays && play.played !== null && play.of === stop.source) play.go(stop.key === "refused" ? 2 : play.lines.length);
  }, [at, play.played]);
  if (stop === undefined) return null;
  return (
    <aside className="tour" aria-label={t("studio.tour")}>
      <p className="faint">{t("studio.tour.stop", { at: at + 1, of: STOPS.length })}</p>
      <div aria-live="polite">
        <h2>{t(`studio.tour.${stop.key}.title`)}</h2>
        <p>{t(`studio.tour.${stop.key}`)}</p>
      </div>
      <div className="row">
        <button type="button" className="second" disabled={at === 0} onClick={() => onGo(at - 1)}>{t("studio.run.back")}</button>
        {at + 1 < STOPS.length
          ? <button type="button" onClick={() => onGo(at + 1)}>{t("studio.tour.next")}</button>
          : <button type="button" onClick={onEnd}>{t("studio.tour.finish")}</button>}
        {at + 1 < STOPS.length && <button type="button" className="second" onClick={onEnd}>{t("studio.tour.leave")}</button>}
      </div>
    </aside>
  );
}
