export type {
  LegEvent,
  MediaLeg,
  MediaLoad,
  MediaPool,
  MediaPoolCounts,
  OpenLegOptions,
  PortPair,
  PortSource,
} from './media-pool.js';
export { BindError, MediaHostLost, NoPortError } from './media-pool.js';
export type { HostReport, LegStats } from './protocol.js';
