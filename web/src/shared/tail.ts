// The end of a long list: pages show the last of thousands of messages, and more
// of them when somebody looks further up.
import { type RefObject, useEffect, useLayoutEffect, useRef, useState } from "react";

const STEP = 100;

export interface Tail<T> {
  shown: readonly T[];
  log: RefObject<HTMLDivElement | null>; // what scrolls
  onScroll: () => void;
}

// Keeps to the end while the reader is there; @grows changes with whatever stands
// behind the list.
export function useTail<T>(all: readonly T[], grows: unknown): Tail<T> {
  const log = useRef<HTMLDivElement>(null);
  const [count, setCount] = useState(STEP);
  const atEnd = useRef(true);
  const below = useRef(0); // from what is at the top to the end
  const shown = all.slice(-count);
  useEffect(() => {
    const box = log.current;
    if (box !== null && atEnd.current) box.scrollTop = box.scrollHeight;
  }, [all.length, grows]);
  useLayoutEffect(() => {
    const box = log.current;
    if (box !== null && count > STEP) box.scrollTop = box.scrollHeight - below.current;
  }, [count]);
  const onScroll = (): void => {
    const box = log.current;
    if (box === null) return;
    atEnd.current = box.scrollHeight - box.scrollTop - box.clientHeight < 40;
    if (box.scrollTop < 80 && count < all.length) {
      below.current = box.scrollHeight - box.scrollTop;
      setCount(count + STEP);
    }
  };
  return { shown, log, onScroll };
}
