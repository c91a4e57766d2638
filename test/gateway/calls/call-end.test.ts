import { describe, expect, test } from 'vitest';
import { endOfSession, type SessionOutcome } from '../../../gateway/calls/call-end.js';

const local = (cause: string, statusCode: number | null = null): SessionOutcome => ({
  by: 'local',
  cause,
  statusCode,
  reasonPhrase: null,
});

describe('design §7 what we ended ourselves is not put down to the peer', () => {
  test.each([
    ['in', false, local('internal-error', 500), 'Failed 500 internal-error'],
    ['in', false, local('rejected', 500), 'Failed 500 internal-error'],
    ['in', false, local('closed', 503), 'Failed 503 drained'],
    ['in', true, local('internal-error', 500), 'Ended null internal-error'],
    ['in', true, local('closed'), 'Ended null drained'],
    ['out', false, local('internal-error', 500), 'Failed 500 internal-error'],
    ['out', false, local('closed'), 'Failed 503 drained'],
    ['out', true, local('closed'), 'Ended null drained'],
  ] as const)('%s, answered %s: %o', (direction, answered, outcome, expected) => {
    const { state, code, cause } = endOfSession(direction, answered, outcome);
    expect(`${state} ${code} ${cause}`).toBe(expected);
  });
});

test('RFC 3261 §12.2.1.2 a dialog that is gone, and one whose peer hung up', () => {
  expect(endOfSession('in', true, local('timeout', 408)).cause).toBe('transport-failed');
  expect(endOfSession('in', true, { ...local('bye'), by: 'remote' }).cause).toBe('remote-bye');
});
