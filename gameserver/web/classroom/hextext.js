// Reads hex digits as people write and paste them, and refuses text that has more than one meaning.
//
// In:  text: `81 85 37`, `8185`, `81:85`, `81-85`, `0x81, 0x85`, `\x81\x85`, `b"\x81..."` as Python prints bytes, and hex
//      dumps with offsets: xxd, od -t x1, hexdump -C, tcpdump, Wireshark. Out: a list of bytes.
// Throws an Error with a sentence for text that is not hex, and for text that can be read in two ways.
//
// An offset must fit the number of bytes before it, in hexadecimal, octal or decimal. A column of text must show the bytes
// beside it. So words in the byte order of a machine (od -x, xxd -e) are not mistaken for bytes.
// Net/dissect/hex_text.py does the same in Python, in the same steps. One table of cases tests both files.

import { bytesOf } from "./bits.js";

const MOST_IN_A_LINE = 256; // the most bytes in a dump of one line
// The number bases of offsets: the prefix for BigInt, and the digits.
const BASES = [
  ["0x", /^[0-9a-f]+$/i],
  ["0o", /^[0-7]+$/],
  ["", /^[0-9]+$/],
];
const QUOTED = /^b(?:"((?:[^"\\\n]|\\.)*)"|'((?:[^'\\\n]|\\.)*)')$/;
const ESCAPE = /\\(?:x([0-9a-f]{2})|([0-7]{1,3})|([abfnrtv\\'"]))|([\x20-\x5b\x5d-\x7e])/iy;
const NAMED = { a: 7, b: 8, f: 12, n: 10, r: 13, t: 9, v: 11, "\\": 92, "'": 39, '"': 34 };
const ESCAPED_ONLY = /^(?:\\x[0-9a-f]{2}|[\s"',;]|\\\n)+$/i;
const BRACKETS = /^(?:\[([^]*)\]|\{([^]*)\})$/;
const GROUP = /^(?:(?:0x[0-9a-f]{2})+|0x[0-9a-f]+|[0-9a-f]+|[0-9a-f]{2}(?::[0-9a-f]{2})+|[0-9a-f]{2}(?:-[0-9a-f]{2})+)$/i;
const WITH_COLON = /^\s*(?:0x)?([0-9a-f]{4,16}):(?:\s+(.*))?$/i;
const WITHOUT_COLON = /^\s*([0-9a-f]{4,16})(?:\s+(.*))?$/i;
// No program writes an offset of four digits with one space after it: the four digits may be two bytes instead.
const ZEROS = /^\s*0000 \S/;
const SHORT = /^\s*([0-9a-f]{2,3})\s+(.*)$/i;
const BYTES_OF_A_LINE = /\s*(?:0x)?([0-9a-f]+)(?=\s|$)/iy;
const TWO_WAYS = "this can be read in two ways: write the bytes as pairs of hex digits, without offsets";

/** Returns the bytes that a text means. @param {string} written @returns {number[]} */
export function parseHexText(written) {
  const text = written.replaceAll(/\r\n?/g, "\n").replace(/^\ufeff+/, "");
  const bytes = pythonBytes(text) ?? escapes(text) ?? dump(text) ?? groupsOf(text);
  if (!bytes.length) throw new Error("there are no bytes");
  return bytes;
}

/** Reads b"..." as Python prints it; returns null for another text. */
function pythonBytes(text) {
  const found = QUOTED.exec(text.trim());
  if (!found) return null;
  const inner = found[1] ?? found[2];
  const bytes = [];
  for (ESCAPE.lastIndex = 0; ESCAPE.lastIndex < inner.length; ) {
    const start = ESCAPE.lastIndex;
    const part = ESCAPE.exec(inner);
    if (!part || parseInt(part[2] ?? "0", 8) > 0xff || (part[3] && NAMED[part[3]] === undefined)) {
      throw new Error(`${inner.slice(start, start + 4)} is no escape or character of Python's bytes`);
    }
    const [, hex, octal, name, char] = part;
    bytes.push(hex ? parseInt(hex, 16) : octal ? parseInt(octal, 8) : name ? NAMED[name] : char.charCodeAt(0));
  }
  return bytes;
}

/**
 * Reads \x81\x85, in quotation marks or not; a backslash at the end of a line continues it on the next line.
 * Returns null for another text.
 */
function escapes(text) {
  if (!text.includes("\\x") || !ESCAPED_ONLY.test(text)) return null;
  return [...text.matchAll(/\\x(..)/g)].map(([, digits]) => parseInt(digits, 16));
}

// Groups of digits -------------------------------------------------------------------------------------------------

/** Reads pairs of digits and longer groups, with white space, commas, semicolons, colons or hyphens between. */
function groupsOf(text) {
  const bracketed = BRACKETS.exec(text.trim());
  const inner = bracketed ? (bracketed[1] ?? bracketed[2]) : text;
  const groups = inner.split(/[\s,;]+/).map((group) => group.replaceAll("0X", "0x")).filter((group) => group !== "" && group !== "0x");
  if (!groups.length) return [];
  for (const group of groups) {
    const wrong = group.replaceAll(/0x|[0-9a-f]/gi, "") || group;
    if (!GROUP.test(group)) throw new Error(`"${[...wrong][0]}" in "${text.slice(0, 40)}" is not a hex digit`);
  }
  if (bracketed && !groups.every((group) => group.startsWith("0x"))) {
    throw new Error("a list may hold decimal numbers: write 0x in front of each byte, or leave the brackets out");
  }
  const digits = groups.map((group) => group.replaceAll(/0x|[:-]/g, ""));
  const odd = digits.find((group) => group.length % 2);
  if (odd) throw new Error(`a byte has two hex digits, but "${odd.slice(0, 20)}" has ${odd.length}: an odd number`);
  checkOneReading(text, groups, digits.map((group) => group.length));
  return bytesOf(digits.join(""));
}

/** Throws an Error for numbers of several bytes, for offsets without a colon, and for binary digits. */
function checkOneReading(text, groups, lengths) {
  const isOne = groups.length < 2;
  const isWords = lengths.every((length) => length === lengths[0]) && lengths[0] > 2;
  const isIndented = /^[ \t]/.test(text) && (!isOne || [4, 8, 16].includes(lengths[0]));
  if (isWords && (isIndented || (!isOne && groups[0].startsWith("0x")))) {
    throw new Error("a number of several bytes can be stored in two orders: write single bytes");
  }
  if (isOne) return;
  if (groups.every((group) => /^[01]{8}$/.test(group))) throw new Error("these look like binary digits: write hex digits");
  const firstIsLonger = lengths[0] > 2 && lengths.slice(1).every((length) => length === 2);
  const isZero = /^0*$/.test(groups[0]);
  if (firstIsLonger || (isZero && (lengths[0] > 2 || /^\s*0+(\s\s|\t)/.test(text)))) throw new Error(TWO_WAYS);
}

// Dumps ------------------------------------------------------------------------------------------------------------

/** Reads a hex dump; returns null if the text is not a hex dump. */
function dump(text) {
  const written = text.split("\n").filter((line) => line.trim());
  for (const [pattern, isPairs] of [[WITH_COLON, false], [WITHOUT_COLON, true]]) {
    const lines = linesOf(written, pattern);
    if (!lines || (isPairs && !hasOffsets(lines))) continue;
    if (lines.length === 1 && ZEROS.test(written[0])) throw new Error(TWO_WAYS);
    const readings = new Set(BASES.flatMap((base) => readLines(lines, base, isPairs)).map(String));
    if (readings.size > 1) throw new Error(TWO_WAYS);
    if (!readings.size) throw new Error("the offsets or the text of this hex dump do not fit its bytes: use xxd, or od -v -t x1");
    const [only] = readings;
    return only ? only.split(",").map(Number) : [];
  }
  const short = written.length > 1 ? linesOf(written.slice(0, 2), SHORT) : null;
  if (short && hasShortOffsets(short)) throw new Error(TWO_WAYS);
  if (written.some((line) => line.trim() === "*")) throw new Error("this hex dump leaves equal lines out: make it with od -v or hexdump -v");
  return null;
}

/** Returns whether the first groups of two lines look like offsets of two or three digits. */
function hasShortOffsets(lines) {
  return /^0+$/.test(lines[0][0]) && BASES.some((base) => readLines(lines, base, false).some((bytes) => bytes.length));
}

/** Returns the offset and the rest of each line; null unless all lines have an offset. */
function linesOf(written, pattern) {
  const found = written.map((line) => pattern.exec(line));
  return found.length && found.every(Boolean) ? found.map(([, offset, rest]) => [offset, rest ?? ""]) : null;
}

/** Returns whether the first groups are offsets: the first is zero, or they grow by the bytes of each line. */
function hasOffsets(lines) {
  if (/^0+$/.test(lines[0][0])) return lines[0][1] !== "";
  return lines.length > 1 && BASES.some((base) => readLines(lines, base, true).some((bytes) => bytes.length));
}

/** Returns all readings of a dump with offsets in this base: with and without a column, in both byte orders. */
function readLines(lines, [prefix, digits], isPairs) {
  if (!lines.every(([offset]) => digits.test(offset))) return [];
  const offsets = lines.map(([offset]) => BigInt(prefix + offset));
  const sizes = offsets.slice(1).map((offset, i) => Number(offset - offsets[i]));
  if (sizes.some((size) => size <= 0)) return [];
  const readings = [];
  for (const hasColumn of [false, true]) {
    for (const isSwapped of [false, true]) {
      const bytes = wholeLines(lines, sizes, isPairs, hasColumn, isSwapped);
      if (bytes === null) continue;
      const last = lines[lines.length - 1][1];
      if (!last.trim() && sizes.length) readings.push(bytes); // the offset of the end
      const most = sizes.length ? sizes.reduce((a, b) => Math.max(a, b)) : MOST_IN_A_LINE;
      for (const [size, read] of starts(last, isPairs)) {
        const end = bytesIn(last.slice(0, read), isSwapped);
        if (size <= most && isRest(last.slice(read), end, hasColumn)) readings.push([...bytes, ...end]);
      }
    }
  }
  return readings;
}

/** Returns the bytes of all lines but the last; null if a line does not fit its size. */
function wholeLines(lines, sizes, isPairs, hasColumn, isSwapped) {
  const bytes = [];
  for (const [i, size] of sizes.entries()) {
    const rest = lines[i][1];
    const start = starts(rest, isPairs).find(([count]) => count === size);
    const line = start ? bytesIn(rest.slice(0, start[1]), isSwapped) : [];
    if (!start || !isRest(rest.slice(start[1]), line, hasColumn)) return null;
    bytes.push(...line);
  }
  return bytes;
}

/** Returns, for the first 1, 2, 3 ... groups of a line, their number of bytes and the index at which they end. */
function starts(rest, isPairs) {
  const found = [];
  for (BYTES_OF_A_LINE.lastIndex = 0; ; ) {
    const digits = BYTES_OF_A_LINE.exec(rest)?.[1] ?? "";
    if (!digits || digits.length % 2 || (isPairs && digits.length !== 2)) return found;
    found.push([(found[found.length - 1]?.[0] ?? 0) + digits.length / 2, BYTES_OF_A_LINE.lastIndex]);
  }
}

/** Returns the bytes of groups of digits. isSwapped: groups of at least four bytes are little-endian words. */
function bytesIn(groups, isSwapped) {
  const words = groups.replaceAll("0x", "").split(/\s+/).filter(Boolean).map(bytesOf);
  return words.flatMap((word) => (isSwapped && word.length >= 4 ? word.reverse() : word));
}

/** Returns whether `rest` is a valid end of a line: empty, or a column that shows the bytes as text. */
function isRest(rest, bytes, hasColumn) {
  const column = [...rest.trim()];
  if (!hasColumn) return !column.length;
  const ends = `${column[0] ?? ""}${column[column.length - 1] ?? ""}`;
  if (["||", "><"].includes(ends) && column.length === bytes.length + 2) return shows(column.slice(1, -1), bytes);
  const isShown = (byte) => byte !== 0x20;
  const [first, last] = [bytes.findIndex(isShown), bytes.length - 1 - [...bytes].reverse().findIndex(isShown)];
  return shows(column, first < 0 ? [] : bytes.slice(first, last + 1));
}

/** Returns whether a column shows these bytes: printable ones as they are, any character for the others. */
function shows(column, bytes) {
  const fits = (char, byte) => char === String.fromCharCode(byte) || byte < 0x20 || byte > 0x7e;
  return column.length === bytes.length && column.every((char, i) => fits(char, bytes[i]));
}
