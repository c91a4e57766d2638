/**
 * werift alone, in a process of its own, for webrtc.bench.ts: each browser has an RTCPeerConnection that sends back every
 * packet it gets. Nothing is mixed, decoded or encoded: what a member costs before there is a room.
 */
import { MediaStreamTrack, RTCPeerConnection, useOPUS } from 'werift';
import type { Answer, Question } from './server.js';
import { Usage } from './usage.js';

const usage = new Usage();

async function join(offer: string): Promise<string> {
  const connection = new RTCPeerConnection({
    codecs: { audio: [useOPUS()] },
    iceServers: [],
    iceUseIpv6: false,
    iceLite: true,
    iceAdditionalHostAddresses: ['127.0.0.1'],
  });
  const back = new MediaStreamTrack({ kind: 'audio' });
  connection.onTrack.subscribe((track) => track.onReceiveRtp.subscribe((packet) => back.writeRtp(packet)));
  connection.addTransceiver(back, { direction: 'sendrecv' });
  await connection.setRemoteDescription({ type: 'offer', sdp: offer });
  // It would say active to an offer that is active itself.
  for (const transport of connection.dtlsTransports) transport.role = 'server';
  await connection.setLocalDescription(await connection.createAnswer());
  return connection.localDescription!.sdp;
}

process.on('message', (question: Question) => {
  const { id } = question;
  if (question.type === 'begin') usage.begin();
  else if (question.type === 'figures') process.send!({ id, figures: usage.figures() } satisfies Answer);
  else void join(question.offer).then((sdp) => process.send!({ id, sdp } satisfies Answer));
});
process.on('disconnect', () => process.exit(0));
process.send!('ready');
