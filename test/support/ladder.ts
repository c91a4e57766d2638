import { expect } from 'vitest';
import { silentLogger } from '../../base/log.js';
import { createResponse } from '../../sip/build.js';
import type { SipRequest } from '../../sip/message.js';
import { serializeMessage } from '../../sip/serialize.js';
import { inviteClient } from '../../sip/transaction/invite-client.js';
import { inviteServer } from '../../sip/transaction/invite-server.js';
import {
  type ClientTransaction,
  type ServerTransaction,
  TransactionLayer,
  type TransactionTransport,
  type TransactionUser,
} from '../../sip/transaction/layer.js';
import { nonInviteClient } from '../../sip/transaction/non-invite-client.js';
import type { nonInviteServer } from '../../sip/transaction/non-invite-server.js';
import type { Flow, SentMessage } from '../../sip/transport/transport.js';
import { ManualClock } from './manual-clock.js';
import { messageIn, sampleRequest } from './sample-request.js';
import { createSeededRandom } from './seeded-random.js';

export type TransactionTable =
  | typeof inviteClient
  | typeof inviteServer
  | typeof nonInviteClient
  | typeof nonInviteServer;

export interface LadderOptions {
  /** `udp` unless told; `connecting` is a TCP target that turns out to be reached over UDP (`wire > connected`). */
  readonly over?: 'udp' | 'tcp' | 'connecting';
  /** Gets `state event` of every cell of this table that the flow went through. */
  readonly visited?: Set<string>;
}

interface Line {
  readonly atMs: number;
  readonly actor: string;
  readonly direction: string;
  readonly what: string;
}

/**
 * Plays a flow against one real transaction on a manual clock and compares all that comes out, with its times:
 *
 *     <ms> wire < INVITE     the transaction sends; responses by their code
 *     <ms> wire > 180        the wire delivers; `error`: the last send failed; `connected`: the flow is known
 *     <ms> tu   < timeout    the user hears: a code, `timeout`, `error`, a method
 *     <ms> tu   > 200        the user acts: answers, or `cancel`, `abandon`
 *     <ms> gone              the transaction left memory; checked when the flow says so once
 *
 * A client starts by itself at 0; a server with its first `wire >` line. Timers due at the time of a line fire before
 * it. What follows `#` is a comment. Nothing may come out that the flow does not show, up to the last line's time.
 */
export function ladder(script: string, table: TransactionTable, options: LadderOptions = {}): void {
  const lines = parseScript(script);
  const expected = lines.filter((line) => line.direction !== '>').map(textOf);
  const bench = new Bench(
    table,
    options,
    expected.some((line) => line.endsWith('gone')),
  );
  for (const line of lines) {
    bench.clock.advanceSync(line.atMs - bench.clock.nowMs());
    if (line.direction === '>') bench.play(line);
  }
  expect(bench.heard).toEqual(expected);
  bench.layer.close();
  expect(bench.clock.pendingTimers).toBe(0);
  expect(bench.layer.counts()).toEqual({ client: 0, server: 0 });
}

/** Every cell of a table, as LadderOptions.visited names them. */
export function cellsOf(table: TransactionTable): string[] {
  return Object.entries(table).flatMap(([state, row]) => Object.keys(row).map((event) => `${state} ${event}`));
}

