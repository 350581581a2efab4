// Counts down to when the doors open, and then looks whether they are.
import { clockText } from "./times";

const patience = 5000; // ms, after which the page is loaded anew

/** Fills every element below root that says until when. */
export function countDown(root: ParentNode): void {
  for (const element of root.querySelectorAll<HTMLElement>("[data-until]")) {
    const until = Date.parse(element.dataset.until ?? "");
    if (!Number.isNaN(until)) {
      element.hidden = false;
      tick(element, until);
    }
  }
}

function tick(element: HTMLElement, until: number): void {
  const left = until - Date.now();
  element.textContent = left > 0 ? clockText(left) : "Any moment now";
  if (left > 0) {
    window.setTimeout(() => tick(element, until), 250);
  } else {
    window.setTimeout(() => window.location.reload(), patience * (1 + 2 * Math.random())); // not all at once
  }
}
