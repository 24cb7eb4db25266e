// What stands beside the script; on a narrow screen the script itself is one of them.
import type { KeyboardEvent } from "react";
import type { StudioLanguage } from "./messages";

export const TABS = ["script", "flow", "run", "tests", "live", "versions"] as const;
export type Tab = (typeof TABS)[number];

interface Props {
  tab: Tab;
  language: StudioLanguage;
  onTab: (tab: Tab) => void;
}

export function Tabs({ tab, language, onTab }: Props) {
  const onKey = (event: KeyboardEvent): void => {
    const forward = document.documentElement.dir === "rtl" ? "ArrowLeft" : "ArrowRight";
    const back = forward === "ArrowRight" ? "ArrowLeft" : "ArrowRight";
    const step = event.key === forward ? 1 : event.key === back ? -1 : 0;
    if (step === 0) return;
    const shown = TABS.filter((name) => document.getElementById(`tab-${name}`)?.offsetParent !== null);
    const next = shown[(shown.indexOf(tab) + step + shown.length) % shown.length] ?? tab;
    onTab(next);
    document.getElementById(`tab-${next}`)?.focus();
  };
  return (
    <div className="tabs" role="tablist" onKeyDown={onKey}>
      {TABS.map((name) => (
        <button key={name} id={`tab-${name}`} type="button" role="tab" className={`tab tab-of-${name}`} aria-selected={name === tab} aria-controls="panel" tabIndex={name === tab ? 0 : -1} onClick={() => onTab(name)}>
          {language.t(`studio.tab.${name}`)}
        </button>
      ))}
    </div>
  );
}
