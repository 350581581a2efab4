// What screens may know and do.
import type { Clock } from "./clock";
import type { Match, Kind } from "./protocol";
import type { Fields } from "./api";
import type { Media } from "./media";
import type { Own, State } from "./view";

export interface House {
  readonly clock: Clock;
  state(): State;
  /** null until the video library is there. */
  media(): Media | null;
  /** Sends an action; trouble is shown. id is what it is about, so that it is not sent twice. */
  act(kind: Kind, fields?: Fields, own?: Own["did"]): Promise<boolean>;
  matches(): Promise<Match[]>;
  /** Whether the video server can be reached, as far as we know. */
  reach(): "unknown" | "looking" | "good" | "bad";
  /** Asks for camera and microphone. */
  ask(): void;
  enter(): void;
  /** Goes on in this page instead of another one. */
  takeOver(): void;
  exit(): void;
  /** Says something to those who listen. */
  announce(text: string): void;
  /** Says something to all, for a while. */
  tell(text: string): void;
  settings(): void;
  viewMatches(): void;
}

/** One of the things the page can show. It is built once, and changes only what changed. */
export interface Showing {
  element: HTMLElement;
  /** For the browser's tab. */
  title(): string;
  update(): void;
  /** Four times a second, for what counts time. */
  tick?(): void;
  gone?(): void;
}
