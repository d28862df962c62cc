/** What the meeting is about, point by point, what is on now, and the shared timer. */
import {
  AGENDA_TITLE_CHARACTERS_MAX,
  type Agenda,
  type AgendaItem,
  type Conference,
} from "@folkmoot/client";
import { ActionIcon, Button, Group, Menu, NumberInput, TextInput } from "@mantine/core";
import { IconListNumbers, IconPlayerPlay } from "@tabler/icons-react";
import { type FormEvent, type RefObject, useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";

import { useObservable } from "../session/hooks";
import { clockOf } from "../talk/duration";
import { EmptyPanel } from "../talk/EmptyPanel";
import { Refusal } from "../talk/Refusal";
import { useOperation } from "../talk/useOperation";
import { useFocusAfter, useInner } from "../ui/layers";
import { MoreMenu } from "../ui/MoreMenu";
import { TimerClock } from "./TimerClock";
import { TimerControls } from "./TimerControls";

interface AgendaPanelProps {
  conference: Pick<Conference, "talk" | "dismiss">;
  manager: boolean;
  live: boolean;
}

const MINUTE_MS = 60_000;

type Run = ReturnType<typeof useOperation>["run"];

interface ItemProps {
  talk: Conference["talk"];
  agenda: Agenda;
  item: AgendaItem;
  place: number;
  manager: boolean;
  run: Run;
}

type MenuProps = ItemProps & {
  button: RefObject<HTMLButtonElement | null>;
  onEdit: () => void;
};

function ItemMenu({ talk, agenda, item, place, run, button, onEdit }: MenuProps) {
  const { t } = useTranslation();
  return (
    <MoreMenu label={t("agenda.more", { title: item.title })} button={button}>
      <Menu.Item onClick={onEdit}>{t("agenda.edit")}</Menu.Item>
      <Menu.Item disabled={place === 0}
        onClick={() => void run(talk.moveItem(item.id, place - 1))}>
        {t("agenda.up")}
      </Menu.Item>
      <Menu.Item disabled={place === agenda.items.length - 1}
        onClick={() => void run(talk.moveItem(item.id, place + 1))}>
        {t("agenda.down")}
      </Menu.Item>
      <Menu.Item c="var(--fm-bad)" onClick={() => void run(talk.removeItem(item.id))}>
        {t("agenda.remove")}
      </Menu.Item>
    </MoreMenu>
  );
}

function durationOf(minutes: string | number): number {
  return Math.max(0, Math.round(Number(minutes) || 0)) * MINUTE_MS;
}

type EditProps = Pick<ItemProps, "talk" | "item" | "run"> & { onDone: () => void };

function EditForm({ talk, item, run, onDone }: EditProps) {
  const { t } = useTranslation();
  const [title, setTitle] = useState(item.title);
  const [minutes, setMinutes] = useState<string | number>(
    item.durationMs > 0 ? Math.round(item.durationMs / MINUTE_MS) : "",
  );
  const field = useRef<HTMLInputElement>(null);
  useEffect(() => {
    field.current?.focus();
    field.current?.select();
  }, []);
  const onKeyDown = useInner(onDone);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    // Seconds that a duration has stay, unless another number of minutes is given.
    const asked = durationOf(minutes);
    const same = asked === Math.round(item.durationMs / MINUTE_MS) * MINUTE_MS;
    const saved = run(talk.editItem(item.id, title.trim(), same ? item.durationMs : asked));
    void saved.then((done) => done && onDone());
  };
  return (
    <li className="fm-agenda-item">
      <form className="fm-agenda-edit" aria-label={t("agenda.editOf", { title: item.title })}
        onSubmit={submit}>
        <TextInput flex={1} value={title} maxLength={AGENDA_TITLE_CHARACTERS_MAX} ref={field}
          aria-label={t("agenda.itemTitle")} onKeyDown={onKeyDown}
          onChange={(event) => setTitle(event.target.value)} />
        <NumberInput w="5.5rem" hideControls min={0} max={1_440} value={minutes}
          aria-label={t("agenda.minutes")} placeholder={t("agenda.minutes")}
          onKeyDown={onKeyDown} onChange={setMinutes} />
        <Button variant="default" onClick={onDone}>{t("agenda.cancel")}</Button>
        <Button type="submit" disabled={title.trim() === ""}>{t("agenda.save")}</Button>
      </form>
    </li>
  );
}

