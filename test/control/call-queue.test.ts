import { expect, test } from 'vitest';
import { createCallQueues } from '../../control/index.js';
import { createControlWorld } from '../support/fake-mediaswitch.js';

test('mediaswitch row 24: a queue tells every caller its place', async () => {
  const world = await createControlWorld();
  const queueOf = createCallQueues(world.control.logger);
  const sales = queueOf('sales');
  expect(queueOf('sales')).toBe(sales);
  const places: string[] = [];
  sales.onpositionchange = (call) => {
    const { state, position } = call.metadata.queue as { state: string; position: number };
    places.push(`${call.callid} ${state} ${position}`);
  };
  world.control.onnewcall = (call) => {
    expect(sales.queue(call)).toBe(true);
    expect(sales.queue(call)).toBe(false);
  };
  for (const from of ['1000', '1001', '1002', '1004']) world.sip.invite(from, 'sales');
  const [, second, third] = sales.calls;
  expect(places.splice(0)).toEqual(['call-1 waiting 1', 'call-2 waiting 2', 'call-3 waiting 3', 'call-4 waiting 4']);
  world.sip.end('call-2');
  expect(second?.metadata.queue).toEqual({ state: 'abandoned', position: 0 });
  expect(places.splice(0)).toEqual(['call-3 waiting 2', 'call-4 waiting 3']);
  sales.delivered(third!);
  expect(third?.metadata.queue).toEqual({ state: 'talking', position: 0 });
  expect(places.splice(0)).toEqual(['call-4 waiting 2']);
  world.sip.end('call-3');
  expect(third?.metadata.queue).toEqual({ state: 'talking', position: 0 });
  expect(sales.length).toBe(2);
  expect(sales.queue(second!)).toBe(false);
});

test('mediaswitch row 24: names of queues are limited, since callers may choose them', () => {
  const queueOf = createCallQueues(() => undefined);
  for (let name = 0; name < 1000; name += 1) queueOf(`${name}`);
  expect(queueOf('999').name).toBe('999');
  expect(() => queueOf('1000')).toThrow(RangeError);
});
