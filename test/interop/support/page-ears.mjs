// Put into somebody else's page before its own scripts: what its connections play is kept, too.
import { hearingOf } from './browser-sound.mjs';

window.RTCPeerConnection = class extends RTCPeerConnection {
  constructor(configuration) {
    super({ ...configuration, iceTransportPolicy: globalThis.iceTransportPolicy ?? 'all' });
    this.addEventListener('track', ({ track }) => hearingOf(track));
  }
};
