// A form to edit one frame: every field of the header, and the payload as text, as bytes, or as a packet of the game.
//
// In:  a `FrameModel`. Out: `changed` is called with the frame after every change.

import { element, show } from "../lib/dom.js";
import { encode } from "../lib/msgpack.js";
import { hexOf } from "./bits.js";
import { parseHexText } from "./hextext.js";

const OPCODES = ["CONTINUATION", "TEXT", "BINARY", "", "", "", "", "", "CLOSE", "PING", "PONG", "", "", "", "", ""];
const FORMS = { shortest: "shortest form", 7: "in 7 bits", 16: "in 16 bits", 64: "in 64 bits" };
const KINDS = { text: "text", hex: "hex", packet: "packet, as MessagePack", json: "packet, as JSON" };

export class Builder {
  /** @param {HTMLFormElement} form @param {(frame: any) => void} changed */
  constructor(form, changed) {
    this.changed = changed;
    this.frame = null;
    this.packets = [];
    const flag = (name) => element("input", { type: "checkbox", name });
    this.flags = { fin: flag("FIN"), rsv1: flag("RSV1"), rsv2: flag("RSV2"), rsv3: flag("RSV3"), masked: flag("MASK") };
    this.opcode = element("select", { name: "opcode" }, ...OPCODES.map((name, code) => option(String(code), `${code.toString(16).toUpperCase()} ${name || "reserved"}`)));
    this.key = element("input", { name: "key", size: 12, className: "mono" });
    this.form = element("select", { name: "form" }, ...["shortest", "7", "16", "64"].map((form) => option(form, FORMS[form])));
    this.length = element("input", { name: "length", size: 8, placeholder: "true", className: "mono" });
    this.kind = element("select", { name: "kind" }, ...Object.entries(KINDS).map(([kind, text]) => option(kind, text)));
    this.packet = element("select", { name: "packet" });
    this.payload = element("input", { name: "payload", className: "mono", autocomplete: "off", spellcheck: false });
    this.hint = element("p", { className: "soft small" });
    this.problem = element("p", { className: "bad", role: "alert" });
    show(this.problem, false);
    form.append(this.#switches(), this.#payloadRow(), this.hint, this.problem);
    form.onsubmit = (event) => event.preventDefault();
    form.oninput = (event) => this.#read(event.target);
    this.fieldset = form;
  }

  /** @param {any[]} packets to the server, from /packets.json */
  setPackets(packets) {
    this.packets = packets;
    this.packet.replaceChildren(...packets.map(({ id }) => option(id, id)));
  }

  /** Shows a frame; null: there is no frame to edit. @param {any} frame */
  show(frame) {
    this.frame = frame;
    show(this.fieldset, frame !== null);
    show(this.problem, false);
    if (frame === null) return;
    this.flags.fin.checked = frame.fin;
    frame.rsv.forEach((isSet, i) => (this.flags[`rsv${i + 1}`].checked = isSet));
    this.flags.masked.checked = frame.masked;
    this.opcode.value = String(frame.opcode);
    this.key.value = frame.key.map(hexOf).join(" ");
    this.key.disabled = !frame.masked;
    this.form.value = frame.form;
    this.length.value = frame.length === null ? "" : String(frame.length);
    const text = asText(frame.payload);
    this.kind.value = text === null ? "hex" : "text";
    this.payload.value = text ?? frame.payload.map(hexOf).join(" ");
    this.#showKind();
  }

  #switches() {
    const labelled = (input, text) => element("label", {}, input, ` ${text}`);
    const { fin, rsv1, rsv2, rsv3, masked } = this.flags;
    return element(
      "div",
      { className: "switches" },
      element("span", { className: "field f-fin" }, labelled(fin, "FIN")),
      element("span", { className: "field f-rsv" }, labelled(rsv1, "RSV1"), labelled(rsv2, "RSV2"), labelled(rsv3, "RSV3")),
      element("label", { className: "field f-opcode" }, "opcode ", this.opcode),
      element("span", { className: "field f-mask" }, labelled(masked, "MASK")),
      element("label", { className: "field f-length" }, "length ", this.length, " ", this.form),
      element("label", { className: "field f-key" }, "key ", this.key),
    );
  }

