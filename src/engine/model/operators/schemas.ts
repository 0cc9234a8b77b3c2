import { brotliDecompressSync } from 'node:zlib';
import { standardDomain } from '../graph';

export interface AttributeSchema {
  name: string;
  type: string;
  text: string;
  required: boolean;
  default: number | string | (number | string)[] | null;
}

export interface PortSchema {
  name: string;
  text: string;
  /** The last one may stand for any number. */
  isVariadic: boolean;
}

/** An operator as it is since one version of its domain. */
export interface OperatorSchema {
  since: number;
  /** Markdown. */
  text: string;
  deprecated: boolean;
  attributes: AttributeSchema[];
  inputs: PortSchema[];
  outputs: PortSchema[];
}

/** As `make.py` writes it; see there. */
interface Data {
  texts: string[];
  operators: Record<string, VersionRow[] | undefined>;
}
type VersionRow = [since: number, deprecated?: boolean, text?: number, attributes?: AttributeRow[], inputs?: PortRow[], outputs?: PortRow[]];
type AttributeRow = [name: string, type: string, text?: number, required?: boolean, value?: AttributeSchema['default']];
type PortRow = [name: string, text?: number, option?: 0 | 1 | 2];

let loading: Promise<Data> | undefined;

/** Unpacked when it is first asked for: most sessions never do. */
async function load(): Promise<Data> {
  const { default: packed } = await import('./schemas.json.br');
  return JSON.parse(brotliDecompressSync(packed).toString()) as Data;
}

/**
 * What the ONNX standard, or ONNX Runtime for operators of its own, says about an operator as it is in a version of its domain;
 * null where they have no such operator. `versions`: those at which it changed, in order.
 */
export async function findSchema(domain: string, op: string, version: number): Promise<{ schema: OperatorSchema; versions: number[] } | null> {
  const { operators, texts } = await (loading ??= load());
  const key = `${standardDomain(domain)}:${op}`;
  const rows = Object.hasOwn(operators, key) ? operators[key]! : [];
  // A model may name a version from before the operator's first one; that one is the nearest then.
  const row = rows.findLast(([since]) => since <= version) ?? rows[0];
  if (!row) return null;
  const [since, deprecated = false, text = 0, attributes = [], inputs = [], outputs = []] = row;
  const port = ([name, of = 0, option = 0]: PortRow): PortSchema => ({ name, text: texts[of]!, isVariadic: option === 2 });
  return {
    schema: {
      since,
      deprecated,
      text: texts[text]!,
      attributes: attributes.map(([name, type, of = 0, required = false, value = null]) => ({ name, type, text: texts[of]!, required, default: value })),
      inputs: inputs.map(port),
      outputs: outputs.map(port),
    },
    versions: rows.map(([first]) => first),
  };
}
