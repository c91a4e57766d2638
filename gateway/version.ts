/** The version of package.json; test/architecture.test.ts keeps them equal. */
export const version = '0.1.0';
