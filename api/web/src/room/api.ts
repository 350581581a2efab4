// Asks the server for what the attendee wants, until it has answered.
import type { Kind, Match, Problem } from "./protocol";

/** The server says no, or could not be reached: then the status is 0. */
export class Refused extends Error {
  constructor(readonly problem: Problem) {
    super(problem.detail);
  }
}

export interface Fields {
  meeting?: number;
  person?: number;
  reason?: string;
  text?: string;
}

const patience = 20_000; // ms in which an action is repeated

export class Api {
  /** path is the signed link's, with what stands before it; tab names this page among those of the same person. */
  constructor(
    readonly path: string,
    readonly tab: string,
  ) {}

  /** Sends an action until it is taken or refused. Its key makes sending it twice harmless. */
  async act(kind: Kind, fields: Fields = {}): Promise<void> {
    const body = JSON.stringify({ key: key(), kind, tab: this.tab, ...fields });
    const until = Date.now() + patience;
    for (let wait = 250; ; wait = Math.min(wait * 2, 4000)) {
      const problem = await this.post(body);
      if (!problem) {
        return;
      }
      if (!passing(problem.status) || Date.now() + wait > until) {
        throw new Refused(problem);
      }
      await new Promise((done) => setTimeout(done, wait));
    }
  }

  private async post(body: string): Promise<Problem | null> {
    try {
      const answer = await fetch(`${this.path}/actions`, {
        method: "POST",
        headers: { "Content-Type": "application/json" },
        body,
        keepalive: true,
        signal: AbortSignal.timeout(8000),
      });
      return answer.ok ? null : await problemOf(answer);
    } catch {
      return unreachable;
    }
  }

  /** Lists whom the attendee has met, the latest first. */
  async matches(): Promise<Match[]> {
    let answer: Response;
    try {
      answer = await fetch(`${this.path}/matches`, { signal: AbortSignal.timeout(8000) });
    } catch {
      throw new Refused(unreachable);
    }
    if (!answer.ok) {
      throw new Refused(await problemOf(answer));
    }
    const { matches } = (await answer.json()) as { matches: Match[] | null };
    return (matches ?? [])
      .map((m) => ({ ...m, shows: m.shows ?? [] }))
      .sort((a, b) => Date.parse(b.met_at) - Date.parse(a.met_at));
  }
}

const unreachable: Problem = { status: 0, code: "unreachable", detail: "We cannot reach the server. Please check your connection." };

/** Reads a problem, also where a proxy answered in its own words. */
export async function problemOf(answer: Response): Promise<Problem> {
  try {
    const { status = answer.status, code = "", detail = "" } = (await answer.json()) as Partial<Problem>;
    return { status, code, detail };
  } catch {
    return { status: answer.status, code: "", detail: "" };
  }
}

/** Whether asking again may help. */
export function passing(status: number): boolean {
  return status === 0 || status === 408 || status === 425 || status === 429 || status >= 500;
}

/** A random UUID. Unlike crypto.randomUUID this also works where a page is not served securely. */
export function key(): string {
  const b = crypto.getRandomValues(new Uint8Array(16));
  b[6] = ((b[6] ?? 0) & 0x0f) | 0x40;
  b[8] = ((b[8] ?? 0) & 0x3f) | 0x80;
  const hex = Array.from(b, (v) => v.toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}
