/** What component tests share: the page around a component, and the check of its accessibility. */
import { MantineProvider } from "@mantine/core";
import { cleanup, render, type RenderResult } from "@testing-library/react";
import axe from "axe-core";
import type { ReactElement, ReactNode } from "react";
import { afterEach, expect } from "vitest";

import { startLanguages } from "../i18n";
import { theme, variables } from "../theme";

class NoResize {
  observe(): void {}
  unobserve(): void {}
  disconnect(): void {}
}

// What jsdom does not have.
window.matchMedia ??= (query: string) =>
  ({
    matches: false,
    media: query,
    onchange: null,
    addEventListener: () => undefined,
    removeEventListener: () => undefined,
    addListener: () => undefined,
    removeListener: () => undefined,
    dispatchEvent: () => false,
  }) satisfies MediaQueryList;
window.ResizeObserver ??= NoResize;
HTMLCanvasElement.prototype.getContext = () => null;
if (!("fonts" in document)) {
  Object.defineProperty(document, "fonts", { value: new EventTarget() });
}

await startLanguages("en");

afterEach(() => {
  cleanup();
  localStorage.clear();
});

export function Page({ children }: { children: ReactNode }) {
  return (
    <MantineProvider theme={theme} cssVariablesResolver={variables} env="test">
      {children}
    </MantineProvider>
  );
}

export function show(element: ReactElement): RenderResult {
  return render(element, { wrapper: Page });
}

/** Errors: fails with each rule that is broken. Contrast needs a real browser. */
export async function expectAccessible(container: Element): Promise<void> {
  const found = await axe.run(container, {
    rules: { "color-contrast": { enabled: false }, region: { enabled: false } },
  });
  const told = found.violations.map(
    (rule) => `${rule.id}: ${rule.nodes.map((node) => node.html).join(" | ")}`,
  );
  expect(told).toEqual([]);
}
