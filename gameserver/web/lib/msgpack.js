// MessagePack: encodes and decodes (https://github.com/msgpack/msgpack/blob/master/spec.md).
//
// In:  bytes, or a value made of null, booleans, numbers, strings, Uint8Arrays, arrays and plain objects.
// Out: the value, or the bytes in the shortest form of the format.
// Throws an Error that names the fault and the byte at which it is.
//
// The first byte of every value tells its type, and for small values its length or the value itself:
//
//   0xxxxxxx  a number from 0 to 127          1000xxxx  a map of up to 15 pairs
//   1001xxxx  an array of up to 15 items      101xxxxx  a string of up to 31 bytes
//   110xxxxx  see FORMS                       111xxxxx  a number from -32 to -1

const utf8 = { decoder: new TextDecoder("utf-8", { fatal: true }), encoder: new TextEncoder() };

/** A value of an application's own type. This game sends none, but a decoder must be able to step over it. */
export class Extension {
  /** @param {number} type @param {Uint8Array} data */
  constructor(type, data) {
    this.type = type;
    this.data = data;
  }
}

/**
 * The values that begin with a byte from 0xc0 to 0xdf. Each entry reads its value from a reader.
 * @type {Record<number, (reader: Reader) => any>}
 */
const FORMS = {
  0xc0: () => null,
  0xc2: () => false,
  0xc3: () => true,
  0xc4: (reader) => reader.bytes(reader.uint(1)),
  0xc5: (reader) => reader.bytes(reader.uint(2)),
  0xc6: (reader) => reader.bytes(reader.uint(4)),
  0xc7: (reader) => reader.extension(reader.uint(1)),
  0xc8: (reader) => reader.extension(reader.uint(2)),
  0xc9: (reader) => reader.extension(reader.uint(4)),
  0xca: (reader) => reader.view.getFloat32(reader.skip(4)),
  0xcb: (reader) => reader.view.getFloat64(reader.skip(8)),
  0xcc: (reader) => reader.uint(1),
  0xcd: (reader) => reader.uint(2),
  0xce: (reader) => reader.uint(4),
  0xcf: (reader) => narrow(reader.view.getBigUint64(reader.skip(8))),
  0xd0: (reader) => reader.view.getInt8(reader.skip(1)),
  0xd1: (reader) => reader.view.getInt16(reader.skip(2)),
  0xd2: (reader) => reader.view.getInt32(reader.skip(4)),
  0xd3: (reader) => narrow(reader.view.getBigInt64(reader.skip(8))),
  0xd4: (reader) => reader.extension(1),
  0xd5: (reader) => reader.extension(2),
  0xd6: (reader) => reader.extension(4),
  0xd7: (reader) => reader.extension(8),
  0xd8: (reader) => reader.extension(16),
  0xd9: (reader) => reader.string(reader.uint(1)),
  0xda: (reader) => reader.string(reader.uint(2)),
  0xdb: (reader) => reader.string(reader.uint(4)),
  0xdc: (reader) => reader.array(reader.uint(2)),
  0xdd: (reader) => reader.array(reader.uint(4)),
  0xde: (reader) => reader.map(reader.uint(2)),
  0xdf: (reader) => reader.map(reader.uint(4)),
};

/** Turns a whole number into a double if that holds it exactly; only larger numbers stay a BigInt. @param {bigint} big */
function narrow(big) {
  const number = Number(big);
  return Number.isSafeInteger(number) ? number : big;
}

/** Reads values one after another. */
class Reader {
  /** @param {Uint8Array} bytes */
  constructor(bytes) {
    this.data = bytes;
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.at = 0;
  }

  /** Steps over some bytes and returns the index at which they began. @param {number} count @returns {number} */
  skip(count) {
    const start = this.at;
    if (count > this.data.length - start) {
      throw new Error(`MessagePack ends inside the value at byte ${start}`);
    }
    this.at += count;
    return start;
  }

  /** @returns {any} the next value, of any type */
  value() {
    const start = this.skip(1);
    const first = this.data[start];
    if (first < 0x80) return first;
    if (first < 0x90) return this.map(first & 0x0f);
    if (first < 0xa0) return this.array(first & 0x0f);
    if (first < 0xc0) return this.string(first & 0x1f);
    if (first >= 0xe0) return first - 0x100;
    const read = FORMS[first];
    if (!read) throw new Error(`MessagePack has no type 0x${first.toString(16)} (byte ${start})`);
    return read(this);
  }

  /** @param {number} size 1, 2 or 4 bytes @returns {number} */
  uint(size) {
    const start = this.skip(size);
    if (size === 1) return this.view.getUint8(start);
    return size === 2 ? this.view.getUint16(start) : this.view.getUint32(start);
  }

  /** @param {number} length @returns {Uint8Array} */
  bytes(length) {
    const start = this.skip(length);
    return this.data.slice(start, this.at);
  }

  /** @param {number} length in bytes @returns {string} */
  string(length) {
    const start = this.skip(length);
    return utf8.decoder.decode(this.data.subarray(start, this.at));
  }

