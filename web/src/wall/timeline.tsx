// The lanes drawn, each refusal explained where it happened, and the whole in words.
import { type CSSProperties, useMemo } from "react";
import type { WallEvent } from "./api";
import { type Bar, LANES, type Mark, storyOf, type Told } from "./lanes";
import { storyTeller, type WallKey, type WallLanguage } from "./messages";
import { useNow } from "./parts";

interface Props {
  events: readonly WallEvent[];
  told: readonly Told[];
  language: WallLanguage;
  open: boolean;
}

const place = (at: number): CSSProperties => ({ insetInlineStart: `${(at * 100).toFixed(3)}%` });
const span = (from: number, to: number): CSSProperties => ({ ...place(from), inlineSize: `${((to - from) * 100).toFixed(3)}%` });

// So long, as people say it.
export function lasting(us: number, code: string): string {
  const unit = (value: number, name: string, digits: number): string =>
    new Intl.NumberFormat(code, { style: "unit", unit: name, unitDisplay: "narrow", maximumFractionDigits: digits }).format(value);
  if (us < 1e6) return unit(Math.round(us / 1000), "millisecond", 0);
  return us < 60e6 ? unit(us / 1e6, "second", 1) : `${unit(Math.floor(us / 60e6), "minute", 0)} ${unit(Math.round((us / 1e6) % 60), "second", 0)}`;
}

export function Lanes({ events, told, language, open }: Props) {
  const { t } = language;
  const now = useNow();
  const nowUs = open ? now * 1000 : 0;
  const story = useMemo(() => storyOf(events, nowUs), [events, nowUs]);
  const refusals = told.filter((one) => one.refused);
  const say = useMemo(() => storyTeller(language), [language]);
  return (
    <div className="story">
      <p className="faint">{t(open ? "wall.lanes.hint" : "wall.lanes.hint.over")}</p>
      <div className="scrolls" tabIndex={0} role="region" aria-label={t("wall.story")}>
        <div className="lanes" role="img" aria-label={wordsOf(story.bars, language)}>
          {LANES.map((lane) => (
            <div key={lane} className="lane">
              <span className="lane-name">{t(`wall.lane.${lane}`)}</span>
              <div className="track">
                {story.bars.filter((bar) => bar.lane === lane).map((bar, i) => (
                  <BarOf key={`${i} ${bar.fromUs}`} bar={bar} language={language} />
                ))}
                {story.marks.filter((mark) => mark.lane === lane).map((mark, i) => <MarkOf key={`${i} ${mark.atUs}`} mark={mark} />)}
              </div>
            </div>
          ))}
          <div className="lane ticks">
            <span className="lane-name" />
            <div className="track">
              {story.ticks.map((tick) => <span key={tick.at} className={tick.at > 0.95 ? "tick late" : "tick"} style={place(tick.at)}>{lasting(tick.seconds * 1e6, language.code)}</span>)}
            </div>
          </div>
        </div>
      </div>
      {story.marks.filter((mark) => mark.refusal > 0).map((mark) => (
        <RefusalNote key={mark.refusal} mark={mark} told={refusals[mark.refusal - 1]} window={windowOf(story.bars, mark)} language={language} />
      ))}
      <details>
        <summary>{t("wall.inWords")}</summary>
        <ol className="told">
          {told.map((one, i) => (
            <li key={i} className={one.refused ? "refused" : ""}>
              <time className="faint" dir="ltr">{one.time}</time>
              <div><p dir="auto" lang={langOf(say(one.text))}>{say(one.text) ?? one.text}</p>{one.more.length > 0 && <More lines={one.more} say={say} />}</div>
            </li>
          ))}
        </ol>
      </details>
    </div>
  );
}

// Without the margin that all lines have.
function dedented(lines: readonly string[]): string[] {
  const margin = Math.min(...lines.map((line) => line.search(/\S/)));
  return lines.map((line) => line.slice(margin));
}

type Say = ReturnType<typeof storyTeller>;
const langOf = (own: string | null): "en" | undefined => (own === null ? "en" : undefined);

// What stands below a line of the story: sentences, and lines of script.
function More({ lines, say }: { lines: readonly string[]; say: Say }) {
  return <pre dir="auto">{dedented(lines).map((line, i) => <span key={i} lang={langOf(say(line))}>{say(line) ?? line}{"\n"}</span>)}</pre>;
}

function wordOf(bar: Bar, t: WallLanguage["t"]): string {
  const what = t(`wall.bar.${bar.kind}` as WallKey);
  return bar.who === "" ? what : `${bar.who}: ${what}`;
}

function wordsOf(bars: readonly Bar[], { t, code }: WallLanguage): string {
  return [...bars].sort((a, b) => a.fromUs - b.fromUs)
    .map((bar) => `${wordOf(bar, t)}, ${lasting(bar.toUs - bar.fromUs, code)}`).join("; ");
}

function BarOf({ bar, language }: { bar: Bar; language: WallLanguage }) {
  const words = `${wordOf(bar, language.t)} (${lasting(bar.toUs - bar.fromUs, language.code)})`;
  return <span className={`bar ${bar.kind}${bar.open ? " goes-on" : ""}`} style={span(bar.from, bar.to)} title={words}><span className="clip" dir="auto">{words}</span></span>;
}

function MarkOf({ mark }: { mark: Mark }) {
  if (mark.kind === "refused") {
    return <span className="mark refused" style={place(mark.at)} title={String(mark.event["detail"] ?? "")}>409{mark.refusal > 0 ? ` ${mark.refusal}` : ""}</span>;
  }
  return <span className={`mark ${mark.kind}`} style={place(mark.at)} />;
}

// The release window in which it was refused.
function windowOf(bars: readonly Bar[], mark: Mark): Bar | undefined {
  return bars.find((bar) => bar.kind === "releasing" && bar.fromUs <= mark.atUs && mark.atUs <= bar.toUs);
}

function RefusalNote({ mark, told, window, language }: { mark: Mark; told: Told | undefined; window: Bar | undefined; language: WallLanguage }) {
  const { t, code } = language;
  const { event } = mark;
  const line = event.cause.line === undefined ? "" : ` · ${t("wall.line", { line: event.cause.line })}`;
  return (
    <aside className="refusal" aria-label={t("wall.refusal", { number: mark.refusal })}>
      <strong>409 · {mark.refusal} · {String(event["refusal"])}</strong>
      <span className="faint"> {event.cause.who ?? event.cause.role}{line}</span>
      <Detail text={String(event["detail"] ?? "")} language={language} />
      {window !== undefined && (
        <p>{t(window.open ? "wall.window.open" : "wall.window", { bot: window.who, into: lasting(mark.atUs - window.fromUs, code), whole: lasting(window.toUs - window.fromUs, code) })}</p>
      )}
      {told !== undefined && told.more.length > 0 && <More lines={told.more.filter((one) => !one.trim().startsWith("Why:"))} say={storyTeller(language)} />}
    </aside>
  );
}

function Detail({ text, language }: { text: string; language: WallLanguage }) {
  const own = language.detailed(text);
  return <p lang={own === null ? "en" : undefined}>{own ?? text}</p>;
}
