// The server's clock, as far as this page can know it.

const kept = 8;

export class Clock {
  private offsets: number[] = [];

  /** Learns from an instant that the server wrote a moment ago. Of the last few the one that was on its way shortest counts. */
  learn(now: string): void {
    const offset = Date.parse(now) - Date.now();
    const last = this.offsets.at(-1);
    if (last !== undefined && Math.abs(offset - last) > 10_000) {
      this.offsets = []; // somebody has set this device's clock
    }
    this.offsets = [...this.offsets, offset].slice(-kept);
  }

  /** The server's time, in ms since 1970. */
  now(): number {
    return Date.now() + (this.offsets.length ? Math.max(...this.offsets) : 0);
  }

  /** ms from now until an instant; negative once it has passed. */
  until(instant: string): number {
    return Date.parse(instant) - this.now();
  }
}
