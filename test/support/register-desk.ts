import {
  type DigestChallenge,
  digestResponse,
  ha1,
  parseChallenge,
  serializeAuthorization,
} from '../../sip/auth/digest.js';
import type { HeaderList } from '../../sip/build.js';
import type { SipResponse } from '../../sip/message.js';
import { ContractWorld } from './contract-world.js';
import { SipEndpoint } from './sip-endpoint.js';
import type { GatewayOptions } from './virtual-world.js';

/** One row of GET /sip/sessions, as far as tests look at it. */
export interface SessionRow {
  readonly session_id: string;
  readonly source: string;
  readonly contact: string;
  readonly transport: string;
}

/** A contract world, and endpoints that register in it step by step: challenge, answer, header by header. */
export class RegisterDesk {
  readonly world: ContractWorld;
  readonly #endpoints: SipEndpoint[] = [];

  private constructor(world: ContractWorld) {
    this.world = world;
  }

  static async start(config = '', gateway: GatewayOptions = {}): Promise<RegisterDesk> {
    return new RegisterDesk(await ContractWorld.start(config, {}, gateway));
  }

  async endpointAt(address: string, port = 5060): Promise<SipEndpoint> {
    const endpoint = await SipEndpoint.open(this.world.network.host(address), address, { port });
    this.#endpoints.push(endpoint);
    return endpoint;
  }

  /** One REGISTER and its final response. */
  async ask(endpoint: SipEndpoint, user: string, headers: HeaderList, callId = 'reg'): Promise<SipResponse> {
    const request = endpoint.send({ method: 'REGISTER', from: user, to: user, callId, headers });
    await this.world.until(() => endpoint.answersTo(request).some(({ statusCode }) => statusCode >= 200), 'an answer');
    return endpoint.answersTo(request).at(-1)!;
  }

  /** Challenged and answered in one go. */
  async enroll(endpoint: SipEndpoint, user: string, headers: HeaderList = [], callId = 'reg'): Promise<SipResponse> {
    const challenged = await this.ask(endpoint, user, headers, callId);
    return this.ask(endpoint, user, [...headers, answer(challengeOf(challenged), user)], callId);
  }

  async sessions(): Promise<SessionRow[]> {
    return (await this.world.gateway.api('GET', '/sip/sessions')).json.data;
  }

  async finish(): Promise<void> {
    for (const endpoint of this.#endpoints.splice(0)) await endpoint.close();
    await this.world.finish();
  }
}

/** The challenge of that algorithm in a 401. */
export function challengeOf(response: SipResponse, algorithm = 'MD5'): DigestChallenge {
  const read = response.headers.all('WWW-Authenticate').map((value) => parseChallenge(value));
  const found = read.find((each) => each.ok && each.value.algorithm === algorithm);
  if (found === undefined || !found.ok) throw new Error(`no ${algorithm} challenge`);
  return found.value;
}

/** An Authorization header field, for a REGISTER unless told; without qop when `nc` is null. */
export function answer(
  { realm, nonce, algorithm }: DigestChallenge,
  user: string,
  options: {
    readonly nc?: number | null;
    readonly password?: string;
    readonly method?: string;
    readonly uri?: string;
  } = {},
): [string, string] {
  const { nc = 1, password = user, method = 'REGISTER', uri = 'sip:10.0.0.1' } = options;
  const counted =
    nc === null ? {} : ({ qop: 'auth', nc: nc.toString(16).padStart(8, '0'), cnonce: 'f00dcafe' } as const);
  const secret = ha1(algorithm, user, realm, password);
  const response = digestResponse({ algorithm, ha1: secret, nonce, method, uri, ...counted });
  const credentials = { username: user, realm, nonce, uri, response, algorithm, ...counted };
  return ['Authorization', serializeAuthorization(credentials)];
}

export function contactsOf(response: SipResponse): string[] {
  return response.headers.all('Contact');
}
