import '../engine/core/bad'; // rpc-sees-protocol-only
export {};
