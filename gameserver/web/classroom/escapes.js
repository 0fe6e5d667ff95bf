// Bytes of a handshake as text that a person can edit. Line ends and other odd bytes are escapes, so none is guessed.
//
//   GET /echo HTTP/1.1\r\n      one line each; a line break of the text itself sends nothing
//
// In and out: a list of bytes, and its text.

const NAMED = { 0x0d: "\\r", 0x0a: "\\n", 0x09: "\\t", 0x5c: "\\\\" };
const BYTES = { r: 0x0d, n: 0x0a, t: 0x09, "\\": 0x5c };

/** @param {number[]} bytes */
export function escape(bytes) {
  const text = bytes.map((byte) => NAMED[byte] ?? (byte < 0x20 || byte > 0x7e ? `\\x${byte.toString(16).padStart(2, "0")}` : String.fromCharCode(byte)));
  return text.join("").replaceAll("\\n", "\\n\n").replace(/\n$/, "");
}

/** @param {string} text @returns {number[]} throws an Error for an unknown escape */
export function unescape(text) {
  const bytes = [];
  for (const [part, code, hex] of text.replaceAll(/[\r\n]/g, "").matchAll(/\\x([0-9a-f]{2})|\\(.?)|[^]/giu)) {
    if (code) bytes.push(parseInt(code, 16));
    else if (hex !== undefined && BYTES[hex] === undefined) throw new Error(`there is no \\${hex}: write \\r, \\n, \\t, \\\\ or \\x41`);
    else if (hex !== undefined) bytes.push(BYTES[hex]);
    else bytes.push(...new TextEncoder().encode(part));
  }
  return bytes;
}
