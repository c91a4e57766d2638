// WHIP (RFC 9725), WHEP, and both ways in one request, as a page has them without a library.
import { iceServersIn } from '../../../console/join/ice-servers.js';

/**
 * @param way          `sendonly` speaks, `recvonly` listens, `sendrecv` does both
 * @param isRelayed  it goes through the gateway's TURN servers, and by no other way
 * Resolves once its sound can flow.
 */
export async function joinByHttp({ url, token, way, isRelayed }, sound) {
  const connection = new RTCPeerConnection({ iceTransportPolicy: isRelayed ? 'relay' : 'all' });
  connection.addEventListener('track', ({ track }) => sound.play(track));
  const source = way === 'recvonly' ? 'audio' : (await sound.microphone()).getAudioTracks()[0];
  connection.addTransceiver(source, { direction: way });
  const connected = new Promise((resolve, reject) => {
    connection.addEventListener('connectionstatechange', () => {
      if (connection.connectionState === 'connected') resolve();
      if (connection.connectionState === 'failed') reject(new Error('no way to the gateway'));
    });
  });
  const offer = await connection.createOffer();
  const headers = { 'Content-Type': 'application/sdp', Authorization: `Bearer ${token}` };
  const response = await fetch(url, { method: 'POST', headers, body: offer.sdp });
  const sdp = await response.text();
  if (response.status !== 201) throw new Error(`${response.status} ${sdp}`);
  const iceServers = iceServersIn(response.headers.get('Link'));
  connection.setConfiguration({ ...connection.getConfiguration(), iceServers });
  await connection.setLocalDescription(offer);
  await connection.setRemoteDescription({ type: 'answer', sdp });
  await connected;
  return { iceServers };
}
