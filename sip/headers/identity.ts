import { type Parsed, parsed } from '../../base/errors.js';
import type { NameAddr } from '../header-values.js';
import type { SipMessage } from '../message.js';
import type { Uri } from '../uri.js';
import { addressesOf, paramsOf, type ValueFault } from './field-list.js';
import { checkToken } from './writable.js';
import { writeNameAddr } from './written.js';

/** RFC 3325 §9.1: at most a sip or sips and a tel URI. Worth as much as the peer that it came from. */
export function assertedIdentities(message: SipMessage): Parsed<readonly NameAddr[], ValueFault> {
  return addressesOf(message, 'p-asserted-identity');
}

/** RFC 3325 §9.2: which of its identities a user wants asserted. */
export function preferredIdentities(message: SipMessage): Parsed<readonly NameAddr[], ValueFault> {
  return addressesOf(message, 'p-preferred-identity');
}

/** The Remote-Party-ID of draft-ietf-sip-privacy-04, which many trunks use in place of RFC 3325. */
export interface RemotePartyId {
  /** Its unknown parameters too. */
  readonly address: NameAddr;
  readonly party: 'calling' | 'called';
  /** Whether the network has checked the identity; `no` unless it says so. */
  readonly screen: 'yes' | 'no';
  /** `full`, `name`, `uri`, `off`, …, lower-case. */
  readonly privacy: readonly string[];
}

export function remotePartyIds(message: SipMessage): Parsed<readonly RemotePartyId[], ValueFault> {
  return message.headers.cached('remote party ids', () => {
    const read = addressesOf(message, 'remote-party-id');
    return read.ok ? parsed(read.value.map((address) => remotePartyId(address, message.kind))) : read;
  });
}

function remotePartyId(address: NameAddr, kind: SipMessage['kind']): RemotePartyId {
  const { params } = address;
  const party = params.get('party')?.toLowerCase();
  // The draft's default: in a request the one who sends it, in a response the one who answers.
  const usual = kind === 'request' ? 'calling' : 'called';
  return {
    address,
    party: party === 'calling' || party === 'called' ? party : usual,
    screen: params.get('screen')?.toLowerCase() === 'yes' ? 'yes' : 'no',
    privacy: (params.get('privacy') ?? '')
      .toLowerCase()
      .split(/[\s,;-]+/)
      .filter((word) => word !== ''),
  };
}

export interface RemotePartyIdParts {
  readonly uri: Uri;
  readonly displayName?: string | undefined;
  readonly party: 'calling' | 'called';
  readonly screen?: 'yes' | 'no' | undefined;
  readonly privacy?: 'full' | 'name' | 'uri' | 'off' | undefined;
}

export function serializeRemotePartyId({ uri, displayName, party, screen, privacy }: RemotePartyIdParts): string {
  return writeNameAddr({ displayName, uri, params: paramsOf({ party, screen, privacy }) });
}

/**
 * RFC 3323 §4.2 priv-values, lower-case, of all lines: `header`, `session`, `user`, `none`, `critical`, `id`
 * (RFC 3325 §9.3), `history` (RFC 7044 §10.1). Commas are taken for semicolons, as some send them.
 */
export function privacy(message: SipMessage): readonly string[] {
  return message.headers.cached('privacy', () =>
    message.headers
      .all('privacy')
      .flatMap((line) => line.toLowerCase().split(/[\s;,]+/))
      .filter((word) => word !== ''),
  );
}

/** Throws an UnwritableError for a value that is no token. */
export function serializePrivacy(values: readonly string[]): string {
  for (const value of values) checkToken('Privacy', value);
  return values.join(';');
}
