// What goes on beside the words of one conversation of the desk: files on their
// way, and how far the customer has got.
import { type FilesTaken, readTaken, type Upload, Uploads } from "../shared/files";
import type { Frame } from "../shared/line";
import { NOTHING_SEEN, readSeen, type Seen, SeenTeller } from "../shared/seen";

export interface SideState {
  seen: Seen;
  takes: FilesTaken | null;
  uploads: readonly Upload[];
}

const EMPTY: SideState = { seen: NOTHING_SEEN, takes: null, uploads: [] };

export class Side {
  private state = EMPTY;
  private readonly watchers = new Set<() => void>();
  readonly uploads: Uploads;
  private readonly teller: SeenTeller;

  constructor(session: string, send: (frame: Frame) => boolean) {
    this.uploads = new Uploads(() => ({ server: location.origin, session }), (uploads) => this.change({ uploads }));
    this.teller = new SeenTeller((seen) => send({ type: "seen", session, ...seen }));
  }

  readonly subscribe = (watcher: () => void): (() => void) => {
    this.watchers.add(watcher);
    return () => this.watchers.delete(watcher);
  };

  readonly snapshot = (): SideState => this.state;

  // Also after each reconnection.
  onAssigned(frame: Frame, last: number): void {
    this.change({ seen: readSeen(frame["seen"]), takes: readTaken(frame) });
    this.teller.anew();
    this.teller.delivered(last);
    this.uploads.hurry();
  }

  onMessage(last: number): void {
    this.teller.delivered(last);
  }

  onSeen(frame: Frame): void {
    this.change({ seen: readSeen(frame) });
  }

  look(last: number): void {
    this.teller.read(last);
  }

  private change(part: Partial<SideState>): void {
    this.state = { ...this.state, ...part };
    for (const watcher of this.watchers) watcher();
  }
}
