/**
 * The protocols that threads can run: one registration each.
 */
import { hostedBasic } from "./basic.ts";
import { hostedByzantine } from "./byzantine.ts";
import { hostedFastByzantine } from "./fast-byzantine.ts";
import { hostedCommit, hostedThreePhase, hostedTwoPhase } from "./commit.ts";
import { hostedFast } from "./fast.ts";
import { hostedGeneralized } from "./generalized.ts";
import { hostedCheap } from "./cheap.ts";
import { runnable, type RunnableProtocol } from "./hosted.ts";
import { hostedMulti } from "./multi.ts";
import { hostedPrimaryBackup } from "./primary-backup.ts";

export const protocols: readonly RunnableProtocol[] = [
  runnable(hostedBasic),
  runnable(hostedMulti),
  runnable(hostedFast),
  runnable(hostedGeneralized),
  runnable(hostedByzantine),
  runnable(hostedFastByzantine),
  runnable(hostedCommit),
  runnable(hostedTwoPhase),
  runnable(hostedThreePhase),
  runnable(hostedPrimaryBackup),
  runnable(hostedCheap),
];

/** @throws RangeError for a name that is none of `protocols` */
export function protocolNamed(name: string): RunnableProtocol {
  const found = protocols.find((protocol) => protocol.name === name);
  if (found !== undefined) return found;
  const names = protocols.map((protocol) => protocol.name).join(", ");
  throw new RangeError(`protocol: expected one of ${names}, got ${JSON.stringify(name)}`);
}

export { type Asked, type Joiners, type NodePlan, type Plan, type RunnableProtocol, type Service } from "./hosted.ts";
