/** A link by which one's own other device comes in as the same person. */
import type { Conference } from "@folkmoot/client";
import { useEffect, useState } from "react";

import { roomPath } from "../route";
import { CopyDialog } from "../ui/CopyDialog";

interface OwnLinkProps {
  slug: string;
  conference: Pick<Conference, "people">;
  onClose: () => void;
}

export function OwnLink({ slug, conference, onClose }: OwnLinkProps) {
  const [link, setLink] = useState<string>();
  useEffect(() => {
    let gone = false;
    conference.people.link("own").then(
      (fragment) => {
        if (!gone) setLink(new URL(`${roomPath(slug)}#${fragment}`, location.origin).href);
      },
      () => undefined,
    );
    return () => {
      gone = true;
    };
  }, [slug, conference]);
  return link === undefined ? null : (
    <CopyDialog opened link={link} hint="roles.linkHint" title="roles.ownLink" onClose={onClose} />
  );
}
