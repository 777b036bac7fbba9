/**
 * The players of a scenario, by role and number.
 */
import { addressOf, type Address } from "@synod/protocol";

export const client = (number: number): Address => addressOf("client", number);
export const proposer = (node: number): Address => addressOf("proposer", node);
export const acceptor = (node: number): Address => addressOf("acceptor", node);
export const learner = (node: number): Address => addressOf("learner", node);
