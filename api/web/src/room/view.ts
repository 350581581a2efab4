// What the page shows, as a function of the server's last view and of what this device and its owner did. No DOM here.
import type { Kind, Meeting, Partner, Problem, View } from "./protocol";

/** What is wrong with a camera or a microphone; empty: nothing. */
export type Fault = "" | "denied" | "none" | "busy" | "insecure" | "other";

/** The camera and the microphone of this device. */
export interface Devices {
  /** idle: not asked for; asking: the browser asks its user; done: we have what there is. */
  state: "idle" | "asking" | "done";
  camera: Fault;
  microphone: Fault;
}

/** Whether the server's stream flows. */
export type Link = "connecting" | "live" | "lost";

/** What became of the last meeting by the attendee's own hand; the server tells it to nobody. */
export interface Own {
  no: number;
  did: "left" | "blocked" | "exited";
}

export interface State {
  tab: string;
  view: View | null;
  link: Link;
  /** Why the stream is over for good. */
  over: "replaced" | Problem | null;
  devices: Devices;
  /** The attendee has gone in with this page, or had before it was loaded again. */
  entered: boolean;
  /** Loaded again by somebody who was in: nothing is asked twice. */
  returning: boolean;
  own: Own | null;
  /** Actions under way, by what they are about: nothing is pressed twice. */
  pending: ReadonlySet<string>;
  /** The last thing that went wrong with an action. */
  trouble: string;
}

export type Happening =
  | { what: "view"; view: View }
  | { what: "link"; link: Link }
  | { what: "over"; why: "replaced" | Problem }
  | { what: "devices"; devices: Devices }
  | { what: "entered"; entered: boolean }
  | { what: "returned" }
  | { what: "sent"; about: string; own?: Own }
  | { what: "settled"; about: string }
  | { what: "refused"; about: string; trouble: string }
  | { what: "calm" };

export function begin(tab: string, returning: boolean): State {
  return {
    tab,
    view: null,
    link: "connecting",
    over: null,
    devices: { state: "idle", camera: "", microphone: "" },
    entered: false,
    returning,
    own: null,
    pending: new Set(),
    trouble: "",
  };
}

export function reduce(s: State, h: Happening): State {
  switch (h.what) {
    case "view":
      // Streams connect anew, and an older view must not come after a newer one.
      return s.view && Date.parse(h.view.now) < Date.parse(s.view.now) ? s : settle({ ...s, view: h.view });
    case "link":
      return s.link === h.link ? s : { ...s, link: h.link };
    case "over":
      return { ...s, over: h.why };
    case "devices":
      return { ...s, devices: h.devices };
    case "entered":
      return { ...s, entered: h.entered, returning: s.returning && h.entered };
    case "returned":
      return { ...s, returning: false };
    case "sent":
      return { ...s, pending: new Set(s.pending).add(h.about), own: h.own ?? s.own, trouble: "" };
    case "settled":
      return s.pending.has(h.about) ? { ...s, pending: without(s.pending, h.about) } : s;
    case "refused":
      return { ...s, pending: without(s.pending, h.about), trouble: h.trouble };
    case "calm":
      return s.trouble ? { ...s, trouble: "" } : s;
  }
}

function without(all: ReadonlySet<string>, one: string): ReadonlySet<string> {
  const rest = new Set(all);
  rest.delete(one);
  return rest;
}

/** Forgets the pending actions whose effect a view shows, or which have become pointless. */
function settle(s: State): State {
  const pending = [...s.pending].filter((about) => !shows(s, about));
  return pending.length === s.pending.size ? s : { ...s, pending: new Set(pending) };
}

/** Names an action: its kind, and the meeting or the person it is about. */
export function about(kind: Kind, id: number | "" = ""): string {
  return id === "" ? kind : `${kind}:${id}`;
}

function shows({ view, tab }: State, what: string): boolean {
  if (!view) {
    return false;
  }
  const [kind, id] = what.split(":") as [Kind, string?];
  const { me, meeting } = view;
  const here = meeting && String(meeting.no) === id ? meeting : null;
  switch (kind) {
    case "enter":
      return me.tab === tab && me.state !== "outside" && me.state !== "exited" && me.state !== "away";
    case "ready":
      return me.state !== "lobby" && me.state !== "away";
    case "unready":
      return me.state !== "ready";
    case "exit":
      return me.state === "exited";
    case "leave":
    case "media":
      return !here;
    case "extend":
    case "decline":
      return !here?.extension || here.extension.mine !== "";
    case "connect":
      return meeting?.partners.some((p) => String(p.person) === id && (p.connection === "requested" || p.connection === "connected")) ?? false;
    default:
      return false;
  }
}

/** What of the page is shown. */
export type Screen =
  | { name: "loading" }
  | { name: "over"; problem: Problem }
  | { name: "replaced" }
  | { name: "cancelled"; view: View }
  | { name: "waiting"; view: View }
  | { name: "check"; view: View }
  | { name: "lobby"; view: View }
  | { name: "call"; view: View; meeting: Meeting }
  | { name: "exited"; view: View }
  | { name: "removed"; view: View }
  | { name: "ended"; view: View };

export function screenOf(s: State): Screen {
  const { view, over } = s;
  if (over) {
    return over === "replaced" ? { name: "replaced" } : { name: "over", problem: over };
  }
  if (!view) {
    return { name: "loading" };
  }
  const { session, me, meeting } = view;
  if (session.phase === "cancelled") {
    return { name: "cancelled", view };
  }
  const inside = me.state === "lobby" || me.state === "ready" || me.state === "meeting" || me.state === "away";
  const open = inside && s.entered && s.devices.state === "done";
  const here = open && able(s.devices);
  if (s.returning && inside && s.devices.state !== "done") {
    return { name: "loading" }; // a moment, until the devices that were used before are back
  }
  if (meeting && me.state === "meeting") {
    return open ? { name: "call", view, meeting } : { name: "check", view }; // whose devices fail in a call goes on listening
  }
  if (session.phase === "closed" || session.phase === "ending") {
    return { name: "ended", view };
  }
  if (me.state === "removed") {
    return { name: "removed", view };
  }
  if (session.phase === "planned") {
    return { name: "waiting", view };
  }
  if (me.state === "exited" && !s.pending.has("enter")) {
    return { name: "exited", view };
  }
  return here ? { name: "lobby", view } : { name: "check", view };
}

/** Whether there is anything to be seen or heard with. */
export function able(d: Devices): boolean {
  return d.camera === "" || d.microphone === "";
}

/** The call that this page is to hold, if any: only the newest page of a person holds one. */
export function callOf(s: State): Meeting | null {
  const screen = screenOf(s);
  return screen.name === "call" && screen.view.me.tab === s.tab ? screen.meeting : null;
}

/** What an attendee may do about staying in touch with somebody. */
export function connecting(p: Pick<Partner, "person" | "connection">, pending: ReadonlySet<string>): Partner["connection"] {
  if (p.connection !== "connected" && pending.has(about("connect", p.person))) {
    return p.connection === "asked" ? "connected" : "requested";
  }
  return p.connection;
}
