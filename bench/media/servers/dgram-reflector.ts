/** What Node's sockets cost without any mixing: one for each participant, every datagram back to where it came from. */

import { createSocket } from 'node:dgram';
import { codecs } from '../../../media/index.js';
import { type Opened, type RoomPorts, serve } from './server.js';

const address = '127.0.0.1';
const sockets: ReturnType<typeof createSocket>[] = [];

function openOne(): Promise<number> {
  const socket = createSocket({ type: 'udp4', lookup: (host, _, found) => found(null, host, 4) });
  sockets.push(socket);
  socket.on('message', (data, from) => socket.send(data, from.port, from.address));
  return new Promise((resolve, reject) => {
    socket.once('error', reject).bind(0, address, () => resolve(socket.address().port));
  });
}

async function open(rooms: RoomPorts, codec: Opened['codec']): Promise<Opened> {
  const ports: number[] = [];
  for (const _ of rooms.flat()) ports.push(await openOne());
  return { ports, codec, payloadType: codecs[codec].staticPayloadType ?? 96, frameMs: 20 };
}

serve({ open, close: async () => sockets.forEach((socket) => void socket.close()) });
