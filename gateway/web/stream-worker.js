/** A SharedWorker, one for all tabs of a browser: its name is the channel and the stream's address. */

import { readName, serve } from "./holder.js";

const scope = /** @type {any} */ (globalThis);
const { channel, url } = readName(scope.name);
const feed = serve(channel, url);

// A tab that connects is told what there is, whether its own question came before we could hear it or not.
scope.onconnect = () => feed.take({ kind: "hello" });
