// The way in: a page that this machine's own teacher opens is let in at once, others are asked for the operator's token.

import { byId, element, setText, show } from "../dom.js";
import { Link } from "../link.js";

const KEPT = "operator-token";

/**
 * Opens the way to the server and shows #desk when it is open.
 * @param {string} path @param {(link: Link) => void} opened @param {(news: any) => void} news
 */
export function openDesk(path, opened, news = () => {}) {
  const message = element("p", { className: "bad", role: "alert" });
  const input = element("input", { type: "password", required: true, autocomplete: "off", id: "token" });
  const form = element(
    "form",
    { className: "box narrow", id: "login" },
    message,
    element("label", {}, "Operator's token ", input),
    element("p", { className: "soft" }, "The server printed it when it was started."),
    element("button", { className: "main" }, "Open"),
  );
  show(form, false);
  byId("desk").before(form);
  form.onsubmit = (event) => {
    event.preventDefault();
    knock(input.value.trim());
  };
  knock(sessionStorage.getItem(KEPT) ?? "");

  function knock(token) {
    const link = new Link(path, token, {
      opened() {
        if (token) sessionStorage.setItem(KEPT, token);
        show(form, false);
        show(byId("desk"), true);
        opened(link);
      },
      news,
      ended(problem) {
        show(byId("desk"), false);
        show(form, true);
        setText(message, problem);
        input.focus();
      },
    });
  }
}
