// Follows the server's views. Not an EventSource, which neither tells why it was refused nor notices silence.
import { passing, problemOf } from "./api";
import { readView, type Problem, type View } from "./protocol";

export interface Listener {
  view(view: View): void;
  /** Another page of the same person has taken over; this stream is over. */
  replaced(): void;
  /** The server will have nothing to do with this link; this stream is over. */
  refused(problem: Problem): void;
  connected(live: boolean): void;
}

const silence = 25_000; // ms; the server sends a view at least every 10 s
const longest = 8_000; // ms between two attempts

export class Stream {
  private over = false;
  private attempt: AbortController | null = null;
  private wake: () => void = () => {};
  private fresh = false;

  constructor(
    private readonly url: string,
    private readonly listener: Listener,
  ) {}

  /** Connects, and again whenever the connection is lost, until stop. */
  async run(): Promise<void> {
    for (let wait = 500; !this.over; ) {
      const begun = Date.now();
      await this.follow();
      if (this.over) {
        return;
      }
      this.listener.connected(false);
      wait = Date.now() - begun > 2 * longest ? 500 : Math.min(wait * 2, longest);
      await this.pause(this.fresh ? 0 : wait * (0.5 + Math.random() / 2));
      this.fresh = false;
    }
  }

  /** Tries again now instead of later; fresh also gives up a connection that may be dead, as when the network has changed. */
  kick(fresh = false): void {
    if (fresh) {
      this.fresh = true;
      this.attempt?.abort();
    }
    this.wake();
  }

  stop(): void {
    this.over = true;
    this.attempt?.abort();
    this.wake();
  }

  private async follow(): Promise<void> {
    const attempt = new AbortController();
    this.attempt = attempt;
    let watchdog = window.setTimeout(() => attempt.abort(), silence);
    try {
      const answer = await fetch(this.url, { headers: { Accept: "text/event-stream" }, signal: attempt.signal, cache: "no-store" });
      if (!answer.ok || !answer.body) {
        if (!passing(answer.status)) {
          this.over = true;
          this.listener.refused(await problemOf(answer));
        }
        return;
      }
      const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
      for (let rest = ""; ; ) {
        const { done, value } = await reader.read();
        if (done) {
          return;
        }
        this.listener.connected(true);
        window.clearTimeout(watchdog);
        watchdog = window.setTimeout(() => attempt.abort(), silence);
        const events = (rest + value).split("\n\n");
        rest = events.pop() ?? "";
        events.forEach((event) => this.take(event));
      }
    } catch {
      // lost, aborted or silent: run tries again
    } finally {
      window.clearTimeout(watchdog);
    }
  }

  private take(event: string): void {
    let name = "message";
    const data: string[] = [];
    for (const line of event.split("\n")) {
      if (line.startsWith("event:")) {
        name = line.slice(6).trim();
      } else if (line.startsWith("data:")) {
        data.push(line.slice(5));
      }
    }
    if (this.over) {
      return;
    }
    if (name === "state") {
      this.listener.view(readView(data.join("\n")));
    } else if (name === "replaced") {
      this.stop();
      this.listener.replaced();
    }
  }

  private async pause(ms: number): Promise<void> {
    await new Promise<void>((done) => {
      const timer = window.setTimeout(done, ms);
      this.wake = () => {
        window.clearTimeout(timer);
        done();
      };
    });
    this.wake = () => {};
  }
}
