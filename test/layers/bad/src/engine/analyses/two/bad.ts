import '../one/bad'; // analyses-are-islands, no-cycles
export {};
