// Reads anew when asked: one reading at a time, and not too often. What happens
// while one is under way may be too late for it, so it is read once more.

const AFTER_FAILURE_MS = 2000;

export class Reread {
  private wanted = false;
  private reading = false;
  private closed = false;
  private timer: number | undefined;
  private nextAt = 0;

  // @read rejects when it should be tried again; @pauseMs: how long the next one
  // waits after one that took so many milliseconds.
  constructor(private readonly read: () => Promise<void>, private readonly pauseMs: (tookMs: number) => number) {}

  soon(): void {
    this.wanted = true;
    this.plan();
  }

  close(): void {
    this.closed = true;
    clearTimeout(this.timer);
  }

  private plan(): void {
    if (this.closed || this.reading || !this.wanted || this.timer !== undefined) return;
    this.timer = setTimeout(() => void this.run(), Math.max(0, this.nextAt - Date.now()));
  }

  private async run(): Promise<void> {
    this.timer = undefined;
    this.wanted = false;
    this.reading = true;
    const began = Date.now();
    let pause = 0;
    try {
      await this.read();
    } catch {
      this.wanted = true;
      pause = AFTER_FAILURE_MS;
    }
    this.reading = false;
    const now = Date.now();
    this.nextAt = now + Math.max(pause, this.pauseMs(now - began));
    this.plan();
  }
}
