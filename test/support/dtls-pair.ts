import { DtlsAssociation, type DtlsAssociationOptions } from '../../media/dtls/association.js';
import { CookieDoor } from '../../media/dtls/cookie.js';
import type { Fingerprint } from '../../media/dtls/fingerprint.js';
import { createDtlsIdentity, type DtlsIdentity, privateKeyOf } from '../../media/dtls/identity.js';
import type { SrtpKeying } from '../../media/srtp/keyed-streams.js';
import { type SrtpProfile, srtpProfiles } from '../../media/srtp/profiles.js';
import type { ManualClock } from './manual-clock.js';
import { createSeededRandom } from './seeded-random.js';

export const usualProfiles: readonly SrtpProfile[] = [
  srtpProfiles.AEAD_AES_128_GCM,
  srtpProfiles.AES_CM_128_HMAC_SHA1_80,
];

export function identityOf(seed: number): DtlsIdentity {
  return createDtlsIdentity(createSeededRandom(seed), Date.UTC(2026, 0, 1));
}

export function printOf({ fingerprint }: DtlsIdentity): Fingerprint {
  return { hash: 'sha-256', value: fingerprint };
}

export interface EndOptions {
  readonly identity: DtlsIdentity;
  /** What its SDP heard of the other. */
  readonly expects: readonly Fingerprint[];
  readonly profiles?: readonly SrtpProfile[];
  readonly seed?: number;
}

/** One end of an association and what it told. */
export class DtlsEnd {
  readonly news: string[] = [];
  keys: { readonly send: SrtpKeying; readonly receive: SrtpKeying } | null = null;
  readonly sent: Buffer[] = [];
  association: DtlsAssociation | null = null;
  readonly #clock: ManualClock;
  readonly #options: EndOptions;
  readonly #door: CookieDoor;
  readonly #deliver: (datagram: Buffer) => void;

  constructor(clock: ManualClock, options: EndOptions, deliver: (datagram: Buffer) => void) {
    this.#clock = clock;
    this.#options = options;
    this.#deliver = deliver;
    this.#door = new CookieDoor(createSeededRandom(options.seed ?? 9));
  }

  begin(opening: DtlsAssociationOptions['opening']): void {
    const { identity, expects, profiles = usualProfiles, seed = 9 } = this.#options;
    this.association = new DtlsAssociation({
      clock: this.#clock,
      random: createSeededRandom(seed + 1),
      certificate: identity.certificate,
      key: privateKeyOf(identity.privateKey())!,
      fingerprints: expects,
      profiles,
      opening,
      events: {
        onKeys: (send, receive) => {
          this.keys = { send, receive };
          this.news.push('keys');
        },
        onFailed: (reason) => this.news.push(`failed: ${reason}`),
        onClosed: () => this.news.push('closed'),
      },
      send: (datagram) => this.#send(Buffer.from(datagram)),
    });
    this.association.start();
  }

  receive(datagram: Buffer): void {
    if (this.association !== null) {
      this.association.receive(datagram);
      return;
    }
    const knock = this.#door.knock(datagram, 'peer');
    if (knock.type === 'ask') this.#send(knock.datagram);
    if (knock.type !== 'open') return;
    this.begin(knock);
    this.association!.receive(knock.datagram);
  }

  #send(datagram: Buffer): void {
    this.sent.push(datagram);
    this.#deliver(datagram);
  }
}

export interface PairOptions {
  readonly client?: Partial<EndOptions>;
  readonly server?: Partial<EndOptions>;
  /** Null: the datagram is lost; `index` counts those of both. */
  readonly carry?: (datagram: Buffer, index: number, from: 'client' | 'server') => Buffer | null;
}

/** A client and a server of ours, on a line that delivers at once, or as `carry` says. */
export function createDtlsPair(clock: ManualClock, options: PairOptions = {}): { client: DtlsEnd; server: DtlsEnd } {
  const [ours, theirs] = [identityOf(1), identityOf(2)];
  const waiting: (() => void)[] = [];
  let isDelivering = false;
  let count = 0;
  const line = (from: 'client' | 'server', to: () => DtlsEnd) => (datagram: Buffer) => {
    const carried = options.carry === undefined ? datagram : options.carry(datagram, count, from);
    count += 1;
    if (carried === null) return;
    waiting.push(() => to().receive(carried));
    if (isDelivering) return;
    isDelivering = true;
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) next();
    isDelivering = false;
  };
  const client: DtlsEnd = new DtlsEnd(
    clock,
    { identity: ours, expects: [printOf(theirs)], seed: 11, ...options.client },
    line('client', () => server),
  );
  const server: DtlsEnd = new DtlsEnd(
    clock,
    { identity: theirs, expects: [printOf(ours)], seed: 21, ...options.server },
    line('server', () => client),
  );
  return { client, server };
}
