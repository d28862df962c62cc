/** The operator's page: the whole zone, live. */
import { Button, PasswordInput } from "@mantine/core";
import { IconAlertTriangle, IconCheck, IconShieldCheck, IconShieldHalf } from "@tabler/icons-react";
import { useEffect, useState, type FormEvent } from "react";
import { useTranslation } from "react-i18next";

import "../styles/zone.css";
import "../styles/zone-lists.css";
import { Loading } from "../ui/Loading";
import { PageBar } from "../ui/PageBar";
import { useFirstFocus } from "../ui/useFirstFocus";
import { duration, exactTime } from "./format";
import { nodesInOrder, type Zone, type ZoneEvent } from "./model";
import { NodeCard } from "./NodeCard";
import { useZone } from "./useZone";

const COMMAND = "folkmoot token --admin";

function TokenForm({ refused, enter }: { refused?: string; enter: (token: string) => void }) {
  const { t } = useTranslation();
  const [token, setToken] = useState("");
  const field = useFirstFocus<HTMLInputElement>();
  const error =
    refused === undefined
      ? undefined
      : t(refused === "token_expired" ? "zone.tokenExpired" : "zone.tokenWrong");
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const wanted = token.trim();
    if (wanted === "") field.current?.focus();
    else enter(wanted);
  };
  return (
    <div className="fm-centre">
      <div className="fm-hero">
        <h1>{t("zone.heading")}</h1>
        <p>{t("zone.lead")}</p>
      </div>
      <form className="fm-card fm-start" onSubmit={submit} noValidate>
        <PasswordInput
          ref={field}
          size="md"
          label={t("zone.token")}
          description={
            <>
              {t("zone.tokenHint")} <code>{COMMAND}</code>
            </>
          }
          value={token}
          error={error}
          autoComplete="off"
          visibilityToggleButtonProps={{ "aria-label": t("zone.showToken") }}
          onChange={(event) => setToken(event.currentTarget.value)}
        />
        <Button type="submit" size="md">
          {t("zone.look")}
        </Button>
      </form>
    </div>
  );
}

function Availability({ zone }: { zone: Zone }) {
  const { t, i18n } = useTranslation();
  const { availability } = zone;
  const people = zone.conferences.reduce((sum, one) => sum + one.people, 0);
  return (
    <section className="fm-availability" data-high={availability.high || undefined}>
      <span className="fm-availability-icon" aria-hidden="true">
        {availability.high ? <IconShieldCheck size={34} /> : <IconShieldHalf size={34} />}
      </span>
      <div>
        <h2>{t(availability.high ? "zone.high" : "zone.notHigh")}</h2>
        {availability.high ? (
          <p>{t("zone.highText")}</p>
        ) : (
          <ul>
            {availability.unheard.length > 0 && (
              <li>
                <strong>
                  {t("zone.unheard", {
                    count: availability.unheard.length,
                    names: new Intl.ListFormat(i18n.language).format(availability.unheard),
                  })}
                </strong>
              </li>
            )}
            {availability.missing.map((what) => (
              <li key={what}>
                {t(`zone.missing.${what}`, {
                  have: availability.engine_nodes,
                  need: availability.engine_nodes_needed,
                  copies: availability.copies,
                  people: availability.people_nodes,
                })}
              </li>
            ))}
          </ul>
        )}
      </div>
      <dl>
        <div>
          <dd>{zone.nodes.length}</dd>
          <dt>{t("zone.nodes", { count: zone.nodes.length })}</dt>
        </div>
        <div>
          <dd>{zone.conferences_total}</dd>
          <dt>{t("zone.openRooms", { count: zone.conferences_total })}</dt>
        </div>
        <div>
          <dd>{people}</dd>
          <dt>{t("zone.people", { count: people })}</dt>
        </div>
      </dl>
    </section>
  );
}

