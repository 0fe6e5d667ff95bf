// The person's own actions. Each sends a packet or opens a box of the page.
//
// In:  the name of an action, from a key, a button of the page or a gamepad. Out: packets, and boxes.
// Walking, aiming and swinging are no actions but an intent that lasts: see input/controls.js.

import { openChat } from "../ui/chat.js";
import { closeAll, toggleHelp } from "../ui/screens.js";

/**
 * The actions by name. Each takes a number, which tells "place" and "choose" the item or weapon.
 * @param {import("../lib/connection.js").Send} send @param {import("../input/input.js").Input} input
 * @param {import("../ui/netpanel.js").NetPanel} netPanel
 * @param {() => number[]} choices returns the weapons that the person can choose from
 * @returns {Record<string, (argument: number) => void>}
 */
export function actionsOf(send, input, netPanel, choices) {
  return {
    eat: () => send("EAT"),
    place: (item) => send("PLACE", item, input.angle),
    shoot: () => send("SHOOT", input.angle),
    choose: (index) => index < choices().length && send("UPGRADE", choices()[index]),
    ready: () => send("READY", true),
    chat: () => openChat(input, (text) => send("CHAT", text)),
    net: () => netPanel.toggle(),
    help: () => toggleHelp(),
    close: () => closeAll(),
  };
}
