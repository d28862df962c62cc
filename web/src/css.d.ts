import "react";

declare module "react" {
  interface CSSProperties {
    "--fm-person"?: string;
  }
}