function EventRow({ event }: { event: ZoneEvent }) {
  const { t, i18n } = useTranslation();
  const done =
    event.done === "ready"
      ? t("zone.done.ready", { time: duration(Math.ceil(event.after_ms / 1_000), i18n.language) })
      : t(`zone.done.${event.done || (event.kind === "suspect" ? "silent" : "open")}`);
  return (
    <li data-done={event.done || "open"}>
      <time dateTime={new Date(event.time_ms).toISOString()}>
        {exactTime(event.time_ms, i18n.language)}
      </time>
      <span>
        <strong>
          <bdi>{event.process}</bdi>
        </strong>{" "}
        {t(`zone.event.${event.kind}` as "zone.event.died", { defaultValue: event.kind })}{" "}
        <span className="fm-event-where">
          <bdi>{event.node}</bdi>
          {event.detail !== "" && ` · ${event.detail}`}
        </span>
      </span>
      <span className="fm-event-done">
        {event.done === "ready" ? (
          <IconCheck size={14} aria-hidden="true" />
        ) : (
          <IconAlertTriangle size={14} aria-hidden="true" />
        )}
        {done}
      </span>
    </li>
  );
}

function Conferences({ zone }: { zone: Zone }) {
  const { t } = useTranslation();
  if (zone.conferences.length === 0) return <p className="fm-quiet">{t("zone.noRooms")}</p>;
  return (
    <div className="fm-zone-table">
      <table>
        <thead>
          <tr>
            <th scope="col">{t("zone.room")}</th>
            <th scope="col">{t("zone.peopleColumn")}</th>
            <th scope="col">{t("zone.where")}</th>
          </tr>
        </thead>
        <tbody>
          {zone.conferences.map((one) => (
            <tr key={one.id}>
              <th scope="row">
                <bdi>{one.title || t("zone.untitled")}</bdi>
                <code>{one.id}</code>
              </th>
              <td>{one.people}</td>
              <td>
                {one.servers
                  .map((server) =>
                    zone.nodes.length > 1 ? `${server.node} / ${server.id}` : server.id,
                  )
                  .join(", ")}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Picture({ zone, events, stale }: { zone: Zone; events: ZoneEvent[]; stale: boolean }) {
  const { t, i18n } = useTranslation();
  return (
    <div className="fm-zone">
      <div className="fm-zone-head">
        <h1>{t("zone.title", { zone: zone.zone || "…" })}</h1>
        <output data-stale={stale || undefined}>
          <span className="fm-process-dot" aria-hidden="true" />
          {stale
            ? t("zone.stale", { time: exactTime(zone.time_ms, i18n.language) })
            : t("zone.live", { version: zone.version })}
        </output>
      </div>
      <Availability zone={zone} />
      <section aria-labelledby="fm-zone-nodes">
        <h2 id="fm-zone-nodes">{t("zone.nodesTitle")}</h2>
        <div className="fm-nodes">
          {nodesInOrder(zone.nodes).map((node) => (
            <NodeCard key={node.name} node={node} />
          ))}
        </div>
      </section>
      <div className="fm-zone-two">
        <section aria-labelledby="fm-zone-rooms">
          <h2 id="fm-zone-rooms">{t("zone.roomsTitle")}</h2>
          <Conferences zone={zone} />
        </section>
        <section aria-labelledby="fm-zone-events">
          <h2 id="fm-zone-events">{t("zone.eventsTitle")}</h2>
          {events.length === 0 ? (
            <p className="fm-quiet">{t("zone.noEvents")}</p>
          ) : (
            <ul className="fm-events">
              {events.map((event) => (
                <EventRow key={event.id} event={event} />
              ))}
            </ul>
          )}
        </section>
      </div>
    </div>
  );
}

export default function ZonePage() {
  const { t } = useTranslation();
  const { looked, enter, leave } = useZone();
  useEffect(() => {
    document.title = t("zone.document");
  }, [t]);
  return (
    <div className="fm-page">
      <PageBar />
      <main id="content" tabIndex={-1}>
        {looked.kind === "token" && <TokenForm refused={looked.refused} enter={enter} />}
        {looked.kind === "asking" && <Loading text={t("zone.asking")} />}
        {looked.kind === "zone" && (
          <>
            <Picture {...looked} />
            <div className="fm-zone-leave">
              <Button variant="subtle" color="gray" size="compact-sm" onClick={leave}>
                {t("zone.leave")}
              </Button>
            </div>
          </>
        )}
      </main>
    </div>
  );
}
