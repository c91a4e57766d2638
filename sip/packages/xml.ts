import { isUtf8 } from 'node:buffer';
import { DOMParser, type Element, type Node } from '@xmldom/xmldom';
import { fault, type Parsed, parsed } from '../../base/errors.js';

/** An element as plain data. Comments, processing instructions and white space between elements are gone. */
export interface XmlElement {
  /** Without prefix. */
  readonly name: string;
  /** Empty when it has none. */
  readonly namespace: string;
  /** By their names as written; declarations of namespaces are left out, `xml:lang` stays. */
  readonly attributes: Readonly<Record<string, string>>;
  readonly children: readonly XmlElement[];
  /** The text of the element itself, trimmed. */
  readonly text: string;
}

/** A larger body is refused, counted by who asked. */
const MAX_BYTES = 64 * 1024;
const MAX_DEPTH = 32;
const ELEMENT_NODE = 1;
const TEXT_NODE = 3;
const CDATA_NODE = 4;

/**
 * Reads a document in UTF-8 (XML 1.0, Namespaces in XML). Refused: what is not well-formed, a document type
 * declaration (no event package has one, and entities are how parsers are attacked), more than 64 KiB, more than 32
 * levels. Never throws.
 */
export function parseXml(body: Buffer): Parsed<XmlElement, 'bad-body'> {
  if (body.length > MAX_BYTES) return fault('bad-body', MAX_BYTES);
  if (!isUtf8(body)) return fault('bad-body');
  const text = body.toString('utf8');
  const doctype = text.search(/<!DOCTYPE/i);
  if (doctype >= 0) return fault('bad-body', doctype);
  const encoding = /^\uFEFF?<\?xml[^>]*\sencoding\s*=\s*["']([^"']*)["']/.exec(text)?.[1];
  if (encoding !== undefined && !/^(utf-8|us-ascii)$/i.test(encoding)) return fault('bad-body');
  try {
    const { documentElement } = new DOMParser({ onError: refuse }).parseFromString(text, 'application/xml');
    const root = documentElement === null ? null : plain(documentElement, 1);
    return root === null ? fault('bad-body') : parsed(root);
  } catch {
    return fault('bad-body');
  }
}

/** The parser's warnings are faults too, but the one about U+FFFD, which has its place in a text. */
function refuse(level: string, message: string): void {
  if (level === 'warning' && message.startsWith('Unicode replacement character')) return;
  throw new Error(`${level}: ${message}`);
}

/** Null when it is nested too deep. */
function plain(element: Element, depth: number): XmlElement | null {
  if (depth > MAX_DEPTH) return null;
  const attributes: Record<string, string> = {};
  for (let i = 0; i < element.attributes.length; i += 1) {
    const attribute = element.attributes.item(i);
    if (attribute !== null && !/^xmlns(:|$)/.test(attribute.name)) attributes[attribute.name] = attribute.value;
  }
  const children: XmlElement[] = [];
  let text = '';
  for (let node: Node | null = element.firstChild; node !== null; node = node.nextSibling) {
    if (node.nodeType === TEXT_NODE || node.nodeType === CDATA_NODE) text += node.nodeValue ?? '';
    if (node.nodeType !== ELEMENT_NODE) continue;
    const child = plain(node as Element, depth + 1);
    if (child === null) return null;
    children.push(child);
  }
  const name = element.localName ?? element.nodeName;
  return { name, namespace: element.namespaceURI ?? '', attributes, children, text: text.trim() };
}

type Content = string | readonly (XmlElement | null)[];

/** Makes elements of one namespace; attributes that are undefined and children that are null are left out. */
export function elementsOf(namespace: string) {
  return (
    name: string,
    attributes: Readonly<Record<string, string | number | boolean | undefined>> = {},
    content: Content = [],
  ): XmlElement => {
    const given: Record<string, string> = {};
    for (const [key, value] of Object.entries(attributes)) if (value !== undefined) given[key] = String(value);
    const children = typeof content === 'string' ? [] : content.filter((child) => child !== null);
    return { name, namespace, attributes: given, children, text: typeof content === 'string' ? content : '' };
  };
}

/** The document as UTF-8. Every change of namespace is declared where it happens, so there are no prefixes. */
export function serializeXml(root: XmlElement): Buffer {
  return Buffer.from(`<?xml version="1.0" encoding="UTF-8"?>\n${written(root, '')}\n`, 'utf8');
}

function written(element: XmlElement, around: string): string {
  const { name, namespace, attributes, children, text } = element;
  let head = name;
  if (namespace !== around) head += ` xmlns="${escaped(namespace)}"`;
  for (const [key, value] of Object.entries(attributes)) head += ` ${key}="${escaped(value)}"`;
  if (children.length === 0 && text === '') return `<${head}/>`;
  return `<${head}>${escaped(text)}${children.map((child) => written(child, namespace)).join('')}</${name}>`;
}

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  '\t': '&#9;',
  '\n': '&#10;',
  '\r': '&#13;',
};

/** What XML 1.0 §2.2 has no way to write becomes U+FFFD. */
function escaped(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: those are what is looked for.
  const allowed = text.replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]|\p{Surrogate}/gu, '\ufffd');
  return allowed.replace(/[&<>"\t\n\r]/g, (sign) => entities[sign] ?? sign);
}

/** The children of that name, in the parent's namespace unless told. */
export function childrenOf(parent: XmlElement, name: string, namespace = parent.namespace): XmlElement[] {
  return parent.children.filter((child) => child.name === name && child.namespace === namespace);
}

export function childOf(parent: XmlElement, name: string, namespace = parent.namespace): XmlElement | undefined {
  return parent.children.find((child) => child.name === name && child.namespace === namespace);
}

/** The text of that child; undefined without the child, and when it is empty. */
export function textOf(parent: XmlElement, name: string, namespace = parent.namespace): string | undefined {
  return childOf(parent, name, namespace)?.text || undefined;
}

/** A non-negative integer; undefined when the text is none. */
export function integerOf(text: string | undefined): number | undefined {
  if (text === undefined || !/^\s*\d{1,15}\s*$/.test(text)) return undefined;
  return Number(text);
}

/** The text when it is one of the words; undefined otherwise. */
export function wordOf<T extends string>(text: string | undefined, words: readonly T[]): T | undefined {
  return words.find((word) => word === text);
}
