import { type GivenSdpJson, listOf, type SdpMediaJson, sessionConnections } from './json-model.js';

/**
 * Whether a description puts the call on hold: an m-line in use is `inactive` or `sendonly` (RFC 3264 §8.4), or has the
 * address 0.0.0.0 of RFC 2543. m-lines that are switched off (port 0) say nothing.
 */
export function isHold(json: GivenSdpJson): boolean {
  const session = sessionConnections(json);
  return listOf<SdpMediaJson>(json.m).some((media) => {
    if (media.port === 0) return false;
    const direction = media.direction ?? json.a?.direction;
    if (direction === 'inactive' || direction === 'sendonly') return true;
    // Without c-lines of its own, any of the session's may be meant for it.
    return (media.c ?? session).some(({ address }) => address === '0.0.0.0' || address === '::');
  });
}
