// Which camera, microphone and speaker.
import { fill, h, show } from "./dom";
import type { Sort } from "./devices";
import type { House } from "./house";

const labels: Record<Sort, string> = { camera: "Camera", microphone: "Microphone", speaker: "Speaker" };
let ids = 0;

export function pickers(house: House, sorts: Sort[]): { element: HTMLElement; update(): void } {
  const all = sorts.map((sort) => {
    const id = `pick-${sort}-${++ids}`;
    const select = h("select", { id, change: () => void house.media()?.devices.use(sort, select.value).then(() => sort === "speaker" && house.media()?.calls.speaker(select.value)) });
    return { sort, select, row: h("div", { class: "pick" }, h("label", { for: id }, labels[sort]), select) };
  });

  async function refresh(): Promise<void> {
    const devices = house.media()?.devices;
    for (const { sort, select, row } of all) {
      const choices = (await devices?.list(sort)) ?? [];
      const using = devices?.using(sort) ?? "";
      fill(select, choices, () => choices.map((c) => h("option", { value: c.id }, c.label)));
      if (choices.some((c) => c.id === using)) {
        select.value = using;
      }
      show(row, choices.length > 0 && (sort !== "speaker" || "setSinkId" in HTMLMediaElement.prototype));
    }
  }

  return { element: h("div", { class: "pickers" }, ...all.map((p) => p.row)), update: () => void refresh() };
}
