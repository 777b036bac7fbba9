/**
 * The museum: known bugs of consensus, each put back into the code that is right, for the simulator to find.
 */
import { durabilityExhibits } from "./acceptor-durability.ts";
import { promiseExhibits } from "./acceptor-promises.ts";
import type { Exhibit } from "./exhibit.ts";
import { valueExhibits } from "./proposer-values.ts";

export type { Exhibit } from "./exhibit.ts";
export { acquit, mostSeeds, visit, type Acquittal, type Visit } from "./tour.ts";

/** In the order of a tour: the protocol's roles, then what they stand on and who uses them. */
export const exhibits: readonly Exhibit[] = [...durabilityExhibits, ...promiseExhibits, ...valueExhibits];
