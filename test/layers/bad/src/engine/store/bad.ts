import '../embeddings/bad'; // embeddings-above-study
export {};
