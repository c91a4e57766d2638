/** What the sockets alone cost: node:dgram, and an answer that is the request with another first line. */

import { createSocket } from 'node:dgram';
import { serveFigures } from './users.js';

const socket = createSocket({
  type: 'udp4',
  recvBufferSize: 4 * 2 ** 20,
  lookup: (host, _, found) => found(null, host, 4),
});
const ok = Buffer.from('SIP/2.0 200 OK');
const CR = 13;

socket.on('message', (data, from) => {
  const answer = Buffer.concat([ok, data.subarray(data.indexOf(CR))]);
  socket.send(answer, 0, answer.length, from.port, from.address);
});
socket.bind(0, '127.0.0.1', () => serveFigures(socket.address().port));
