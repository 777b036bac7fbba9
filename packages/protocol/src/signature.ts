/**
 * Signatures, for protocols whose acceptors may lie. A role neither signs nor verifies: its protocol says what is signed
 * in a message, and whoever hosts the role seals what leaves and lets in only what verifies. So the roles stay pure, and
 * the work can be done in batches elsewhere.
 */

/** A text that a node has signed: alone, or inside a message of another node, as proof. */
export interface Statement {
  /** The node that is said to have signed it. */
  readonly signer: number;
  /** What is signed. Two statements that mean different things differ in their texts. */
  readonly text: Uint8Array;
  readonly signature: Uint8Array;
}

/** What is signed in the messages of a protocol. */
export interface Seals<Message> {
  /** Whether a message of this kind carries its sender's signature. */
  isSigned(message: Message): boolean;
  /** What its sender signs, of a message that is signed. */
  textOf(message: Message): Uint8Array;
  /** The same message with its sender's signature. */
  withSignature(message: Message, signature: Uint8Array): Message;
  /**
   * Every statement in it, its sender's own and those that it carries as proof; all must verify before a role sees it.
   * `from` is the node that sent it.
   */
  statements(message: Message, from: number): readonly Statement[];
}

/**
 * A node's own key, and what it knows of the others'. Both calls take a batch, and call back once: at once, or later.
 * Batches of one kind are done in the order in which they were given.
 */
export interface Signatures {
  /** Signs each text as this node. */
  sign(texts: readonly Uint8Array[], done: (signatures: readonly Uint8Array[]) => void): void;
  /** Tells of each statement whether its signer has signed it. */
  verify(statements: readonly Statement[], done: (valid: readonly boolean[]) => void): void;
}

/** Bytes of a signature of Ed25519. */
export const signatureBytes = 64;
