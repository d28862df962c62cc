/** One machine: how well it serves, its processes, its disk. */
import {
  IconAlertTriangle,
  IconCertificate,
  IconDatabase,
  IconLockOpen,
  IconServer2,
} from "@tabler/icons-react";
import { useTranslation } from "react-i18next";

import { bytes, duration } from "./format";
import { inOrder, qosOf, toneOf, toneOfNode, type ZoneNode, type ZoneProcess } from "./model";

function QosBar({ label, value }: { label: string; value: number | undefined }) {
  const { t } = useTranslation();
  const shown = value === undefined ? t("zone.unknown") : String(value);
  const level = value === undefined ? "none" : value >= 60 ? "good" : value >= 30 ? "busy" : "bad";
  return (
    <div className="fm-qos" data-level={level}>
      <span>{label}</span>
      {value !== undefined && (
        <meter className="fm-hidden" min={0} max={100} value={value} aria-label={label} />
      )}
      <span className="fm-qos-track" aria-hidden="true">
        <span style={{ inlineSize: `${value ?? 0}%` }} />
      </span>
      <span className="fm-qos-value">{shown}</span>
    </div>
  );
}

function ProcessChip({ process }: { process: ZoneProcess }) {
  const { t, i18n } = useTranslation();
  const language = i18n.language;
  const state = process.draining && process.state === "ready" ? "draining" : process.state;
  const facts = [
    process.connections ? t("zone.connections", { count: process.connections }) : "",
    process.conferences ? t("zone.rooms", { count: process.conferences }) : "",
    process.memory_bytes === null ? "" : bytes(process.memory_bytes, language),
    process.uptime_s === null
      ? ""
      : t("zone.up", { time: duration(process.uptime_s, language) }),
  ].filter(Boolean);
  return (
    <li className="fm-process" data-tone={toneOf(process)}>
      <span className="fm-process-head">
        <span className="fm-process-dot" aria-hidden="true" />
        <bdi className="fm-process-name">{process.id}</bdi>
        {state !== "ready" && (
          <span className="fm-process-state">
            {t(`zone.state.${state}` as "zone.state.ready", { defaultValue: state })}
          </span>
        )}
        {!!process.restarts && (
          <span className="fm-process-restarts">
            {t("zone.restarts", { count: process.restarts })}
          </span>
        )}
      </span>
      <span className="fm-process-facts">{facts.join(" · ")}</span>
      {process.detail !== "" && <span className="fm-process-detail">{process.detail}</span>}
      {process.role === "collaboration" && (process.qos ?? -1) >= 0 && (
        <QosBar label={t("zone.qos")} value={process.qos} />
      )}
    </li>
  );
}

export function NodeCard({ node }: { node: ZoneNode }) {
  const { t, i18n } = useTranslation();
  const bad = node.processes.filter((process) => toneOf(process) === "bad").length;
  const tone = toneOfNode(node);
  const heard = node.state === "alive" || node.state === "draining";
  const state =
    node.state !== "alive"
      ? t(`zone.node.${node.state}`)
      : bad > 0
        ? t("zone.node.troubled", { count: bad })
        : t("zone.node.alive");
  return (
    <article
      className="fm-node"
      data-tone={tone}
      data-lost={!heard || undefined}
      aria-label={t("zone.nodeLabel", { name: node.name })}
    >
      <header>
        <span className="fm-node-icon" aria-hidden="true">
          {tone === "bad" ? <IconAlertTriangle size={20} /> : <IconServer2 size={20} />}
        </span>
        <div>
          <h3>
            <bdi>{node.name}</bdi>
          </h3>
          <p>
            {state}
            {node.url !== "" && (
              <>
                {" · "}
                <bdi>{node.url.replace(/^https?:\/\//u, "")}</bdi>
              </>
            )}
          </p>
        </div>
        {node.keeps && (
          <span className="fm-badge">
            <IconDatabase size={12} stroke={2} aria-hidden="true" />
            {t("zone.keepsData")}
          </span>
        )}
      </header>
      {node.encryption === "none" && (
        <p className="fm-node-warning">
          <IconLockOpen size={15} stroke={1.8} aria-hidden="true" />
          {t("zone.unencrypted")}
        </p>
      )}
      {node.certificate?.expires_soon && (
        <p className="fm-node-warning">
          <IconCertificate size={15} stroke={1.8} aria-hidden="true" />
          {node.certificate.days_left < 0
            ? t("zone.certificateExpired")
            : t("zone.certificateEnds", { count: node.certificate.days_left })}
        </p>
      )}
      {!!node.certificate?.problem && (
        <p className="fm-node-warning">
          <IconCertificate size={15} stroke={1.8} aria-hidden="true" />
          {t("zone.certificateBroken", { reason: node.certificate.problem })}
        </p>
      )}
      {node.warnings.map((warning) => (
        <p key={warning} className="fm-node-warning">
          <IconAlertTriangle size={15} stroke={1.8} aria-hidden="true" />
          {t(`zone.warning.${warning}`, {
            percent: node.free_percent,
            count: node.certificate_days,
            seconds: node.clock_off_s,
            errors: node.disk_errors,
            milliseconds: node.disk_ms,
          })}
        </p>
      ))}
      {heard && (
        <>
          <QosBar label={t("zone.serves")} value={qosOf(node)} />
          <ul className="fm-processes">
            {inOrder(node.processes).map((process) => (
              <ProcessChip key={process.id} process={process} />
            ))}
          </ul>
        </>
      )}
      {!heard && <p className="fm-node-lost">{t("zone.lost", { name: node.name })}</p>}
      {heard && node.streams > 0 && (
        <p className="fm-node-leads">
          {t("zone.leads", { count: node.streams, leads: node.leads })}
        </p>
      )}
      {node.disk !== null && (
        <footer>
          {t("zone.disk", {
            engine: bytes(node.disk.engine_bytes, i18n.language),
            logs: bytes(node.disk.logs_bytes, i18n.language),
            most: bytes(node.disk.log_bytes_max, i18n.language),
            free: bytes(node.disk.free_bytes, i18n.language),
          })}
        </footer>
      )}
    </article>
  );
}
