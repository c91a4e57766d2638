import type { HandshakeLane, SharedUdp } from '../media/index.js';
import type { HostLeg } from './host-legs.js';
import type { HostEvent, SharedReport } from './protocol.js';

type LegOpened = Extract<HostEvent, { readonly type: 'leg-opened' }>;

/** What leg-opened says of a leg; of one at a shared port also where that is. */
export function openedOf({ legId, session }: HostLeg): Pick<LegOpened, 'legId' | 'at' | 'places'> {
  const { places } = session;
  const [first] = places;
  if (session.ownSockets > 0 || first === undefined) return { legId };
  return { legId, at: { address: first.address, rtpPort: first.port, rtcpPort: first.port }, places };
}

export function sharedReport({ openSockets, legs, sources, counters }: SharedUdp, lane: HandshakeLane): SharedReport {
  return { sockets: openSockets, legs, sources, ...counters, handshakesDropped: lane.dropped };
}
