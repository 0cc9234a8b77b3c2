import type { CompoundContainer } from './compound';

/** What one box stands for. */
export type SceneThing =
  | { kind: 'node'; node: number }
  | { kind: 'scope'; scope: number }
  /** One of several subgraphs of an open node. */
  | { kind: 'body'; body: number }
  /** Where a value comes into a body or leaves it. */
  | { kind: 'value'; value: number; role: 'input' | 'output' };

export type SceneBox = SceneThing & {
  key: string;
  /** The open box around it, -1 where it is the drawing. */
  parent: number;
  depth: number;
  /** Whether it shows what is inside, and whether it could. */
  open: boolean;
  openable: boolean;
  label: string;
  /** Place in the order of computation. */
  order: number;
};

/** A value on its way from one box to another, neither of which is open (but for values that a box itself takes). */
export interface SceneLink {
  from: number;
  to: number;
  value: number;
  segments: number[];
}

/** The part of links within one container; links that run alike share it. */
export interface SceneSegment {
  container: number;
  edge: number;
  /** Boxes at its ends; -1 at the border of the container. */
  from: number;
  to: number;
  /** Whether it begins at a box that makes its values, and ends at one that takes them: not where a box is passed through. */
  starts: boolean;
  ends: boolean;
  values: number[];
  links: number[];
}

export interface Scene {
  boxes: SceneBox[];
  links: SceneLink[];
  segments: SceneSegment[];
  containers: CompoundContainer[];
  boxOfKey: Map<string, number>;
  /** Of each box, the links that leave it and that come in. */
  out: number[][];
  into: number[][];
}
