import '../rpc/bad'; // protocol-is-the-bottom
export {};
