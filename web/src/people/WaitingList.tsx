/** For those who run the room: who waits in the lobby, to be let in or sent away. */
import type { Conference, Waiting } from "@folkmoot/client";
import { Button, Group, TextInput } from "@mantine/core";
import { useState, type FormEvent } from "react";
import { useTranslation } from "react-i18next";

import { Face } from "../ui/Face";
import { useAct } from "./useAct";

const SHOWN_MAX = 50;

interface WaitingListProps {
  waiting: readonly Waiting[];
  conference: Pick<Conference, "people" | "dismiss">;
}

export function WaitingList({ waiting, conference }: WaitingListProps) {
  const { t } = useTranslation();
  const { act, problem } = useAct(conference);
  const [text, setText] = useState("");
  if (waiting.length === 0) return null;
  const { people } = conference;
  const tell = (event: FormEvent) => {
    event.preventDefault();
    void act(people.tellWaiting(text.trim()));
    setText("");
  };
  return (
    <section className="fm-waiting" aria-labelledby="fm-waiting-title">
      <h3 id="fm-waiting-title" className="fm-people-group">
        {t("roles.waitingTitle", { count: waiting.length })}
        <Button size="compact-sm" onClick={() => void act(people.admitAll())}>
          {t("roles.admitAll")}
        </Button>
      </h3>
      <ul className="fm-people" aria-label={t("roles.waitingList")}>
        {waiting.slice(0, SHOWN_MAX).map(({ id, name }) => (
          <li key={id} className="fm-person">
            <Face person={id} name={name} faded={false} />
            <span className="fm-person-text">
              <bdi className="fm-person-name">{name}</bdi>
            </span>
            <Group gap={4} wrap="nowrap">
              <Button
                size="compact-sm"
                variant="light"
                aria-label={t("roles.admitNamed", { name })}
                onClick={() => void act(people.admit([id]))}
              >
                {t("roles.admit")}
              </Button>
              <Button
                size="compact-sm"
                variant="default"
                aria-label={t("roles.denyNamed", { name })}
                onClick={() => void act(people.deny(id))}
              >
                {t("roles.deny")}
              </Button>
            </Group>
          </li>
        ))}
      </ul>
      <form className="fm-waiting-tell" onSubmit={tell}>
        <TextInput
          size="xs"
          label={t("roles.tell")}
          value={text}
          maxLength={500}
          onChange={(event) => setText(event.currentTarget.value)}
        />
        <Button type="submit" size="xs" variant="default">
          {t("roles.tellSend")}
        </Button>
      </form>
      {problem !== undefined && (
        <p className="fm-alert" role="alert">
          {problem}
        </p>
      )}
    </section>
  );
}
