import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { elementsOf, parseXml, serializeXml, type XmlElement } from '../../../sip/packages/xml.js';

const read = (text: string) => parseXml(Buffer.from(text));
const root = (text: string): XmlElement => {
  const result = read(text);
  if (!result.ok) throw new Error(result.fault);
  return result.value;
};

describe('reading', () => {
  test('names without prefixes, namespaces, attributes, text and CDATA of an element of its own', () => {
    const found = root(
      '<p:a xmlns:p="urn:x" b="1" xml:lang="de"> hi &amp; <![CDATA[<x>]]><c xmlns="urn:y"/><!-- no --></p:a>',
    );
    expect(found).toEqual({
      name: 'a',
      namespace: 'urn:x',
      attributes: { b: '1', 'xml:lang': 'de' },
      text: 'hi & <x>',
      children: [{ name: 'c', namespace: 'urn:y', attributes: {}, children: [], text: '' }],
    });
  });

  test.each([
    ['', 'nothing'],
    ['plain text', 'no element'],
    ['<a>', 'an element without an end'],
    ['<a></b>', 'another end'],
    ['<a/><b/>', 'two roots'],
    ['<a x=1/>', 'an attribute without quotes'],
    ['<a x="1" x="2"/>', 'an attribute twice'],
    ['<a>&foo;</a>', 'an unknown entity'],
    ['<p:a/>', 'an undeclared prefix'],
    ['<?xml version="1.0" encoding="UTF-16"?><a/>', 'another encoding'],
    ['<!DOCTYPE a [<!ENTITY x "y">]><a>&x;</a>', 'a document type declaration'],
    ['<!doctype a><a/>', 'a document type declaration in small letters'],
    [`${'<a>'.repeat(33)}${'</a>'.repeat(33)}`, 'more than 32 levels'],
    [`<a>${' '.repeat(64 * 1024)}</a>`, 'more than 64 KiB'],
  ])('%j is refused: %s', (text) => {
    expect(read(text)).toMatchObject({ ok: false, fault: 'bad-body' });
  });

  test('bytes that are not UTF-8 are refused', () => {
    expect(parseXml(Buffer.from([0x3c, 0x61, 0x3e, 0xff, 0x3c, 0x2f, 0x61, 0x3e]))).toMatchObject({
      fault: 'bad-body',
    });
  });

  test('no bytes make it throw', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => void parseXml(Buffer.from(bytes))));
    const pieces = fc.constantFrom(
      '<',
      '>',
      '/',
      'a',
      '&',
      ';',
      '"',
      '=',
      ' ',
      '<!',
      '[',
      ']]>',
      '<?',
      '?>',
      '--',
      ':',
    );
    fc.assert(fc.property(fc.array(pieces, { maxLength: 30 }), (parts) => void read(parts.join(''))));
  });
});

describe('writing', () => {
  const make = elementsOf('urn:x');

  test('undefined attributes and null children are left out; a change of namespace is declared where it happens', () => {
    const other = elementsOf('urn:y');
    const text = serializeXml(make('a', { b: 1, c: undefined }, [null, other('d'), make('e', {}, 'f')])).toString();
    expect(text).toBe(
      '<?xml version="1.0" encoding="UTF-8"?>\n<a xmlns="urn:x" b="1"><d xmlns="urn:y"/><e>f</e></a>\n',
    );
  });

  test('what an application says in text and attributes comes back as it was', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' }), (value, text) => {
        // biome-ignore lint/suspicious/noControlCharactersInRegex: XML 1.0 §2.2 has no way to write those.
        const unwritable = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]|\p{Surrogate}/gu;
        const found = root(serializeXml(make('a', { b: value }, text)).toString());
        expect(found.attributes.b).toBe(value.replace(unwritable, '\ufffd'));
        expect(found.text).toBe(text.replace(unwritable, '\ufffd').trim());
      }),
    );
  });
});
