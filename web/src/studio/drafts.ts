// What was written and not published, kept in this browser: a reload loses nothing.
export interface Draft {
  base: string; // the version that it began from; empty: the script is new
  source: string;
}

const PREFIX = "baton.studio.";

export function readDraft(name: string): Draft | null {
  try {
    const kept: unknown = JSON.parse(localStorage.getItem(PREFIX + name) ?? "null");
    return typeof kept === "object" && kept !== null && "source" in kept && "base" in kept ? (kept as Draft) : null;
  } catch {
    return null;
  }
}

export function keepDraft(name: string, draft: Draft): void {
  try {
    localStorage.setItem(PREFIX + name, JSON.stringify(draft));
  } catch {
    // A browser that keeps nothing: the text is still in the page.
  }
}

export function dropDraft(name: string): void {
  localStorage.removeItem(PREFIX + name);
}

// Scripts that were begun here and never published.
export function draftNames(): string[] {
  return Object.keys(localStorage)
    .filter((key) => key.startsWith(PREFIX))
    .map((key) => key.slice(PREFIX.length));
}
