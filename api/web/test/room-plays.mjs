// What two guests do, and what each must see then.
import assert from "node:assert/strict";
import { fact } from "./room-guest.mjs";

async function both(a, b, what) {
  return await Promise.all([what(a, b), what(b, a)]);
}

/** From the link into a call in which both see each other. */
async function together(a, b) {
  await both(a, b, (g) => g.enter());
  await both(a, b, (g) => g.ready());
  const began = Date.now();
  await both(a, b, (g) => g.at("call"));
  fact("matched", { ms: Date.now() - began });
  const seen = await both(a, b, (g) => g.decodes());
  fact("video", { ms: Date.now() - began, a: seen[0], b: seen[1] });
  await both(a, b, (g) => g.page.waitForFunction(() => /^\d+:\d\d$/.test(document.querySelector(".timer")?.textContent ?? "")));
  fact("timer", { a: await a.left(), b: await b.left() });
}

async function nameOf(guest) {
  return await guest.page.locator("h1").innerText();
}

export async function meet(a, b) {
  await a.at("check");
  await a.button("Enter").waitFor();
  await a.inspect("check");
  await backgrounds(a);
  await a.button("Enter").click();
  await a.at("lobby");
  await a.inspect("lobby");
  await a.ready();
  await a.sees("Looking for somebody for you");
  await a.inspect("waiting");
  await a.press("Not ready");
  await a.button("I'm Ready").waitFor();
  fact("unready");
  await b.enter();
  await both(a, b, (g) => g.ready());
  await both(a, b, (g) => g.at("call"));
  await a.watchOffer();
  const video = await both(a, b, (g) => g.decodes(3));
  fact("blur", { a: video[0], b: video[1] });
  await a.press("Settings");
  await choose(a, "None");
  await a.press("Done");
  fact("video", await b.decodes(10));
  const names = await both(a, b, nameOf);
  fact("names", { a: names[0], b: names[1] });

  await a.press("Request connection");
  await a.sees("Requested");
  await b.button("Accept").waitFor();
  fact("requested");
  await b.inspect("asked");
  await b.press("Accept");
  const emails = await both(a, b, async (g) => await g.page.locator(".connect-state a").innerText());
  fact("connected", { a: emails[0], b: emails[1] });

  await extend(a, b);
  await a.inspect("call");

  await b.press("Leave this Session");
  await both(a, b, (g) => g.at("lobby"));
  await a.sees("left the meeting");
  await b.sees("You left the meeting");
  fact("left");
  await a.inspect("after");
  await both(a, b, async (g) => {
    await g.press("View matches");
    await g.page.locator(".matches li").first().waitFor();
  });
  const lists = await both(a, b, (g) => g.page.locator(".matches h3").allInnerTexts());
  assert.deepEqual(lists, [[names[0]], [names[1]]]);
  fact("matches", { a: lists[0], b: lists[1] });
  await a.inspect("matches");
  await a.press("Close");
  await a.press("Exit networking");
  await a.inspect("exit");
  await a.page.locator("dialog").getByRole("button", { name: "Exit networking" }).click();
  await a.at("exited");
  fact("exited");
  await a.press("Come back in");
  await a.at("lobby");
  fact("came_back");
}

/** A colour behind oneself, and then a blur, which the other gets to see. */
async function backgrounds(a) {
  await a.press("Background effects");
  await choose(a, "Violet");
  const colour = await a.page.waitForFunction(
    () => {
      const video = document.querySelector("dialog .preview video");
      const context = Object.assign(document.createElement("canvas"), { width: 32, height: 24 }).getContext("2d");
      context.drawImage(video, 0, 0, 32, 24);
      const { data } = context.getImageData(0, 0, 32, 24);
      let near = 0;
      for (let i = 0; i < data.length; i += 4) {
        near += Math.hypot(data[i] - 0x5b, data[i + 1] - 0x4b, data[i + 2] - 0x7a) < 40 ? 1 : 0;
      }
      return near > 32 * 24 * 0.3 ? near / (32 * 24) : null;
    },
    null,
    { polling: 500 },
  );
  fact("colour", { share: await colour.jsonValue() });
  await choose(a, "Blur");
  await a.inspect("settings");
  await a.press("Done");
}

async function choose(guest, effect) {
  await guest.page.locator("dialog").getByText(effect, { exact: true }).click();
  await guest.page.waitForFunction(() => !/One moment/.test(document.querySelector("dialog")?.textContent ?? ""));
  assert.ok(await guest.page.getByRole("radio", { name: effect }).isChecked(), `${effect}: ${await guest.page.locator("dialog").innerText()}`);
}

