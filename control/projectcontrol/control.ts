import { IpRanges } from '../../base/ip-ranges.js';
import type { Call } from './call.js';
import { type Callback, CallbackStack, type Report } from './callbacks.js';
import type { SoundSoup } from './channel.js';
import { type CodecName, readCodecs } from './codecs.js';
import { completeRequest, type GatewayRequest, type NewCallRequest } from './dial-request.js';
import { Directory, type DirectoryUser } from './directory.js';
import type { HttpListen, Listener, ServerAddress, ServerReply } from './http.js';
import { type Registration, serveControl } from './routes.js';
import { Switchboard, type SwitchboardDeps } from './switchboard.js';

export interface ProjectControlDeps extends Omit<SwitchboardDeps, 'report'> {
  readonly listen: HttpListen;
  /** Where what went wrong is told, until `logger` is assigned. */
  readonly logger: Report;
  /** Drops idle connections to the servers. */
  readonly closeHttp?: () => void;
}

export type ServerCallback = (reply: ServerReply) => void;
export type RegistrationCallback = Callback<ProjectControl, [Registration]>;

/** A server given by name is let in by `allow`: who calls us has an address. */
function isAddress(host: string): boolean {
  return IpRanges.parse([host]).ok;
}

/** The control object of contract 2.2, made once as `projectcontrol` and as often as a test likes. */
export class ProjectControl {
  /** What went wrong without anybody to tell: a callback that threw, a server that is not there. Assign your own. */
  logger: Report;
  /**
   * Addresses and CIDR ranges that may talk to us besides loopback and the hosts of `sip` and `rtp`. To be set before
   * `run()`, which rejects with a TypeError for what is neither; of use only when `us.host` is not loopback.
   */
  allow: readonly string[] = [];
  readonly #deps: ProjectControlDeps;
  readonly #switchboard: Switchboard;
  readonly #directory: Directory;
  readonly #onreg = new CallbackStack<ProjectControl, [Registration]>('onreg');
  readonly #ondereg = new CallbackStack<ProjectControl, [Registration]>('ondereg');
  #running: Promise<Listener> | null = null;
  #restoring: Promise<void> | null = null;

