// Opens every page in Chromium: accessible in every scheme and width, nothing loaded from elsewhere, answered by keyboard
// and without scripts. Arguments: the server's address, then name=path of each page. The Go test that starts it checks what
// the server stored. RONDO_SCREENSHOTS names a folder for pictures.
import assert from "node:assert/strict";
import path from "node:path";
import axe from "axe-core";
import { chromium } from "playwright-core";

const [origin, ...rest] = process.argv.slice(2);
const pages = new Map(rest.map((arg) => [arg.slice(0, arg.indexOf("=")), origin + arg.slice(arg.indexOf("=") + 1)]));
const pictures = process.env.RONDO_SCREENSHOTS;

const refused = new Map([["forged", 403], ["expired", 410]]);

const looks = [
  { name: "light", width: 390, height: 844, colorScheme: "light" },
  { name: "dark", width: 390, height: 844, colorScheme: "dark" },
  { name: "narrow", width: 320, height: 568, colorScheme: "light" },
  { name: "narrow-dark", width: 320, height: 568, colorScheme: "dark" },
  { name: "large-text", width: 390, height: 844, colorScheme: "light", text: 2 },
];
if (pictures) {
  looks.push({ name: "desktop", width: 1280, height: 800, colorScheme: "light" });
}

const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM,
  args: [
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
  ],
});

/** Opens a page of its own and fails on errors of scripts or policies, and on requests to other servers. */
async function open(options, use) {
  const context = await browser.newContext(options);
  const page = await context.newPage();
  const faults = [];
  page.on("console", (message) => message.type() === "error" && !/status of 4\d\d/.test(message.text()) && faults.push(message.text()));
  page.on("pageerror", (error) => faults.push(error.message));
  page.on("request", (request) => new URL(request.url()).origin !== origin && faults.push(`request to ${request.url()}`));
  try {
    await use(page);
    assert.deepEqual(faults, []);
  } finally {
    await context.close();
  }
}

async function everyPageInEveryLook() {
  await open({ timezoneId: "Europe/Paris" }, async (page) => {
    for (const [name, url] of pages) {
      const response = await page.goto(url);
      assert.equal(response?.status(), refused.get(name) ?? 200, name);
      await page.evaluate(axe.source);
      await page.evaluate(() => [...document.querySelectorAll("details")].slice(0, 3).forEach((d) => { d.open = true; }));
      for (const look of looks) {
        await dress(page, look);
        if (pictures) {
          await page.screenshot({ path: path.join(pictures, `${name}-${look.name}.png`), fullPage: true });
        }
        await inspect(page, `${name} in ${look.name}`);
      }
    }
  });
}

async function dress(page, { width, height, colorScheme, text = 1 }) {
  await page.setViewportSize({ width, height });
  await page.emulateMedia({ colorScheme });
  await page.evaluate((factor) => { document.documentElement.style.fontSize = `${factor * 100}%`; }, text);
}

async function inspect(page, what) {
  const { violations } = await page.evaluate(() => globalThis.axe.run(document, {
    runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    resultTypes: ["violations"],
  }));
  const found = violations.map((v) => `${v.id}: ${v.nodes.slice(0, 3).map((n) => `${n.target} ${n.failureSummary}`).join("; ")}`);
  assert.deepEqual(found, [], what);
  const overflow = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  assert.equal(overflow, 0, `${what} scrolls sideways`);
}

async function answerByKeyboard() {
  await open({ viewport: { width: 390, height: 844 } }, async (page) => {
    await page.goto(pages.get("ask"));
    await tabTo(page, "Yes, count me in");
    await page.keyboard.press("Enter");
    await page.waitForURL(/done=answered/);
    assert.equal(await page.textContent("h1"), "You are in");
    await tabTo(page, "Take a break, or leave");
    await page.keyboard.press("Space");
    await tabTo(page, "2 weeks");
  });
}

async function tabTo(page, label) {
  for (let presses = 0; presses < 30; presses++) {
    await page.keyboard.press("Tab");
    if ((await page.evaluate(() => document.activeElement?.textContent?.trim())) === label) {
      const outline = await page.evaluate(() => getComputedStyle(document.activeElement).outlineStyle);
      assert.notEqual(outline, "none", `${label} does not show the focus`);
      return;
    }
  }
  assert.fail(`${label} cannot be reached by keyboard`);
}

async function answerWithoutScripts() {
  await open({ javaScriptEnabled: false }, async (page) => {
    await page.goto(`${pages.get("ask-other")}?answer=no`);
    assert.equal(await page.locator("h1").textContent(), "Not this time?");
    assert.equal(await page.locator("button.main").textContent(), "Not this time");
    await page.locator("button.main").click();
    await page.waitForURL(/done=answered/);
    assert.equal(await page.locator("h1").textContent(), "Not this time");
  });
}

/** The same instant, where the browser is. */
async function timesAreTheReaders() {
  const read = async (timezoneId, javaScriptEnabled) => {
    let text = "";
    await open({ timezoneId, javaScriptEnabled }, async (page) => {
      await page.goto(pages.get("ask-other"));
      text = (await page.locator("time[datetime*='T']").first().textContent()) ?? "";
    });
    return text;
  };
  const format = /^[A-Z][a-z]+day \d{1,2} [A-Z][a-z]+ \d{4} at \d\d:\d\d \((?<zone>[^)]+)\)$/;
  assert.equal((await read("Asia/Tokyo", true)).match(format)?.groups?.zone, "GMT+9");
  assert.equal((await read("America/New_York", true)).match(format)?.groups?.zone.slice(0, 3), "GMT");
  assert.match(await read("Asia/Tokyo", false), format);
  assert.doesNotMatch(await read("Asia/Tokyo", false), /GMT\+9/);
}

try {
  for (const check of [everyPageInEveryLook, timesAreTheReaders, answerByKeyboard, answerWithoutScripts]) {
    const begin = Date.now();
    await check();
    console.log(`${check.name}: ok, ${Date.now() - begin} ms`);
  }
} finally {
  await browser.close();
}
