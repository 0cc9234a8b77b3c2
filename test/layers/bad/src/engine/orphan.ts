export {}; // no-orphans: nothing imports this file
