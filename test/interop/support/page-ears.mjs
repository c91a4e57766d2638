// Put into somebody else's page before its own scripts: what its connections play is kept, too.
import { hearingOf } from './browser-sound.mjs';

window.RTCPeerConnection = class extends RTCPeerConnection {
  constructor(...args) {
    super(...args);
    this.addEventListener('track', ({ track }) => hearingOf(track));
  }
};
