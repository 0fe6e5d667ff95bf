// A client's frame as a record that a page can edit: bytes -> record -> bytes (RFC 6455 section 5.2).
//
// This module checks nothing, because the lab must be able to send wrong frames. `build(parse(bytes))` gives back the
// same bytes.

export const FORMS = { 7: 0, 16: 2, 64: 8 };
const MARKS = { 16: 126, 64: 127 };

/**
 * @typedef {object} FrameModel
 * @property {boolean} fin
 * @property {boolean[]} rsv RSV1 to RSV3
 * @property {number} opcode
 * @property {boolean} masked
 * @property {number[]} key
 * @property {"shortest" | "7" | "16" | "64"} form of the length
 * @property {bigint | null} length as declared; null: the true one
 * @property {number[]} payload not masked
 */

/** @returns {FrameModel} */
export function helloFrame() {
  return {
    fin: true,
    rsv: [false, false, false],
    opcode: 1,
    masked: true,
    key: [0x37, 0xfa, 0x21, 0x3d],
    form: "shortest",
    length: null,
    payload: [...new TextEncoder().encode("Hello")],
  };
}

/** @param {FrameModel} frame @returns {number[]} */
export function build(frame) {
  const length = frame.length ?? BigInt(frame.payload.length);
  const form = frame.form === "shortest" ? shortestForm(length) : frame.form;
  const first = (Number(frame.fin) << 7) | frame.rsv.reduce((bits, isSet, i) => bits | (Number(isSet) << (6 - i)), 0) | frame.opcode;
  const seven = form === "7" ? Number(length & 0x7fn) : MARKS[form];
  const key = frame.masked ? frame.key : [];
  return [first, (Number(frame.masked) << 7) | seven, ...bigEndian(length, FORMS[form]), ...key, ...masked(frame.payload, key)];
}

/** @param {number[]} bytes @returns {FrameModel | null} null if the header is not whole */
export function parse(bytes) {
  if (bytes.length < 2) return null;
  const [first, second] = bytes;
  const isMasked = second >= 0x80;
  const seven = second & 0x7f;
  const form = seven === 126 ? "16" : seven === 127 ? "64" : "7";
  const keyAt = 2 + FORMS[form];
  const payloadAt = keyAt + (isMasked ? 4 : 0);
  if (bytes.length < payloadAt) return null;
  const declared = form === "7" ? BigInt(seven) : bytes.slice(2, keyAt).reduce((number, byte) => (number << 8n) | BigInt(byte), 0n);
  const key = isMasked ? bytes.slice(keyAt, payloadAt) : helloFrame().key;
  const payload = masked(bytes.slice(payloadAt), isMasked ? key : []);
  return {
    fin: first >= 0x80,
    rsv: [0x40, 0x20, 0x10].map((bit) => (first & bit) !== 0),
    opcode: first & 0x0f,
    masked: isMasked,
    key,
    form: form === shortestForm(declared) ? "shortest" : form,
    length: declared === BigInt(payload.length) ? null : declared,
    payload,
  };
}

function shortestForm(length) {
  if (length < 126n) return "7";
  return length < 0x10000n ? "16" : "64";
}

function masked(payload, key) {
  return key.length ? payload.map((byte, i) => byte ^ key[i % 4]) : payload;
}

function bigEndian(number, size) {
  return Array.from({ length: size }, (_, i) => Number((number >> BigInt(8 * (size - 1 - i))) & 0xffn));
}
