/**
 * Transports with one flaw each: the compliance suite must find every one of them.
 */
import { MemoryNetwork, type Endpoint, type TakeFrame, type Transport } from "@synod/transports";

type Connect = (endpoints: readonly Endpoint[], pathBytes: number) => ReadonlyMap<Endpoint, Transport>;

interface BrokenTransport {
  readonly flaw: string;
  readonly connect: Connect;
  /** The case that is there to find it. */
  readonly caught: string;
}

/** The methods that a flaw replaces. */
type Flaw = (sound: Transport, endpoint: Endpoint) => Partial<Transport>;

/** Memory transports in which a flaw replaces some methods. */
function flawed(flaw: Flaw): Connect {
  return (endpoints, pathBytes) => {
    const network = new MemoryNetwork({ pathBytes });
    return new Map(
      endpoints.map((endpoint) => {
        const sound = network.endpoint(endpoint);
        const transport: Transport = {
          send: (to, frame) => sound.send(to, frame),
          receive: (take) => sound.receive(take),
          close: () => sound.close(),
          counters: sound.counters,
        };
        Object.defineProperties(transport, Object.getOwnPropertyDescriptors(flaw(sound, endpoint)));
        return [endpoint, transport] as const;
      }),
    );
  };
}

export const brokenTransports: readonly BrokenTransport[] = [
  {
    flaw: "alters a byte of long frames",
    caught: "a frame arrives as it was sent, whatever its size",
    connect: flawed((sound) => ({
      send(to, frame) {
        if (frame.length > 60_000) frame[60_000] = 0;
        return sound.send(to, frame);
      },
    })),
  },
  {
    flaw: "cuts long frames short",
    caught: "a frame arrives as it was sent, whatever its size",
    connect: flawed((sound) => ({ send: (to, frame) => sound.send(to, frame.slice(0, 65_535)) })),
  },
  {
    flaw: "sends the whole buffer that a frame is a part of",
    caught: "a frame that is a part of a larger buffer arrives alone, and leaves the rest",
    connect: flawed((sound) => ({ send: (to, frame) => sound.send(to, new Uint8Array(frame.buffer.slice())) })),
  },
  {
    flaw: "takes the whole buffer that a frame is a part of",
    caught: "a frame that is a part of a larger buffer arrives alone, and leaves the rest",
    connect: flawed((sound) => ({
      send(to, frame) {
        const { byteOffset, length } = frame;
        return sound.send(to, new Uint8Array(frame.buffer.transfer()).slice(byteOffset, byteOffset + length));
      },
    })),
  },
  {
    flaw: "delivers to the wrong endpoint now and then",
    caught: "each frame arrives at the endpoint that it is for, and at no other",
    connect: flawed((sound, endpoint) => {
      let sent = 0;
      return {
        send(to, frame) {
          sent += 1;
          const other = 6 - endpoint - to;
          if (sent % 40 === 0) sound.send(other, frame.slice());
          return sound.send(to, frame);
        },
      };
    }),
  },
  {
    flaw: "loses a frame now and then",
    caught: "each frame arrives at the endpoint that it is for, and at no other",
    connect: flawed((sound) => {
      let sent = 0;
      return {
        send(to, frame) {
          sent += 1;
          return sent % 40 === 0 || sound.send(to, frame);
        },
      };
    }),
  },
  {
    flaw: "believes what a frame says of its sender",
    caught: "a frame arrives with the endpoint that has sent it",
    connect: flawed((sound) => ({ receive: (take) => sound.receive((frame) => take(frame, frame[1] ?? 2)) })),
  },
  {
    flaw: "calls the receiver inside send",
    caught: "a frame is not delivered inside send",
    connect(endpoints, pathBytes) {
      const network = new MemoryNetwork({ pathBytes, later: (deliver) => deliver() });
      return new Map(endpoints.map((endpoint) => [endpoint, network.endpoint(endpoint)]));
    },
  },
  {
    flaw: "loses what arrives before there is a receiver",
    caught: "frames that arrive before there is a receiver are kept for it",
    connect: flawed((sound) => {
      let taker: TakeFrame | undefined;
      sound.receive((frame, from) => taker?.(frame, from));
      return {
        receive(take) {
          taker = take;
        },
      };
    }),
  },
  {
    flaw: "calls every receiver that it ever had",
    caught: "a new receiver takes the place of the one before",
    connect: flawed((sound) => {
      const takers: TakeFrame[] = [];
      return {
        receive(take) {
          takers.push(take);
          sound.receive((frame, from) => takers.forEach((taker) => taker(frame, from)));
        },
      };
    }),
  },
  {
    flaw: "keeps a view of a buffer that the sender uses again",
    caught: "what a sender writes to its buffer afterwards does not arrive",
    connect: flawed((sound) => ({
      send(to, frame) {
        queueMicrotask(() => sound.send(to, frame));
        return true;
      },
    })),
  },
  {
    flaw: "uses one buffer for all that arrives",
    caught: "a frame that has arrived stays as it is while others arrive",
    connect: flawed((sound) => {
      const buffer = new Uint8Array(1024 * 1024);
      return {
        receive(take) {
          sound.receive((frame, from) => {
            buffer.set(frame);
            take(buffer.subarray(0, frame.length), from);
          });
        },
      };
    }),
  },
  {
    flaw: "throws for an unknown endpoint",
    caught: "a frame for an unknown endpoint is dropped and counted",
    connect: flawed((sound) => ({
      send(to, frame) {
        if (to > 3) throw new Error(`no path to ${to}`);
        return sound.send(to, frame);
      },
    })),
  },
  {
    flaw: "drops without counting",
    caught: "a frame for an unknown endpoint is dropped and counted",
    connect: flawed((sound) => ({
      get counters() {
        return { ...sound.counters, droppedFrames: 0 };
      },
    })),
  },
  {
    flaw: "queues without bound",
    caught: "what nobody takes is bounded, and flows again once it is taken",
    connect: (endpoints) => {
      const network = new MemoryNetwork({ pathBytes: Number.POSITIVE_INFINITY });
      return new Map(endpoints.map((endpoint) => [endpoint, network.endpoint(endpoint)]));
    },
  },
  {
    flaw: "never opens a full path again",
    caught: "what nobody takes is bounded, and flows again once it is taken",
    connect: flawed((sound) => {
      let full = false;
      return {
        send(to, frame) {
          const sent = !full && sound.send(to, frame);
          full ||= !sent;
          return sent;
        },
      };
    }),
  },
  {
    flaw: "counts frames and not their bytes",
    caught: "counters say what was sent and received",
    connect: flawed((sound) => ({
      get counters() {
        return { ...sound.counters, sentBytes: sound.counters.sentFrames };
      },
    })),
  },
  {
    flaw: "still sends after close",
    caught: "a closed transport drops and counts what it is to send",
    connect: flawed(() => ({ close: () => undefined })),
  },
  {
    flaw: "delivers after close what was under way",
    caught: "nothing arrives at a closed transport, and its peers go on",
    connect: flawed((sound) => ({ close: () => queueMicrotask(() => sound.close()) })),
  },
  {
    flaw: "delivers the rest of a batch after close",
    caught: "nothing arrives any more once the receiver has closed its transport",
    connect: flawed((sound) => ({
      receive(take) {
        const batch: (() => void)[] = [];
        sound.receive((frame, from) => {
          batch.push(() => take(frame, from));
          if (batch.length === 1) queueMicrotask(() => batch.splice(0).forEach((each) => each()));
        });
      },
    })),
  },
  {
    flaw: "breaks when a peer has closed",
    caught: "nothing arrives at a closed transport, and its peers go on",
    connect: (() => {
      const closed = new Set<Endpoint>();
      return flawed((sound, endpoint) => {
        closed.delete(endpoint);
        return {
          send(to, frame) {
            if (closed.has(to)) throw new Error(`endpoint ${to} is closed`);
            return sound.send(to, frame);
          },
          close() {
            closed.add(endpoint);
            sound.close();
          },
        };
      });
    })(),
  },
];
