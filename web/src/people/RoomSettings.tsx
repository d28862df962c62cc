/** For those who run the room: its doors, what people may do, who was removed, and its end. */
import {
  openTo,
  SETTINGS,
  type Conference,
  type Lockable,
  type Roster,
  type SettingName,
} from "@folkmoot/client";
import { Button, Checkbox, Group, NumberInput, Switch, TextInput } from "@mantine/core";
import { useState, type FormEvent } from "react";
import { useTranslation } from "react-i18next";

import { roomPath } from "../route";
import { CopyDialog } from "../ui/CopyDialog";
import { Dialog } from "../ui/Dialog";
import { useAct } from "./useAct";

const MINUTE_MS = 60_000;
const SECOND_MS = 1_000;
const LOCKABLE: readonly Lockable[] = ["participant", "viewer"];
const NAMES = Object.keys(SETTINGS) as SettingName[];

export interface RoomSettingsProps {
  slug: string;
  roster: Roster;
  conference: Pick<Conference, "people" | "dismiss">;
  onClose: () => void;
}

type Act = ReturnType<typeof useAct>["act"];
type PartProps = Pick<RoomSettingsProps, "roster" | "conference"> & { act: Act };

function Doors({ roster, conference, act }: PartProps) {
  const { t } = useTranslation();
  const { people } = conference;
  const { doors } = roster;
  const staff = doors.staff;
  const [passcode, setPasscode] = useState(staff?.passcode ?? "");
  const set = (event: FormEvent) => {
    event.preventDefault();
    void act(people.configure({ passcode }));
  };
  return (
    <section aria-labelledby="fm-doors-title" className="fm-settings-part">
      <h3 id="fm-doors-title">{t("roles.doors")}</h3>
      <Switch
        label={t("roles.lobby")}
        checked={doors.lobby}
        onChange={(event) => void act(people.configure({ lobby: event.currentTarget.checked }))}
      />
      <Switch
        label={t("roles.locked")}
        checked={doors.locked}
        onChange={(event) => void act(people.configure({ locked: event.currentTarget.checked }))}
      />
      <form onSubmit={set} className="fm-waiting-tell">
        <TextInput
          label={t("roles.passcode")}
          value={passcode}
          maxLength={64}
          autoComplete="off"
          onChange={(event) => setPasscode(event.currentTarget.value)}
        />
        <Button type="submit" variant="default">
          {t("roles.passcodeSave")}
        </Button>
      </form>
      <NumberInput
        label={t("roles.participantsMax")}
        min={0}
        max={5_000}
        allowDecimal={false}
        defaultValue={staff?.participantsMax ?? 0}
        onBlur={(event) => {
          const wanted = Number(event.currentTarget.value);
          if (wanted !== staff?.participantsMax) {
            void act(people.configure({ participants_max: wanted }));
          }
        }}
      />
      <NumberInput
        label={t("roles.closeWhenEmpty")}
        min={0}
        max={10_080}
        allowDecimal={false}
        defaultValue={(staff?.closeWhenEmptyMs ?? 0) / MINUTE_MS}
        onBlur={(event) => {
          const wanted = Number(event.currentTarget.value) * MINUTE_MS;
          if (wanted !== staff?.closeWhenEmptyMs) {
            void act(people.configure({ close_when_empty_ms: wanted }));
          }
        }}
      />
      <NumberInput
        label={t("roles.hostGrace")}
        min={5}
        max={3_600}
        allowDecimal={false}
        defaultValue={(staff?.hostGraceMs ?? 0) / SECOND_MS}
        onBlur={(event) => {
          const wanted = Number(event.currentTarget.value) * SECOND_MS;
          if (wanted !== staff?.hostGraceMs) {
            void act(people.configure({ host_grace_ms: wanted }));
          }
        }}
      />
      <Switch
        label={t("roles.mutedOnEntry")}
        checked={staff?.mutedOnEntry ?? false}
        onChange={(event) =>
          void act(people.configure({ muted_on_entry: event.currentTarget.checked }))
        }
      />
    </section>
  );
}

