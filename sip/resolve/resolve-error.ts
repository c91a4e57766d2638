import { AppError } from '../../base/errors.js';

/**
 * `timeout`: no name server answered in time. `server-failure`: all that answered could not tell. `bad-name`: no DNS
 * name (a label over 63 bytes, a name over 253, an empty label, …). `not-found`: the domain names no server for us.
 * `unsupported`: a scheme or `transport` that we have no socket for. `aborted`: the caller gave up. `busy`: too many
 * queries are under way. `closed`: the resolver was closed. `no-locator`: this user agent looks no names up.
 */
export type ResolveReason =
  | 'timeout'
  | 'server-failure'
  | 'bad-name'
  | 'not-found'
  | 'unsupported'
  | 'aborted'
  | 'busy'
  | 'closed'
  | 'no-locator';

const words: Readonly<Record<ResolveReason, string>> = {
  timeout: 'no name server answered in time',
  'server-failure': 'the name servers could not tell',
  'bad-name': 'it is no host name',
  'not-found': 'it has no server for us',
  unsupported: 'no transport of ours leads there',
  aborted: 'the request was given up',
  busy: 'too many queries are under way',
  closed: 'the resolver is closed',
  'no-locator': 'names are not looked up here',
};

/** The servers of a domain could not be found: RFC 3263 §4. */
export class ResolveError extends AppError {
  readonly code = 'SIP_RESOLVE';
  readonly host: string;
  readonly reason: ResolveReason;

  constructor(host: string, reason: ResolveReason, options?: { readonly cause?: unknown }) {
    super(`${host}: ${words[reason]}`, options);
    this.host = host;
    this.reason = reason;
  }
}
