// The words that depend on something. No DOM here.
import type { Last, Problem, View } from "./protocol";
import type { Fault, Own } from "./view";

/** "2 minutes 30 seconds", for those who listen. */
export function spokenTime(ms: number): string {
  const s = Math.max(0, Math.round(ms / 1000));
  const parts = [
    count(Math.floor(s / 86400), "day"),
    count(Math.floor(s / 3600) % 24, "hour"),
    count(Math.floor(s / 60) % 60, "minute"),
    count(s % 60, "second"),
  ].filter(Boolean);
  return parts.slice(0, 2).join(" ") || "0 seconds";
}

function count(n: number, unit: string): string {
  return n === 0 ? "" : `${n} ${unit}${n === 1 ? "" : "s"}`;
}

export function names(all: { name: string }[]): string {
  return new Intl.ListFormat("en-GB").format(all.map((p) => p.name || "somebody"));
}

/** How the last meeting ended, and by whom, as far as this page can know. */
export function ended(last: Last, own: Own | null): string {
  const name = last.name || "your partner";
  if (own?.no === last.no) {
    return own.did === "blocked"
      ? `You have blocked ${name}. You two will never be matched again.`
      : `You left the meeting with ${name}.`;
  }
  switch (last.reason) {
    case "time":
      return `Time is up: your meeting with ${name} is over. We hope you enjoyed it.`;
    case "left":
    case "exited":
      return `${name} left the meeting. You keep your place in the queue.`;
    case "lost":
      return `The connection with ${name} was lost. You keep your place in the queue.`;
    case "no_media":
      return `We could not connect you and ${name} in time. You keep your place in the queue.`;
    case "removed":
    case "organiser":
      return `The organisers ended your meeting with ${name}.`;
    case "session":
      return `The session is over, and so is your meeting with ${name}.`;
    case "room_failed":
      return `The video server could not hold your meeting with ${name}. You keep your place in the queue.`;
    default:
      return `Your meeting with ${name} has ended.`;
  }
}

/** Which rules a long wait has relaxed, in a sentence; empty for none. */
export function relaxed(rules: string[], met: boolean): string {
  if (rules.length === 0) {
    return "";
  }
  const what = new Intl.ListFormat("en-GB").format(rules.map(rule));
  return met
    ? `One of you had waited long, so for this meeting we set aside ${what}.`
    : `As you have waited a while, we now set aside ${what}, to find somebody for you sooner.`;
}

function rule(code: string): string {
  if (code === "ticket_types") {
    return "the rule about ticket types";
  }
  return code === "repeat" ? "the rule about meeting the same person again" : `the rule about ${code.replace(/^attribute:/, "").replaceAll("_", " ")}`;
}

/** What to do about a camera or a microphone that does not work, in as few texts as say it. */
export function faults({ camera, microphone }: { camera: Fault; microphone: Fault }): string[] {
  if (camera === microphone) {
    return camera === "" ? [] : [faultText(camera, "camera and microphone", true)];
  }
  return [faultText(camera, "camera", false), faultText(microphone, "microphone", false)].filter(Boolean);
}

function faultText(fault: Fault, device: string, both: boolean): string {
  switch (fault) {
    case "denied":
      return `Your browser does not let this page use your ${device}. Allow ${both ? "them" : "it"} with the icon beside the address, or in the settings of your system, then try again.`;
    case "none":
      return `We found no ${both ? "camera and no microphone" : device}. Connect one, then try again.`;
    case "busy":
      return `Your ${device} ${both ? "are" : "is"} in use by another program or tab. Close that, then try again.`;
    case "insecure":
      return "Browsers give a camera and a microphone only to pages whose address begins with https. Please use such a link.";
    case "other":
      return `Your ${device} could not be started. Unplug ${both ? "them, plug them" : "it, plug it"} in again, or restart your browser.`;
    case "":
      return "";
  }
}

/** What the server says of a problem, as a sentence for people. */
export function sentence(detail: string): string {
  return detail === "" ? "" : `${detail.charAt(0).toUpperCase()}${detail.slice(1)}${/[.!?]$/.test(detail) ? "" : "."}`;
}

export function heading(p: Problem): string {
  switch (p.code) {
    case "link_expired":
      return "This link has expired";
    case "ticket_needed":
      return "You need a valid ticket";
    default:
      return p.status === 403 ? "This link does not work" : "There is nothing here any more";
  }
}

/** When a session takes place, where the reader is. */
export function span({ session }: View): string {
  const day = new Intl.DateTimeFormat("en-GB", { weekday: "long", day: "numeric", month: "long" });
  const hour = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit" });
  const [from, to] = [new Date(session.starts_at), new Date(session.ends_at)];
  return `${day.format(from)}, ${hour.format(from)} to ${hour.format(to)}`;
}