  /** @param {number} length of its data @returns {Extension} */
  extension(length) {
    return new Extension(this.view.getInt8(this.skip(1)), this.bytes(length));
  }

  /** @param {number} length @returns {any[]} */
  array(length) {
    const items = [];
    for (let i = 0; i < length; i++) items.push(this.value());
    return items;
  }

  /** @param {number} length in pairs @returns {Record<string, any>} */
  map(length) {
    // Without a prototype: a key such as "__proto__" is then a key like any other.
    const map = Object.create(null);
    for (let i = 0; i < length; i++) {
      const key = this.value();
      map[key] = this.value();
    }
    return map;
  }
}

/**
 * @param {Uint8Array} bytes exactly one value
 * @returns {any}
 */
export function decode(bytes) {
  const reader = new Reader(bytes);
  const value = reader.value();
  if (reader.at !== bytes.length) throw new Error(`MessagePack goes on after its value, at byte ${reader.at}`);
  return value;
}

/**
 * @param {any} value
 * @returns {Uint8Array}
 */
export function encode(value) {
  /** @type {number[]} */
  const out = [];
  write(out, value);
  return Uint8Array.from(out);
}

// The functions below append bytes to `out`, the message that is being written.

/** @param {number[]} out @param {any} value */
function write(out, value) {
  if (value === null || value === undefined) out.push(0xc0);
  else if (typeof value === "boolean") out.push(value ? 0xc3 : 0xc2);
  else if (typeof value === "number") writeNumber(out, value);
  else if (typeof value === "string") writeString(out, value);
  else if (value instanceof Uint8Array) writeBytes(out, value);
  else if (Array.isArray(value)) writeArray(out, value);
  else if (typeof value === "object") writeMap(out, value);
  else throw new Error(`MessagePack has no form for a ${typeof value}`);
}

/** @param {number[]} out @param {number} number */
function writeNumber(out, number) {
  if (!Number.isSafeInteger(number)) {
    const view = new DataView(new ArrayBuffer(8));
    view.setFloat64(0, number);
    out.push(0xcb, ...new Uint8Array(view.buffer));
  } else if (number >= 0) {
    if (number < 0x80) out.push(number);
    else if (number < 0x100) out.push(0xcc, number);
    else if (number < 0x10000) out.push(0xcd, ...bigEndian(number, 2));
    else if (number < 0x100000000) out.push(0xce, ...bigEndian(number, 4));
    else out.push(0xcf, ...bigEndian(number, 8));
  } else if (number >= -0x20) out.push(number + 0x100);
  else if (number >= -0x80) out.push(0xd0, ...bigEndian(number, 1));
  else if (number >= -0x8000) out.push(0xd1, ...bigEndian(number, 2));
  else if (number >= -0x80000000) out.push(0xd2, ...bigEndian(number, 4));
  else out.push(0xd3, ...bigEndian(number, 8));
}

/**
 * The last `size` bytes of a whole number, the most significant first; a negative number is in two's complement.
 * @param {number} number @param {number} size @returns {Uint8Array}
 */
function bigEndian(number, size) {
  const view = new DataView(new ArrayBuffer(8));
  view.setBigInt64(0, BigInt(number));
  return new Uint8Array(view.buffer).subarray(8 - size);
}

/** @param {number[]} out @param {string} text */
function writeString(out, text) {
  const bytes = utf8.encoder.encode(text);
  if (bytes.length < 0x20) out.push(0xa0 | bytes.length);
  else writeLength(out, bytes.length, 0xd9, 0xda, 0xdb);
  for (const byte of bytes) out.push(byte);
}

/** @param {number[]} out @param {Uint8Array} bytes */
function writeBytes(out, bytes) {
  writeLength(out, bytes.length, 0xc4, 0xc5, 0xc6);
  for (const byte of bytes) out.push(byte);
}

/** @param {number[]} out @param {any[]} items */
function writeArray(out, items) {
  if (items.length < 0x10) out.push(0x90 | items.length);
  else writeLength(out, items.length, null, 0xdc, 0xdd);
  for (const item of items) write(out, item);
}

/** @param {number[]} out @param {Record<string, any>} map */
function writeMap(out, map) {
  const entries = Object.entries(map);
  if (entries.length < 0x10) out.push(0x80 | entries.length);
  else writeLength(out, entries.length, null, 0xde, 0xdf);
  for (const [key, item] of entries) {
    write(out, key);
    write(out, item);
  }
}

/**
 * Writes the first byte of the form, then the length in one byte (if the type has such a form), two, or four.
 * @param {number[]} out @param {number} length
 * @param {number | null} form8 @param {number} form16 @param {number} form32
 */
function writeLength(out, length, form8, form16, form32) {
  if (form8 !== null && length < 0x100) out.push(form8, length);
  else if (length < 0x10000) out.push(form16, ...bigEndian(length, 2));
  else out.push(form32, ...bigEndian(length, 4));
}
