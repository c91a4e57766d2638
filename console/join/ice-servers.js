// The Link headers of an answer of WHIP: RFC 9725 §4.5.

const link = /<((?:stun|turn)s?:[^>]+)>((?:\s*;\s*[\w-]+="(?:[^"\\]|\\.)*")*)/g;
const parameter = /([\w-]+)="((?:[^"\\]|\\.)*)"/g;

/** @returns what RTCPeerConnection takes as `iceServers` */
export function iceServersIn(header) {
  return [...(header ?? '').matchAll(link)].map(([, urls, rest]) => {
    const { username, credential } = Object.fromEntries(
      [...rest.matchAll(parameter)].map(([, name, value]) => [name, value.replace(/\\(.)/g, '$1')]),
    );
    return username === undefined ? { urls } : { urls, username, credential };
  });
}
