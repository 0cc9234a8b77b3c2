import type { RdmSettings } from '../../src/protocol/rdmViews';
import { Dataset } from './fixtures/dataset';
import { scenario, type Scenario } from './scenario';

/** One state of the RDM panel. */
export interface RdmScenario extends Scenario {
  rdmSettings: RdmSettings;
  /** Layers that have an RDM. */
  computed: string[];
  /** Layouts take their time. */
  slow: boolean;
  /** Sentences of calls that fail, the first time. */
  refuses: Record<string, string>;
}

/** The stimuli of a well-known study: 92 pictures, here of five classes. */
export const objects = new Dataset('objects92', 92, 5, ['scale', 'session']);

type Change = Parameters<typeof scenario>[0] & {
  rdm?: Partial<RdmSettings>;
  /** How many of the layers, from the first. */
  layers?: number;
  computed?: number;
  slow?: boolean;
  refuses?: Record<string, string>;
};

/** 92 stimuli in 16 layers of ResNet-18, computed; everything else is said as a difference from it. */
export function rdmScenario({ rdm = {}, layers = 16, computed, slow = false, refuses = {}, ...change }: Change = {}): RdmScenario {
  const dataset = change.dataset === undefined ? objects : change.dataset;
  const base = scenario({ ...change, dataset });
  const primary = base.model.layers.filter((layer) => layer.primary).map(({ name }) => name);
  const chosen = layers >= primary.length ? primary : Array.from({ length: layers }, (_, at) => primary[Math.round(((at + 1) * primary.length) / layers) - 1]!);
  return {
    ...base,
    rdmSettings: {
      layers: chosen,
      recipe: { pool: 'flatten', measure: 'correlation', stimuli: { labels: [] } },
      order: { by: 'label' },
      scale: 'percentile',
      colours: 'viridis',
      layout: 'mds',
      thumbnails: true,
      comparison: 'rho-a',
      references: [],
      ...rdm,
    },
    computed: chosen.slice(0, computed ?? chosen.length),
    slow,
    refuses,
  };
}
