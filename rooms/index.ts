/** The door of rooms/: legs, and who hears whom. */
export { createInlineHost } from './inline-host.js';
export type { MediaHost, MediaHostDeps } from './media-host.js';
export { createMediaHost } from './media-host.js';
export type {
  LegEvent,
  MediaHostView,
  MediaLeg,
  MediaLoad,
  MediaPlayer,
  MediaPool,
  MediaPoolCounts,
  MediaRecorder,
  MediaSoundEnd,
  MemberChange,
  OpenLegOptions,
  PlayOptions,
  PortSource,
  RecordOptions,
  RoomLevelsReport,
} from './media-pool.js';
export { BindError, MediaHostLost, NoPortError } from './media-pool.js';
export type { MediaStream, StreamOptions } from './media-stream.js';
export type { MediaPoolOptions, RemotePlace } from './pool.js';
export { createMediaPool } from './pool.js';
export type { ProcessHostOptions } from './process-host.js';
export { createProcessHost } from './process-host.js';
export type { HearingLists, HostCommand, HostEvent, HostPort, HostReport, LegStats } from './protocol.js';
export { MAX_ROOM_MESSAGE_BYTES, ROOM_PROTOCOL } from './remote-codec.js';
export type { MediaNodeUrl, RemoteHostOptions } from './remote-host.js';
export { createRemoteHost } from './remote-host.js';
export type { NodeAddress, RemoteSessionOptions } from './remote-session.js';
export { RemoteSession } from './remote-session.js';
export type { RoomRules } from './room-rules.js';
export { defaultRoomRules } from './room-rules.js';
export type { StartPoolOptions } from './start-pool.js';
export { startMediaPool } from './start-pool.js';
export type { WorkerHostOptions } from './worker-host.js';
export { createWorkerHost } from './worker-host.js';
