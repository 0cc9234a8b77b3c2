import '../engine/core/bad'; // host-never-imports-engine
export {};
