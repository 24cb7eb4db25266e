// The last hours, by quarter: who came, who was answered, who left, and how well it went.
import { useMemo } from "react";
import type { Figure } from "./api";
import { percent } from "./parts";
import type { WallLanguage } from "./messages";
import { Chart } from "./chart";

const HOURS_SHOWN = 8;
const QUARTER_S = 900;

export function Quarters({ figures, language, height }: { figures: readonly Figure[]; language: WallLanguage; height?: number | undefined }) {
  const { t } = language;
  const xs = useMemo(() => figures.map((f) => Date.parse(f.begin ?? "") / 1000 + QUARTER_S / 2), [figures]);
  const series = useMemo(() => [
    { label: t("wall.entered"), colour: "faint" as const, values: figures.map((f) => f.entered) },
    { label: t("wall.answered"), colour: "accent" as const, values: figures.map((f) => f.answered) },
    { label: t("wall.abandoned"), colour: "bad" as const, values: figures.map((f) => f.abandoned) },
    { label: t("wall.serviceLevel"), colour: "good" as const, percent: true, values: figures.map((f) => f.serviceLevel) },
  ], [figures, t]);
  const end = Math.ceil(Date.now() / 1000 / QUARTER_S) * QUARTER_S;
  const last = figures.at(-1);
  const words = t("wall.quarters.words", { entered: last?.entered ?? 0, answered: last?.answered ?? 0, level: percent(last?.serviceLevel ?? null, language) });
  return <Chart label={words} xs={xs} series={series} bars range={[end - HOURS_SHOWN * 3600, end]} time={language.time} percent={(share) => percent(share, language)} height={height} />;
}
