// Small helpers instead of a framework. Screens build their elements once and then only change what changed, so that focus
// and video stay where they are.

type Child = Node | string | null | undefined | false;
type Props = Record<string, string | number | boolean | null | undefined | ((event: never) => void)>;

/** Creates an element. Functions become listeners, true an empty attribute; false, null and undefined leave it out. */
export function h<K extends keyof HTMLElementTagNameMap>(tag: K, props: Props = {}, ...children: Child[]): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(props)) {
    if (typeof value === "function") {
      element.addEventListener(name, value as EventListener);
    } else if (value !== false && value !== null && value !== undefined) {
      element.setAttribute(name, value === true ? "" : String(value));
    }
  }
  element.append(...children.filter((c): c is Node | string => c !== null && c !== undefined && c !== false));
  return element;
}

/** Changes a text only if it is another. */
export function say(element: HTMLElement, text: string): void {
  if (element.textContent !== text) {
    element.textContent = text;
  }
}

export function show(element: HTMLElement, visible: boolean): void {
  element.hidden = !visible;
}

/** Replaces the children only if what they are made of is another. */
export function fill(element: HTMLElement, key: unknown, children: () => Child[]): void {
  const next = JSON.stringify(key);
  if (element.dataset.key !== next) {
    element.dataset.key = next;
    element.replaceChildren(...children().filter((c): c is Node | string => c !== null && c !== undefined && c !== false));
  }
}

// Paths on 24 × 24.
const icons = {
  microphone: "M12 3a3 3 0 0 0-3 3v6a3 3 0 0 0 6 0V6a3 3 0 0 0-3-3ZM5 11v1a7 7 0 0 0 14 0v-1M12 19v3",
  "microphone-off": "M12 3a3 3 0 0 0-3 3v6a3 3 0 0 0 6 0V6a3 3 0 0 0-3-3ZM5 11v1a7 7 0 0 0 14 0v-1M12 19v3M3 3l18 18",
  camera: "M4 6h9a2 2 0 0 1 2 2v8a2 2 0 0 1-2 2H4a2 2 0 0 1-2-2V8a2 2 0 0 1 2-2ZM15 11l7-4v10l-7-4",
  "camera-off": "M4 6h9a2 2 0 0 1 2 2v8a2 2 0 0 1-2 2H4a2 2 0 0 1-2-2V8a2 2 0 0 1 2-2ZM15 11l7-4v10l-7-4M3 3l18 18",
  settings: "M4 7h9M17 7h3M4 17h3M11 17h9M15 4.5v5M9 14.5v5",
  people: "M9 11a3.5 3.5 0 1 0 0-7 3.5 3.5 0 0 0 0 7ZM2.5 20c0-3.6 2.9-6 6.5-6s6.5 2.4 6.5 6M16 4.4a3.5 3.5 0 0 1 0 6.2M18.5 14.6c1.9.9 3 2.8 3 5.4",
  phone: "M3.5 15.5c0 1 .8 1.5 1.8 1.3l2.7-.6c.8-.2 1.2-.8 1.2-1.6v-1.5a9 9 0 0 1 5.6 0v1.5c0 .8.4 1.4 1.2 1.6l2.7.6c1 .2 1.8-.3 1.8-1.3C20.5 11 16.5 8.5 12 8.5S3.5 11 3.5 15.5Z",
  exit: "M14 4h4a2 2 0 0 1 2 2v12a2 2 0 0 1-2 2h-4M10 8l-4 4 4 4M6 12h9",
  more: "M5 12h.01M12 12h.01M19 12h.01",
  play: "M8 5.5v13l10.5-6.5Z",
  pause: "M8 5v14M16 5v14",
  close: "M6 6l12 12M18 6 6 18",
  check: "M4.5 12.5l5 5L19.5 7",
  wait: "M12 7v5l3 2M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18Z",
} as const;

export type Icon = keyof typeof icons;

const svg = "http://www.w3.org/2000/svg";

/** A picture that says nothing to those who listen; the text beside it does. */
export function icon(name: Icon): SVGSVGElement {
  const element = document.createElementNS(svg, "svg");
  for (const [attribute, value] of Object.entries({ viewBox: "0 0 24 24", class: `icon icon-${name}`, "aria-hidden": "true", focusable: "false" })) {
    element.setAttribute(attribute, value);
  }
  const path = document.createElementNS(svg, "path");
  path.setAttribute("d", icons[name]);
  element.append(path);
  return element;
}

/** Changes the icon and the text of a button only if they are others. */
export function dress(button: HTMLElement, name: Icon, text: string): void {
  fill(button, [name, text], () => [icon(name), h("span", {}, text)]);
}

/** A button with a text. */
export function button(text: string, press: () => void, props: Props = {}): HTMLButtonElement {
  return h("button", { type: "button", click: press, ...props }, text);
}

/** What somebody shows of themselves. */
export function details(shows: { name: string; value: string }[]): HTMLElement | null {
  return shows.length === 0 ? null : h("dl", { class: "shows" }, ...shows.map((s) => h("div", {}, h("dt", {}, s.name.replaceAll("_", " ")), h("dd", {}, s.value))));
}
