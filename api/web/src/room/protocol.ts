// What the server says and takes. It has the last word on everything but this device.

export type Phase = "planned" | "doors" | "open" | "ending" | "closed" | "cancelled";
export type Place = "outside" | "lobby" | "ready" | "meeting" | "away" | "exited" | "removed";
export type Connection = "none" | "requested" | "asked" | "connected";
export type Answer = "" | "yes" | "no";
export type Kind =
  | "enter" | "ready" | "unready" | "media" | "leave" | "extend" | "decline" | "connect" | "block" | "report" | "exit" | "rename";

/** An attribute of somebody that others may see. */
export interface Shown {
  name: string;
  value: string;
}

export interface Partner {
  person: number;
  name: string;
  shows: Shown[];
  here: boolean;
  connection: Connection;
  email?: string;
}

export interface Meeting {
  no: number;
  url: string;
  token: string;
  connect_by: string;
  started_at: string | null;
  ends_at: string | null;
  extended: boolean;
  extension: { mine: Answer; theirs: Answer } | null;
  relaxed: string[];
  partners: Partner[];
}

export interface Session {
  id: number;
  name: string;
  event: string;
  phase: Phase;
  paused: boolean;
  doors_at: string;
  starts_at: string;
  ends_at: string;
  meeting_seconds: number;
  extension: boolean;
  media: { url: string; type: string } | null;
  announcement: { text: string; at: string } | null;
}

export interface Me {
  person: number;
  name: string;
  state: Place;
  ready_at: string | null;
  relaxed: string[];
  tab: string;
  shows: Shown[];
}

/** The meeting that ended last. */
export interface Last {
  no: number;
  reason: string;
  name: string;
}

/** Everything a page shows, as of now. Instants are RFC 3339. */
export interface View {
  now: string;
  seq: number;
  session: Session;
  here: number;
  ready: number;
  me: Me;
  meeting: Meeting | null;
  last: Last | null;
}

/** Somebody met in this session. */
export interface Match {
  meeting: number;
  person: number;
  name: string;
  shows: Shown[];
  met_at: string;
  seconds: number;
  connection: Connection;
  email?: string;
}

/** The body of an RFC 9457 problem. */
export interface Problem {
  status: number;
  code: string;
  detail: string;
}

/** Reads a View. Go writes empty lists as null. */
export function readView(json: string): View {
  const view = JSON.parse(json) as View;
  view.me.relaxed ??= [];
  view.me.shows ??= [];
  if (view.meeting) {
    view.meeting.relaxed ??= [];
    view.meeting.partners = (view.meeting.partners ?? []).map((p) => ({ ...p, shows: p.shows ?? [] }));
  }
  return view;
}