  constructor(deps: ProjectControlDeps) {
    this.#deps = deps;
    this.logger = deps.logger;
    const report: Report = (message, error) => this.logger(message, error);
    this.#switchboard = new Switchboard({ ...deps, report });
    this.#directory = new Directory({
      clock: deps.clock,
      report,
      send: (path, body) => this.#switchboard.sip('PUT', path, body),
      url: () => this.#switchboard.url,
    });
  }

  /**
   * Pushes a domain and its users to the SIP server, with ourselves as its control server: PUT /dir/{domain}. Replaces
   * what was there. Nothing is waited for. Throws a TypeError for what cannot be pushed.
   */
  directory(domain: string, users: readonly DirectoryUser[]): void {
    this.#directory.push(domain, users);
  }

  /** Codecs of calls that name none, best first. */
  get codecs(): readonly CodecName[] {
    return this.#switchboard.codecs;
  }

  set codecs(names: readonly CodecName[]) {
    this.#switchboard.codecs = readCodecs(names);
  }

  /** Incoming calls, and the far end of a blind transfer. */
  set onnewcall(callback: Callback<Call>) {
    this.#switchboard.stacks.newcall.add(callback);
  }

  set onringing(callback: Callback<Call>) {
    this.#switchboard.stacks.ringing.add(callback);
  }

  set onanswer(callback: Callback<Call>) {
    this.#switchboard.stacks.answer.add(callback);
  }

  set onhangup(callback: Callback<Call>) {
    this.#switchboard.stacks.hangup.add(callback);
  }

  /** After all that hear of a hangup, for call records. */
  set onreporting(callback: Callback<Call>) {
    this.#switchboard.stacks.reporting.add(callback);
  }

  /**
   * An addition: a call that was there before this process, and is up or under way. `onnewcall` is not called for it;
   * what a script wants to hear of it is assigned again here.
   */
  set onrestored(callback: Callback<Call>) {
    this.#switchboard.stacks.restored.add(callback);
  }

  set onreg(callback: RegistrationCallback) {
    this.#onreg.add(callback);
  }

  set ondereg(callback: RegistrationCallback) {
    this.#ondereg.add(callback);
  }

  /** The first gateway; assigning adds one. Calls with `forward: true` go out through it. */
  get gw(): GatewayRequest | undefined {
    return this.#switchboard.gateways[0];
  }

  set gw(gateway: GatewayRequest) {
    this.#switchboard.gateways.push(gateway);
  }

  /** Music for whom a phone puts on hold. */
  get moh(): SoundSoup | undefined {
    return this.#switchboard.moh;
  }

  set moh(soup: SoundSoup | undefined) {
    this.#switchboard.moh = soup;
  }

  /** The SIP server: 127.0.0.1:9000. */
  get sip(): ServerAddress {
    return this.#switchboard.addresses.sip;
  }

  set sip(address: ServerAddress) {
    this.#switchboard.addresses.sip = { ...address };
  }

  /** Where we listen, and how others reach us: 127.0.0.1:9001. */
  get us(): ServerAddress {
    return this.#switchboard.addresses.us;
  }

  set us(address: ServerAddress) {
    this.#switchboard.addresses.us = { ...address };
  }

  /** The RTP server: 127.0.0.1:9002. */
  get rtp(): ServerAddress {
    return this.#switchboard.addresses.rtp;
  }

  set rtp(address: ServerAddress) {
    this.#switchboard.addresses.rtp = { ...address };
  }

  /** Live calls by Call-ID, as they are now. */
  get calls(): Readonly<Record<string, Call>> {
    return Object.fromEntries([...this.#switchboard.legs].map(([callid, leg]) => [callid, leg.call]));
  }

  /** Calls somebody. Undefined without a user to call. What is left out: the domain pushed first, hops 70. */
  newcall(request: NewCallRequest): Call | undefined {
    const board = this.#switchboard;
    const domain = request?.to?.domain ?? this.#directory.first;
    const user = request?.cid?.number ?? 'anonymous';
    const { codecs, gateway } = board;
    const complete = completeRequest(request, { user, domain, maxforwards: 70, codecs, gateway });
    return complete === null ? undefined : board.dial(complete, null).call;
  }

  /** A request of your own to the SIP server. Without an answer the code is 500. */
  sipserver(body: unknown, path: string, method = 'PUT', callback?: ServerCallback): Promise<ServerReply> {
    return this.#raw(this.#switchboard.sip(method, path, body ?? undefined), callback);
  }

  /** The same to the RTP server. */
  rtpserver(body: unknown, path: string, method = 'PUT', callback?: ServerCallback): Promise<ServerReply> {
    return this.#raw(this.#switchboard.rtp(method, path, body ?? undefined), callback);
  }

  async #raw(asked: Promise<ServerReply>, callback: ServerCallback | undefined): Promise<ServerReply> {
    const reply = await asked;
    try {
      callback?.(reply);
    } catch (error) {
      this.logger('the callback of a request failed', error);
    }
    return reply;
  }

  /**
   * Starts listening, and picks up the calls of an earlier process at this address; resolves once that is so, without
   * waiting for a SIP server that is not there. Rejects with EADDRINUSE when somebody else listens.
   */
  async run(): Promise<void> {
    const { us, sip, rtp } = this;
    this.#running ??= this.#deps.listen(
      { ...us, allow: ['127.0.0.0/8', '::1', ...[sip.host, rtp.host].filter(isAddress), ...this.allow] },
      (request) =>
        serveControl(
          this.#switchboard,
          { onreg: this.#tell(this.#onreg), ondereg: this.#tell(this.#ondereg) },
          request,
        ),
    );
    us.port = (await this.#running).port;
    this.#restoring ??= this.#switchboard.restore();
    await this.#restoring;
  }

  #tell(stack: CallbackStack<ProjectControl, [Registration]>): (registration: Registration) => void {
    return (registration) => stack.run(this, [registration], (message, error) => this.logger(message, error));
  }

  /** Stops listening and asking; calls that are up go on without us. May be called twice. */
  async close(): Promise<void> {
    this.#directory.close();
    this.#switchboard.close();
    this.#deps.closeHttp?.();
    await (await this.#running?.catch(() => undefined))?.close();
  }
}
