import type { LegIce } from '../sdp/leg-media.js';
import {
  attribute,
  errorCode,
  isIntegral,
  readStun,
  type StunMessage,
  stunType,
  writeStun,
  xorMappedAddress,
} from './stun.js';

/** Sources that checked well and may be heard; the one that checked longest ago makes room. */
const MAX_VALID = 8;
/**
 * A nominated source that for so long neither was nominated again nor sent any sound is left for any other that is: the
 * peer's network has changed. Until then the highest priority wins, as a peer may nominate all that work (RFC 5245 §8.1.1.2).
 */
const MOVED_MS = 1000;

/** Less than any priority. */
const RESTARTED = -1;

/** Attributes that a check may have; of others below 0x8000 the peer is told (RFC 8489 §6.3.1). */
const understood: readonly number[] = [
  attribute.username,
  attribute.messageIntegrity,
  attribute.messageIntegritySha256,
  attribute.priority,
  attribute.useCandidate,
  attribute.realm,
  attribute.nonce,
];

interface ValidSource {
  readonly address: string;
  readonly port: number;
  heardMs: number;
  /** A check from there had USE-CANDIDATE. */
  isNominated: boolean;
}

/**
 * What a STUN message led to: an answer, if any, whether its sender knows the password, and whether the leg's sound is to go
 * to its source from now on.
 */
export interface CheckOutcome {
  readonly answer: Buffer | null;
  readonly isGood: boolean;
  readonly isNominated: boolean;
}

const nothing: CheckOutcome = { answer: null, isGood: false, isNominated: false };

/**
 * The lite side of ICE for one leg with one candidate and one component (RFC 8445 §2.5, §7.3): answers checks, which is
 * also the consent of RFC 7675, asks nothing itself, and goes where USE-CANDIDATE says. Time is an argument; throws on
 * nothing. Holds eight sources.
 */
export class IceLite {
  /** What was no check, or had another password. */
  refused = 0;
  #ice: LegIce | null = null;
  #valid: ValidSource[] = [];
  #nominated: (Omit<ValidSource, 'isNominated'> & { readonly priority: number }) | null = null;

