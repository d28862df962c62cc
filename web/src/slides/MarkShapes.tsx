/** Marks over a page, as shapes of an SVG whose unit is a thousandth of the page's width. */
import type { SlideMark } from "@folkmoot/client";
import { memo } from "react";

import { arrowPath, boxOf, FULL, LINE_HEIGHT, spotsOf, strokePath } from "./geometry";

type Drawn = Pick<SlideMark, "tool" | "points" | "colour" | "width" | "text">;

function Text({ mark, ratio }: { mark: Drawn; ratio: number }) {
  const [at = { x: 0, y: 0 }] = spotsOf(mark.points, ratio);
  const height = mark.width * FULL;
  return (
    <text className="fm-mark-text" fill={mark.colour} fontSize={height} x={at.x} y={at.y}>
      {mark.text.split("\n").map((line, row) => (
        // Lines of one text never change their order.
        // oxlint-disable-next-line react/no-array-index-key
        <tspan key={row} x={at.x} dy={row === 0 ? height * 0.95 : height * LINE_HEIGHT}>
          {line}
        </tspan>
      ))}
    </text>
  );
}

function Outline({ mark, ratio }: { mark: Drawn; ratio: number }) {
  const width = mark.width * FULL;
  const stroke = { stroke: mark.colour, strokeWidth: width, fill: "none" } as const;
  const { tool, points } = mark;
  if (tool === "box") return <rect {...stroke} {...boxOf(points, ratio)} rx={width} />;
  if (tool === "ellipse") {
    const { x, y, ...size } = boxOf(points, ratio);
    const [rx, ry] = [size.width / 2, size.height / 2];
    return <ellipse {...stroke} cx={x + rx} cy={y + ry} rx={rx} ry={ry} />;
  }
  const path = tool === "arrow" ? arrowPath(points, ratio, mark.width) : strokePath(points, ratio);
  return <path {...stroke} d={path} />;
}

interface MarkShapeProps {
  mark: Drawn;
  ratio: number;
  pending?: boolean;
  fading?: boolean;
}

export const MarkShape = memo(function MarkShape(props: MarkShapeProps) {
  const { mark, ratio, pending = false, fading = false } = props;
  return (
    <g
      className="fm-mark-shape"
      data-tool={mark.tool}
      data-pending={pending || undefined}
      data-fading={fading || undefined}
    >
      {mark.tool === "text"
        ? <Text mark={mark} ratio={ratio} />
        : <Outline mark={mark} ratio={ratio} />}
    </g>
  );
});
