// Two people meet in Chromium with fake cameras, against a running Rondo and LiveKit. Arguments: what to play, then one join
// link for each. Prints one line of JSON for every fact, for the Go test that started it to read. RONDO_SCREENSHOTS names a
// folder for pictures.
import assert from "node:assert/strict";
import { doors, ending, killed, meet, quiet, reload, tabs } from "./room-plays.mjs";
import { begin, finish } from "./room-guest.mjs";

const plays = { doors, ending, killed, meet, quiet, reload, tabs };
const [name, ...links] = process.argv.slice(2);
assert.ok(name in plays, `what to play is one of ${Object.keys(plays).join(", ")}`);
assert.equal(links.length, 2, "two join links are needed");

const guests = [];
try {
  for (const [i, link] of links.entries()) {
    guests.push(await begin(["a", "b"][i], link));
  }
  await plays[name](...guests);
  for (const guest of guests) {
    guest.noFaults();
  }
} catch (e) {
  for (const guest of guests) {
    await guest.picture("failed").catch(() => {});
    console.error(guest.name, guest.faults, await guest.text().catch(() => ""));
  }
  throw e;
} finally {
  await finish();
}
