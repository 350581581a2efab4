// Can this device reach the video server? A request tells about the way there, not about the video itself.

export class Reach {
  state: "unknown" | "looking" | "good" | "bad" = "unknown";

  constructor(
    private url: string,
    private readonly changed: () => void,
  ) {}

  /** Learns the address from a meeting, where the page did not say it. */
  look(url: string): void {
    this.url ||= url;
  }

  check(): void {
    if (this.url === "" || this.state === "looking" || this.state === "good") {
      return;
    }
    this.set("looking");
    fetch(this.url.replace(/^ws/, "http"), { method: "HEAD", mode: "no-cors", signal: AbortSignal.timeout(8000) }).then(
      () => this.set("good"),
      () => this.set("bad"),
    );
  }

  private set(state: Reach["state"]): void {
    this.state = state;
    this.changed();
  }
}
