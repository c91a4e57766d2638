import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { codecs, createDtlsIdentity } from '../../media/index.js';
import { pcmOf, talkerHz } from '../media/sounds.js';
import { BenchBrowser, type Machine } from './browser.js';
import type { Answer, Question } from './server.js';
import type { ServerFigures } from './usage.js';

const BEAT_MS = 20;

function payloadsOf(hz: number | null): Uint8Array[] {
  const row = codecs.opus;
  const pcm = pcmOf({ hz }, row.sampleRateHz);
  const encoder = row.createEncoder();
  const samples = row.sampleRateHz / 50;
  const out = new Uint8Array(2000);
  const payloads = Array.from({ length: pcm.length / samples }, (_, i) =>
    out.slice(0, encoder.encode(pcm, i * samples, samples, out, 0)),
  );
  return payloads.filter(({ length }) => length > 0);
}

export interface StageOptions {
  readonly transport: 'pair' | 'shared';
  /** Who talk in each room, all the time. */
  readonly talkers: number;
}

/** A server in a process of its own, and the browsers that come to it. */
export class WebRtcStage {
  readonly browsers: BenchBrowser[] = [];
  readonly #machine: Machine;
  readonly #server: ChildProcess;
  readonly #waiting = new Map<number, (answer: Answer) => void>();
  readonly #identity: ReturnType<typeof createDtlsIdentity>;
  readonly #silence = payloadsOf(null);
  readonly #transport: 'pair' | 'shared';
  /** In each room. */
  readonly #talkers: number;
  #questions = 0;
  #isOver = false;

  private constructor(machine: Machine, server: ChildProcess, { transport, talkers }: StageOptions) {
    this.#machine = machine;
    this.#server = server;
    this.#transport = transport;
    this.#talkers = talkers;
    this.#identity = createDtlsIdentity(machine.random, machine.clock.epochMs());
    server.on('message', (answer: Answer) => this.#waiting.get(answer.id)?.(answer));
    this.#run();
  }

  static async open(machine: Machine, backend: string, options: StageOptions): Promise<WebRtcStage> {
    const file = backend === 'werift' ? './werift-server.js' : './server.js';
    const server = fork(new URL(file, import.meta.url), [backend]);
    await once(server, 'message');
    return new WebRtcStage(machine, server, options);
  }

  /** One more member of that room; resolves when it speaks. */
  async join(room: number, place: number): Promise<void> {
    const payloads = place < this.#talkers ? payloadsOf(talkerHz(room, place)) : this.#silence;
    const browser = new BenchBrowser(this.#machine, this.#identity, payloads);
    const answer = await this.#ask({
      type: 'join',
      offer: browser.offer(),
      roomId: `room-${room}`,
      transport: this.#transport,
    });
    if (!('sdp' in answer)) throw new Error('no answer');
    this.browsers.push(browser);
    await browser.connect(answer.sdp);
  }

  begin(): void {
    this.#post({ type: 'begin', id: 0 });
  }

  /** Since `begin`. */
  async figures(): Promise<ServerFigures> {
    const answer = await this.#ask({ type: 'figures' });
    if (!('figures' in answer)) throw new Error('no figures');
    return answer.figures;
  }

  async close(): Promise<void> {
    this.#isOver = true;
    for (const browser of this.browsers) await browser.close();
    this.#server.disconnect();
    await once(this.#server, 'exit');
  }

  #ask(
    question: { readonly type: 'figures' } | Omit<Extract<Question, { readonly type: 'join' }>, 'id'>,
  ): Promise<Answer> {
    this.#questions += 1;
    const id = this.#questions;
    return new Promise((resolve) => {
      this.#waiting.set(id, (answer) => {
        this.#waiting.delete(id);
        resolve(answer);
      });
      this.#post({ ...question, id });
    });
  }

  #post(question: Question): void {
    this.#server.send(question);
  }

  /** All speak each 20 ms, one a little after the other. */
  #run(): void {
    const { clock } = this.#machine;
    let slot = 0;
    let dueMs = clock.nowMs();
    const step = (): void => {
      if (this.#isOver) return;
      while (dueMs <= clock.nowMs()) {
        for (let i = slot; i < this.browsers.length; i += BEAT_MS) this.browsers[i]!.speak();
        slot = (slot + 1) % BEAT_MS;
        dueMs += 1;
      }
      clock.setTimer(Math.max(0, dueMs - clock.nowMs()), step);
    };
    step();
  }
}