/** Offered at 0:30, and half the length is added once both want it. */
async function extend(a, b) {
  await both(a, b, (g) => g.button("Extend").waitFor({ timeout: 120_000 }));
  const offered = await a.offeredAt();
  assert.ok(offered === "00:30" || offered === "00:29", `offered at ${offered}`);
  await a.press("Extend");
  await a.page.locator(".extension").getByText("Waiting for").waitFor();
  await b.sees("wants to extend");
  await b.inspect("extend", ["phone"]); // there is not time for more
  await b.press("Extend");
  await both(a, b, (g) => g.page.waitForFunction(() => Number(document.querySelector(".timer")?.textContent?.split(":")[1]) > 30 || !document.querySelector(".timer")?.textContent?.startsWith("00")));
  fact("extended", { offered, left: await a.left() });
}

/** Loaded again in the middle of a call, the page is back in the same call without asking anything. */
export async function reload(a, b) {
  await together(a, b);
  const name = await nameOf(a);
  const before = await a.left();
  await a.page.reload({ waitUntil: "domcontentloaded" });
  const began = Date.now();
  await a.at("call");
  const seen = await both(a, b, (g) => g.decodes());
  assert.equal(await nameOf(a), name);
  const after = await a.left();
  assert.ok(after < before && before - after < 25, `${before} then ${after}`);
  fact("reloaded", { ms: Date.now() - began, a: seen[0], b: seen[1] });
}

/** The other's browser dies: one is told, and free again after the grace. */
export async function killed(a, b) {
  await together(a, b);
  const began = Date.now();
  b.page.goto("chrome://crash").catch(() => {});
  await a.sees("lost the connection", 30_000);
  fact("noticed", { ms: Date.now() - began });
  await a.inspect("lost");
  await a.at("lobby", 60_000);
  await a.sees("The connection with");
  await a.button("I'm Ready").waitFor();
  fact("freed", { ms: Date.now() - began });
}

/** The session ends during a call, which lasts to its own limit. The Go test ends the session when it reads "calling". */
export async function ending(a, b) {
  await together(a, b);
  fact("calling");
  await both(a, b, (g) => g.at("ended", 180_000));
  await both(a, b, (g) => g.page.locator(".matches li").first().waitFor());
  await a.inspect("ended");
  await a.press("Request connection");
  await a.sees("Requested");
  await b.button("Accept").waitFor();
  await b.press("Accept");
  await b.sees("Connected");
  fact("ended", { a: await a.page.locator(".matches h3").allInnerTexts() });
}

/** The same link in a second tab: the newer one has the call, the older one says so and can take it back. */
export async function tabs(a, b) {
  await together(a, b);
  const older = a.page;
  await a.open();
  await a.at("check");
  await a.inspect("second-tab");
  await a.button("Enter").click();
  await a.at("call");
  await a.decodes();
  await older.waitForSelector('body[data-screen="replaced"]');
  fact("replaced");
  const newer = a.page;
  a.page = older;
  await a.inspect("replaced");
  await a.press("Use it here instead");
  await a.at("call");
  await a.decodes();
  await newer.waitForSelector('body[data-screen="replaced"]');
  fact("taken_back");
}

/** One without a camera: joins with audio only, and the meeting begins all the same. */
export async function quiet(a, b) {
  await b.page.addInitScript(() => {
    const get = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
    navigator.mediaDevices.getUserMedia = async (constraints) => {
      if (constraints?.video) {
        throw new DOMException("there is no camera", "NotFoundError");
      }
      return await get(constraints);
    };
  });
  await b.page.reload({ waitUntil: "domcontentloaded" });
  await b.at("check");
  await b.sees("We found no camera");
  await b.inspect("no-camera");
  await b.press("Join with audio only");
  await b.at("lobby");
  await a.enter();
  await both(a, b, (g) => g.ready());
  await both(a, b, (g) => g.at("call"));
  await b.decodes();
  await a.sees("Camera is off");
  await a.page.waitForFunction(() => /^\d+:\d\d$/.test(document.querySelector(".timer")?.textContent ?? ""));
  await a.inspect("audio-only");
  fact("audio_only");
}

/** Before the doors: what the organisers want to be seen, and a countdown; then the page goes on by itself. */
export async function doors(a, b) {
  await both(a, b, (g) => g.at("waiting"));
  const film = a.page.locator("video");
  if (await film.count()) {
    await a.press("Play the video"); // the guests want no motion that they did not ask for
    await a.page.waitForFunction(() => document.querySelector("video").currentTime > 0.2);
    await a.press("Pause the video");
    await a.button("Play the video").waitFor();
  }
  assert.match(await a.page.locator(".count").innerText(), /^(\d+:)?\d\d:\d\d$/);
  await a.inspect("doors");
  fact("waiting", { film: await film.count() > 0, image: await a.page.locator(".doors img").count() > 0 });
  await both(a, b, (g) => g.at("check", 180_000));
  fact("doors_open");
}
