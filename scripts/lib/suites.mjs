import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join, relative } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { rootDir, run, runKept } from './run.mjs';

/**
 * @typedef {{ passed: number, failed: number, failures?: string[], retried?: string[] }} Count: `failures` names what
 * failed and why, `retried` what passed at the second try and why not at the first
 */

/** A check that is one thing: it passes or fails. @returns {Promise<Count>} */
export async function check(command, args) {
  const code = await run(command, args);
  return code === 0 ? { passed: 1, failed: 0 } : { passed: 0, failed: 1 };
}

/** A Node program out of node_modules, as a check. */
export function tool(path, ...args) {
  return check(process.execPath, [join(rootDir, 'node_modules', path), ...args]);
}

/**
 * One vitest project, in a run of its own.
 * @param {{ kept?: boolean }} options  `kept`: what it prints comes in one piece at its end
 * @returns {Promise<Count>}
 */
export async function suite(project, { kept = false } = {}) {
  const report = join(rootDir, 'test-output', `${project}.json`);
  mkdirSync(join(rootDir, 'test-output'), { recursive: true });
  rmSync(report, { force: true });
  const vitest = join(rootDir, 'node_modules/vitest/vitest.mjs');
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`];
  const command = [vitest, 'run', '--project', project, ...reporters];
  const code = kept
    ? await runKept(process.execPath, command, report.replace(/json$/, 'log'))
    : await run(process.execPath, command);
  const count = readReport(report);
  // Vitest fails for more than tests: a file that cannot be loaded, an exception after the end.
  if (code !== 0 && count.failed === 0) return { ...count, failed: 1, failures: ['vitest failed outside of any test'] };
  return count;
}

/** @returns {Count} what the report counts; a file that could not be loaded is one failure */
function readReport(file) {
  try {
    const report = JSON.parse(readFileSync(file, 'utf8'));
    const failures = report.testResults.flatMap(failuresOf);
    const retried = report.testResults.flatMap(retriedOf);
    return { passed: report.numPassedTests, failed: failures.length, failures, retried };
  } catch {
    return { passed: 0, failed: 0 };
  }
}

/** What failed in one file: `file > test` and the beginning of what was said, for a summary after thousands of lines. */
function failuresOf(result) {
  const file = relative(rootDir, result.name);
  if (result.status === 'failed' && result.assertionResults.length === 0) return [`${file}\n${indent(result.message)}`];
  return reasons(result, ({ status }) => status === 'failed');
}

/** Of a test that passed, the messages are those of the try before. */
function retriedOf(result) {
  return reasons(result, ({ status, failureMessages }) => status === 'passed' && failureMessages.length > 0);
}

function reasons(result, isMeant) {
  const file = relative(rootDir, result.name);
  return result.assertionResults
    .filter(isMeant)
    .map((each) => `${file} > ${each.fullName}\n${indent(each.failureMessages.join('\n'))}`);
}

function indent(text) {
  return stripVTControlCharacters(text)
    .split('\n')
    .slice(0, 12)
    .map((line) => `    ${line}`)
    .join('\n');
}
