// What this browser remembers of its user's choices. Nothing of it leaves the device.

export type Effect = { kind: "none" } | { kind: "blur" } | { kind: "color"; color: string } | { kind: "picture" };

export interface Choices {
  camera?: string;
  microphone?: string;
  speaker?: string;
  cameraOn: boolean;
  microphoneOn: boolean;
  effect: Effect;
}

const choicesKey = "rondo.room";
const pictureKey = "rondo.room.picture";

/** Reads the choices; where nothing is kept, or nothing may be, the usual ones. */
export function recall(): Choices {
  const usual: Choices = { cameraOn: true, microphoneOn: true, effect: { kind: "none" } };
  try {
    return { ...usual, ...(JSON.parse(localStorage.getItem(choicesKey) ?? "{}") as Partial<Choices>) };
  } catch {
    return usual;
  }
}

export function remember(change: Partial<Choices>): void {
  keep(localStorage, choicesKey, JSON.stringify({ ...recall(), ...change }));
}

/** The attendee's own background as a data URL, or "". */
export function picture(): string {
  return read(localStorage, pictureKey);
}

export function keepPicture(dataURL: string): boolean {
  return keep(localStorage, pictureKey, dataURL);
}

/** What a page tells itself across a reload of its tab. */
export class TabMemory {
  constructor(private readonly prefix: string) {}

  get(name: string): string {
    return read(sessionStorage, `${this.prefix}.${name}`);
  }

  set(name: string, value: string): void {
    keep(sessionStorage, `${this.prefix}.${name}`, value);
  }
}

function read(from: Storage, name: string): string {
  try {
    return from.getItem(name) ?? "";
  } catch {
    return "";
  }
}

function keep(into: Storage, name: string, value: string): boolean {
  try {
    into.setItem(name, value);
    return true;
  } catch {
    return false; // full or forbidden: then it is chosen anew next time
  }
}
