/** The room, or the breakout that one is in: then the room goes on behind it. */
import type { Conference } from "@folkmoot/client";

import { Room, type RoomProps } from "../room/Room";
import { useObservable } from "../session/hooks";
import { InsideBar } from "./InsideBar";
import { useBeside } from "./useBeside";

export function Gathering(props: RoomProps & { conference: Conference }) {
  const { conference: main, slug } = props;
  const breakouts = useObservable(main.breakouts.state);
  const { name } = useObservable(main.status);
  const beside = useBeside(main, name);
  if (beside === undefined) return <Room {...props} />;
  const back = () => void main.breakouts.back();
  return (
    <Room
      key={`${slug}/${breakouts.inside}`}
      {...props}
      conference={beside}
      main={main}
      title={breakouts.rooms[breakouts.inside - 1] ?? props.title}
      onJoinAgain={back}
      banner={<InsideBar main={main} />}
    />
  );
}
