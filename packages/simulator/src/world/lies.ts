/**
 * How liars lie: nodes whose roles do what they should, until what they say is changed on its way out. They keep their own
 * keys and no others, and work together. A protocol says which lies its messages lend themselves to; what goes for all
 * messages is here.
 */
import { nodeOf, type Address, type Envelope, type Layout, type Random, type Shape } from "@synod/protocol";

/** How likely each lie is, wherever it could be told. */
export interface Lies {
  /** Tells some one thing and others another. */
  equivocation: number;
  /** Shows what others have not said, or says what cannot be so. */
  forgery: number;
  /** Says again what it said before, also to others. */
  replay: number;
  /** Changes some field of a message. */
  corruption: number;
  /** Says nothing. */
  silence: number;
  /** Says what it says in the name of another node as well. */
  impersonation: number;
}

export const noLies: Readonly<Lies> = {
  equivocation: 0,
  forgery: 0,
  replay: 0,
  corruption: 0,
  silence: 0,
  impersonation: 0,
};

/** What liars make of the messages of a protocol. */
export interface Tongue<Message> {
  /** What contradicts a message that goes to several; undefined when nothing does. */
  contradict(message: Message, random: Random): Message | undefined;
  /** What an honest node could not say, in the place of a message; undefined when it is a kind of no use for that. */
  forge(message: Message, random: Random): Message | readonly Message[] | undefined;
  /** Agrees with whatever is heard: what a liar says to those who said it, whatever it says to others. */
  echo(node: number, from: Address, message: Message): readonly Envelope<Message>[];
}

export interface LiarOptions<Message> {
  readonly node: number;
  /** All that lie: they need not persuade each other. */
  readonly liars: readonly number[];
  readonly random: Random;
  /** May change while the liar lives. */
  readonly lies: Readonly<Lies>;
  readonly lied: (lie: keyof Lies) => void;
  readonly layout: readonly Layout[];
  readonly tongue: Tongue<Message>;
}

/** What it says of a message, besides the truth. */
interface ToldLies<Message> {
  /** For some who are told. */
  readonly contradiction: Message | undefined;
  /** For all; none when it is not forged. */
  readonly forged: readonly Message[];
}

/** What it said that may be said again. */
const rememberedMessages = 40;

export class Liar<Message extends { readonly kind: string }> {
  readonly #options: LiarOptions<Message>;
  readonly #said: Envelope<Message>[] = [];

  constructor(options: LiarOptions<Message>) {
    this.#options = options;
  }

  /** What it sends in the place of what its role does. To itself it tells the truth. */
  say(envelopes: readonly Envelope<Message>[]): readonly Envelope<Message>[] {
    // A lie about a message that goes to several is the same for all who are told it.
    const lies = new Map<Message, ToldLies<Message>>();
    return envelopes.flatMap((envelope) => {
      if (nodeOf(envelope.to) === this.#options.node) return [envelope];
      let told = lies.get(envelope.message);
      if (told === undefined) lies.set(envelope.message, (told = this.#invent(envelope.message)));
      return this.#lie(envelope, told);
    });
  }

  /** What it says because of what it hears, beside what its role does. */
  hear(from: Address, message: Message): readonly Envelope<Message>[] {
    const { node, liars, tongue } = this.#options;
    if (liars.includes(nodeOf(from))) return [];
    const echoes = tongue.echo(node, from, message);
    return echoes.length > 0 && this.#does("equivocation") ? echoes : [];
  }

  #invent(message: Message): ToldLies<Message> {
    const { random, tongue, lies } = this.#options;
    const contradiction = random() < lies.equivocation ? tongue.contradict(message, random) : undefined;
    const forged = random() < lies.forgery ? tongue.forge(message, random) : undefined;
    return { contradiction, forged: forged === undefined ? [] : "kind" in forged ? [forged] : forged };
  }

  #lie(envelope: Envelope<Message>, { contradiction, forged }: ToldLies<Message>): readonly Envelope<Message>[] {
    const { random, layout, lied } = this.#options;
    const { to, message } = envelope;
    if (this.#does("silence")) return [];
    const replayed = this.#said.length > 0 && this.#does("replay") ? [this.#replay(to)] : [];
    this.#remember(envelope);
    if (contradiction !== undefined && nodeOf(to) % 2 === 0) {
      lied("equivocation");
      return [{ to, message: contradiction }, ...replayed];
    }
    if (forged.length > 0) {
      lied("forgery");
      return [...forged.map((each) => ({ to, message: each })), ...replayed];
    }
    if (!this.#does("corruption")) return [envelope, ...replayed];
    return [{ to, message: corrupted(message, layout, random) }, ...replayed];
  }

  /** Something said before: to whoever is spoken to now, or to whom it was said. */
  #replay(to: Address): Envelope<Message> {
    const { random } = this.#options;
    const said = this.#said[Math.floor(random() * this.#said.length)];
    if (said === undefined) throw new RangeError("nothing was said before");
    return random() < 0.5 ? said : { to, message: said.message };
  }

  #remember(envelope: Envelope<Message>): void {
    this.#said.push(envelope);
    if (this.#said.length > rememberedMessages) this.#said.shift();
  }

  #does(lie: keyof Lies): boolean {
    if (this.#options.random() >= this.#options.lies[lie]) return false;
    this.#options.lied(lie);
    return true;
  }
}

/** The message with another value in one of its fields, of the right shape. */
function corrupted<Message extends { readonly kind: string }>(
  message: Message,
  layout: readonly Layout[],
  random: Random,
): Message {
  const fields = layout.find(({ kind }) => kind === message.kind)?.fields ?? [];
  const [name, shape] = fields[Math.floor(random() * fields.length)] ?? [];
  if (name === undefined || shape === undefined) return message;
  const old: unknown = Reflect.get(message, name);
  return { ...message, [name]: corruptedField(old, shape, random) };
}

function corruptedField(old: unknown, shape: Shape, random: Random): unknown {
  if (shape === "integer") return corruptedInteger(Number(old), random);
  if (shape === "flag") return old !== true;
  if (shape === "bytes") return corruptedBytes(old instanceof Uint8Array ? old : new Uint8Array(0), random);
  const rows: readonly unknown[] = Array.isArray(old) ? old : [];
  const at = Math.floor(random() * rows.length);
  const row = rows[at];
  const [name, inner] = shape.list[Math.floor(random() * shape.list.length)] ?? [];
  if (typeof row !== "object" || row === null || name === undefined || inner === undefined) return rows;
  const coin = random();
  if (coin < 0.2) return rows.filter((_, index) => index !== at);
  if (coin < 0.4) return [...rows.slice(0, at), row, ...rows.slice(at)];
  const changed = { ...row, [name]: corruptedField(Reflect.get(row, name), inner, random) };
  return rows.map((each, index) => (index === at ? changed : each));
}

function corruptedInteger(old: number, random: Random): number {
  const others = [old + 1, Math.max(0, old - 1), 0, 1, old + Math.floor(random() * 100), Number.MAX_SAFE_INTEGER];
  return Math.min(Number.MAX_SAFE_INTEGER, others[Math.floor(random() * others.length)] ?? 0);
}

function corruptedBytes(old: Uint8Array, random: Random): Uint8Array {
  if (old.length === 0 || random() < 0.2) return old.subarray(0, Math.floor(random() * old.length));
  const bytes = old.slice();
  const at = Math.floor(random() * bytes.length);
  bytes[at] = (bytes[at] ?? 0) ^ (1 << Math.floor(random() * 8));
  return bytes;
}
