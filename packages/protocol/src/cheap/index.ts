export { cheapConfigurationOf as configurationOf, type Configuration } from "./configuration.ts";
export { cheapChange, cheapQuorums, requireMainsChoose, withMain, withoutMain } from "./membership.ts";
export * from "./messages.ts";
export { Proposer } from "./proposer.ts";
export { Reserve } from "./reserve.ts";
export { Acceptor } from "../multi/acceptor.ts";
export { Learner } from "../multi/learner.ts";
export { asEntry, slotOf } from "../multi/entries.ts";
export type { Delivery, Output } from "../multi/delivery.ts";
