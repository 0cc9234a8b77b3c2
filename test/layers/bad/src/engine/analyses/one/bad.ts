import '../two/bad'; // analyses-are-islands
export {};
