// A chart over time. What it shows is said in words, too.
import { useEffect, useRef, useState } from "react";
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";

export interface Series {
  label: string;
  colour: "accent" | "good" | "warn" | "bad" | "faint";
  values: (number | null)[];
  percent?: boolean; // on an axis of its own, 0 … 100 %
}

interface Props {
  label: string; // what it says, for those who do not see it
  xs: number[]; // seconds since 1970
  series: Series[];
  bars?: boolean;
  range?: [number, number];
  height?: number | undefined;
  time: (at: string) => string; // of the language
  percent: (share: number) => string;
}

const HEIGHT = 200;

// The colour that a variable of the page has now: canvases know no variables.
function colourOf(host: HTMLElement, name: string): string {
  const probe = document.createElement("span");
  probe.style.color = `var(--${name})`;
  host.append(probe);
  const colour = getComputedStyle(probe).color;
  probe.remove();
  return colour;
}

const MINUTES = [1, 2, 5, 10, 15, 30, 60, 120, 240].map((minutes) => minutes * 60);

function axesOf(host: HTMLElement, { series, time, percent }: Props): uPlot.Axis[] {
  const stroke = colourOf(host, "faint");
  const grid = { stroke: colourOf(host, "line"), width: 1 };
  const whole: uPlot.Axis = { stroke, grid, ticks: { show: false }, size: 34, incrs: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 5000] };
  const share: uPlot.Axis = {
    scale: "%", side: 1, stroke, grid: { show: false }, ticks: { show: false }, size: 44,
    values: (_, values) => values.map(percent),
  };
  const x: uPlot.Axis = { stroke, grid: { show: false }, ticks: { show: false }, incrs: MINUTES, values: (_, values) => values.map((s) => time(new Date(s * 1000).toISOString())) };
  return series.some((one) => one.percent) ? [x, whole, share] : [x, whole];
}

function make(host: HTMLElement, props: Props): uPlot {
  const { series, bars, range, height = HEIGHT } = props;
  return new uPlot({
    width: host.clientWidth,
    height,
    cursor: { show: false },
    legend: { show: false },
    scales: {
      ...(range === undefined ? {} : { x: { range } }),
      y: { range: (_, __, most) => [0, Math.max(4, most * 1.1)] },
      "%": { range: [0, 1.02] },
    },
    axes: axesOf(host, props),
    series: [{}, ...series.map((one, i): uPlot.Series => {
      const stroke = colourOf(host, one.colour);
      const isBar = bars === true && one.percent !== true;
      // Each bar stands before the one that it is a part of.
      const paths = uPlot.paths.bars?.({ size: [0.9 / (i + 1), 36 / (i + 1)] });
      return {
        label: one.label, stroke, width: isBar ? 0 : 2, scale: one.percent ? "%" : "y",
        points: { show: bars === true && one.percent === true, size: 7, fill: stroke },
        ...(isBar && paths !== undefined ? { paths, fill: stroke } : {}),
      };
    })],
  }, [[], ...series.map(() => [])] as uPlot.AlignedData, host);
}

// Changes when light becomes dark.
function useScheme(): boolean {
  const query = "(prefers-color-scheme: dark)";
  const [dark, setDark] = useState(() => matchMedia(query).matches);
  useEffect(() => {
    const media = matchMedia(query);
    const look = (): void => setDark(media.matches);
    media.addEventListener("change", look);
    return () => media.removeEventListener("change", look);
  }, []);
  return dark;
}

export function Chart(props: Props) {
  const { label, xs, series } = props;
  const host = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | null>(null);
  const dark = useScheme();
  const shape = series.map((one) => `${one.label} ${one.colour}`).join() + String(props.range?.[0] ?? "");
  useEffect(() => {
    const here = host.current;
    if (here === null) return;
    const made = make(here, props);
    plot.current = made;
    made.setData([xs, ...series.map((one) => one.values)] as uPlot.AlignedData);
    const watcher = new ResizeObserver(() => made.setSize({ width: here.clientWidth, height: made.height }));
    watcher.observe(here);
    return () => {
      watcher.disconnect();
      made.destroy();
      plot.current = null;
    };
    // What else changes is data, and comes below.
  }, [shape, dark]);
  useEffect(() => plot.current?.setData([xs, ...series.map((one) => one.values)] as uPlot.AlignedData), [xs, series]);
  return (
    <figure className="chart">
      <div ref={host} role="img" aria-label={label} />
      <figcaption>
        {series.map((one) => <span key={one.label} className={`key key-${one.colour}`}>{one.label}</span>)}
      </figcaption>
    </figure>
  );
}
