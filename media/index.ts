/** The door of media/: what rooms and the gateway may use. */
export type { LegStats } from './leg-stats.js';
export type {
  CodecName,
  Direction,
  LegMedia,
  MediaAddress,
  ReceiveFormat,
  SendFormat,
  TelephoneEventFormat,
} from './sdp/leg-media.js';
export { codecNames } from './sdp/leg-media.js';
export type { MediaSessionOptions, SessionEvents } from './session.js';
export { MediaSession } from './session.js';
export type { PortAllocatorOptions, PortPair } from './transport/ports.js';
export { PortAllocator } from './transport/ports.js';
