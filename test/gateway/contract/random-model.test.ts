import { afterEach, expect, test } from 'vitest';
import { ContractWorld } from '../../support/contract-world.js';
import type { HookAnswer } from '../../support/hook-server.js';
import type { PhoneCall } from '../../support/phone.js';
import type { WorldPhone } from '../../support/virtual-world.js';

let world: ContractWorld;

afterEach(() => world.finish());

const users = ['1001', '1002', '1003', '1004', '1005', '1006'];
const rooms = ['red', 'green', 'blue'];
const STEPS = 120;

/** What may happen next, drawn from the world's own seeded randomness. */
class Chance {
  readonly #world: ContractWorld;

  constructor(of: ContractWorld) {
    this.#world = of;
  }

  below(limit: number): number {
    return this.#world.random.uint32() % limit;
  }

  one<T>(values: readonly T[]): T | undefined {
    return values[this.below(Math.max(1, values.length))];
  }
}

function hookAnswer(chance: Chance): HookAnswer {
  const room_id = chance.one(rooms);
  const delayMs = chance.one([0, 0, 5, 50, 400, 3000, 7000]) ?? 0;
  const answers: HookAnswer[] = [
    { json: { strategy: 'Accept', room_id } },
    { json: { strategy: 'Accept', room_id, echo: true } },
    { json: { strategy: 'WaitOtherPeers', room_id } },
    { json: { strategy: 'WaitOtherPeers', room_id } },
    { json: { strategy: 'Reject' } },
    { json: { strategy: 'Accept' } },
    { status: 500 },
    { text: 'oops' },
    { instead: 'refuse' },
    { instead: 'never' },
  ];
  return { ...(chance.one(answers) ?? {}), delayMs };
}

function live(phones: readonly WorldPhone[]): PhoneCall[] {
  return phones.flatMap((phone) => phone.calls).filter(({ ended, session }) => ended === null && session !== null);
}

async function act(phones: readonly WorldPhone[], chance: Chance): Promise<void> {
  const phone = chance.one(phones)!;
  const call = chance.one(live(phones));
  const actions: (() => unknown)[] = [
    () => phone.dial(chance.one([...users, '9000', '9001'])!),
    () => phone.dial(chance.one([...users, '9000', '9001'])!, { late: true }),
    () => world.inviteClient(chance.one(users)!, chance.one(rooms)!),
    () => call?.hangUp(chance.one([486, 480, 603, 500])),
    () => call?.hangUp(),
    () => (call?.direction === 'in' ? call.answer() : undefined),
    () => (call?.direction === 'in' ? call.answer() : undefined),
    () => call?.reinvite(chance.one(['sendonly', 'inactive', 'sendrecv', 'recvonly'] as const)!),
    () => phone.register(),
    () => phone.unregister(),
    () => {
      phone.onInvite = chance.one(['ring', 'answer', 'silent', 486, 404, 500] as const)!;
    },
    () => {
      world.network.lossRate = chance.one([0, 0, 0, 0.05, 0.2])!;
    },
    () => {
      if (chance.below(4) === 0) chance.one(world.gateway.mediaHosts)?.kill('a random crash');
    },
    async () => {
      const { json } = await world.gateway.api('GET', '/sip/calls');
      const target = chance.one<{ session_id: string }>(json.data ?? []);
      if (target !== undefined) await world.gateway.api('DELETE', `/sip/conn/${target.session_id}`);
    },
    () =>
      world.gateway.api('POST', '/sip/invite/server', {
        room_id: chance.one(rooms),
        dest_addr: chance.one(['10.0.1.1:5060', '10.0.1.2:5060', '10.9.9.9:5060']),
        from_number: '1',
        to_number: chance.one(users),
      }),
  ];
  // A request of a phone may take half a minute on a lossy network: nobody waits for it here.
  const done = chance.one(actions)?.();
  if (done instanceof Promise) await Promise.race([done.catch(() => undefined), world.clock.advance(200)]);
}

