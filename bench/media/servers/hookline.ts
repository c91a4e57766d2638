/** Hookline's media hosts behind the door of rooms/: legs as the gateway opens them. Arguments: how many workers, on what. */

import { createRealClock } from '../../../base/clock.js';
import type { LegId, RoomId } from '../../../base/ids.js';
import { silentLogger } from '../../../base/log.js';
import { createRealNetwork } from '../../../base/network.js';
import { createRealRandom } from '../../../base/random.js';
import { acceptAnswer, type CodecName, createOfferAnswer, makeOffer, PortAllocator } from '../../../media/index.js';
import { startMediaPool } from '../../../rooms/index.js';
import { frameMsOf, mirrored, payloadTypeOf } from './mirrored-sdp.js';
import { type Opened, type RoomPorts, serve } from './server.js';

const address = '127.0.0.1';
const clock = createRealClock();
const random = createRealRandom();
const workers = Number(process.argv[2] ?? 1);
const mediaBackend = process.argv[3] === 'native' ? 'native' : 'dgram';
const pool = startMediaPool({
  clock,
  random,
  network: createRealNetwork(),
  log: silentLogger,
  workers,
  isolation: 'thread',
  mediaBackend,
});
const ports = new PortAllocator({ clock, fromPort: 10_000, toPort: 19_999 });
await pool.ready();
/** Rooms of earlier calls of open() stay. */
let rooms = 0;

async function openLeg(room: number, place: number, endpointPort: number, codec: CodecName): Promise<Opened> {
  const legId = `leg-${room}-${place}` as LegId;
  const roomId = `room-${room}` as RoomId;
  const onEvent = (): void => undefined;
  const leg = await pool.openLeg({ legId, roomId, address, ports, rtpTimeoutMs: 0, cname: 'bench', onEvent });
  const { rtpPort, rtcpPort } = leg;
  const session = createOfferAnswer({ sessionId: String(room * 10_000 + place + 1), username: '-' });
  const local = { address, rtpPort, rtcpPort, codecs: [codec], telephoneEvent: false, ptimeMs: 20 };
  const offer = makeOffer(session, { ...local, direction: 'sendrecv' });
  const answer = acceptAnswer(offer.state, mirrored(offer.sdp, endpointPort));
  if (!answer.ok) throw new Error(`${codec}: ${answer.fault}`);
  leg.set(answer.media);
  leg.join(roomId, { echo: false });
  return { ports: [rtpPort], codec, payloadType: payloadTypeOf(offer.sdp), frameMs: frameMsOf(offer.sdp) };
}

async function open(wanted: RoomPorts, codec: CodecName): Promise<Opened> {
  const opened: Opened[] = [];
  for (const endpoints of wanted) {
    for (const [place, port] of endpoints.entries()) opened.push(await openLeg(rooms, place, port, codec));
    rooms += 1;
  }
  const first = opened[0];
  if (first === undefined) throw new Error('nobody is in the rooms');
  return { ...first, ports: opened.flatMap((each) => each.ports) };
}

serve({ open, close: () => pool.close(3000) });
