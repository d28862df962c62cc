/** What is shown over the room while files are held over it. */
import { IconUpload } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";

export function DropLayer({ over }: { over: boolean }) {
  const { t } = useTranslation();
  if (!over) return null;
  return (
    <div className="fm-droplayer" aria-hidden="true">
      <p>
        <IconUpload size={28} stroke={1.5} />
        {t("files.drop")}
      </p>
    </div>
  );
}
