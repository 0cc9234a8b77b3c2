import type { LayoutMethod, Pool, RdmComparison, RdmMeasure } from '../../../src/protocol/rdm';

/** The protocol's own lists would bring its schema library along. */
export const measureLabels: Record<RdmMeasure, string> = {
  correlation: 'Correlation distance',
  euclidean: 'Euclidean',
  'sqeuclidean/P': 'Squared Euclidean / P',
  cosine: 'Cosine distance',
  mahalanobis: 'Mahalanobis…',
  crossnobis: 'Crossnobis…',
};

/** Measures as they stand beside a scale, in a sentence or a file. */
export function measureName(measure: RdmMeasure): string {
  return measure === 'correlation' ? '1 − Pearson r' : measureLabels[measure].replace('…', '');
}

export const poolLabels: Record<Pool, string> = {
  flatten: 'All activations',
  mean: 'Mean over positions',
  max: 'Maximum over positions',
};

export const comparisonLabels: Record<RdmComparison, string> = {
  'rho-a': 'Rho-a',
  spearman: 'Spearman',
  pearson: 'Pearson',
  'tau-a': 'Kendall’s tau-a',
  'tau-b': 'Kendall’s tau-b',
  cosine: 'Cosine',
  'whitened-cosine': 'Whitened cosine',
  'whitened-pearson': 'Whitened Pearson',
  cka: 'Linear CKA',
  'cka-unbiased': 'Linear CKA, unbiased',
};

export const comparisonNotes: Record<RdmComparison, string> = {
  'rho-a': 'Spearman’s expectation under random tie-breaking: for models that predict ties',
  spearman: 'Ranks only: any monotonic relation',
  pearson: 'A linear relation between the dissimilarities',
  'tau-a': 'Share of pairs in the same order; ties count against a model',
  'tau-b': 'Share of pairs in the same order; ties are left out',
  cosine: 'Dissimilarities with a meaningful zero, up to a factor',
  'whitened-cosine': 'Cosine that allows for dissimilarities sharing stimuli',
  'whitened-pearson': 'Pearson that allows for dissimilarities sharing stimuli',
  cka: 'Embeddings instead of RDMs; biased upward with few stimuli',
  'cka-unbiased': 'Embeddings instead of RDMs; 0 on average where nothing is shared',
};

export const layoutLabels: Record<LayoutMethod, string> = { mds: 'MDS', pca: 'PCA', tsne: 't-SNE', umap: 'UMAP' };

/** Options of a select, in the order of the labels. */
export function optionsOf<T extends string>(labels: Record<T, string>): { value: T; label: string }[] {
  return (Object.entries(labels) as [T, string][]).map(([value, label]) => ({ value, label }));
}
