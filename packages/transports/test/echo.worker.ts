/**
 * A thread that sends every frame back to where it came from. A frame that begins with 255 stops it, as an endless loop
 * would, until the gate opens.
 */
import { MessagePortTransport, type PathEnd } from "@synod/transports/message-port";
import { workerData } from "node:worker_threads";

export interface EchoSettings {
  readonly path: PathEnd;
  /** Opens when its first integer is not 0 any more. */
  readonly gate: SharedArrayBuffer;
}

const { path, gate }: EchoSettings = workerData;
const main = 1;

const transport = new MessagePortTransport();
transport.connect(main, path);
transport.receive((frame) => {
  if (frame[0] === 255) Atomics.wait(new Int32Array(gate), 0, 0);
  transport.send(main, new Uint8Array(frame));
});