function Activities({ roster, conference, act }: PartProps) {
  const { t } = useTranslation();
  const { people } = conference;
  const { locks } = roster;
  const toggle = (setting: SettingName, role: Lockable, on: boolean) => {
    const before = openTo(locks, setting);
    const roles = LOCKABLE.filter((one) => (one === role ? on : before.includes(one)));
    void act(people.allow(setting, roles));
  };
  return (
    <section aria-labelledby="fm-activities-title" className="fm-settings-part">
      <h3 id="fm-activities-title">{t("roles.activities")}</h3>
      <Switch
        label={t("roles.suspend")}
        description={t("roles.suspendHint")}
        checked={locks.suspended}
        onChange={(event) => void act(people.suspend(event.currentTarget.checked))}
      />
      <table className="fm-settings-table">
        <thead>
          <tr>
            <th scope="col">{t("roles.what")}</th>
            <th scope="col">{t("roles.participants")}</th>
            <th scope="col">{t("roles.viewers")}</th>
          </tr>
        </thead>
        <tbody>
          {NAMES.map((setting) => (
            <tr key={setting}>
              <th scope="row">{t(`roles.setting.${setting}`)}</th>
              {LOCKABLE.map((role) => (
                <td key={role}>
                  <Checkbox
                    aria-label={`${t(`roles.setting.${setting}`)}: ${t(
                      role === "viewer" ? "roles.viewers" : "roles.participants",
                    )}`}
                    checked={openTo(locks, setting).includes(role)}
                    onChange={(event) => toggle(setting, role, event.currentTarget.checked)}
                  />
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

function Banned({ roster, conference, act }: PartProps) {
  const { t } = useTranslation();
  const bans = roster.doors.staff?.bans ?? [];
  return (
    <section aria-labelledby="fm-banned-title" className="fm-settings-part">
      <h3 id="fm-banned-title">{t("roles.banned")}</h3>
      {bans.length === 0 && <p>{t("roles.nobodyBanned")}</p>}
      <ul className="fm-people">
        {bans.map(({ person, name }) => (
          <li key={person} className="fm-person">
            <bdi className="fm-person-text">{name}</bdi>
            <Button
              size="compact-sm"
              variant="default"
              onClick={() => void act(conference.people.unban(person))}
            >
              {t("roles.unban", { name })}
            </Button>
          </li>
        ))}
      </ul>
    </section>
  );
}

/** Hands a text to the person as a file. */
function save(text: string, name: string): void {
  const url = URL.createObjectURL(new Blob([text], { type: "text/csv;charset=utf-8" }));
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), MINUTE_MS);
}

function Settings({ slug, roster, conference }: Omit<RoomSettingsProps, "onClose">) {
  const { t } = useTranslation();
  const { act, problem } = useAct(conference);
  const [link, setLink] = useState<string>();
  const [ending, setEnding] = useState(false);
  const [failed, setFailed] = useState(false);
  const own = roster.persons.find((person) => person.self)?.role;
  const part = { roster, conference, act };
  const get = async <T,>(asked: Promise<T>): Promise<T | undefined> => {
    setFailed(false);
    try {
      return await asked;
    } catch {
      setFailed(true);
      return undefined;
    }
  };
  const showLink = async () => {
    const fragment = await get(conference.people.link("viewer"));
    if (fragment) setLink(new URL(`${roomPath(slug)}#${fragment}`, location.origin).href);
  };
  const download = async () => {
    const csv = await get(conference.people.attendance());
    if (csv !== undefined) save(csv, "attendance.csv");
  };
  return (
    <div className="fm-settings">
      {(problem !== undefined || failed) && (
        <p className="fm-alert" role="alert">
          {problem ?? t("codes.request_failed")}
        </p>
      )}
      <Doors {...part} />
      <Activities {...part} />
      <Banned {...part} />
      <Group gap="sm">
        <Button variant="default" onClick={() => void showLink()}>
          {t("roles.viewerLink")}
        </Button>
        <Button variant="default" onClick={() => void download()}>
          {t("roles.attendance")}
        </Button>
        {own === "host" && !ending && (
          <Button color="red" variant="light" onClick={() => setEnding(true)}>
            {t("roles.end")}
          </Button>
        )}
      </Group>
      {ending && (
        <div role="alertdialog" aria-label={t("roles.endTitle")} className="fm-settings-part">
          <p>{t("roles.endText")}</p>
          <Group gap="sm">
            <Button variant="default" onClick={() => setEnding(false)}>
              {t("room.cancel")}
            </Button>
            <Button color="red" onClick={() => void act(conference.people.end())}>
              {t("roles.endConfirm")}
            </Button>
          </Group>
        </div>
      )}
      <CopyDialog
        opened={link !== undefined}
        link={link ?? ""}
        onClose={() => setLink(undefined)}
      />
    </div>
  );
}

export function RoomSettings({ onClose, ...rest }: RoomSettingsProps) {
  const { t } = useTranslation();
  return (
    <Dialog
      opened
      size="lg"
      onClose={onClose}
      title={t("roles.settings")}
    >
      <Settings {...rest} />
    </Dialog>
  );
}
