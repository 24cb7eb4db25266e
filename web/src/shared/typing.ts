// Typing is told every few seconds, and shown for a few after it was told last.
export const TYPING_SHOWN_MS = 6000;
const TOLD_EVERY_MS = 3000;

export class TypingTeller {
  private toldAt = 0;

  // Calls @send when it is time; false from it: it was not sent.
  tell(send: () => boolean): void {
    const now = Date.now();
    if (now - this.toldAt >= TOLD_EVERY_MS && send()) this.toldAt = now;
  }

  // Something was sent: what is typed next is told at once.
  reset(): void {
    this.toldAt = 0;
  }
}
