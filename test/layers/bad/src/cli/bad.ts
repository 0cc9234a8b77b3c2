import '../host/bad'; // faces-do-not-mix
export {};
