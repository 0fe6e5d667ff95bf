// The types of msgpack.js. `.ci/check_web` compares them with the module.

/** A value of an application's own type. */
export class Extension {
  constructor(type: number, data: Uint8Array);
  type: number;
  data: Uint8Array;
}

/** The value in these bytes. Maps become objects, whose keys are texts. Throws an Error that names the fault and its byte. */
export function decode(bytes: Uint8Array): any;

/** The bytes of null, a boolean, a number, a string, a Uint8Array, an array or a plain object. Throws for anything else. */
export function encode(value: any): Uint8Array;
