import fc from 'fast-check';

/**
 * Property tests draw the same examples in every run, so that a red run can be repeated and a green one stays green.
 * `FAST_CHECK_SEED=7 npm test -- unit` looks elsewhere; a counterexample found so becomes a test of its own.
 */
fc.configureGlobal({ seed: Number(process.env.FAST_CHECK_SEED ?? 20261121) });
