import type { IceServer } from '../web/ice-servers.js';
import {
  checked,
  integer,
  ipAddress,
  list,
  object,
  optional,
  type Reader,
  required,
  structures,
  text,
  transform,
} from './readers.js';
import { setting } from './setting.js';

const url = text('a stun:, stuns:, turn: or turns: URL', /^(?:stuns?|turns?):[^\s<>"]{1,512}$/);
const word = text('1 to 512 characters', /^[^\r\n]{1,512}$/);

/** An entry of `webrtc_ice_servers`. */
const iceServer: Reader<IceServer> = transform(
  checked(
    object({
      urls: required(list(url, 1)),
      username: optional(word),
      credential: optional(word),
      secret: optional(word),
      ttl_s: optional(integer(60, 604_800, 'seconds')),
    }),
    ({ username, credential, secret }) => {
      const accepted = 'either username and credential, or secret, or none of them';
      const isWhole = (username === null) === (credential === null) && (secret === null || username === null);
      return isWhole ? null : { path: '.username', found: null, accepted };
    },
  ),
  ({ urls, username, credential, secret, ttl_s }) => ({ urls, username, credential, secret, ttlS: ttl_s ?? 86_400 }),
);

/** A room of `join_open`, or with a `*` at its end all rooms whose names begin so. */
const roomPattern = text('a room, or the beginning of rooms and a * at its end', /^(?!$)[^*\r\n]{0,254}\*?$/);

/** Browsers by WHIP, WHEP and the SDK's routes (docs/webrtc.md). */
export const webSettings = {
  webrtcPort: setting('WebRTC', integer(1, 65_535, 'port'), null, {
    shape: 'PORT',
    initialText: 'none: a pair of rtp_ports for each browser',
    meaning: 'the UDP port that all browsers share; with several media workers also the ports after it, one each',
  }),
  webrtcPublicIp: setting('WebRTC', ipAddress(), null, {
    shape: 'IP',
    initialText: 'public_ip',
    meaning: 'address told to browsers beside the local ones, where a NAT is in between',
  }),
  webrtcTimeoutMs: setting('WebRTC', integer(3000, 600_000, 'milliseconds'), 9000, {
    shape: 'N',
    unit: 'ms',
    meaning:
      'a browser of which nothing has come for so long, no check and no sound, has gone; one that calls by SIP over a WebSocket too',
  }),
  joinOpen: setting('WebRTC', list(roomPattern), [] as readonly string[], {
    shape: 'ROOM,…',
    initialText: 'none: by invitation, and for whoever may use the API',
    meaning:
      'rooms that whoever reaches the page /join may join without an invitation, as in 9000 or meet-*; a PIN is asked for',
  }),
  webrtcIceServers: setting('WebRTC', structures('ICE servers', iceServer), [] as readonly IceServer[], {
    shape: 'JSON',
    initialText: 'none',
    secret: true,
    meaning:
      'what WHIP and WHEP clients are told in Link headers {urls, username, credential} or {urls, secret, ttl_s} for credentials that end',
  }),
};
