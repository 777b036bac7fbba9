/**
 * Where the entries of commit protocols are in a log: all in one place. A new segment begins with what stands for all of
 * them, and then every older one may go.
 */
export const entrySlot = 1;

export function slotOf(): number {
  return entrySlot;
}
