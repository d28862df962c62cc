import type { Translation } from "../en";

export const connection: Translation["connection"] = {
  connecting: "Conectando…",
  connected: "Conectado",
  reconnected: "Conectado de nuevo",
  reconnecting: "Reconectando…",
  paused: "Guardado en pausa",
  takenOver: "Abierto en otro lugar",
  closed: "Sin conexión",
  title: "Conexión",
  server: "Servidor",
  noServer: "ninguno",
  work: "Tu trabajo",
  waiting_one: "{{count}} cambio aún sin guardar",
  waiting_other: "{{count}} cambios aún sin guardar",
  nothingWaiting: "Todo está guardado",
  helpConnecting: "La página busca un servidor para esta sala.",
  helpConnected: "Lo que haces llega enseguida a los demás y queda guardado.",
  helpReconnected: "El servidor cambió. No se perdió nada y puedes seguir sin más.",
  helpReconnecting:
    "Sigue escribiendo. Lo que escribes se queda en este dispositivo y se envía en cuanto responda un servidor.",
  helpPaused:
    "Puede que los demás vean lo que escribes, pero ahora no se puede guardar. Se queda aquí hasta que se guarde.",
  helpTakenOver: "Esta sesión siguió en otra ventana.",
  helpClosed: "Esta sesión ha terminado.",
  notKept:
    "Este navegador no puede conservar lo que no se ha enviado (su almacenamiento está lleno o desactivado). Deja abierta esta pestaña hasta que todo esté guardado.",
  announceReconnecting: "Se perdió la conexión; reconectando.",
  announceReconnected: "Conectado de nuevo. No se perdió nada.",
  announcePaused: "El guardado está en pausa. Tu trabajo se queda en este navegador.",
  announceResumed: "Se vuelve a guardar.",
};
