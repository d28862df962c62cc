/** The sentence of what was refused, where the button was. */
import { Text } from "@mantine/core";

export function Refusal({ error }: { error: string | undefined }) {
  if (error === undefined) return null;
  return (
    <Text size="sm" c="var(--fm-bad)" role="alert">
      {error}
    </Text>
  );
}
