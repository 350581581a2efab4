import type { House, Showing } from "../house";
import { endedScreen } from "../matches";
import type { Screen } from "../view";
import { call } from "./call";
import { check } from "./check";
import { lobby } from "./lobby";
import { cancelled, exited, loading, over, removed, replaced } from "./plain";
import { waiting } from "./waiting";

export function screenFor(screen: Screen, house: House): Showing {
  switch (screen.name) {
    case "loading":
      return loading(house);
    case "over":
      return over(screen.problem);
    case "replaced":
      return replaced(house);
    case "cancelled":
      return cancelled(house);
    case "waiting":
      return waiting(house);
    case "check":
      return check(house);
    case "lobby":
      return lobby(house);
    case "call":
      return call(house);
    case "exited":
      return exited(house);
    case "removed":
      return removed();
    case "ended":
      return endedScreen(house);
  }
}