/** A hook server that sometimes bridges, sometimes fails, sometimes takes its time. */
function unpredictable(chance: Chance): void {
  world.hooks.on('invite', async ({ body }) => {
    if (chance.below(3) > 0) return hookAnswer(chance);
    const room_id = `bridge-${chance.below(1000)}`;
    const rung = await world.post('/sip/invite/client', {
      room_id,
      dest_session_id: world.sessionOf(String(body.to_number)),
      from_number: body.from_number,
    });
    if (!rung.json.status) return { json: { strategy: 'Reject' } };
    return { json: { strategy: 'WaitOtherPeers', room_id }, delayMs: chance.one([0, 10, 1000, 6000]) ?? 0 };
  });
}

/** What differs from world to world. */
const variants = [
  '',
  'empty_grace_ms: 2000',
  'duplicate_peer: replace\naccept_alone_timeout_ms: 4000',
  'outgoing_alone_timeout_ms: 3000\nwait_other_peers_timeout_ms: 5000\nring_timeout_ms: 8000',
  'unknown_call: challenge\ncall_events: true\nhook_error_code: [403, 486]',
  'rtp_ports: 12000-12009\nmax_conn: 6',
  'early_audio: room\nrequest_uri: contact',
];

/** Registered phones: two of one user, one over TCP, and a world full of chances around them. */
async function begin(seed: number): Promise<{ phones: WorldPhone[]; chance: Chance }> {
  const variant = variants[seed % variants.length]!.replace('call_events: true\n', '');
  world = await ContractWorld.start(
    `call_events: true\nrtp_timeout_ms: 15000\n${variant}`,
    { seed, jitterMs: 3 },
    { mediaHosts: 1 + (seed % 3) },
  );
  const chance = new Chance(world);
  const phones: WorldPhone[] = [];
  for (const user of [...users, users[0]!]) {
    const transport = phones.length === 3 ? 'tcp' : 'udp';
    phones.push(await world.addRegistered(user, { transport, onInvite: chance.one(['ring', 'answer'])! }));
  }
  unpredictable(chance);
  world.network.bindDelayMs = chance.one([0, 0, 5, 60])!;
  return { phones, chance };
}

function expectWholeStories(): void {
  const stories = [...world.histories().values()];
  for (const story of stories) {
    expect(story.join(' ')).toMatch(/^Connecting( Ringing)?( Connected)? (Rejected|Canceled|Failed|Ended)( \d{3})?$/);
  }
  expect(stories.length).toBe(world.gateway.gateway.counters().calls_total);
}

test.each(Array.from({ length: 14 }, (_, seed) => seed + 1))(
  'contract §2.5 §4.4 whatever happens, every call has one terminal event and nothing is left, seed %i',
  async (seed) => {
    const { phones, chance } = await begin(seed);
    for (let step = 0; step < STEPS; step += 1) {
      await act(phones, chance);
      await world.clock.advance(chance.one([1, 5, 20, 100, 500, 2000]) ?? 1);
    }
    world.network.lossRate = 0;
    for (const phone of phones) phone.onInvite = 486;
    // Whoever still talks or rings hangs up; calls that were being set up meanwhile get their turn.
    for (let round = 0; round < 10; round += 1) {
      for (const call of live(phones)) call.hangUp();
      await world.clock.advance(15_000);
    }
    await world.expectNothingLeft();
    for (const phone of phones) expect(phone.ua.counts()).toMatchObject({ dialogs: 0, sessions: 0, transactions: 0 });
    expectWholeStories();
    expect(world.hooks.open).toBe(0);
  },
);

test.each(Array.from({ length: 14 }, (_, seed) => seed + 101))(
  'design §9 stopped in the middle of anything, the gateway ends every call once and leaves nothing, seed %i',
  async (seed) => {
    const { phones, chance } = await begin(seed);
    for (let step = 0; step < 20 + (seed % 7) * 5; step += 1) {
      await act(phones, chance);
      await world.clock.advance(chance.one([1, 5, 20, 100, 500]) ?? 1);
    }
    await world.gateway.stop();
    expect(world.leftovers()).toEqual({});
    expectWholeStories();
    await world.clock.advance(100_000);
  },
);
