// The server writes instants in the zone it knows of the person. The browser knows the zone the person is in.

const instant = new Intl.DateTimeFormat("en-GB", {
  weekday: "long",
  day: "numeric",
  month: "long",
  year: "numeric",
  hour: "2-digit",
  minute: "2-digit",
  timeZoneName: "short",
});

/** Writes every instant below root in the browser's zone, in the server's words. Days without an hour stay. */
export function localize(root: ParentNode): void {
  for (const element of root.querySelectorAll<HTMLTimeElement>("time[datetime*='T']")) {
    const at = new Date(element.dateTime);
    if (!Number.isNaN(at.getTime())) {
      element.textContent = text(at);
    }
  }
}

function text(at: Date): string {
  const parts = new Map(instant.formatToParts(at).map((part) => [part.type, part.value]));
  const part = (type: Intl.DateTimeFormatPartTypes): string => parts.get(type) ?? "";
  const day = `${part("weekday")} ${part("day")} ${part("month")} ${part("year")}`;
  return `${day} at ${part("hour")}:${part("minute")} (${part("timeZoneName")})`;
}

/** mm:ss, or h:mm:ss from an hour on; never negative. */
export function clockText(ms: number): string {
  const s = Math.max(0, Math.ceil(ms / 1000));
  const two = (n: number): string => String(n).padStart(2, "0");
  const rest = `${two(Math.floor(s / 60) % 60)}:${two(s % 60)}`;
  return s >= 3600 ? `${Math.floor(s / 3600)}:${rest}` : rest;
}
