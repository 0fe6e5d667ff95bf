// The packets, as the server describes them: ids, codes and arguments come from /packets.json, never from this file.
//
// In:  an id and arguments, or a binary message. Out: a binary message, or an id and arguments.
// Throws an Error for a message that is no packet.

import { decode, encode } from "./msgpack.js";

/** @typedef {{id: string, args: any[]}} Packet the arguments have the types that docs/protocol.md gives */
/** @typedef {{id: string, code: number}} Row */
/** @typedef {{protocol: number, to_server: Row[], to_client: Row[]}} Description the content of /packets.json */

/** Both directions of the protocol. */
export class PacketTable {
  /** @param {Description} description */
  constructor(description) {
    this.protocol = description.protocol;
    this.codes = new Map(description.to_server.map((row) => [row.id, row.code]));
    this.ids = new Map(description.to_client.map((row) => [row.code, row.id]));
  }

  /** @param {string} id @returns {boolean} whether this server knows such a packet */
  has(id) {
    return this.codes.has(id);
  }

  /** Throws an Error unless the server sends such a packet. @param {string} id */
  checkIsSent(id) {
    if (![...this.ids.values()].includes(id)) {
      throw new Error(`this server sends no packet ${id}; /packets.json lists all packets`);
    }
  }

  /** @param {string} id @param {any[]} args @returns {Uint8Array} */
  encode(id, args) {
    const code = this.codes.get(id);
    if (code === undefined) throw new Error(`this server has no packet ${id}`);
    return encode([code, args]);
  }

  /** @param {ArrayBuffer} message @returns {Packet} */
  decode(message) {
    const [code, args] = decode(new Uint8Array(message));
    // A packet that is newer than this page has no id; the handler of packets ignores it.
    return { id: this.ids.get(code) ?? `code ${code}`, args };
  }
}

/** @returns {Promise<PacketTable>} */
export async function loadPackets() {
  const response = await fetch("/packets.json");
  if (!response.ok) throw new Error(`the server answers ${response.status} for /packets.json`);
  return new PacketTable(await response.json());
}
