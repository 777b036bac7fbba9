/**
 * A thread of the pool: a function for each kind of task, by its name.
 */
import { tasks } from "./tasks.ts";

export const { seeds, shrink, visit } = tasks;
