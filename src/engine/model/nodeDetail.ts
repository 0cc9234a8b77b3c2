import type { NodeAttribute, NodeDetail, NodePort, OperatorDocumentation } from '../../protocol/graph';
import { UnitscopeError } from '../../protocol/errors';
import { RangedFile } from '../io/rangedFile';
import { calledFunction, type OnnxFunction, type OnnxModel, type OnnxNode } from './graph';
import type { OpenedGraph } from './modelGraph';
import { tensorNames } from './modelTensors';
import { attributeText, defaultText } from './nodeDetail/attributeText';
import { sourceLines } from './nodeDetail/source';
import { findSchema, type OperatorSchema, type PortSchema } from './operators/schemas';
import { fields } from './protobuf';
import { TensorReader } from './tensorData';

/** All that is known about one node of a graph. @throws usage where the graph has no such node, model.unreadable where the file has gone */
export async function describeNode(model: OnnxModel, { graph, nodes, opsets }: OpenedGraph, place: number): Promise<NodeDetail> {
  const node = nodes[place];
  const shown = graph.nodes[place];
  if (!node || !shown) throw new UnitscopeError('usage', `The graph of ${model.path} has no node ${place}: open it again.`);
  const called = calledFunction(model, node);
  const version = opsets[place]!.get(node.domain) ?? 1;
  const found = called ? null : await findSchema(node.domain, node.op, version);
  const schema = found?.schema ?? null;
  const docString = readDocString(model, node);
  const ports = (values: readonly number[], roles: (at: number) => Omit<NodePort, 'value'>): NodePort[] => values.map((value, at) => ({ ...roles(at), value }));
  return {
    node: place,
    attributes: describeAttributes(model, node, schema, called),
    inputs: ports(shown.inputs, (at) => roleOf(called?.inputs, schema?.inputs, 'input', at)),
    outputs: ports(shown.outputs, (at) => roleOf(called?.outputs, schema?.outputs, 'output', at)),
    metadata: Object.fromEntries(node.metadata),
    docString,
    documentation: called ? functionDocumentation(node, called, version) : found && operatorDocumentation(node, found.schema, found.versions),
    source: sourceLines(node.metadata, docString),
  };
}

/** Given ones in the order of the file, then those whose defaults hold. */
function describeAttributes(model: OnnxModel, node: OnnxNode, schema: OperatorSchema | null, called: OnnxFunction | undefined): NodeAttribute[] {
  const names = tensorNames(model);
  const descriptions = new Map(schema?.attributes.map((attribute) => [attribute.name, attribute]));
  const reader = new TensorReader(model);
  try {
    const given = [...node.attributes].map(([name, attribute]): NodeAttribute => {
      const { type, value } = attribute;
      return {
        name,
        type: type === 'other' || type === 'reference' ? (descriptions.get(name)?.type ?? type) : type,
        text: attributeText(name, attribute, reader),
        isDefault: false,
        description: descriptions.get(name)?.text ?? '',
        tensor: type === 'tensor' ? (names.get(value) ?? null) : null,
      };
    });
    const ofFunction = [...(called?.defaults ?? [])].map(([name, attribute]): NodeAttribute => ({
      name, type: attribute.type, text: attributeText(name, attribute, reader), isDefault: true, description: '', tensor: null,
    }));
    const ofSchema = [...descriptions.values()].flatMap(({ name, type, text, default: value }): NodeAttribute[] =>
      value === null ? [] : [{ name, type, text: defaultText(name, value), isDefault: true, description: text, tensor: null }],
    );
    return [...given, ...[...ofFunction, ...ofSchema].filter(({ name }) => !node.attributes.has(name))];
  } finally {
    reader.close();
  }
}

/** The last port of a schema may stand for any number: "inputs[2]". */
function roleOf(formal: readonly string[] | undefined, ports: readonly PortSchema[] | undefined, kind: string, at: number): Omit<NodePort, 'value'> {
  const last = ports?.at(-1);
  const port = ports?.[at] ?? (last?.isVariadic ? last : undefined);
  if (!port) return { role: formal?.[at] ?? `${kind} ${at}`, description: '' };
  return { role: port.isVariadic ? `${port.name}[${at - (ports!.length - 1)}]` : port.name, description: port.text };
}

function operatorDocumentation({ op, domain }: OnnxNode, { since, text, deprecated }: OperatorSchema, versions: number[]): OperatorDocumentation {
  return { op, domain, since, versions, text, deprecated };
}

/** A function of the model documents itself. */
function functionDocumentation({ op, domain }: OnnxNode, { docString }: OnnxFunction, version: number): OperatorDocumentation | null {
  return docString === '' ? null : { op, domain, since: version, versions: [version], text: docString, deprecated: false };
}

/** NodeProto.doc_string is not kept in memory: it may be long, and one is looked at at a time. */
function readDocString(model: OnnxModel, node: OnnxNode): string {
  const file = RangedFile.open(model.path);
  try {
    let text = '';
    for (const field of fields(file, node.range.start, node.range.end)) for (const part of field.fields()) if (part.no === 6) text = part.string();
    return text;
  } finally {
    file.close();
  }
}
