// WHIP (RFC 9725), WHEP, and both ways in one request, as a page has them without a library.

/** @param way  `sendonly` speaks, `recvonly` listens, `sendrecv` does both. Resolves once its sound can flow. */
export async function joinByHttp({ url, token, way }, sound) {
  const connection = new RTCPeerConnection();
  connection.addEventListener('track', ({ track }) => sound.play(track));
  const source = way === 'recvonly' ? 'audio' : (await sound.microphone()).getAudioTracks()[0];
  connection.addTransceiver(source, { direction: way });
  await connection.setLocalDescription();
  const connected = new Promise((resolve, reject) => {
    connection.addEventListener('connectionstatechange', () => {
      if (connection.connectionState === 'connected') resolve();
      if (connection.connectionState === 'failed') reject(new Error('no way to the gateway'));
    });
  });
  const headers = { 'Content-Type': 'application/sdp', Authorization: `Bearer ${token}` };
  const response = await fetch(url, { method: 'POST', headers, body: connection.localDescription.sdp });
  const sdp = await response.text();
  if (response.status !== 201) throw new Error(`${response.status} ${sdp}`);
  await connection.setRemoteDescription({ type: 'answer', sdp });
  await connected;
}
