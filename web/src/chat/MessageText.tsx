/** A message's text: plain, with links, code and mentions. Never HTML of whoever wrote it. */
import { useMemo } from "react";

import { richPieces, type RichPiece } from "../lib/rich";

interface MessageTextProps {
  text: string;
  mentions: ReadonlyMap<string, string>;
  /** Whose mentions stand out. */
  you?: string;
}

function Piece({ piece, you }: { piece: RichPiece; you: string | undefined }) {
  switch (piece.kind) {
    case "link":
      // Tells the other side nothing about this page.
      return (
        <a href={piece.href} target="_blank" rel="noopener noreferrer nofollow">
          {piece.text}
        </a>
      );
    case "code":
      return piece.block ? (
        <pre className="fm-code" dir="ltr">
          <code>{piece.text}</code>
        </pre>
      ) : (
        <code className="fm-code" dir="ltr">
          {piece.text}
        </code>
      );
    case "mention":
      return (
        <span className="fm-mention" data-you={piece.person === you || undefined}>
          <bdi>{piece.text}</bdi>
        </span>
      );
    case "text":
      return piece.text;
  }
}

export function MessageText({ text, mentions, you }: MessageTextProps) {
  const pieces = useMemo(() => richPieces(text, mentions), [text, mentions]);
  return pieces.map((piece, index) => <Piece key={index} piece={piece} you={you} />);
}