function Item(props: ItemProps) {
  const { talk, agenda, item, manager, run } = props;
  const { t } = useTranslation();
  const [editing, setEditing] = useState(false);
  const button = useFocusAfter(editing);
  const current = item.id === agenda.current;
  if (manager && editing) {
    return <EditForm talk={talk} item={item} run={run} onDone={() => setEditing(false)} />;
  }
  const count = Math.round(item.durationMs / MINUTE_MS);
  return (
    <li className="fm-agenda-item" aria-current={current ? "step" : undefined}>
      <span className="fm-agenda-title" dir="auto">{item.title}</span>
      <span className="fm-talk-note">
        {item.durationMs > 0 && t("agenda.minutesOf", { count })}
        {!current && item.spentMs > 0 && ` · ${t("agenda.spent", { time: clockOf(item.spentMs) })}`}
      </span>
      {current && <span className="fm-badge">{t("agenda.now")}</span>}
      {manager && !current && (
        <ActionIcon variant="light" aria-label={t("agenda.go", { title: item.title })}
          onClick={() => void run(talk.goToItem(item.id))}>
          <IconPlayerPlay size={16} aria-hidden="true" />
        </ActionIcon>
      )}
      {manager && <ItemMenu {...props} button={button} onEdit={() => setEditing(true)} />}
    </li>
  );
}

function AddForm({ talk, run }: Pick<ItemProps, "talk" | "run">) {
  const { t } = useTranslation();
  const [title, setTitle] = useState("");
  const [minutes, setMinutes] = useState<string | number>("");
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const added = run(talk.addItem(title.trim(), durationOf(minutes)));
    void added.then((saved) => saved && setTitle(""));
  };
  return (
    <form className="fm-agenda-add" onSubmit={submit}>
      <TextInput flex={1} value={title} maxLength={AGENDA_TITLE_CHARACTERS_MAX}
        aria-label={t("agenda.item")} placeholder={t("agenda.item")}
        onChange={(event) => setTitle(event.target.value)} />
      <NumberInput w="5.5rem" hideControls min={0} max={1_440} value={minutes}
        aria-label={t("agenda.minutes")} placeholder={t("agenda.minutes")} onChange={setMinutes} />
      <Button type="submit" disabled={title.trim() === ""}>{t("agenda.add")}</Button>
    </form>
  );
}

export function AgendaPanel({ conference, manager, live }: AgendaPanelProps) {
  const { t } = useTranslation();
  const { talk } = conference;
  const agenda = useObservable(talk.agenda);
  const { error, run } = useOperation(conference);
  const runs = manager && live;
  const place = agenda.items.findIndex(({ id }) => id === agenda.current);
  const last = place === agenda.items.length - 1;
  return (
    <>
      <h2 className="fm-panel-title" id="fm-agenda-title">{t("agenda.title")}</h2>
      <div className="fm-talk-scroll">
        {agenda.timer !== null && <TimerClock talk={talk} timer={agenda.timer} />}
        {runs && <TimerControls conference={conference} timer={agenda.timer} />}
        {agenda.items.length === 0 && (
          <EmptyPanel Icon={IconListNumbers} title={t("agenda.empty")}
            hint={t("agenda.emptyHint")} />
        )}
        <ol className="fm-agenda" aria-labelledby="fm-agenda-title">
          {agenda.items.map((item, at) => (
            <Item key={item.id} talk={talk} agenda={agenda} item={item} place={at} manager={runs}
              run={run} />
          ))}
        </ol>
        {runs && place >= 0 && (
          <Group justify="flex-end">
            <Button size="compact-md" variant="light"
              onClick={() => void run(talk.nextItem(agenda.current))}>
              {t(last ? "agenda.end" : "agenda.next")}
            </Button>
          </Group>
        )}
        <Refusal error={error} />
      </div>
      {runs && <AddForm talk={talk} run={run} />}
    </>
  );
}
