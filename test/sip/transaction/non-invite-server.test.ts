import { describe, expect, test } from 'vitest';
import { nonInviteServer } from '../../../sip/transaction/non-invite-server.js';
import { cellsOf, type LadderOptions, ladder } from '../../support/ladder.js';

const flows: [name: string, script: string, options?: LadderOptions][] = [
  [
    'RFC 3261 §17.2.2 copies are ignored in Trying and answered in Completed until Timer J',
    `
        0 wire > OPTIONS
        0 tu   < OPTIONS
      500 wire > OPTIONS
      600 tu   > 200
      600 wire < 200
     1500 wire > OPTIONS
     1500 wire < 200
     2000 tu   > 500        # too late for another answer
    32600 gone              # Timer J = 64·T1`,
  ],
  [
    'RFC 3261 §17.2.2 Timer J is 0 over a reliable transport',
    `
        0 wire > OPTIONS
        0 tu   < OPTIONS
      600 tu   > 404
      600 wire < 404
      600 gone`,
    { over: 'tcp' },
  ],
  [
    'RFC 3261 §17.2.2 in Proceeding a copy gets the latest provisional response',
    `
        0 wire > OPTIONS
        0 tu   < OPTIONS
      100 tu   > 100
      100 wire < 100
      200 tu   > 183
      200 wire < 183
      500 wire > OPTIONS
      500 wire < 183
      600 tu   > 200
      600 wire < 200
    32600 gone`,
  ],
  [
    'RFC 3261 §17.2.2 a failure ends Proceeding',
    `
        0 wire > OPTIONS
        0 tu   < OPTIONS
      100 tu   > 100
      100 wire < 100
      200 tu   > 488
      200 wire < 488
    32200 gone`,
  ],
  [
    'RFC 3261 §17.2.4 a provisional response that cannot be sent ends the transaction',
    `
        0 wire > OPTIONS
        0 tu   < OPTIONS
      100 tu   > 100
      100 wire < 100
      101 wire > error
      101 tu   < error
      101 gone`,
  ],
  [
    'RFC 3261 §17.2.4 a final response that cannot be sent ends the transaction',
    `
        0 wire > OPTIONS
        0 tu   < OPTIONS
      100 tu   > 200
      100 wire < 200
      101 wire > error
      101 tu   < error
      101 gone`,
  ],
];

describe('non-INVITE server transaction', () => {
  test.each(flows)('%s', (_name, script, options) => ladder(script, nonInviteServer, options));

  test('every cell of the table is visited', () => {
    const visited = new Set<string>();
    for (const [, script, options] of flows) ladder(script, nonInviteServer, { ...options, visited });
    expect([...visited].sort()).toEqual(cellsOf(nonInviteServer).sort());
  });
});
