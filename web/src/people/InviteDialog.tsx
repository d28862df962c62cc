/** A link for one person, with a name and a role that somebody who runs the room chooses. */
import { ROLES, type Conference, type Role } from "@folkmoot/client";
import { Button, Group, NativeSelect, Stack, Text, TextInput } from "@mantine/core";
import { useState, type FormEvent } from "react";
import { useTranslation } from "react-i18next";

import { NAME_CHARACTERS_MAX } from "../lib/limits";
import { roomPath } from "../route";
import { refusalOf, sentenceOf } from "../session/sentence";
import { Refusal } from "../talk/Refusal";
import { Dialog } from "../ui/Dialog";
import { useCopy } from "../ui/useCopy";

interface InviteDialogProps {
  slug: string;
  /** One's own role: nobody invites to more than they are. */
  own: Role;
  conference: Pick<Conference, "people">;
  onClose: () => void;
}

interface Made {
  readonly name: string;
  readonly link: string;
}

function InviteForm({ slug, own, conference }: Omit<InviteDialogProps, "onClose">) {
  const { t, i18n } = useTranslation();
  const { copied, copy } = useCopy();
  const [name, setName] = useState("");
  const [role, setRole] = useState<Role>("participant");
  const [made, setMade] = useState<Made>();
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<string>();
  const wanted = name.replace(/\s+/gu, " ").trim();
  const make = async (event: FormEvent) => {
    event.preventDefault();
    setError(undefined);
    setBusy(true);
    try {
      const fragment = await conference.people.invite(wanted, role);
      const path = `${roomPath(slug)}#${fragment}&n=${encodeURIComponent(wanted)}`;
      setMade({ name: wanted, link: new URL(path, location.origin).href });
    } catch (thrown) {
      setError(t("invite.failed", { reason: sentenceOf(i18n, refusalOf(thrown)) }));
    }
    setBusy(false);
  };
  return (
    <form onSubmit={(event) => void make(event)}>
      <Stack gap="md">
        <Text size="sm">{t("invite.text")}</Text>
        <TextInput label={t("invite.name")} value={name} maxLength={NAME_CHARACTERS_MAX}
          data-autofocus autoComplete="off" onChange={(event) => setName(event.target.value)} />
        <NativeSelect label={t("invite.role")} value={role}
          data={ROLES.slice(ROLES.indexOf(own)).map((value) => ({
            value,
            label: t(`roles.role.${value}`),
          }))}
          onChange={(event) => setRole(event.target.value as Role)} />
        <Refusal error={error} />
        <Group justify="flex-end">
          <Button type="submit" loading={busy} disabled={wanted === ""}>{t("invite.make")}</Button>
        </Group>
        {made !== undefined && (
          <Group align="flex-end" gap="xs" wrap="nowrap">
            <TextInput readOnly flex={1} dir="ltr" value={made.link}
              label={t("invite.link", { name: made.name })}
              onFocus={(event) => event.currentTarget.select()} />
            <Button variant="default" onClick={() => void copy(made.link)}>
              {t(copied ? "invite.copied" : "invite.copy")}
            </Button>
          </Group>
        )}
      </Stack>
    </form>
  );
}

export function InviteDialog({ onClose, ...rest }: InviteDialogProps) {
  const { t } = useTranslation();
  return (
    <Dialog opened centered onClose={onClose} title={t("invite.open")}>
      <InviteForm {...rest} />
    </Dialog>
  );
}
