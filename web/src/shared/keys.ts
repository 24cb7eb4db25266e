import type { KeyboardEvent } from "react";

// Enter sends; with Shift it begins a line, and within a composition it chooses.
export function isSend(event: KeyboardEvent): boolean {
  return event.key === "Enter" && !event.shiftKey && !event.nativeEvent.isComposing;
}
