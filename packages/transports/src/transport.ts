/**
 * A transport moves frames between endpoints and knows nothing of what is in them. An endpoint is a place where roles
 * live: a thread, a process, a page.
 *
 * It may lose, duplicate, delay and reorder frames, as a network does; it never alters one and never blocks. What it
 * cannot take it drops, and counts.
 */

/** A number that names an endpoint within a cluster. */
export type Endpoint = number;

export interface TransportCounters {
  sentFrames: number;
  sentBytes: number;
  receivedFrames: number;
  receivedBytes: number;
  /** Frames that were not sent: no path to the endpoint, or too many bytes on it that are not taken yet. */
  droppedFrames: number;
  /** Arrivals that were no frames. */
  refusedFrames: number;
}

export function newTransportCounters(): TransportCounters {
  return { sentFrames: 0, sentBytes: 0, receivedFrames: 0, receivedBytes: 0, droppedFrames: 0, refusedFrames: 0 };
}

/**
 * Takes a frame that arrived, and owns its bytes. `from` is the endpoint at the other end of the path that it came by,
 * whatever is written in it.
 */
export type TakeFrame = (frame: Uint8Array, from: Endpoint) => void;

export interface Transport {
  /**
   * Sends a frame; it arrives later, never before this returns. The transport owns its buffer from here on: the caller
   * must not touch it again.
   *
   * @returns false when the frame was dropped
   */
  send(to: Endpoint, frame: Uint8Array<ArrayBuffer>): boolean;
  /**
   * Sets who takes the frames that arrive. Frames before this are kept, as many as a path holds.
   */
  receive(take: TakeFrame): void;
  readonly counters: Readonly<TransportCounters>;
  /** Drops all paths. Sending afterwards drops the frame, and nothing arrives any more. */
  close(): void;
}
