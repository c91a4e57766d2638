import { defineConfig } from 'vitest/config';

/**
 * Where other programs, real sockets and a busy machine take part, a test that fails is tried once more; `npm test` names
 * those that passed only then. Unit tests have nothing to be lucky with.
 */
const retry = 1;

/**
 * Run with the integration tests, which have a lane of their own and are done long before the interop tests: both lanes take
 * as long then. None of them has a browser: two at once would be too much for two cores.
 */
const interopBeside = ['srtp', 'sipp', 'kamailio-proxy', 'codecs-opus'].map((name) => `test/interop/${name}.test.ts`);

/** Three suites: unit (pure, inline, manual clock), integration (real sockets on loopback), interop (real peers from apt). */
export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'unit',
          include: ['test/**/*.test.ts'],
          exclude: ['test/integration/**', 'test/interop/**'],
          // Nothing is mocked and nothing is global: to load all modules again for each file is two thirds of the time.
          isolate: false,
          restoreMocks: true,
          globalSetup: ['test/support/built-kernels.ts'],
          setupFiles: ['test/support/property-seed.ts'],
          // A limit for what hangs, not for what is slow on a busy machine.
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
      {
        test: {
          name: 'integration',
          env: { PORT_HALF: '0' },
          retry,
          include: ['test/integration/**/*.test.ts', ...interopBeside],
          testTimeout: 180_000,
          hookTimeout: 180_000,
          fileParallelism: false,
        },
      },
      {
        test: {
          name: 'interop',
          env: { PORT_HALF: '1' },
          retry,
          include: ['test/interop/**/*.test.ts'],
          exclude: interopBeside,
          testTimeout: 180_000,
          hookTimeout: 180_000,
          fileParallelism: false,
        },
      },
    ],
  },
});