  #payloadRow() {
    return element("div", { className: "payload-row field f-payload" }, element("label", {}, "payload ", this.kind), this.packet, this.payload);
  }

  #showKind() {
    const isPacket = this.kind.value === "packet" || this.kind.value === "json";
    const chosen = this.packets.find(({ id }) => id === this.packet.value);
    show(this.packet, isPacket);
    this.payload.setAttribute("aria-label", isPacket ? "arguments, as a list in JSON" : "payload");
    const args = chosen?.args.map(({ name, must_be, optional }) => `${name}${optional ? " (may be left out)" : ""}: ${must_be}`) ?? [];
    this.hint.textContent = isPacket && chosen ? `${chosen.about}. Arguments, as a list: ${args.join("; ") || "none: []"}` : "";
  }

  #read(input) {
    if (input === this.kind) this.#changeKind();
    if (input === this.packet) this.payload.value = "[]";
    this.#showKind();
    try {
      this.frame = this.#frame();
    } catch (error) {
      this.problem.textContent = error.message;
      show(this.problem, true);
      return;
    }
    show(this.problem, false);
    this.key.disabled = !this.frame.masked;
    this.changed(this.frame);
  }

  /** Writes the present payload in the new kind. */
  #changeKind() {
    if (this.kind.value === "hex") this.payload.value = this.frame.payload.map(hexOf).join(" ");
    else if (this.kind.value === "text") this.payload.value = asText(this.frame.payload) ?? "";
    else {
      this.payload.value = "[]";
      this.opcode.value = this.kind.value === "json" ? "1" : "2";
    }
  }

  #frame() {
    const { fin, rsv1, rsv2, rsv3, masked } = this.flags;
    return {
      fin: fin.checked,
      rsv: [rsv1.checked, rsv2.checked, rsv3.checked],
      opcode: Number(this.opcode.value),
      masked: masked.checked,
      key: bytesFromHex(this.key.value, "the key", 4),
      form: this.form.value,
      length: this.length.value.trim() ? lengthFrom(this.length.value.trim()) : null,
      payload: this.#payloadBytes(),
    };
  }

  #payloadBytes() {
    const written = this.payload.value;
    if (this.kind.value === "text") return [...new TextEncoder().encode(written)];
    if (this.kind.value === "hex") return bytesFromHex(written, "the payload");
    const chosen = this.packets.find(({ id }) => id === this.packet.value);
    const args = listFrom(written);
    return this.kind.value === "json" ? [...new TextEncoder().encode(JSON.stringify([chosen.id, args]))] : [...encode([chosen.code, args])];
  }
}

const option = (value, text) => element("option", { value }, text);

/** Bytes as a text that a person can type, or null. */
function asText(bytes) {
  try {
    const text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(Uint8Array.from(bytes));
    return /^[^\p{Cc}\p{Cf}]*$/u.test(text) ? text : null;
  } catch {
    return null;
  }
}

/** @param {string} written @param {string} what @param {number} [count] */
export function bytesFromHex(written, what, count) {
  let bytes = [];
  try {
    if (written.trim()) bytes = parseHexText(written);
  } catch (error) {
    throw new Error(`${what} must be pairs of hex digits: ${error.message}`);
  }
  if (count !== undefined && bytes.length !== count) throw new Error(`${what} must have ${count} bytes`);
  return bytes;
}

function lengthFrom(written) {
  if (!/^\d{1,20}$/.test(written) || BigInt(written) >= 1n << 64n) throw new Error("the length must be a number that fits into 64 bits");
  return BigInt(written);
}

function listFrom(written) {
  let value = null;
  try {
    value = JSON.parse(written);
  } catch {
    // The line below throws, with the same message as for JSON that is no list.
  }
  if (!Array.isArray(value)) throw new Error('the arguments must be a list in JSON, such as ["Ann"]');
  return value;
}
