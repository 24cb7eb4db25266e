// The Studio: the script on one side, and beside it what it does.
import { type ReactNode, useState } from "react";
import type { Person } from "../shared/door";
import { Refusal } from "../shared/refusal";
import { Bar } from "./bar";
import { Editor } from "./editor";
import { Findings } from "./findings";
import { Flow } from "./flow";
import type { StudioLanguage } from "./messages";
import { type Tab, Tabs } from "./tabs";
import { useWorkshop } from "./use_script";
import { Versions } from "./versions";

interface Props {
  person: Person;
  language: StudioLanguage;
  onLeave: () => void;
}

const NOWHERE = { line: 0, passed: [] } as const;

export function StudioView({ person, language, onLeave }: Props) {
  const shop = useWorkshop();
  const [tab, setTab] = useState<Tab>("flow");
  const [line, setLine] = useState(1);
  const [breakpoints, setBreakpoints] = useState<readonly number[]>([]);
  const { script, checked } = shop;
  const go = (to: number): void => shop.editor.current?.go(to);
  const panels: Record<Exclude<Tab, "script">, () => ReactNode> = {
    flow: () => <Flow checked={checked} source={script?.source ?? ""} line={line} language={language} onGo={go} />,
    versions: () => <Versions key={script?.published?.version} shop={shop} language={language} mayPublish={person.role === "admin"} />,
  };
  return (
    <div className={`studio at-${tab}`}>
      <Bar shop={shop} language={language} person={person} onLeave={onLeave} />
      {shop.problem !== null && <Refusal problem={shop.problem} language={language} />}
      {script !== null && (
        <div className="bench">
          <section className="paper" aria-label={language.t("studio.script")}>
            <Editor
              key={script.opened}
              name={script.name}
              source={script.source}
              language={language}
              stand={NOWHERE}
              breakpoints={breakpoints}
              onChange={shop.write}
              onChecked={shop.setChecked}
              onLine={setLine}
              onBreakpoints={setBreakpoints}
              onReady={(handle) => (shop.editor.current = handle)}
            />
            <Findings checked={checked} language={language} onGo={go} onApply={(finding) => shop.editor.current?.apply(finding)} />
          </section>
          <section className="beside" aria-label={language.t("studio.views")}>
            <Tabs tab={tab} language={language} onTab={setTab} />
            <div className="panel" role="tabpanel" id="panel" aria-labelledby={`tab-${tab}`} tabIndex={0}>
              {tab !== "script" && panels[tab]()}
            </div>
          </section>
        </div>
      )}
    </div>
  );
}
