import type { LegStats } from '../media/index.js';
import type { HostLegs } from './host-legs.js';
import { addRing, type HostRings } from './host-rings.js';
import type { HostSounds } from './host-sounds.js';
import type { HostStreams } from './host-streams.js';
import type { HostReport } from './protocol.js';
import type { RoomRegistry } from './registry.js';
import type { Ticker } from './ticker.js';

/** What a media host is made of, as far as a report tells of it. */
export interface ReportedHost {
  readonly legs: HostLegs;
  readonly rooms: RoomRegistry;
  readonly rings: HostRings;
  readonly sounds: HostSounds;
  readonly streams: HostStreams;
  readonly ticker: Ticker;
  readonly commandsRefused: number;
  readonly shared: HostReport['shared'];
}

/** The figures of a media host as of now. O(legs + ring members). */
export function reportOf({ legs, rooms, sounds, streams, ticker, ...host }: ReportedHost): HostReport {
  const legStats: Record<string, LegStats> = {};
  const rings = host.rings.counts();
  for (const leg of legs.open) {
    legStats[leg.legId] = leg.session.stats();
    if (leg.place.kind === 'ring') addRing(rings, leg.place.ring);
  }
  return {
    legs: legs.size,
    rooms: rooms.size,
    ringMembers: host.rings.members,
    openSockets: legs.open.reduce((sum, { session }) => sum + session.ownSockets, 0),
    players: sounds.players,
    recorders: sounds.recorders,
    streams: streams.size,
    streamDropped: streams.dropped,
    beatsSkipped: ticker.skipped,
    beatLatenessP99Ms: ticker.latenessP99Ms(),
    ringOverruns: rings.overruns,
    ringUnderruns: rings.underruns,
    commandsRefused: host.commandsRefused,
    legStats,
    shared: host.shared,
  };
}
