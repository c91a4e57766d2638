/** The door of gateway/: the whole gateway as a library. */

export { type Config, type ConfigResult, type DomainPolicy, type DomainProfile, parseConfig } from './config.js';
export { type Domain, type Domains, DomainTakenError } from './decide/domains.js';
export type { Leftovers } from './figures.js';
export {
  buildGateway,
  type Gateway,
  type GatewayDeps,
  type HttpKind,
  type HttpListener,
  type Listening,
} from './gateway.js';
export type { HttpAnswer, HttpRequest, HttpTransport } from './hooks/transport.js';
export { MemoryStore } from './store/memory.js';
export type { Store } from './store/store.js';
