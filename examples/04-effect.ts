// The same with Effect: the cluster is a layer, the key-value store a service. Run it with `node examples/04-effect.ts`.
import assert from "node:assert/strict";
import { KeyValue } from "@synod/client";
import { Cluster, keyValueLayer } from "@synod/cluster";
import { Effect, Layer } from "effect";

const program = Effect.gen(function* () {
  const store = yield* KeyValue;
  yield* store.put("greeting", "hello");
  return yield* store
    .get("greeting")
    .pipe(Effect.catchTag("NoQuorum", ({ reachable }) => Effect.succeed(`only ${reachable} acceptors answer`)));
});

const live = keyValueLayer.pipe(Layer.provide(Cluster.layer({ nodes: 3 })));
const greeting = await Effect.runPromise(program.pipe(Effect.provide(live)));
assert.equal(greeting, "hello");
console.log(greeting);
