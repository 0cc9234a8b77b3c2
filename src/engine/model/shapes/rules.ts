import type { OnnxNode } from '../graph';
import { arrangeRules } from './arrange';
import { constantRules } from './constants';
import { convolutionRules } from './convolution';
import { elementwiseRules } from './elementwise';
import type { ShapeRule } from './facts';
import { linearRules } from './linear';
import { reduceRules } from './reduce';
import { resizeRules } from './resize';
import { sequenceRules } from './sequences';

const rules = new Map<string, ShapeRule>(
  [convolutionRules, elementwiseRules, arrangeRules, linearRules, reduceRules, resizeRules, constantRules, sequenceRules].flatMap((family) =>
    Object.entries(family),
  ),
);

/** An operator's name in the tables of rules: standard operators bare, others with their domain. */
export function operatorKey(node: OnnxNode): string {
  return node.domain === '' ? node.op : `${node.domain}:${node.op}`;
}

/** The shape rule of a node's operator; undefined for operators that Unitscope does not know. */
export function shapeRule(node: OnnxNode): ShapeRule | undefined {
  return rules.get(operatorKey(node));
}
