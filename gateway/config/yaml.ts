import { parseDocument, Scalar, visit } from 'yaml';
import { messageOf } from '../../base/errors.js';

/**
 * Reads YAML, or the JSON that is part of it. Numbers and booleans stay the text they are in the file, so that the
 * password 0042 keeps its zeros; the readers of the settings judge the text.
 */
export function parseYaml(
  content: string,
): { readonly ok: true; readonly value: unknown } | { readonly ok: false; readonly problem: string } {
  const document = parseDocument(content, { prettyErrors: false });
  const [error] = document.errors;
  if (error !== undefined) {
    const line = content.slice(0, error.pos[0]).split('\n').length;
    return { ok: false, problem: `line ${line}: ${error.message}` };
  }
  visit(document, {
    Scalar: (_key, node) => {
      const isTyped = typeof node.value === 'number' || typeof node.value === 'boolean';
      return isTyped && node.source !== undefined ? new Scalar(node.source) : undefined;
    },
  });
  try {
    return { ok: true, value: document.toJS() };
  } catch (thrown) {
    return { ok: false, problem: messageOf(thrown) };
  }
}
