/**
 * What a guest asks, in place of a cluster: roles behind one message port, whose answers the test says.
 */
import type { Address, Layout } from "@synod/protocol";
import { Host } from "@synod/driver";
import { MessagePortTransport, newPath } from "@synod/transports/message-port";
import { newCodec } from "@synod/wire";
import type { ClusterGuest, GuestOptions } from "../src/index.ts";

export interface ScriptedOptions<Message> {
  readonly layout: readonly Layout[];
  /** Those that there are. */
  readonly addresses: readonly Address[];
  /** One of them is told something, and may answer. */
  readonly take: (to: Address, message: Message, answer: (message: Message) => void) => void;
}

/** Makes a guest, connects and starts it. Also what ends the roles, which happens when the guest closes, too. */
export function scriptedNodes<Message extends { readonly kind: string }, Guest extends ClusterGuest>(
  { layout, addresses, take }: ScriptedOptions<Message>,
  newGuest: (options: GuestOptions) => Guest,
): { readonly guest: Guest; readonly close: () => void } {
  const transport = new MessagePortTransport();
  const close = (): void => transport.close();
  const host = new Host<Message>({
    transport,
    codec: newCodec<Message>(layout),
    group: 0,
    checksum: false,
    route: (address) => address,
    later: (turn) => void setImmediate(turn),
  });
  for (const own of addresses) {
    host.attach(own, {
      busy: false,
      turn: () => undefined,
      tick: () => undefined,
      post: (from, message) => take(own, message, (answer) => host.send(own, from, answer)),
    });
  }
  const [endpoint = 0] = addresses;
  const guest = newGuest({ client: 1, layout, route: () => endpoint, closed: close });
  const [here, there] = newPath();
  transport.connect(guest.endpoint, there);
  guest.connect(endpoint, here);
  guest.start();
  return { guest, close };
}
