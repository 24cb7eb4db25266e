// A window on a long list: pages show a few hundred of thousands of messages, those
// where somebody looks, and the last of them at first.
import { type RefObject, useEffect, useLayoutEffect, useRef, useState } from "react";

const STEP = 100; // shown at first, and more whenever an edge is near
const MOST = 300; // shown at once, and a step more for a moment
const NEAR_PX = 80;

interface Range {
  first: unknown; // of all: it is seen when older ones come before it
  from: number;
  to: number | null; // behind the last; null: whatever comes
}

export interface Tail<T> {
  shown: readonly T[];
  from: number; // index of the first of them
  isAtEnd: boolean; // the last of all is shown
  log: RefObject<HTMLDivElement | null>; // what scrolls
  onScroll: () => void;
}

// Keeps to the end while the reader is there; @grows changes with whatever stands
// behind the list, and @own when the reader has written: then the end is shown.
export function useTail<T>(all: readonly T[], grows: unknown, own: unknown = null): Tail<T> {
  const log = useRef<HTMLDivElement>(null);
  const follows = useRef(true);
  const below = useRef<number | null>(null); // what is kept when the top changes: from there to the end
  const goesUp = useRef(false);
  const [range, setRange] = useState<Range>(() => endOf(all));
  const now = fit(range, all, follows.current);
  if (now !== range) setRange(now);
  useLayoutEffect(() => {
    const box = log.current;
    if (box === null) return;
    if (below.current !== null) box.scrollTop = box.scrollHeight - below.current;
    below.current = null;
    const to = now.to ?? all.length;
    if (to - now.from <= MOST) return;
    if (goesUp.current) setRange({ ...now, to: now.from + MOST });
    else {
      below.current = box.scrollHeight - box.scrollTop;
      setRange({ ...now, from: to - MOST });
    }
  }, [now, all.length]);
  const before = useRef(own);
  useEffect(() => {
    const box = log.current;
    if (before.current !== own) {
      follows.current = true;
      if (now.to !== null) setRange(endOf(all));
    }
    before.current = own;
    if (box !== null && follows.current) box.scrollTop = box.scrollHeight;
  }, [all.length, grows, own, now]);
  const onScroll = (): void => {
    const box = log.current;
    if (box === null) return;
    const left = box.scrollHeight - box.scrollTop - box.clientHeight;
    follows.current = now.to === null && left < NEAR_PX / 2;
    if (box.scrollTop < NEAR_PX && now.from > 0) {
      goesUp.current = true;
      below.current = box.scrollHeight - box.scrollTop;
      setRange({ ...now, from: Math.max(0, now.from - STEP) });
    } else if (left < NEAR_PX && now.to !== null) {
      goesUp.current = false;
      setRange({ ...now, to: now.to + STEP < all.length ? now.to + STEP : null });
    }
  };
  // What opens above or below makes it smaller.
  useEffect(() => {
    const box = log.current;
    if (box === null) return;
    const watcher = new ResizeObserver(() => {
      if (follows.current) box.scrollTop = box.scrollHeight;
    });
    watcher.observe(box);
    return () => watcher.disconnect();
  }, []);
  // Older ones that come while the reader is at the top already: nothing is scrolled then.
  useEffect(() => {
    if (!follows.current) onScroll();
  }, [all.length]);
  return { shown: all.slice(now.from, now.to ?? all.length), from: now.from, isAtEnd: now.to === null, log, onScroll };
}

const endOf = (all: readonly unknown[]): Range => ({ first: all[0], from: Math.max(0, all.length - STEP), to: null });

// The list has grown at either end, or is another.
function fit(range: Range, all: readonly unknown[], follows: boolean): Range {
  const older = range.first === all[0] ? 0 : all.indexOf(range.first);
  if (older < 0) return endOf(all);
  const { from, to } = range;
  if (older > 0) return { first: all[0], from: from + older, to: to === null ? null : to + older };
  if (to !== null || all.length - from <= MOST + STEP) return range;
  return follows ? endOf(all) : { ...range, to: from + MOST };
}
