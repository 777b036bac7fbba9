/**
 * What one slot holds: the requests that a leader took, each with its length, so that an acceptor can tell whether all
 * of them are clients' own. The state machine is given the requests end to end. An empty batch is a no-op.
 *
 *     batch     { length u32, big-endian | request }...
 */
import { noOp, type Value } from "../value.ts";

const lengthBytes = 4;

/** Bytes that a request takes in a batch. */
export function sizeInBatch(request: Value): number {
  return lengthBytes + request.length;
}

/** Puts requests into a batch, in their order. */
export function batchOf(requests: readonly Value[]): Value {
  if (requests.length === 0) return noOp;
  const batch = new Uint8Array(requests.reduce((size, request) => size + sizeInBatch(request), 0));
  const view = new DataView(batch.buffer);
  let at = 0;
  for (const request of requests) {
    view.setUint32(at, request.length);
    batch.set(request, at + lengthBytes);
    at += sizeInBatch(request);
  }
  return batch;
}

/** The requests of a batch; undefined when it is none, or has an empty request. */
export function requestsOf(batch: Value): readonly Value[] | undefined {
  const view = new DataView(batch.buffer, batch.byteOffset, batch.byteLength);
  const requests: Value[] = [];
  for (let at = 0; at < batch.length;) {
    if (batch.length - at < lengthBytes) return undefined;
    const length = view.getUint32(at);
    const start = at + lengthBytes;
    if (length === 0 || length > batch.length - start) return undefined;
    requests.push(batch.subarray(start, start + length));
    at = start + length;
  }
  return requests;
}

/** The requests of a batch end to end, as the state machine reads them; what is no batch is a no-op. */
export function commandsOf(batch: Value): Value {
  const requests = requestsOf(batch) ?? [];
  const [only] = requests;
  if (only !== undefined && requests.length === 1) return only;
  const commands = new Uint8Array(requests.reduce((size, { length }) => size + length, 0));
  let at = 0;
  for (const request of requests) {
    commands.set(request, at);
    at += request.length;
  }
  return commands;
}
