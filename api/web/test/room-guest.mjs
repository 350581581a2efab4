// A guest is a person with a browser window of their own, who sees and presses what anybody would.
import assert from "node:assert/strict";
import path from "node:path";
import axe from "axe-core";
import { chromium } from "playwright-core";

const pictures = process.env.RONDO_SCREENSHOTS;
const looks = { desktop: { width: 1280, height: 800 }, phone: { width: 390, height: 844 } };

const patience = 90_000; // ms; a busy machine without graphics takes its time to begin with backgrounds

let browser = null;

/** Says what was seen, for the Go test. */
export function fact(name, more = {}) {
  console.log(JSON.stringify({ fact: name, ...more }));
}

export async function begin(name, link) {
  browser ??= await chromium.launch({
    executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
    args: [
      "--headless=new", "--no-sandbox", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update",
      "--disable-sync", "--use-fake-ui-for-media-stream", "--use-fake-device-for-media-stream=fps=15",
      "--autoplay-policy=no-user-gesture-required", "--use-angle=swiftshader", "--enable-unsafe-swiftshader", "--disable-gpu-compositing",
    ],
  });
  const context = await browser.newContext({ viewport: looks.desktop, permissions: ["camera", "microphone"], reducedMotion: "reduce" });
  const guest = new Guest(name, link, context);
  await guest.open();
  return guest;
}

export async function finish() {
  await browser?.close();
}

export class Guest {
  faults = [];

  constructor(name, link, context) {
    this.name = name;
    this.link = link;
    this.context = context;
  }

  /** Opens the link in another tab of the same browser; the guest goes on in it. */
  async open() {
    const page = await this.context.newPage();
    this.page = page;
    page.setDefaultTimeout(patience);
    const { hostname } = new URL(this.link);
    page.on("console", (message) => {
      if (/Content Security Policy|Refused to/.test(message.text())) {
        this.faults.push(message.text());
      }
    });
    page.on("pageerror", (error) => this.faults.push(error.message));
    page.on("request", (request) => {
      const url = new URL(request.url());
      if (!["blob:", "data:"].includes(url.protocol) && url.hostname !== hostname) {
        this.faults.push(`request to ${request.url()}`);
      }
    });
    await page.goto(this.link, { waitUntil: "domcontentloaded" });
    return page;
  }

  noFaults() {
    assert.deepEqual(this.faults, [], this.name);
  }

  async text() {
    return await this.page.innerText("body");
  }

  button(name) {
    return this.page.getByRole("button", { name });
  }

  async press(name) {
    await this.button(name).first().click();
  }

  async sees(what, timeout = patience) {
    await this.page.getByText(what).first().waitFor({ timeout });
  }

  /** Waits for a screen, by what the page calls it. */
  async at(screen, timeout = patience) {
    await this.page.waitForSelector(`body[data-screen="${screen}"]`, { timeout });
  }

  /** Through the device check into the lobby. */
  async enter() {
    await this.at("check");
    await this.button("Enter").click();
    await this.at("lobby");
  }

  async ready() {
    await this.press("I'm Ready");
  }

  /** Waits until so many frames of the other are decoded from now on. */
  async decodes(least = 5) {
    const frames = () => this.page.evaluate(() => {
      const video = document.querySelector("video.remote");
      const { totalVideoFrames: total = 0 } = video?.getVideoPlaybackQuality() ?? {};
      return { total, width: video?.videoWidth ?? 0, height: video?.videoHeight ?? 0, time: video?.currentTime ?? 0 };
    });
    const began = Date.now();
    let before = await frames();
    for (;;) {
      const now = await frames();
      if (now.total < before.total) {
        before = now; // another track
      }
      if (now.total - before.total >= least && now.width > 0 && now.time > 0) {
        return { frames: now.total - before.total, width: now.width, height: now.height, ms: Date.now() - began };
      }
      assert.ok(Date.now() - began < patience, `${this.name} decodes nothing: ${JSON.stringify({ before, now })}`);
      await this.page.waitForTimeout(100);
    }
  }

  /** Notes what the timer says when the extension is offered; this script may be too slow to see it. */
  async watchOffer() {
    await this.page.evaluate(() => {
      const timer = setInterval(() => {
        if (document.querySelector(".extension")?.checkVisibility()) {
          document.body.dataset.offeredAt = document.querySelector(".timer").textContent;
          clearInterval(timer);
        }
      }, 50);
    });
  }

  async offeredAt() {
    return await this.page.evaluate(() => document.body.dataset.offeredAt);
  }

  /** How long the meeting lasts by the page's timer, in seconds. */
  async left() {
    const text = await this.page.getByRole("timer", { name: "Time left" }).textContent();
    const [minutes, seconds] = text.split(":").map(Number);
    return minutes * 60 + seconds;
  }

  /** Looks at the page as it is, wide and narrow: for pictures, and for anything that keeps somebody out. */
  async inspect(what, sizes = ["desktop", "phone"]) {
    await this.page.evaluate(axe.source);
    for (const look of sizes) {
      await this.page.setViewportSize(looks[look]);
      await this.picture(`${what}-${look}`);
      const { violations } = await this.page.evaluate(() => globalThis.axe.run(document, {
        runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
        resultTypes: ["violations"],
      }));
      const found = violations.map((v) => `${v.id}: ${v.nodes.slice(0, 3).map((n) => `${n.target} ${n.failureSummary}`).join("; ")}`);
      assert.deepEqual(found, [], `${what}, ${look}`);
      const overflow = await this.page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
      assert.equal(overflow, 0, `${what}, ${look}, scrolls sideways`);
    }
    await this.page.setViewportSize(looks.desktop);
    fact("accessible", { what });
  }

  async picture(what) {
    if (pictures) {
      await this.page.screenshot({ path: path.join(pictures, `room-${what}-${this.name}.png`) });
    }
  }
}
