/** The room's part of its addresses; missing in a breakout, which has none of its own. */
import { createContext } from "react";

export const RoomSlug = createContext<string | undefined>(undefined);