function parseScript(script: string): Line[] {
  const lines: Line[] = [];
  for (const raw of script.split('\n')) {
    const text = raw.replace(/#.*/, '').trim();
    if (text === '') continue;
    const [at = '', actor = '', direction = '', ...rest] = text.split(/\s+/);
    lines.push({ atMs: Number(at), actor, direction, what: rest.join(' ') });
  }
  return lines;
}

function textOf({ atMs, actor, direction, what }: Line): string {
  return `${atMs} ${actor} ${direction} ${what}`.trim();
}

class Bench implements TransactionTransport, TransactionUser {
  readonly clock = new ManualClock();
  readonly layer: TransactionLayer;
  readonly heard: string[] = [];
  readonly #flow: Flow;
  readonly #isClient: boolean;
  readonly #method: string;
  readonly #showGone: boolean;
  #client: ClientTransaction | null = null;
  #server: ServerTransaction | null = null;
  #request: SipRequest | null = null;
  #pending: (() => void) | null = null;
  #failLast: (error: Error) => void = () => undefined;

  constructor(table: TransactionTable, options: LadderOptions, showGone: boolean) {
    const machine = nameOf(table);
    this.#isClient = machine.endsWith('client');
    this.#method = machine.startsWith('invite') ? 'INVITE' : 'OPTIONS';
    this.#showGone = showGone;
    this.#flow = {
      kind: options.over === 'tcp' ? 'tcp' : 'udp',
      local: { address: '10.0.0.1', port: 5060 },
      remote: { address: '10.0.0.2', port: 5060 },
      connectionId: null,
      isOpen: true,
    };
    this.layer = new TransactionLayer(
      {
        transport: this,
        clock: this.clock,
        random: createSeededRandom(),
        log: silentLogger,
        trace: (step) => {
          if (step.machine === machine) options.visited?.add(`${step.from} ${step.event}`);
        },
      },
      this,
    );
    if (this.#isClient) this.#start(options.over === 'connecting');
  }

  play({ actor, what }: Line): void {
    if (actor === 'tu') this.#act(what);
    else if (what === 'error') this.#failLast(new Error('not sent'));
    else if (what === 'connected') this.#pending?.();
    else if (this.#isClient) this.#deliverResponse(Number(what));
    else this.#deliverRequest(what);
  }

  sendRequest(
    request: SipRequest,
    _target: unknown,
    handlers: { onSent(sent: SentMessage): void; onError(error: Error): void },
  ): void {
    const send = (): void => {
      const [top] = request.via;
      if (top !== undefined) request.via[0] = { ...top, protocol: 'UDP', host: '10.0.0.1', port: 5060 };
      const sent = { flow: this.#flow, data: serializeMessage(request) };
      handlers.onSent(sent);
      this.resend(sent, handlers.onError);
    };
    this.#failLast = handlers.onError;
    if (this.#pending === null) send();
    else this.#pending = send;
  }

  sendResponse(
    response: Parameters<TransactionTransport['sendResponse']>[0],
    flow: Flow,
    onError: (error: Error) => void,
  ): SentMessage {
    const sent = { flow, data: serializeMessage(response) };
    this.resend(sent, onError);
    return sent;
  }

  resend(sent: SentMessage, onError: (error: Error) => void): void {
    const message = messageIn(sent.data);
    this.#failLast = onError;
    this.#note(`wire < ${message.kind === 'request' ? message.method : message.statusCode}`);
  }

  onRequest(transaction: ServerTransaction): void {
    this.#server = transaction;
    this.#note(`tu < ${transaction.request.method}`);
    transaction.onTerminated(() => this.#gone());
  }

  onCancel(): void {
    this.#note('tu < CANCEL');
  }

  onAck(): void {
    this.#note('tu < ACK');
  }

  onTransportFailure(): void {
    this.#note('tu < error');
  }

  #start(connecting: boolean): void {
    if (connecting) this.#pending = () => undefined;
    const { address, port } = this.#flow.remote;
    const kind = connecting ? 'tcp' : this.#flow.kind;
    this.#client = this.layer.request(
      sampleRequest(this.#method),
      { kind, address, port },
      {
        onResponse: (response) => this.#note(`tu < ${response.statusCode}`),
        onTimeout: () => this.#note('tu < timeout'),
        onTransportError: () => this.#note('tu < error'),
        onTerminated: () => this.#gone(),
      },
    );
  }

  #act(what: string): void {
    if (what === 'cancel') this.#client?.cancel();
    else if (what === 'abandon') this.#client?.abandon();
    else if (this.#server !== null) {
      this.#server.respond(createResponse(this.#server.request, Number(what), { toTag: 'bob-tag' }));
    }
  }

  #deliverResponse(statusCode: number): void {
    if (this.#client === null) return;
    const toTag = statusCode === 100 ? undefined : 'bob-tag';
    this.layer.onResponse(messageOf(createResponse(this.#client.request, statusCode, { toTag })), this.#flow);
  }

  #deliverRequest(method: string): void {
    const sentBy = { host: '10.0.0.2', port: 5060 };
    this.#request = sampleRequest(method, { sentBy, branch: 'z9hG4bKladder' });
    this.layer.onRequest(this.#request, this.#flow);
  }

  #gone(): void {
    if (this.#showGone) this.#note('gone');
  }

  #note(what: string): void {
    this.heard.push(`${this.clock.nowMs()} ${what}`);
  }
}

/** As it arrives: written and read back. */
function messageOf(response: Parameters<typeof serializeMessage>[0]) {
  const message = messageIn(serializeMessage(response));
  if (message.kind !== 'response') throw new Error('a request came back');
  return message;
}

function nameOf(table: TransactionTable): string {
  if (table === inviteClient) return 'invite-client';
  if (table === inviteServer) return 'invite-server';
  return table === nonInviteClient ? 'non-invite-client' : 'non-invite-server';
}
