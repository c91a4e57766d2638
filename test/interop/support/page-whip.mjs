// WHIP (RFC 9725), WHEP, and both ways in one request, as a page has them without a library.
import { iceServersIn } from '../../../console/join/ice-servers.js';

/** Of the last one that joined. */
let resource = null;

function connected(connection) {
  return new Promise((resolve, reject) => {
    connection.addEventListener('connectionstatechange', () => {
      if (connection.connectionState === 'connected') resolve();
      if (connection.connectionState === 'failed') reject(new Error('no way to the gateway'));
    });
  });
}

/** A connection with a certificate and credentials of its own, in place of the last one, on the same resource. */
export async function offerAgain({ toneHz }, sound) {
  const connection = new RTCPeerConnection();
  connection.addEventListener('track', ({ track }) => sound.play(track));
  const [track] = (await sound.microphone(toneHz)).getAudioTracks();
  connection.addTransceiver(track, { direction: 'sendrecv' });
  const up = connected(connection);
  await connection.setLocalDescription();
  const headers = { 'Content-Type': 'application/sdp', 'If-Match': resource.etag };
  const body = connection.localDescription.sdp;
  const response = await fetch(resource.url, { method: 'PATCH', headers, body });
  const sdp = await response.text();
  if (response.status !== 200) throw new Error(`${response.status} ${sdp}`);
  await connection.setRemoteDescription({ type: 'answer', sdp });
  await up;
  return { isRestart: response.headers.get('ETag') !== resource.etag };
}

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
  const up = connected(connection);
  const offer = await connection.createOffer();
  const headers = { 'Content-Type': 'application/sdp', Authorization: `Bearer ${token}` };
  const response = await fetch(url, { method: 'POST', headers, body: offer.sdp });
  const sdp = await response.text();
  if (response.status !== 201) throw new Error(`${response.status} ${sdp}`);
  resource = { url: new URL(response.headers.get('Location'), url), etag: response.headers.get('ETag') };
  const iceServers = iceServersIn(response.headers.get('Link'));
  connection.setConfiguration({ ...connection.getConfiguration(), iceServers });
  await connection.setLocalDescription(offer);
  await connection.setRemoteDescription({ type: 'answer', sdp });
  await up;
  return { iceServers };
}
