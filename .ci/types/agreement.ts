// Compares each .d.ts file of gameserver/web/lib with its module: the compiler reports every name and type that differs.

import type * as client from "/web/lib/client.js";
import type * as msgpack from "/web/lib/msgpack.js";
import type * as smoothing from "/web/lib/smoothing.js";
import type * as state from "/web/lib/state.js";

import * as clientModule from "/modules/lib/client.js";
import * as msgpackModule from "/modules/lib/msgpack.js";
import * as smoothingModule from "/modules/lib/smoothing.js";
import * as stateModule from "/modules/lib/state.js";

/** The names that only one of the two has. */
type Difference<A, B> = Exclude<keyof A, keyof B> | Exclude<keyof B, keyof A>;
declare function isEmpty<T extends never>(): void;

// A module has at least what its .d.ts file says ...
clientModule satisfies typeof client;
msgpackModule satisfies typeof msgpack;
smoothingModule satisfies typeof smoothing;
stateModule satisfies typeof state;
declare const declaredState: typeof state;
declaredState satisfies typeof stateModule;

// ... and no public name more.
isEmpty<Difference<typeof client, typeof clientModule>>();
isEmpty<Difference<client.GameClient, clientModule.GameClient>>();
isEmpty<Difference<typeof client.GameClient, typeof clientModule.GameClient>>();
isEmpty<Difference<typeof msgpack, typeof msgpackModule>>();
isEmpty<Difference<msgpack.Extension, msgpackModule.Extension>>();
isEmpty<Difference<typeof smoothing, typeof smoothingModule>>();
isEmpty<Difference<smoothing.Smoothing, smoothingModule.Smoothing>>();
isEmpty<Difference<typeof state, typeof stateModule>>();