  /** What SDP agreed on; other credentials of either side are a restart (RFC 8445 §9), and null is no ICE. */
  set(ice: LegIce | null): void {
    const isSame = ice !== null && this.#ice !== null && credentials(ice) === credentials(this.#ice);
    this.#ice = ice;
    if (isSame) return;
    this.#valid = [];
    // RFC 8445 §9: sound goes on to where it went until the new checks have found something.
    if (ice === null) this.#nominated = null;
    else if (this.#nominated !== null) this.#nominated = { ...this.#nominated, priority: RESTARTED };
  }

  get isOn(): boolean {
    return this.#ice !== null;
  }

  /** Begun anew, and no new place is nominated yet: what is known is where the session before went. */
  get isRestarting(): boolean {
    return this.#nominated?.priority === RESTARTED;
  }

  /** Where our packets go; null while nothing is nominated. */
  get nominated(): { readonly address: string; readonly port: number } | null {
    return this.#nominated;
  }

  /** Has that source shown that it knows the password? */
  isValid(address: string, port: number): boolean {
    for (let i = 0; i < this.#valid.length; i += 1) {
      const source = this.#valid[i]!;
      if (source.port === port && source.address === address) return true;
    }
    return false;
  }

  /**
   * Sound that is surely the peer's comes from there. A browser nominates every pair that works towards a lite agent, and
   * then chooses by what we do not see, the cost of its networks: the pair that it speaks on is the one to answer on.
   * @returns whether the place is one of the nominated ones, and our packets go there now
   */
  heardFrom(address: string, port: number, nowMs: number): boolean {
    for (let i = 0; i < this.#valid.length; i += 1) {
      const source = this.#valid[i]!;
      if (source.port !== port || source.address !== address) continue;
      if (!source.isNominated) return false;
      const priority = this.#nominated?.priority ?? 0;
      this.#nominated = { address: source.address, port, heardMs: nowMs, priority };
      return true;
    }
    return false;
  }

  /** Sound has come from there; where that is the nominated source, it is in use. */
  heard(address: string, port: number, nowMs: number): void {
    if (this.#isNominated(address, port)) this.#nominated!.heardMs = nowMs;
  }

  /** @param data  one datagram, only lent */
  receive(data: Uint8Array, address: string, port: number, nowMs: number): CheckOutcome {
    const message = this.#ice === null ? null : readStun(Buffer.from(data));
    if (message === null || this.#ice === null) return this.#refuse(null);
    if (message.type === stunType.indication) return nothing;
    if (message.type !== stunType.request) return this.#refuse(null);
    const { transactionId, attributes } = message;
    const error = this.#errorOf(message, this.#ice);
    if (error !== null) return this.#refuse(error);
    const mapped = [attribute.xorMappedAddress, xorMappedAddress(address, port, transactionId)] as const;
    const answer = writeStun(stunType.success, transactionId, [mapped], this.#ice.localPassword);
    const nominates = attributes.has(attribute.useCandidate);
    this.#note(address, port, nominates, nowMs);
    const priority = attributes.get(attribute.priority)?.readUInt32BE(0) ?? 0;
    const isNominated = nominates && this.#nominate(address, port, priority, nowMs);
    return { answer, isGood: true, isNominated };
  }

  #refuse(answer: Buffer | null): CheckOutcome {
    this.refused += 1;
    return { answer, isGood: false, isNominated: false };
  }

  /** RFC 8489 §9.1.3, §6.3.1; RFC 8445 §7.3.1.1. Null for a good check. */
  #errorOf(message: StunMessage, { localUfrag, localPassword, remoteUfrag }: LegIce): Buffer | null {
    const { attributes, transactionId } = message;
    const error = (code: number, reason: string, password: string | null, unknown: readonly number[] = []): Buffer => {
      const list = [[attribute.errorCode, errorCode(code, reason)] as const];
      const more = unknown.length === 0 ? [] : [[attribute.unknownAttributes, uint16s(unknown)] as const];
      return writeStun(stunType.error, transactionId, [...list, ...more], password);
    };
    const username = attributes.get(attribute.username)?.toString('utf8');
    const priority = attributes.get(attribute.priority);
    const isWhole =
      username !== undefined && message.macAt !== null && (priority === undefined || priority.length === 4);
    if (!isWhole) return error(400, 'Bad Request', null);
    const isOurs = username === `${localUfrag}:${remoteUfrag}` && isIntegral(message, localPassword);
    if (!isOurs) return error(401, 'Unauthenticated', null);
    const unknown = [...attributes.keys()].filter((type) => type < 0x8000 && !understood.includes(type));
    if (unknown.length > 0) return error(420, 'Unknown Attribute', localPassword, unknown);
    // We are controlled, and cannot be anything else.
    return attributes.has(attribute.iceControlled) ? error(487, 'Role Conflict', localPassword) : null;
  }

  #note(address: string, port: number, nominates: boolean, nowMs: number): void {
    const known = this.#valid.find((source) => source.port === port && source.address === address);
    if (known !== undefined) {
      known.heardMs = nowMs;
      known.isNominated ||= nominates;
      return;
    }
    if (this.#valid.length >= MAX_VALID) {
      this.#valid.sort((a, b) => b.heardMs - a.heardMs);
      this.#valid.pop();
    }
    this.#valid.push({ address, port, heardMs: nowMs, isNominated: nominates });
  }

  #isNominated(address: string, port: number): boolean {
    return this.#nominated?.port === port && this.#nominated.address === address;
  }

  /** RFC 8445 §8.1.2: of several that are nominated the one with the highest priority, while it is in use. */
  #nominate(address: string, port: number, priority: number, nowMs: number): boolean {
    const before = this.#nominated;
    if (this.#isNominated(address, port)) before!.heardMs = nowMs;
    const isBetter = before === null || priority >= before.priority || nowMs - before.heardMs > MOVED_MS;
    if (isBetter) this.#nominated = { address, port, heardMs: nowMs, priority };
    return isBetter;
  }
}

function credentials({ localUfrag, localPassword, remoteUfrag }: LegIce): string {
  return `${localUfrag} ${localPassword} ${remoteUfrag}`;
}

function uint16s(values: readonly number[]): Buffer {
  return Buffer.concat(values.map((value) => Buffer.from([value >> 8, value & 0xff])));
}
