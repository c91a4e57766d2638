import { fault, type Parsed, parsed } from '../../base/errors.js';
import { createRequest, type HeaderList } from '../../sip/build.js';
import { nameAddr, withTag } from '../../sip/header-values.js';
import type { Change, DocumentContext, EventDocument, EventPackage, WatcherList } from '../../sip/packages/package.js';
import type { ServerTransaction } from '../../sip/transaction/layer.js';
import { type SubscribeOptions, Subscriber, type SubscriberHandlers } from '../../sip/ua/subscriber.js';
import { Subscriptions } from '../../sip/ua/subscriptions.js';
import type { SubscriptionsOptions } from '../../sip/ua/subscriptions-types.js';
import { sipUri } from '../../sip/uri.js';
import { type Agent, UaBench, type UaBenchOptions } from './ua-bench.js';

/** A list of words: whole as `0 full a b`, changes as `1 partial +c -a`. */
export type Words = readonly string[];

export class WordsPackage implements EventPackage<Words> {
  readonly name: string = 'words';
  readonly contentType = 'text/words';
  readonly otherTypes = ['text/plain'];
  readonly defaultExpiresS = 600;
  minIntervalMs = 0;
  /** Whether changes are told as such. */
  partial = true;

  serialize(state: Words, { version, full }: DocumentContext): Buffer {
    return Buffer.from([version, full ? 'full' : 'partial', ...state].join(' '));
  }

  parse(body: Buffer): Parsed<EventDocument<Words>, 'bad-body'> {
    const [version, kind, ...state] = body.toString().split(' ');
    if (kind !== 'full' && kind !== 'partial') return fault('bad-body');
    return parsed({ state, full: kind === 'full', version: Number(version) });
  }

  changes(from: Words, to: Words): Change<Words> {
    if (!this.partial) return 'whole';
    const added = to.filter((word) => !from.includes(word)).map((word) => `+${word}`);
    const removed = from.filter((word) => !to.includes(word)).map((word) => `-${word}`);
    return added.length + removed.length === 0 ? 'none' : { partial: [...added, ...removed] };
  }

  merge(known: Words, partial: Words): Words {
    const gone = partial.filter((word) => word.startsWith('-')).map((word) => word.slice(1));
    const come = partial.filter((word) => word.startsWith('+')).map((word) => word.slice(1));
    return [...known.filter((word) => !gone.includes(word)), ...come];
  }

  blank(): Words {
    return ['nothing'];
  }
}

/** The watchers of `words`, one line each. */
export class WordsWatchers implements EventPackage<WatcherList> {
  readonly name = 'words.winfo';
  readonly watches = 'words';
  readonly contentType = 'text/watchers';
  readonly defaultExpiresS = 600;
  readonly minIntervalMs = 0;

  serialize({ watchers }: WatcherList): Buffer {
    return Buffer.from(watchers.map(({ uri, status, event }) => `${uri} ${status} ${event}`).join('\n'));
  }

  parse(): Parsed<EventDocument<WatcherList>, 'bad-body'> {
    return fault('bad-body');
  }
}

export const words = new WordsPackage();
export const RESOURCE = 'sip:bob@10.0.0.2';

export interface EventBenchOptions extends UaBenchOptions {
  readonly notifier?: Partial<SubscriptionsOptions>;
}

/** Alice subscribes, bob notifies. */
export class EventBench {
  readonly bench: UaBench;
  readonly alice: Agent;
  readonly bob: Agent;
  readonly subscriber: Subscriber;
  readonly subscriptions: Subscriptions;
  /** `active a b`, `retry lost 0`, `ended terminated rejected`. */
  readonly heard: string[] = [];

  private constructor(bench: UaBench, alice: Agent, bob: Agent, options: EventBenchOptions) {
    this.bench = bench;
    this.alice = alice;
    this.bob = bob;
    this.subscriber = new Subscriber(alice.ua.context);
    this.subscriptions = new Subscriptions(bob.ua.context, {
      packages: [{ package: words }, { package: new WordsWatchers() }],
      onSubscribe: () => ({ status: 'active' }),
      ...options.notifier,
    });
    alice.ua.use(this.subscriber);
    bob.ua.use(this.subscriptions);
  }

  static async create(options: EventBenchOptions = {}): Promise<EventBench> {
    const bench = new UaBench(options);
    const alice = await bench.agent('alice', '10.0.0.1');
    const bob = await bench.agent('bob', '10.0.0.2');
    return new EventBench(bench, alice, bob, options);
  }

  get clock() {
    return this.bench.clock;
  }

  listen(): SubscriberHandlers<Words> {
    return {
      onNotify: ({ state, subscription }) => this.heard.push(`${subscription.state} ${state?.join(' ') ?? '-'}`),
      onRetry: ({ cause, reason }, afterMs) =>
        this.heard.push(`retry ${cause}${reason === undefined ? '' : ` ${reason}`}${afterMs === 0 ? ' at once' : ''}`),
      onEnded: ({ cause, reason, statusCode }) =>
        this.heard.push(['ended', cause, reason, statusCode].filter((part) => part !== undefined).join(' ')),
    };
  }

  options(more: Partial<SubscribeOptions<Words>> = {}): SubscribeOptions<Words> {
    return {
      package: words,
      uri: sipUri({ user: 'bob', host: '10.0.0.2' }),
      target: this.bob.target,
      from: nameAddr(sipUri({ user: 'alice', host: '10.0.0.1' })),
      contactUser: 'alice',
      ...more,
    };
  }

  subscribe(more: Partial<SubscribeOptions<Words>> = {}) {
    return this.subscriber.subscribe(this.options(more), this.listen());
  }

  /** A subscriber whose NOTIFYs, all of them, are answered by the test. */
  subscribeByHand(receive: (transaction: ServerTransaction) => void, expiresS = 600): void {
    const { uri, target, from } = this.options();
    const { context } = this.alice.ua;
    const [callId, localTag] = ['by-hand', 'alice-tag'];
    context.dialogs.await({ callId, localTag }, { receive, acknowledged: () => {} });
    const headers: HeaderList = [
      ['Event', 'words'],
      ['Contact', '<sip:alice@10.0.0.1>'],
      ['Expires', String(expiresS)],
    ];
    const parts = { method: 'SUBSCRIBE', uri, from: withTag(from, localTag), to: nameAddr(uri), callId, headers };
    const ignore = (): void => {};
    const handlers = { onResponse: ignore, onTimeout: ignore, onTransportError: ignore };
    context.sendOut(createRequest({ ...parts, cseq: { sequence: 1 } }), { target }, handlers);
  }

  notify(...state: string[]): void {
    this.subscriptions.notify(words, RESOURCE, state);
  }
}
