// Opens a teaching page's connection to the server, and opens it again after a loss. The server lets a page of its own
// machine in at once, and asks others for the operator's token. When the server goes, the page stays as it is, says so,
// and connects again when the server is back.

import { ofThisTab, onReturn } from "../browser.js";
import { byId, element, setText, show } from "../lib/dom.js";
import { Link } from "../net/link.js";

const KEPT = "operator-token";
const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 8000;
const NO_CLOSE = 1006;

/**
 * The connection to the server; it stays the same object when a new link replaces a lost one.
 * @typedef {{isOpen: () => boolean, do: (method: string, args: Record<string, any>) => Promise<any>}} Way
 */

/**
 * Opens the connection to the server and shows #desk when it is open.
 * @param {string} path @param {(way: Way) => void} opened called the first time @param {(news: any) => void} news
 * @param {() => void} returned called for each later connection, after the server was gone
 */
export function openDesk(path, opened, news = () => {}, returned = () => {}) {
  const gone = element("p", { className: "gone", role: "status", hidden: true });
  byId("desk").before(gone);
  const form = tokenForm((token) => knock(token));
  /** @type {Link} */
  let link;
  let wasOpen = false;
  let pause_ms = FIRST_PAUSE_MS;
  let timer = 0; // not 0 while the page waits for the next attempt
  let knockAgain = () => {};
  onReturn(() => timer && knockAgain());
  knock(ofThisTab.get(KEPT) ?? "");

  function knock(token) {
    clearTimeout(timer);
    timer = 0;
    link = new Link(path, token, { opened: () => enter(token), news, ended: (problem, close) => leave(token, problem, close) });
  }

  function enter(token) {
    if (token) ofThisTab.set(KEPT, token);
    pause_ms = FIRST_PAUSE_MS;
    show(gone, false);
    form.hide();
    show(byId("desk"), true);
    if (wasOpen) return returned();
    wasOpen = true;
    opened({ isOpen: () => gone.hidden, do: (method, args) => link.do(method, args) });
  }

  /** A server that refuses sends the reason; a server that has gone sends at most a CLOSE. */
  function leave(token, problem, close) {
    if (link.problem) {
      show(gone, false);
      show(byId("desk"), false);
      return form.ask(problem);
    }
    if (link.isOpen) setText(gone, `The server has gone${lastWords(close)} This page comes back when the server does.`);
    else if (gone.hidden) setText(gone, "The server does not answer. This page goes on trying.");
    show(gone, true);
    knockAgain = () => knock(token);
    timer = setTimeout(knockAgain, pause_ms);
    pause_ms = Math.min(2 * pause_ms, LONGEST_PAUSE_MS);
  }
}

/** The last frame that this page itself got. A class that studies the end of connections sees it here. */
const lastWords = ({ code, reason }) => (code === NO_CLOSE ? " without a CLOSE." : `. Its last frame to this page: CLOSE ${code} ${reason}.`);

/** Asks for the operator's token when the server needs it. @param {(token: string) => void} knock */
function tokenForm(knock) {
  const message = element("p", { className: "bad", role: "alert" });
  const input = element("input", { type: "password", autocomplete: "off", id: "token" });
  const form = element(
    "form",
    { className: "box narrow", id: "login", hidden: true },
    message,
    element("label", {}, "Operator's token ", input),
    element("p", { className: "soft" }, "The server printed it when it was started."),
    element("button", { className: "main" }, "Open"),
  );
  byId("desk").before(form);
  form.onsubmit = (event) => {
    event.preventDefault();
    knock(input.value.trim());
  };
  return {
    hide: () => show(form, false),
    ask(problem) {
      setText(message, problem);
      show(form, true);
      input.focus();
    },
  };
}
