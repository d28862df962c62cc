/** The people who fit what was typed after `@`. */
import { useTranslation } from "react-i18next";

import { Face } from "../ui/Face";
import type { Mentions } from "./useMentions";

export function MentionList({ id, offered, chosen, choose }: Mentions) {
  const { t } = useTranslation();
  if (offered.length === 0) return null;
  return (
    // A list that belongs to the field, which has no tag of its own.
    // oxlint-disable-next-line jsx-a11y/prefer-tag-over-role
    <div className="fm-mention-list" role="listbox" id={id} aria-label={t("chat.mention")}>
      {offered.map((person, index) => (
        // The field keeps the focus, and its keys choose.
        // oxlint-disable jsx-a11y/click-events-have-key-events, jsx-a11y/prefer-tag-over-role
        <div
          key={person.id}
          id={`${id}-${index}`}
          role="option"
          aria-selected={index === chosen}
          tabIndex={-1}
          onMouseDown={(event) => event.preventDefault()}
          onClick={() => choose(index)}
        >
          {/* oxlint-enable */}
          <Face person={person.id} name={person.name} small />
          <bdi>{person.name}</bdi>
        </div>
      ))}
    </div>
  );
}
