import { testExhibits } from "./visits.ts";

testExhibits((protocol) => protocol === "multi");
