/**
 * A control server in one page: answers every new call with an offer of its own, whose sound nobody hears.
 * Usage: node answering-control.mjs [its HTTP port, 9001] [HTTP port of the SIP server, 9000]
 */
import { createServer } from 'node:http';

const [port = '9001', server = '9000'] = process.argv.slice(2);
const address = { nettype: 'IN', ipver: 4, address: '127.0.0.1' };
const sdp = {
  v: 0,
  o: { username: '-', sessionid: 1, sessionversion: 1, ...address },
  s: '-',
  c: [address],
  t: { start: 0, stop: 0 },
  m: [
    {
      media: 'audio',
      port: 10_000,
      proto: 'RTP/AVP',
      direction: 'sendrecv',
      payloads: [0],
      rtpmap: { 0: { encoding: 'PCMU', clock: '8000' } },
    },
  ],
};

createServer(async (request, response) => {
  let text = '';
  for await (const chunk of request) text += chunk;
  response.writeHead(200).end();
  if (!request.url?.startsWith('/dialog/')) return;
  const call = JSON.parse(text);
  console.log(JSON.stringify(call));
  if (call.answered || call.hangup || call.originator) return;
  await fetch(`http://127.0.0.1:${server}/dialog/answer`, {
    method: 'PUT',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ callid: call.callid, sdp }),
  });
}).listen(Number(port), '127.0.0.1');
