/** Lets a reaction float: one press opens the choice, another sends. */
import { REACTIONS, type Conference } from "@folkmoot/client";
import { ActionIcon, Button, Popover } from "@mantine/core";
import { IconMoodSmile } from "@tabler/icons-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";

import { nameOf } from "./names";

interface ReactButtonProps {
  talk: Pick<Conference["talk"], "react">;
  disabled: boolean;
  /** Of the element that says why. */
  describedBy?: string | undefined;
  onReact: () => void;
}

export function ReactButton({ talk, disabled, describedBy, onReact }: ReactButtonProps) {
  const { t } = useTranslation();
  const [opened, setOpened] = useState(false);
  return (
    <Popover opened={opened && !disabled} onChange={setOpened} position="top" shadow="md"
      trapFocus returnFocus withRoles>
      <Popover.Target>
        <Button variant="default" size="compact-md" className="fm-react" disabled={disabled}
          aria-describedby={describedBy}
          leftSection={<IconMoodSmile size={17} stroke={1.8} aria-hidden="true" />}
          onClick={() => setOpened(!opened)}>
          {t("hands.react")}
        </Button>
      </Popover.Target>
      <Popover.Dropdown p="xs" aria-label={t("hands.react")}>
        <div className="fm-react-choice">
          {REACTIONS.map((reaction) => {
            const name = t(`hands.reactions.${nameOf(reaction)}`);
            return (
              <ActionIcon key={reaction} variant="subtle" color="gray" size="xl" aria-label={name}
                title={name} onClick={() => {
                  onReact();
                  talk.react(reaction);
                }}>
                <span aria-hidden="true">{reaction}</span>
              </ActionIcon>
            );
          })}
        </div>
      </Popover.Dropdown>
    </Popover>
  );
}
