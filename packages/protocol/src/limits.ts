/**
 * Every bound in one place: past a limit a client gets a typed error, never an unbounded buffer.
 */

/** A tick, as the hosts count it. Election and heartbeat times below are in ticks. */
export const tickMilliseconds = 10;

export const limits = {
  /** Slots that a leader may have in flight: proposed and not yet known to be chosen. */
  windowSlots: 64,
  /** Bytes of values that a leader may have in flight. */
  windowBytes: 8 * 1024 * 1024,
  /** Bytes of requests that wait at a leader for room in the window; past it a request is refused as overloaded. */
  queueBytes: 8 * 1024 * 1024,
  /** Bytes of one value: a batch of requests. One request is never larger. */
  valueBytes: 1024 * 1024,
  /**
   * Bytes at which a client closes a batch, and up to which a leader joins requests into one value. What a frame costs,
   * some 15 µs for each thread that it passes, is shared by all commands in it.
   */
  batchBytes: 128 * 1024,
  /** Reads that wait at a leader for its leadership to be confirmed, or at a learner for their slot. */
  pendingReads: 16 * 1024,
  /** Slots above the last delivered one for which a learner keeps votes; what is beyond is fetched later. */
  learnerSlots: 1024,
  /** Bytes of accepted values in one answer to Prepare or CatchUp; the rest is asked for again. */
  answerBytes: 4 * 1024 * 1024,
  /** Values in one such answer: each takes some bytes of its own, and a value may be empty. */
  answerValues: 64 * 1024,
  /** Bytes of one part of a snapshot on its way to another learner. */
  snapshotPartBytes: 256 * 1024,
  /**
   * Bytes of accepted values that an acceptor holds for a learner of its own node that is down; past it the durable
   * snapshot of another node's learner has to do.
   */
  logBytes: 128 * 1024 * 1024,
  /** Commands, each a request, of one instance of Generalized Paxos: past it the leader closes the instance. */
  historyCommands: 64,
  /**
   * Bytes of the commands of one instance of Generalized Paxos; past it the leader closes the instance. Three times this
   * and a value must fit into a frame, with an answer: see `mostBytes` of its configuration.
   */
  historyBytes: 1024 * 1024,
  /** Messages of one role that may wait for a sync; past it what arrives is dropped, as a network may. */
  waitingMessages: 16 * 1024,
  /** Bytes of one frame. */
  frameBytes: 16 * 1024 * 1024,
  /** Bytes sent on one path and not yet taken by its receiver; past it frames are dropped, as a network may. */
  pathBytes: 64 * 1024 * 1024,
  /** Bytes of a key. */
  keyBytes: 1024,
  /** Bytes of a stored value of the key-value machine. */
  storedBytes: 512 * 1024,
  /** Named decrees that a role holds, and bytes of their names and values. */
  decrees: 1024 * 1024,
  decreeBytes: 256 * 1024 * 1024,
  /** Sessions that a replica remembers; the one used longest ago is forgotten first. */
  sessions: 4096,
  /** Requests of one session that may be outstanding: their replies are remembered until acknowledged. */
  sessionRequests: 64,
  /** Commands that one client may have waiting and outstanding. */
  clientCommands: 64 * 1024,
  /** Transactions that one role may hold that are not decided. */
  transactions: 1024,
  /** Writes of one transaction at one participant. */
  transactionWrites: 256,
  /**
   * Outcomes of transactions that a role remembers; a client that asks for an older one hears only that. Those that a
   * participant may lack are among them, and never forgotten: when there are so many of these, nothing new begins.
   */
  outcomes: 64 * 1024,
  /** Bytes of keys and values that a participant may hold: all of it is in each log segment. */
  participantBytes: 8 * 1024 * 1024,
} as const;

/** The bounds that roles keep; `limits` says what each is for. All nodes must have the same. */
export interface Bounds {
  /** Not above `learnerSlots`: what a leader may have in flight, a learner can hold. */
  readonly windowSlots: number;
  readonly windowBytes: number;
  readonly queueBytes: number;
  readonly valueBytes: number;
  readonly batchBytes: number;
  readonly pendingReads: number;
  readonly learnerSlots: number;
  readonly answerBytes: number;
  readonly answerValues: number;
  readonly logBytes: number;
}

export interface Timing {
  /** Between the heartbeats of a leader, in ticks. */
  readonly heartbeatTicks: number;
  /** The least silence after which a leader is suspected, in ticks; the actual time is drawn between this and twice this. */
  readonly electionTicks: number;
  /** Before an unanswered message of a proposer is sent again, in ticks. */
  readonly retryTicks: number;
  /** Before a learner that is behind asks for what it lacks, in ticks. */
  readonly catchUpTicks: number;
}

/** The times of nodes that are not told others. */
export const timing: Timing = { heartbeatTicks: 5, electionTicks: 20, retryTicks: 10, catchUpTicks: 2 };
