import type { Clock } from '../../base/clock.js';
import type { Call } from './call.js';
import type { CallbackStack } from './callbacks.js';
import type { ChannelWorld, SoundSoup } from './channel.js';
import type { CodecName } from './codecs.js';
import type { DialRequest, GatewayRequest } from './dial-request.js';
import type { ServerReply } from './http.js';
import type { Leg } from './leg.js';

/** Callbacks of the control object that calls fire; they stay. */
export interface ControlStacks {
  readonly newcall: CallbackStack<Call>;
  readonly ringing: CallbackStack<Call>;
  readonly answer: CallbackStack<Call>;
  readonly hangup: CallbackStack<Call>;
  readonly reporting: CallbackStack<Call>;
  readonly restored: CallbackStack<Call>;
}

/** What a leg needs of the control object that it belongs to. */
export interface Desk extends ChannelWorld {
  readonly clock: Clock;
  readonly stacks: ControlStacks;
  readonly codecs: readonly CodecName[];
  readonly moh: SoundSoup | undefined;
  /** The first gateway that the script named. */
  readonly gateway: GatewayRequest | null;
  readonly rtpUrl: string;
  sip(method: string, path: string, body?: unknown): Promise<ServerReply>;
  nextSessionId(): number;
  /** Starts an outgoing leg. */
  dial(request: DialRequest, parent: Leg | null): Leg;
  /** The leg a SIP Call-ID names. */
  legOf(callid: string): Leg | null;
  /** POST /dialog/invite for the leg, which has its Call-ID when this resolves; else the answer says why not. */
  invite(leg: Leg, body: unknown): Promise<ServerReply>;
  /** After that, once the leg knows: news of it that came before the answer are its own now. */
  invited(leg: Leg): void;
  /** The leg has ended. */
  release(leg: Leg): void;
}
