import '../core/bad'; // numerics-is-pure
export {};
