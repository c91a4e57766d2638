import type { SessionJson } from '../../contract/mediaswitch/dialogs.js';

/** A session description in both of its forms: mediaswitch contract 1.6. */
export interface Description {
  readonly json: SessionJson;
  readonly body: Buffer;
  /** As an offer it puts the call on hold: `inactive`, `sendonly` or the address 0.0.0.0. */
  readonly isHold: boolean;
}

/** Reads and writes descriptions; null for what is none. */
export interface DescriptionCodec {
  ofBody(body: Buffer): Description | null;
  ofJson(json: SessionJson): Description | null;
}
