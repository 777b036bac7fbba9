/**
 * Roles as actors in worker threads.
 */
export * from "./control.ts";
export * from "./errors.ts";
export * from "./node-keys.ts";
export * from "./placement.ts";
export { runnable, type Ground, type HostedProtocol, type Part, type Surroundings } from "./protocols/hosted.ts";
export {
  protocolNamed,
  protocols,
  type Asked,
  type Joiners,
  type NodePlan,
  type Plan,
  type RunnableProtocol,
  type Service,
} from "./protocols/index.ts";
export type { SigningPlace, SigningSettings } from "./signing.ts";
export * from "./supervisor.ts";
