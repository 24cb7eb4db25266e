// Receipts: how far somebody has got with the messages of a conversation. Nothing
// of it is stored on the server, so that each connection tells it anew.
export interface Seen {
  delivered: number; // the number of the last message that has arrived
  read: number; // and of the last that somebody has had before the eyes
}

export const NOTHING_SEEN: Seen = { delivered: 0, read: 0 };

export function readSeen(value: unknown): Seen {
  const { delivered, read } = (typeof value === "object" && value !== null ? value : {}) as Partial<Seen>;
  return { delivered: typeof delivered === "number" ? delivered : 0, read: typeof read === "number" ? read : 0 };
}

export type SeenKey = "chat.receipt.sent" | "chat.receipt.delivered" | "chat.receipt.read";

// What stands below the last message of one's own.
export function receiptOf(number: number, seen: Seen): SeenKey {
  if (number <= seen.read) return "chat.receipt.read";
  return number <= seen.delivered ? "chat.receipt.delivered" : "chat.receipt.sent";
}

export class SeenTeller {
  private told = NOTHING_SEEN;
  private now = NOTHING_SEEN;

  // @send: false if nothing left.
  constructor(private readonly send: (seen: Seen) => boolean) {}

  delivered(number: number): void {
    this.tell({ ...this.now, delivered: Math.max(this.now.delivered, number) });
  }

  read(number: number): void {
    const read = Math.max(this.now.read, number);
    this.tell({ delivered: Math.max(this.now.delivered, read), read });
  }

  // A new connection knows nothing.
  anew(): void {
    this.told = NOTHING_SEEN;
    this.tell(this.now);
  }

  private tell(now: Seen): void {
    this.now = now;
    const isNews = now.delivered > this.told.delivered || now.read > this.told.read;
    if (isNews && this.send(now)) this.told = now;
  }
}
