/** The door of gateway/: the whole gateway as a library. */

export { type Config, type ConfigResult, parseConfig } from './config.js';
export {
  buildGateway,
  type Gateway,
  type GatewayDeps,
  type HttpListener,
  type Leftovers,
  type Listening,
} from './gateway.js';
