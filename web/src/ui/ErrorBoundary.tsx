/** Catches what breaks while drawing, and says that nothing typed is lost. */
import { Component, type ErrorInfo, type ReactNode } from "react";
import { t } from "i18next";

interface State {
  error: Error | null;
}

export class ErrorBoundary extends Component<{ children: ReactNode; compact?: boolean }, State> {
  override state: State = { error: null };

  static getDerivedStateFromError(error: unknown): State {
    return { error: error instanceof Error ? error : new Error(String(error)) };
  }

  override componentDidCatch(error: Error, info: ErrorInfo): void {
    console.error("The page stopped drawing", error, info.componentStack);
  }

  override render(): ReactNode {
    const { error } = this.state;
    if (error === null) return this.props.children;
    return (
      <div className="fm-broken" role="alert" data-compact={this.props.compact || undefined}>
        <h1>{t(this.props.compact ? "errors.editorTitle" : "errors.boundaryTitle")}</h1>
        <p>{t("errors.boundaryText")}</p>
        <button type="button" className="fm-plainbutton" onClick={() => location.reload()}>
          {t("errors.reload")}
        </button>
        <details>
          <summary>{t("errors.boundaryDetails")}</summary>
          <pre>{error.message}</pre>
        </details>
      </div>
    );
  }
}
