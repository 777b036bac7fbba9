import { testExhibits } from "./visits.ts";

testExhibits((protocol) => protocol.endsWith("byzantine"));
