// A line that was begun and not sent: there again after a reload of the tab.
export function keptLine(key: string): string {
  try {
    return sessionStorage.getItem(key) ?? "";
  } catch {
    return "";
  }
}

export function keepLine(key: string, line: string): void {
  try {
    if (line === "") sessionStorage.removeItem(key);
    else sessionStorage.setItem(key, line);
  } catch {
    // A full or forbidden storage: the line stands in its field, but not over a reload.
  }
}
