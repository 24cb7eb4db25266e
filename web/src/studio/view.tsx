// The Studio: the script on one side, and beside it what it does.
import { type ReactNode, useEffect, useState } from "react";
import type { Person } from "../shared/door";
import { Refusal } from "../shared/refusal";
import { Bar } from "./bar";
import { Editor } from "./editor";
import { Findings } from "./findings";
import { Flow } from "./flow";
import { Live } from "./live";
import type { StudioLanguage } from "./messages";
import { Run } from "./run";
import { type Tab, Tabs } from "./tabs";
import { Tests } from "./tests";
import { FORUM, Tour, TOUR } from "./tour";
import { usePlay, useStand } from "./use_play";
import { useWorkshop } from "./use_script";
import { Versions } from "./versions";

interface Props {
  person: Person;
  language: StudioLanguage;
  onLeave: () => void;
}

const TOUR_SEEN = "baton.tour";

export function StudioView({ person, language, onLeave }: Props) {
  const shop = useWorkshop(language);
  const [tab, setTab] = useState<Tab>("flow");
  const [line, setLine] = useState(1);
  const [breakpoints, setBreakpoints] = useState<readonly number[]>([]);
  const [liveLine, setLiveLine] = useState(0);
  const [tour, setTour] = useState<number | null>(null);
  const [back, setBack] = useState("");
  const { script, checked } = shop;
  const play = usePlay(script?.name ?? "", language);
  const playing = useStand(play, tab === "run");
  const stand = useLive(tab === "live" ? liveLine : 0, playing);
  const broken = checked?.graph === null;
  const source = script?.source ?? "";
  const go = (to: number): void => shop.editor.current?.go(to);
  const beginTour = (): void => {
    setBack(script?.name ?? "");
    setBreakpoints([]);
    shop.enter(TOUR, FORUM);
    setTour(0);
  };
  const endTour = (): void => {
    localStorage.setItem(TOUR_SEEN, "seen");
    setTour(null);
    setTab("flow");
    const next = back === "" || back === TOUR ? shop.scripts[0] : back;
    if (next !== undefined) shop.open(next);
  };
  // It opens by itself for whoever is here for the first time and asked for nothing.
  useEffect(() => {
    if (shop.loaded && localStorage.getItem(TOUR_SEEN) === null && !shop.asked) beginTour();
  }, [shop.loaded]);
  const panels: Record<Exclude<Tab, "script">, () => ReactNode> = {
    flow: () => <Flow checked={checked} source={source} line={line} language={language} onGo={go} />,
    run: () => <Run play={play} source={source} broken={broken} breakpoints={breakpoints} language={language} />,
    tests: () => <Tests key={script?.name} play={play} name={script?.name ?? ""} source={source} broken={broken} language={language} onStep={(number) => { play.start(source, number); setTab("run"); }} />,
    live: () => <Live key={script?.name} name={script?.name ?? ""} breakpoints={breakpoints} language={language} onStand={setLiveLine} />,
    versions: () => <Versions key={script?.published?.version} shop={shop} language={language} mayPublish={person.role === "admin"} />,
  };
  return (
    <div className={`studio at-${tab}`}>
      <Bar shop={shop} language={language} person={person} onLeave={onLeave} onTour={tour === null ? beginTour : null} />
      {shop.problem !== null && <Refusal problem={shop.problem} language={language} />}
      {tour !== null && <Tour at={tour} shop={shop} play={play} language={language} onTab={setTab} onGo={setTour} onEnd={endTour} />}
      {script !== null && (
        <div className="bench">
          <section className="paper" aria-label={language.t("studio.script")}>
            <Editor
              key={script.opened}
              name={script.name}
              source={script.source}
              language={language}
              stand={stand}
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

interface Stand {
  line: number;
  passed: readonly number[];
}

// A live session's place, or the play's; the same object as long as it is the same place.
function useLive(line: number, playing: Stand): Stand {
  const [live, setLive] = useState<Stand>({ line: 0, passed: [] });
  useEffect(() => setLive({ line, passed: [] }), [line]);
  return line > 0 ? live : playing;
}
