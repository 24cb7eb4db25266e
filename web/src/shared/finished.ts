// A finished session, as the history shows it.
export interface Finished {
  session: string;
  openedAt: string;
  endedAt: string;
  customer: string | null;
  name: string | null;
  number: string | null;
  entryPoint: string | null;
  queue: string | null;
  agent: string | null;
  disposition: string | null;
  endReason: string | null;
  messages: number;
}

export interface FinishedPage {
  sessions: Finished[];
  next: string | null;
}
